"""Scans of a BIDS dataset: ``sub-X/[ses-Y/](anat|ct)/..._(CT|ct).nii[.gz]``, ages and sexes from its tables.

BIDS has no suffix for CT yet (BEP 024); both in use are taken.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from brainsand.cohort.model import Plan, Remark, Unit
from brainsand.cohort.names import age_of, cell, number_of, sex_of
from brainsand.cohort.tables_in import rows_of

_NAME: Final = re.compile(r"^(sub-[A-Za-z0-9]+(?:_[a-zA-Z]+-[A-Za-z0-9]+)*)_(?:CT|ct)\.nii(?:\.gz)?$")
_ROOMS: Final = ("anat", "ct")


def is_bids(root: Path) -> bool:
    """Whether a folder is a BIDS dataset: it describes itself, or holds folders ``sub-...``."""
    described = (root / "dataset_description.json").is_file()
    return described or any(p.is_dir() and p.name.startswith("sub-") for p in root.iterdir())


def plan_bids(root: Path) -> Plan:
    """Every CT of the dataset, and the holes: people and sessions without one."""
    people = _people(root)
    units: list[Unit] = []
    remarks: list[Remark] = []
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and p.name.startswith("sub-")):
        found, said = _of_person(root, folder, people.get(folder.name, {}))
        units += found
        remarks += said
    there = {p.name for p in root.iterdir() if p.is_dir()}
    remarks += [
        _hole(who, "participants.tsv names this person, but there is no folder.")
        for who in people
        if who not in there
    ]
    return Plan(kind="bids", units=tuple(sorted(units, key=lambda u: u.id)), remarks=tuple(remarks))


def _people(root: Path) -> dict[str, dict[str, str]]:
    path = root / "participants.tsv"
    if not path.is_file():
        return {}
    _, rows = rows_of(path)
    return {
        _with("sub-", row.get("participant_id", "")): row for row in rows if cell(row.get("participant_id"))
    }


def _with(prefix: str, label: str) -> str:
    """The label with its prefix, whether it has it or not."""
    return label if label.startswith(prefix) else prefix + label


def _of_person(root: Path, folder: Path, person: dict[str, str]) -> tuple[list[Unit], list[Remark]]:
    sessions = _sessions(folder)
    places = [folder, *sorted(p for p in folder.iterdir() if p.is_dir() and p.name.startswith("ses-"))]
    units, remarks = [], []
    for place in places:
        found = [_unit(root, path, name, person, sessions) for path, name in _scans(place)]
        units += found
        if not found and (place is not folder or len(places) == 1):
            remarks.append(_hole(place.relative_to(root).as_posix(), "No CT lies here."))
    kept, doubles = _once(units)
    dates = {label: (row.get("acq_time") or "")[:10] for label, row in sessions.items()}
    return _ordered(kept, dates), remarks + doubles + _same_dates(folder.name, kept, dates)


def _sessions(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / f"{folder.name}_sessions.tsv"
    if not path.is_file():
        return {}
    _, rows = rows_of(path)
    return {_with("ses-", row.get("session_id", "")): row for row in rows}


def _scans(place: Path) -> Iterator[tuple[Path, str]]:
    for room in _ROOMS:
        if (place / room).is_dir():
            for path in sorted((place / room).iterdir()):
                named = _NAME.match(path.name)
                if named:
                    yield path, named[1]


def _unit(
    root: Path, path: Path, name: str, person: dict[str, str], sessions: dict[str, dict[str, str]]
) -> Unit:
    label = next((part for part in name.split("_") if part.startswith("ses-")), None)
    said = sessions.get(label or "", {})
    beside = _sidecar(root, path)
    ages = (said.get("age"), person.get("age"), person.get("age_years"), str(beside.get("PatientAge") or ""))
    sexes = (person.get("sex"), person.get("gender"), str(beside.get("PatientSex") or ""))
    return Unit(
        id=name,
        path=str(path),
        source=path.relative_to(root).as_posix(),
        person=name.split("_")[0],
        session=label,
        age_years=next((a for a in map(age_of, ages) if a is not None), None),
        sex=next((s for s in map(sex_of, sexes) if s is not None), None),
        kvp=_kvp(beside),
        beside=_columns(beside),
    )


def _kvp(beside: dict[str, Any]) -> float | None:
    value = beside.get("KVP", beside.get("XRayTubeVoltage"))
    found = number_of(None if value is None else str(value))
    return found if found is not None and 40 <= found <= 200 else None


def _columns(beside: dict[str, Any]) -> dict[str, Any]:
    """What the sidecar knows of the scanner, as columns of the table of scans."""
    words = {
        "manufacturer": "Manufacturer",
        "model_name": "ManufacturersModelName",
        "kernel": "ConvolutionKernel",
    }
    found: dict[str, Any] = {name: str(beside[key]) for name, key in words.items() if beside.get(key)}
    thick = number_of(str(beside.get("SliceThickness") or ""))
    return found | ({"thickness_mm": thick} if thick is not None and thick > 0 else {})


def _sidecar(root: Path, path: Path) -> dict[str, Any]:
    """What JSON files say of the scan, the nearer one first (the inheritance principle, as far as it is used here)."""
    own = path.with_name(re.sub(r"\.nii(\.gz)?$", ".json", path.name))
    found: dict[str, Any] = {}
    for place in (root / "CT.json", root / "ct.json", own):
        try:
            said = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        found |= said if isinstance(said, dict) else {}
    return found


def _once(units: list[Unit]) -> tuple[list[Unit], list[Remark]]:
    """One unit a name: of ``x_ct.nii`` and ``x_ct.nii.gz``, or ``anat`` and ``ct``, the first is read."""
    kept: dict[str, Unit] = {}
    remarks = []
    for unit in units:
        first = kept.setdefault(unit.id, unit)
        if first is not unit:
            words = f"It has the same name as {first.source}, which is read; this one is not."
            remarks.append(
                Remark(place=unit.source, code="same_name", words=words, todo="Keep one of the two.")
            )
    return list(kept.values()), remarks


def _ordered(units: list[Unit], dates: dict[str, str]) -> list[Unit]:
    """The person's scans numbered by date, then by name."""
    from dataclasses import replace

    rows = sorted(units, key=lambda u: (dates.get(u.session or "", ""), u.id))
    return [replace(u, order=k) for k, u in enumerate(rows, start=1)]


def _same_dates(person: str, units: list[Unit], dates: dict[str, str]) -> list[Remark]:
    used = sorted({u.session for u in units if u.session})
    counts = Counter(dates[s] for s in used if dates.get(s))
    return [
        Remark(
            place=f"{person}: {', '.join(s for s in used if dates.get(s) == date)}",
            code="one_date",
            words="These sessions have one date, so which came first is not known; they are ordered by name.",
            todo="Give acq_time with the time of day in the sessions table, if their order matters.",
        )
        for date, count in counts.items()
        if count > 1
    ]


def _hole(place: str, words: str) -> Remark:
    todo = "Add the scan, or leave it: everything else is read."
    return Remark(place=place, code="no_scan", words=words, todo=todo, hole=True)
