"""One of several scans of a person: read it, or find it in the folder of its results; tell people and days apart.

Names, numbers and dates are compared here and go no further: what leaves is whether two scans may be of one person and
the years between them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from brainsand.errors import ChoiceError, DifferentPeople, ReadError
from brainsand.model.caution import Caution
from brainsand.model.correction import Standing
from brainsand.read.deidentify import as_date
from brainsand.read.elements import text_of
from brainsand.read.nifti import is_nifti
from brainsand.read.scan import ReadScan, read_scan
from brainsand.read.standing import standing_of

RECORD: Final = "case.json"
OWN_MAPS: Final = frozenset({"deposits.nii.gz", "sites.nii.gz", "truth.nii.gz"})
"""NIfTI files of a results folder that are no scan."""
_DAYS_A_YEAR: Final = 365.2425


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """A scan, and what the record beside it says of the patient (age, sex; empty where there is none) and, where a
    reader corrected it, of its deposits."""

    scan: ReadScan
    said: dict[str, Any]
    standing: tuple[Standing, ...] = ()


def read_visit(path: Path, *, series: str | None = None) -> Visit:
    """A scan as ``read_scan`` reads it; of a folder with ``case.json`` the scan that lies in or under it.

    The record's tube voltage stands in where the scan does not say it.

    Raises
    ------
    InputRefused
        As ``read_scan``; ``scan_missing`` where a results folder holds no scan.
    """
    if not (path.is_dir() and (path / RECORD).is_file()):
        return Visit(scan=read_scan(path, series=series), said={})
    record = _record(path / RECORD)
    scan = _scan_beside(path, series)
    told = record.get("scan") or {}
    own = told.get("sha256") == scan.acquisition.sha256
    return Visit(
        scan=_as_recorded(scan, told),
        said=record.get("patient") or {},
        standing=standing_of(record) if own else (),
    )


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _scan_beside(folder: Path, series: str | None) -> ReadScan:
    """The scan in a results folder: its one NIfTI that is no map, else its DICOM."""
    volumes = [p for p in sorted(folder.rglob("*")) if is_nifti(p.name) and p.name not in OWN_MAPS]
    if len(volumes) == 1:
        return read_scan(volumes[0])
    try:
        return read_scan(folder, series=series)
    except (ReadError, ChoiceError) as fault:
        if fault.code not in ("not_dicom", "several_files", "nothing_read", "no_images"):
            raise
        raise ReadError(
            f"The folder {folder.name!r} holds results (case.json) without the scan they are of.",
            needed="the scan itself: both scans are measured again, over the same places.",
            todo="Give the scan, or put it into the folder beside its results.",
            code="scan_missing",
        ) from fault


def _as_recorded(scan: ReadScan, said: dict[str, Any]) -> ReadScan:
    how = scan.acquisition
    if said.get("sha256") not in (None, how.sha256):
        words = "The case.json in the folder is of another scan than the one found there; the scan was analyzed anew."
        return replace(
            scan,
            acquisition=replace(
                how, cautions=(*how.cautions, Caution(code="record_of_another_scan", words=words))
            ),
        )
    kvp = how.kvp if how.kvp is not None else said.get("kvp")
    return replace(scan, acquisition=replace(how, kvp=kvp))


def refuse_other_person(one: ReadScan, other: ReadScan) -> None:
    """Refuse (DifferentPeople ``different_patients``) scans whose headers name two people; silent ones pass."""
    if not (one.slices and other.slices) or not _differ(one.slices[0].patient, other.slices[0].patient):
        return
    raise DifferentPeople(
        "The headers name two different patients.",
        needed="scans of one person.",
        todo="Check the inputs. If it is one person with two numbers, say so with --same-person.",
        code="different_patients",
    )


def _differ(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two keys (``read.header``: number and issuer, else nothing, name and birth date) are two people's.

    >>> _differ(("17", ""), ("17", "X")), _differ(("17", "Y"), ("17", "X")), _differ(("17", ""), ("", "DOE", ""))
    (False, True, False)
    >>> _differ(("", "DOE^A", "1950"), ("", "DOE^B", "1950")), _differ(("", "DOE^A", ""), ("", "DOE^A", "1950"))
    (True, False)
    """
    if bool(one[0]) != bool(other[0]):
        return False
    return any(a and b and a.upper() != b.upper() for a, b in zip(one, other, strict=False))


def years_between(earlier: ReadScan, later: ReadScan) -> float | None:
    """The years from one scan to another (hundredths), below 0 where they are the other way round; None where a
    header does not say the day."""
    days = [_day(s) for s in (earlier, later)]
    if days[0] is None or days[1] is None:
        return None
    return round((days[1] - days[0]).days / _DAYS_A_YEAR, 2)


def _day(scan: ReadScan) -> date | None:
    """Of the acquisition, else of the study (PS3.3 C.7.6.1, C.7.2.1)."""
    if not scan.slices:
        return None
    data = scan.slices[0].dataset
    return as_date(text_of(data, 0x00080022)) or as_date(text_of(data, 0x00080020))
