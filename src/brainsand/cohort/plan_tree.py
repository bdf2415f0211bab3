"""Scans of a tree of folders: DICOM in folders of any shape, zips and NIfTI files.

One file of each folder is opened. Folders of one study that lie together, and nothing else between them, are one
scan: ``read`` chooses among their series. Which folders belong to one person is read from the header and kept only
as which scan of theirs comes first.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from brainsand.cohort.model import Plan, Remark, Unit
from brainsand.cohort.names import label_of
from brainsand.read.deidentify import file_name

_WHOLE: Final = (".nii", ".nii.gz", ".zip")
_NEVER: Final = (".txt", ".json", ".tsv", ".csv", ".pdf", ".html", ".xml", ".md", ".png", ".jpg", ".jpeg")
_TRIED: Final = 5
_TAGS: Final = ["StudyInstanceUID", "PatientID", "IssuerOfPatientID", "StudyDate", "StudyTime", "Modality"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One folder of DICOM, or one file: its study, its person (never written anywhere) and when."""

    path: Path
    study: str | None = None
    person: tuple[str, str] | None = None
    when: str = ""


def plan_tree(root: Path) -> Plan:
    """Every scan below a folder."""
    places = sorted(_places(root), key=lambda p: p.path.as_posix())
    inputs = _inputs(places)
    units = [_unit(root, place) for place in inputs]
    clash = len({u.id for u in units}) != len(units)
    if clash:  # pragma: no cover - two sums of 56 bits that agree
        raise AssertionError("two scans have one name")
    return Plan(kind="tree", units=_with_people(units, inputs), remarks=_remarks(root, units))


def _places(root: Path) -> Iterator[_Place]:
    seen_before: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        true = os.path.realpath(folder)
        if true in seen_before:  # a link into what was walked already, or round in a circle
            folders[:] = []
            continue
        seen_before.add(true)
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        names = sorted(f for f in files if not f.startswith("."))
        whole = [n for n in names if n.lower().endswith(_WHOLE)]
        yield from (_Place(path=Path(folder, n)) for n in whole)
        slices = [n for n in names if n not in whole and not n.lower().endswith(_NEVER) and n != "DICOMDIR"]
        seen = _seen(Path(folder), slices) if slices else None
        # Files that are no DICOM beside a NIfTI file or a zip belong to it; alone, they are a scan that is broken.
        if seen is not None and (seen.study is not None or not whole):
            yield seen


def _seen(folder: Path, names: list[str]) -> _Place:
    """A folder and what the first readable of a few of its files says."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    for name in names[:_TRIED]:
        try:
            data = dcmread(folder / name, stop_before_pixels=True, specific_tags=list(_TAGS))
        except (InvalidDicomError, OSError, ValueError, EOFError, KeyError, AttributeError):
            continue
        number = str(data.get("PatientID", "") or "")
        return _Place(
            path=folder,
            study=str(data.get("StudyInstanceUID", "") or "") or None,
            person=(str(data.get("IssuerOfPatientID", "") or ""), number) if number else None,
            when=f"{data.get('StudyDate', '')}{data.get('StudyTime', '')}",
        )
    return _Place(path=folder)


def _inputs(places: list[_Place]) -> list[_Place]:
    """Folders of one study put together where nothing of another study lies between them."""
    studies: dict[str, list[_Place]] = defaultdict(list)
    for place in places:
        if place.study is not None:
            studies[place.study].append(place)
    alone = [p for p in places if p.study is None]
    for own in studies.values():
        together = Path(os.path.commonpath([p.path for p in own]))
        strangers = any(p.study != own[0].study and p.path.is_relative_to(together) for p in places)
        alone += own if strangers or len(own) == 1 else [replace(own[0], path=together)]
    return sorted(alone, key=lambda p: p.path.as_posix())


def _unit(root: Path, place: _Place) -> Unit:
    below = place.path.relative_to(root)
    stem = below.as_posix()
    for ending in _WHOLE:
        stem = stem.removesuffix(ending)
    name = f"sub-{label_of(stem if stem != '.' else root.name)}"
    if stem != below.as_posix() and (place.path.parent / Path(stem).name).exists():
        name = f"sub-{label_of(below.as_posix())}"
    return Unit(id=name, path=str(place.path), source=file_name(below.as_posix()), person=name)


def _with_people(units: list[Unit], places: list[_Place]) -> tuple[Unit, ...]:
    """Scans of one person named after the one whose path comes first, and numbered by date."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for k, place in enumerate(places):
        if place.person is not None:
            groups[place.person].append(k)
    out = list(units)
    for own in groups.values():
        ordered = sorted(own, key=lambda k: (places[k].when, units[k].source))
        for order, k in enumerate(ordered, start=1):
            out[k] = replace(out[k], person=units[own[0]].person, order=order)
    return tuple(sorted(out, key=lambda u: u.id))


def _remarks(root: Path, units: list[Unit]) -> tuple[Remark, ...]:
    if units:
        return ()
    words = "No DICOM, zip or NIfTI lies below this folder."
    return (Remark(place=root.name, code="no_scan", words=words, todo="Check the path.", hole=True),)
