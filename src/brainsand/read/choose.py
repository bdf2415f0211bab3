"""Which series is measured? One rule, always the same answer, said in words.

Of the series that can be measured: the head before anything else, enough of it, axial, not computed from
another series, without contrast, of a soft kernel, in the thinnest slices. Two patients, or two studies whose
best series are equally good, are not for a rule to choose between: then the person is asked, with a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from brainsand.errors import ChoiceError, InputRefused, ReadError
from brainsand.model.caution import Caution
from brainsand.read.geometry import order_slices, refuse_too_few, stack_orientation
from brainsand.read.kinds import Kind, kind_of
from brainsand.read.series import Stack

# The brain is 100 to 150 mm high from birth on; less than this is a part of a head.
_ENOUGH_MM: Final = 90.0
_REASONS: Final = (
    "it is not of the head",
    "it covers less",
    "it is not axial",
    "it is computed from another series",
    "contrast was given",
    "its kernel is sharper",
    "its slices are thicker",
    "its slices lie further apart",
    "it has fewer slices",
    "its number is higher",
    "its UID is higher",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A stack, what it is, and how it ranks: ``rank`` is compared part by part, lower is better."""

    stack: Stack
    kind: Kind
    refused: str | None
    code: str | None
    thickness_mm: float
    rank: tuple[float | str, ...]

    @property
    def words(self) -> str:
        """One line for people: number, description, slices, kernel. No patient."""
        first = self.stack.first
        number = "without number" if first.series_number is None else str(first.series_number)
        # The description's own quotes are single, so that whoever leaves out what is quoted leaves out all of it.
        name = ' "{}"'.format(first.description.replace('"', "'")) if first.description else ""
        many = len(self.stack.slices)
        parts = [f"{many} slice" + "s" * (many != 1) + _thickness_words(self)]
        if first.kernel:
            parts.append(f"kernel {first.kernel}")
        return f"series {number}{name} ({', '.join(parts)})"


def _thickness_words(candidate: Candidate) -> str:
    known = sorted({s.thickness_mm for s in candidate.stack.slices if s.thickness_mm is not None})
    if len(known) > 1:
        return f" of {known[0]:g} to {known[-1]:g} mm"
    return f" of {candidate.thickness_mm:g} mm" if np.isfinite(candidate.thickness_mm) else ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """The stack to read, why, and what is to be said of it."""

    stack: Stack
    kind: Kind
    words: str
    cautions: tuple[Caution, ...]


def choose(stacks: Sequence[Stack], *, series: str | None = None) -> Choice:
    """Choose the stack to measure.

    Parameters
    ----------
    stacks : sequence of Stack
        Everything found, of any patient.
    series : str, optional
        A series UID or series number that the person asked for.

    Refuses where nothing can be measured (``ReadError`` with the code of what is there), where a series asked
    for is not there, and (``ChoiceError``) where several patients or equally good studies remain.
    """
    candidates = sorted((_candidate(stack) for stack in stacks), key=lambda c: c.rank)
    if series is not None:
        candidates = _asked_for(candidates, series)
    usable = [c for c in candidates if c.refused is None]
    if not usable:
        raise _nothing_usable(candidates)
    _refuse_several_patients(usable)
    if series is None:
        _refuse_equal_studies(usable)
    best = usable[0]
    return Choice(
        stack=best.stack, kind=best.kind, words=_why(best, candidates), cautions=_cautions(best, stacks)
    )


def _candidate(stack: Stack) -> Candidate:
    kind = kind_of(stack)
    refused, code = kind.refused, kind.code
    length, gap = _length_mm(stack)
    thickness = max(gap, _median_thickness(stack)) if gap or _median_thickness(stack) else float("nan")
    if refused is None:
        try:
            refuse_too_few(len(stack.slices))
        except InputRefused as few:
            refused, code = few.came.rstrip("."), few.code
    rank = (
        {True: 0, None: 1, False: 2}[kind.head],
        float(length < _ENOUGH_MM),
        float(not kind.axial),
        float(kind.derived) + 2 * float(kind.monoenergetic),
        float(kind.contrast is True),
        {False: 0, None: 1, True: 2}[kind.sharp],
        round(thickness, 2) if np.isfinite(thickness) else 1e9,
        gap or 1e9,
        -len(stack.slices),
        float(stack.first.series_number if stack.first.series_number is not None else 1e9),
        "/".join(stack.key),
    )
    return Candidate(stack=stack, kind=kind, refused=refused, code=code, thickness_mm=thickness, rank=rank)


def _length_mm(stack: Stack) -> tuple[float, float]:
    """Length of a stack and its usual gap in mm; zeros where the headers give no places."""
    places = [s.position_mm for s in stack.slices]
    if len(places) < 2 or any(place is None for place in places):
        return 0.0, 0.0
    try:
        orientation = stack_orientation([s.orientation for s in stack.slices])
    except InputRefused:
        return 0.0, 0.0
    order = order_slices(np.asarray(places, float), orientation)
    along = np.array([np.asarray(places[group[0]], float) @ order.normal for group in order.groups])
    if len(along) < 2:
        return 0.0, 0.0
    gap = float(np.median(np.diff(along)))
    return float(np.ptp(along)) + gap, round(gap, 3)


def _median_thickness(stack: Stack) -> float:
    known = [s.thickness_mm for s in stack.slices if s.thickness_mm is not None]
    return float(np.median(known)) if known else 0.0


def _asked_for(candidates: list[Candidate], series: str) -> list[Candidate]:
    found = [
        c for c in candidates if series in (c.stack.first.series_uid, str(c.stack.first.series_number or ""))
    ]
    if found:
        return found
    raise ChoiceError(
        f"No series has the UID or number {series!r}.",
        needed="one of: " + _list(candidates),
        todo="Ask for one of these by its UID or number.",
        code="no_such_series",
    )


def _nothing_usable(candidates: list[Candidate]) -> InputRefused:
    reasons = list(dict.fromkeys(f"{c.words}: {c.refused}" for c in candidates))
    codes = {c.code for c in candidates}
    shown = "; ".join(reasons[:8]) + (f"; and {len(reasons) - 8} more" if len(reasons) > 8 else "")
    few = "too_few_slices" in codes
    return ReadError(
        f"No series here can be measured: {shown}.",
        needed="a CT series of the head: axial slices in HU" + (", at least 5 of them." if few else "."),
        todo="Give the folder of the plain head CT, with all its slices.",
        code=next(iter(codes)) or "nothing_usable" if len(codes) == 1 else "nothing_usable",
    )


def _refuse_several_patients(usable: list[Candidate]) -> None:
    patients = sorted({c.stack.first.patient for c in usable})
    if len(patients) == 1:
        return
    listed = [f"patient {patients.index(c.stack.first.patient) + 1}, {_entry(c)}" for c in usable]
    raise ChoiceError(
        f"The input holds scans of {len(patients)} patients: {'; '.join(listed[:20])}.",
        needed="one patient's scan.",
        todo="Give one patient's folder, or ask for a series by its UID.",
        code="several_patients",
    )


def _refuse_equal_studies(usable: list[Candidate]) -> None:
    """Two studies whose best series are equal in all that matters are two scans, not one to choose from."""
    best: dict[str | None, Candidate] = {}
    for c in usable:
        best.setdefault(c.stack.first.study_uid, c)
    equal = [c for c in best.values() if c.rank[:6] == usable[0].rank[:6]]
    if len(equal) > 1:
        raise ChoiceError(
            f"The input holds {len(equal)} studies with an equally good head CT: {_list(equal)}.",
            needed="one scan.",
            todo="Ask for a series by its UID, or compare the studies with `brainsand compare`.",
            code="several_studies",
        )


def _entry(candidate: Candidate) -> str:
    return f"{candidate.words}, UID {candidate.stack.first.series_uid or 'none'}"


def _list(candidates: Sequence[Candidate]) -> str:
    return "; ".join(_entry(c) for c in candidates[:20])


def _why(best: Candidate, candidates: Sequence[Candidate]) -> str:
    if len(candidates) == 1:
        return f"Read {best.words}, the only series."
    others = [f"{c.words}: {_against(c, best)}" for c in candidates if c is not best]
    more = f"; and {len(others) - 10} more" if len(others) > 10 else ""
    return f"Chose {best.words} out of {len(candidates)}. Not {'; not '.join(others[:10])}{more}."


def _against(other: Candidate, best: Candidate) -> str:
    if other.refused is not None:
        return other.refused
    differing = next(i for i, (a, b) in enumerate(zip(other.rank, best.rank, strict=True)) if a != b)
    return _REASONS[differing]


def _cautions(best: Candidate, stacks: Sequence[Stack]) -> tuple[Caution, ...]:
    found = list(best.kind.cautions)
    if best.stack.strays:
        words = f"{best.stack.strays} images of the series have another size or direction and were left out."
        found.append(Caution(code="strays_left_out", words=words))
    others = len({s.first.patient for s in stacks} - {best.stack.first.patient})
    if others:
        words = f"The input also holds images of {others} other patient(s), none a CT that could be measured."
        found.append(Caution(code="other_patients", words=words))
    return tuple(found)
