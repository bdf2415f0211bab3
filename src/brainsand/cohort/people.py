"""What is known of the people of a cohort beside their scans: the columns of a table, by person (or by scan)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from brainsand.cohort.model import Plan
from brainsand.cohort.names import cell, label_of
from brainsand.cohort.plan_csv import KNOWN
from brainsand.cohort.tables_in import Rows, rows_of
from brainsand.errors import UsageError

People = dict[str, dict[str, str | None]]


def people_of(place: Path, plan: Plan, table: Path | None) -> People:
    """Phenotypes by person: of the table given, else of ``participants.tsv``, else of the table of paths itself.

    Raises
    ------
    UsageError
        The table given has neither a column ``participant_id`` nor ``path``.
    """
    if table is not None:
        return _of_table(table, plan, needed=True)
    if place.is_file():
        return _of_table(place, plan, needed=True)
    own = place / "participants.tsv"
    return _of_table(own, plan, needed=False) if own.is_file() else {}


def _of_table(table: Path, plan: Plan, *, needed: bool) -> People:
    names, rows = rows_of(table)
    if "participant_id" in names:
        people = _by_person(rows)
        known = {u.person for u in plan.units}
        if needed and known and not known & set(people) and "path" not in names:
            raise UsageError(
                f"{table}: none of its participants has a scan. Are its labels those of the scans?"
            )
        return people
    if "path" in names:
        by_source = {u.source: u.id for u in plan.units}
        return {
            by_source[row["path"].strip()]: _rest(row) for row in rows if row["path"].strip() in by_source
        }
    if needed:
        raise UsageError(f"{table} has the columns {', '.join(names)}; it needs participant_id.")
    return {}


def _by_person(rows: Rows) -> People:
    people: People = {}
    for row in rows:
        who = cell(row["participant_id"])
        if who is not None:
            people.setdefault(f"sub-{label_of(who.removeprefix('sub-'))}", _rest(row))
    return people


def _rest(row: Mapping[str, str]) -> dict[str, str | None]:
    """The cells that are no part of the plan."""
    return {name: cell(value) for name, value in row.items() if name not in KNOWN}
