"""Which cases are there? Searched, filtered, a page at a time by key: the last page costs what the first does."""

from __future__ import annotations

from typing import Any, Final, Literal

from sqlalchemy import Row, Select, and_, func, or_, select

from brainsand.web.accounts import Person
from brainsand.web.refused import Refused
from brainsand.web.store import Store
from brainsand.web.tables import CASES

MOST: Final = 200
STATES: Final = ("queued", "running", "done", "failed", "cancelled")
Order = Literal["newest", "gravest"]
COLUMNS: Final = tuple(
    CASES.c[name]
    for name in (
        "number", "id", "title", "owner", "state", "stage", "share", "put_at", "done_at", "version", "edits", "level",
        "level_rank", "headline", "cause", "cause_share", "sites", "deposits", "age_years", "sex", "reason", "remedy",
    )
)  # fmt: skip


def page(
    store: Store,
    person: Person,
    *,
    words: str = "",
    state: str | None = None,
    level: str | None = None,
    site: str | None = None,
    order: Order = "newest",
    after: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """One page of the team's cases: ``rows``, and ``next`` to ask for what follows (None at the end).

    Parameters
    ----------
    words : str
        All of them must stand in title, finding, cause or sites.
    after : str
        ``next`` of the page before.
    """
    wanted = _filtered(select(*COLUMNS), person, words=words, state=state, level=level, site=site)
    wanted = _placed(wanted, order, after).limit(min(limit, MOST) + 1)
    with store.reading() as db:
        rows = list(db.execute(wanted))
    more = len(rows) > min(limit, MOST)
    rows = rows[: min(limit, MOST)]
    return {"rows": [row_record(row) for row in rows], "next": _mark(rows[-1], order) if more else None}


def counts(store: Store, person: Person) -> dict[str, int]:
    """How many of the team's cases stand in each state."""
    wanted = select(CASES.c.state, func.count()).where(CASES.c.team == person.team).group_by(CASES.c.state)
    with store.reading() as db:
        found = {str(state): int(n) for state, n in db.execute(wanted)}
    return {state: found.get(state, 0) for state in STATES}


def row_record(row: Row[Any]) -> dict[str, Any]:
    """A row as pages and programs see it."""
    record = {
        name: row._mapping[name] for name in row._mapping if name not in ("level_rank", "sites", "number")
    }
    pairs = [part.partition(":") for part in (row.sites or "").split()]
    return {
        **record,
        "number": row.number,
        "sites": [{"site": site, "kind": kind} for site, _, kind in pairs],
    }


def _filtered(
    wanted: Select[Any], person: Person, *, words: str, state: str | None, level: str | None, site: str | None
) -> Select[Any]:
    wanted = wanted.where(CASES.c.team == person.team)
    for word in words.lower().split()[:8]:
        wanted = wanted.where(CASES.c.search.contains(word, autoescape=True))
    if state:
        wanted = wanted.where(CASES.c.state == state)
    if level:
        wanted = wanted.where(CASES.c.level == level)
    if site:
        wanted = wanted.where(CASES.c.sites.contains(f" {site}:", autoescape=True))
    return wanted


def _placed(wanted: Select[Any], order: Order, after: str | None) -> Select[Any]:
    number, rank = CASES.c.number, CASES.c.level_rank
    wanted = wanted.order_by(*((rank.desc(),) if order == "gravest" else ()), number.desc())
    if after is None:
        return wanted
    try:
        last, _, level = after.partition(".")
        at, grave = int(last), int(level or 0)
    except ValueError as fault:
        raise Refused(422, "page", "There is no such page.", "Begin at the first.") from fault
    if abs(at) >= 2**62 or abs(grave) > 100:
        raise Refused(422, "page", "There is no such page.", "Begin at the first.")
    if order == "gravest":
        return wanted.where(or_(rank < grave, and_(rank == grave, number < at)))
    return wanted.where(number < at)


def _mark(row: Row[Any], order: Order) -> str:
    return f"{row.number}.{row.level_rank}" if order == "gravest" else str(row.number)
