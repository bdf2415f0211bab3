"""Scans named by a table of paths: a column ``path``, and what else is known of each scan.

Columns it knows: ``path`` (below the table's folder, or absolute), ``participant_id``, ``session_id``, ``age``,
``sex``, ``kvp``, ``series``, ``patient_file``. Every other column is a phenotype for the group level.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

from brainsand.cohort.model import Plan, Remark, Unit
from brainsand.cohort.names import age_of, cell, label_of, number_of, sex_of
from brainsand.cohort.tables_in import rows_of
from brainsand.errors import UsageError

KNOWN: Final = ("path", "participant_id", "session_id", "age", "sex", "kvp", "series", "patient_file")


def plan_csv(table: Path) -> Plan:
    """Every scan the table names.

    Raises
    ------
    UsageError
        There is no column ``path``; the words name the columns there are, and the likeliest to be meant.
    """
    names, rows = rows_of(table)
    if "path" not in names:
        near = difflib.get_close_matches("path", names, n=1, cutoff=0.5) or [
            n for n in names if n in ("file", "filename", "file_name", "scan", "filepath", "image")
        ]
        meant = f" Is {near[0]!r} meant? Then call it path." if near else ""
        raise UsageError(f"{table} has the columns {', '.join(names)}; it needs one called path.{meant}")
    units: list[Unit] = []
    remarks: list[Remark] = []
    for number, row in enumerate(rows, start=2):
        unit, said = _unit(table, row, number)
        units += [unit] if unit else []
        remarks += said
    return Plan(kind="csv", units=_named_apart(units), remarks=(*remarks, *_wrong_names(names)))


def _unit(table: Path, row: dict[str, str], number: int) -> tuple[Unit | None, list[Remark]]:
    place, path = f"line {number}", cell(row["path"])
    if path is None:
        return None, [_remark(place, "no_path", "It names no path.", hole=True)]
    who, session = cell(row.get("participant_id")), cell(row.get("session_id"))
    person = f"sub-{label_of((who or path).removeprefix('sub-'))}"
    label = f"ses-{label_of(session.removeprefix('ses-'))}" if session else None
    age, voltage = age_of(row.get("age")), number_of(row.get("kvp"))
    unit = Unit(
        id="_".join(filter(None, (person, label))),
        path=str(table.parent / path),
        source=path,
        person=person,
        session=label,
        age_years=age,
        sex=sex_of(row.get("sex")),
        kvp=voltage,
        series=cell(row.get("series")),
        patient_file=_beside(table, cell(row.get("patient_file"))),
    )
    said = [
        _remark(place, "bad_cell", f"{name} {row[name]!r} is not understood and is left out.")
        for name, value in (("age", age), ("kvp", voltage), ("sex", unit.sex))
        if value is None and cell(row.get(name)) is not None
    ]
    return unit, said


def _beside(table: Path, name: str | None) -> str | None:
    return None if name is None else str(table.parent / name)


def _named_apart(units: list[Unit]) -> tuple[Unit, ...]:
    """Scans that would have one name get a sum of their path as well; the person's scans are numbered."""
    counts = Counter(u.id for u in units)
    apart = [replace(u, id=f"{u.id}_acq-{_short(u.source)}") if counts[u.id] > 1 else u for u in units]
    seen: dict[str, Unit] = {u.id: u for u in apart}
    people: Counter[str] = Counter()
    out = []
    for unit in sorted(seen.values(), key=lambda u: u.id):
        people[unit.person] += 1
        out.append(replace(unit, order=people[unit.person]))
    return tuple(out)


def _short(text: str) -> str:
    return label_of(f"{text} ")  # a space makes it a sum, whatever the path


def _wrong_names(names: tuple[str, ...]) -> list[Remark]:
    """Columns that look like a known one written otherwise."""
    out = []
    for name in names:
        near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.75)
        if name not in KNOWN and near and near[0] not in names:
            words = f"The column {name!r} is taken for a phenotype; is {near[0]!r} meant?"
            out.append(_remark(f"column {name}", "column", words))
    return out


def _remark(place: str, code: str, words: str, *, hole: bool = False) -> Remark:
    return Remark(place=place, code=code, words=words, todo="Correct the table and run again.", hole=hole)
