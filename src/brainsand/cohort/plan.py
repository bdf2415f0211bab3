"""Which scans are there? A BIDS dataset, a tree of folders, or a table of paths; each scan is one unit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final

from brainsand.cohort.model import Plan, Unit, shard_of
from brainsand.cohort.plan_bids import is_bids, plan_bids
from brainsand.cohort.plan_csv import plan_csv
from brainsand.cohort.plan_tree import plan_tree
from brainsand.errors import UsageError

TABLES: Final = (".csv", ".tsv", ".txt")


def find_scans(place: Path) -> Plan:
    """The scans of ``IN``.

    Raises
    ------
    UsageError
        There is nothing there, or a file that is no table.
    """
    if place.is_file():
        if place.suffix.lower() not in TABLES:
            raise UsageError(f"{place} is a file; IN is a folder, or a table of paths (.csv, .tsv).")
        return plan_csv(place)
    if not place.is_dir():
        raise UsageError(
            f"There is nothing at {place}. Give a BIDS dataset, a folder of scans or a table of paths."
        )
    return plan_bids(place) if is_bids(place) else plan_tree(place)


def only(
    plan: Plan,
    *,
    people: Collection[str] = (),
    sessions: Collection[str] = (),
    shard: tuple[int, int] | None = None,
) -> Plan:
    """The plan with some people, some sessions, one shard; labels with or without ``sub-`` and ``ses-``.

    Raises
    ------
    UsageError
        A label fits no scan.
    """
    _check(people, {u.person for u in plan.units}, "sub-", "--participant-label")
    _check(sessions, {u.session or "" for u in plan.units}, "ses-", "--session-label")
    who, when = {p.removeprefix("sub-") for p in people}, {s.removeprefix("ses-") for s in sessions}

    def wanted(unit: Unit) -> bool:
        own = not who or unit.person.removeprefix("sub-") in who
        then = not when or (unit.session or "").removeprefix("ses-") in when
        return own and then and (shard is None or shard_of(unit.id, shard[1]) == shard[0])

    return replace(plan, units=tuple(u for u in plan.units if wanted(u)))


def _check(labels: Collection[str], known: set[str], prefix: str, option: str) -> None:
    bare = {k.removeprefix(prefix) for k in known}
    strange = sorted(label for label in labels if label.removeprefix(prefix) not in bare)
    if strange:
        raise UsageError(f"{option} {' '.join(strange)}: no scan has this label.")
