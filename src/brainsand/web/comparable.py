"""Which cases may a case be compared with? First those whose headers name the same patient, then the others."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, select

from brainsand.web.accounts import Person
from brainsand.web.cases import get_case
from brainsand.web.comparisons import is_compared
from brainsand.web.desk import Desk
from brainsand.web.tables import CASES

MOST_OF_ONE: Final = 50
MOST_OTHERS: Final = 30


def comparable_with(desk: Desk, id: str, person: Person, *, words: str = "") -> list[dict[str, Any]]:
    """Rows of the team's analyzed cases, the newest of each group first; ``words`` narrow them as in the worklist."""
    row = get_case(desk.store, id, person)
    wanted = select(CASES).where(CASES.c.team == person.team, CASES.c.state == "done", CASES.c.id != id)
    for word in words.lower().split()[:8]:
        wanted = wanted.where(CASES.c.search.contains(word, autoescape=True))
    wanted = wanted.order_by(CASES.c.number.desc())
    with desk.store.reading() as db:
        own = (
            list(db.execute(wanted.where(CASES.c.person == row.person).limit(MOST_OF_ONE)))
            if row.person
            else []
        )
        newest = list(db.execute(wanted.limit(MOST_OTHERS + len(own))))
    known = {r.id for r in own}
    others = [r for r in newest if r.id not in known][:MOST_OTHERS]
    return [_record(desk, row, other, same=other.id in known) for other in (*own, *others)]


def _record(desk: Desk, row: Row[Any], other: Row[Any], *, same: bool) -> dict[str, Any]:
    names = ("id", "number", "title", "put_at", "age_years")
    return {
        **{name: other._mapping[name] for name in names},
        "same_patient": same,
        "compared": is_compared(desk, row, other),
    }
