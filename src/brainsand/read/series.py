"""Which stacks of slices lie in a heap of files? Headers gathered, strangers left, series told apart.

The order of files never matters: everything is sorted by what the headers say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from brainsand.read.elements import spoken_text_of, text_of
from brainsand.read.enhanced import frames_of
from brainsand.read.files import Item
from brainsand.read.header import CT_CLASSES, SliceHeader, read_header

# A few slices that fit no stack (a scout, a screen picture) are strays; more are a stack of their own.
_STRAY_SHARE: Final = 0.2
_LOCALIZER_WORDS: Final = ("LOCALIZER", "SCOUT", "TOPOGRAM", "SURVIEW")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gathered:
    """What a heap of files held: ``strangers`` are no DICOM images, ``damaged`` began as DICOM and broke."""

    headers: tuple[SliceHeader, ...]
    strangers: int
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Slices of one series that belong together; ``strays`` of the series were left out."""

    slices: tuple[SliceHeader, ...]
    strays: int = 0

    @property
    def first(self) -> SliceHeader:
        """The slice of lowest number: facts of the whole series are taken from it."""
        return self.slices[0]

    @property
    def key(self) -> tuple[str, str]:
        """Study and series UID: what orders stacks where nothing else does."""
        return self.first.study_uid or "", self.first.series_uid or ""


def gather(items: Iterable[Item]) -> Gathered:
    """Read the header of every item; multi-frame files count frame by frame."""
    headers: list[SliceHeader] = []
    damaged: list[str] = []
    strangers = 0
    for item in items:
        try:
            header = read_header(item)
        except (ValueError, OSError):  # OSError: no permission, a link to nowhere, a failing disk
            damaged.append(item.basename)
            continue
        if header is None:
            strangers += 1
        else:
            headers.extend(frames_of(header))
    return Gathered(headers=tuple(headers), strangers=strangers, damaged=tuple(sorted(damaged)))


def stacks_of(headers: Iterable[SliceHeader]) -> tuple[Stack, ...]:
    """The stacks of a heap of slices, sorted by study and series UID.

    A series is cut where its slices cannot be one stack: localizers apart, and by kernel, acquisition or time
    where places repeat. A change of thickness or of increment does not cut it.
    """
    by_series: dict[tuple[object, ...], list[SliceHeader]] = defaultdict(list)
    for header in headers:
        series = header.series_uid or f"no series UID, {header.modality}, {header.rows} by {header.columns}"
        is_ct = header.sop_class in CT_CLASSES or header.sop_class is None
        by_series[
            header.patient, header.study_uid, series, header.modality, is_ct, is_localizer(header)
        ].append(header)
    stacks = [stack for group in by_series.values() for stack in _cut(sorted(group, key=_number))]
    return tuple(sorted(stacks, key=lambda stack: (*stack.key, *_number(stack.first))))


def is_localizer(header: SliceHeader) -> bool:
    """Whether a slice is a scout view (PS3.3 C.8.2.1.1.1: value 3 of Image Type)."""
    said = " ".join(header.image_type).upper()
    return any(word in said for word in _LOCALIZER_WORDS)


def patients_of(stacks: Iterable[Stack]) -> int:
    """How many patients the stacks belong to."""
    return len({stack.first.patient for stack in stacks})


def issuer_and_name(header: SliceHeader) -> tuple[str, ...]:
    """Words by which the patient could be recognized, for striking them out of free text.

    Parts of names (the referring physician's too), the patient's and the accession number, the date of birth.
    """
    data = header.dataset
    spoken = [spoken_text_of(data, tag) or "" for tag in (0x00100010, 0x00080090)]
    said = [*spoken, *(text_of(data, tag) or "" for tag in (0x00100010, 0x00100020, 0x00080050))]
    parts = [part for text in said for part in re.split(r"[\^= ]", text)]
    born = text_of(data, 0x00100030) or ""
    dates = [born, f"{born[:4]}-{born[4:6]}-{born[6:8]}"] if len(born) == 8 else []
    return tuple(part for part in [*parts, *dates] if part)


def all_names(headers: Iterable[SliceHeader]) -> tuple[str, ...]:
    """The same of many slices, asked once a patient and study."""
    of_each = {(h.patient, h.study_uid): h for h in headers}
    return tuple(name for header in of_each.values() for name in issuer_and_name(header))


def _number(header: SliceHeader) -> tuple[int, int, str, int, str]:
    return (
        header.acquisition_number or 0,
        header.instance_number,
        header.sop_uid,
        header.frame,
        header.item.name,
    )


def _cut(group: list[SliceHeader]) -> list[Stack]:
    kept, strays = _without_strays(group)
    for split in _SPLITS:
        if not _repeats(kept):
            break
        parts: dict[object, list[SliceHeader]] = defaultdict(list)
        for header in kept:
            parts[split(header)].append(header)
        if len(parts) > 1 and all(len(part) > 1 for part in parts.values()):
            return [stack for part in parts.values() for stack in _cut(part)]
    return [Stack(slices=tuple(kept), strays=strays)]


_SPLITS: Final[tuple[Callable[[SliceHeader], object], ...]] = (
    lambda header: header.kernel,
    lambda header: header.image_type,
    lambda header: header.temporal_index,
    lambda header: header.thickness_mm,
    lambda header: header.acquisition_number,
)


def _repeats(group: Sequence[SliceHeader]) -> bool:
    """Whether more than half of the places are taken twice by different images."""
    distinct = {(h.sop_uid or h.item.name, h.frame): h for h in group}
    places = {None if h.position_mm is None else tuple(np.round(h.position_mm, 2)) for h in distinct.values()}
    return len(places) < 0.67 * len(distinct)


def _without_strays(group: list[SliceHeader]) -> tuple[list[SliceHeader], int]:
    """The group without the few slices whose matrix, spacing or direction differ from the rest."""
    parts: dict[object, list[SliceHeader]] = defaultdict(list)
    for header in group:
        parts[_form(header)].append(header)
    largest = max(parts.values(), key=len)
    strays = len(group) - len(largest)
    if strays and strays <= _STRAY_SHARE * len(group):
        return largest, strays
    return group, 0


def _form(header: SliceHeader) -> object:
    rounded = [
        tuple(round(number, 2) + 0.0 for number in numbers) if numbers else None
        for numbers in (header.orientation, header.spacing_mm)
    ]
    return header.rows, header.columns, *rounded
