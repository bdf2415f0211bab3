"""From a chosen stack of headers to a volume: ordered, repeats settled, decoded, placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brainsand.errors import ChoiceError, GeometryError, ReadError
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid
from brainsand.read.dicom import LOWEST_HU, Hu, decode
from brainsand.read.geometry import order_slices, stack_cautions, stack_grid, stack_orientation
from brainsand.read.header import SliceHeader
from brainsand.read.units import eight_bit_caution, eight_bit_error, judge_units


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DicomScan:
    """HU on a grid, the slice each came from, the sha256 over both, and what is to be said."""

    hu: Hu
    grid: Grid
    slices: tuple[SliceHeader, ...]
    sha256: str
    cautions: tuple[Caution, ...]


def read_stack(slices: Sequence[SliceHeader]) -> DicomScan:
    """Read the slices of one stack, in whatever order they come.

    Refuses what ``geometry`` refuses as one stack, what ``dicom`` cannot decode, what ``units`` finds not to
    be HU, slices without a place (``no_position``) or pixel spacing (``no_spacing``, ``mixed_spacing``), and
    stacks in which most places hold two different images (``two_stacks``).
    """
    orientation = stack_orientation([s.orientation for s in slices])
    positions = np.array([_position(s) for s in slices], float)
    spacing = _spacing(slices)
    groups = order_slices(positions, orientation).groups
    kept, said = _settle([[slices[i] for i in group] for group in groups])
    places = np.array([_position(s) for s in kept], float)
    grid = stack_grid(places, orientation, spacing, (kept[0].rows, kept[0].columns))
    cautions = [*said, *stack_cautions(grid, [s.thickness_mm for s in kept])]
    decoded = decode(kept)
    for part in (grid.origins_mm, grid.row_step_mm, grid.column_step_mm):
        decoded.digest.update(np.ascontiguousarray(part, np.float64).data)
    hu, doubts = _settle_units(decoded.hu, kept[0])
    return DicomScan(
        hu=hu,
        grid=grid,
        slices=tuple(kept),
        sha256=decoded.digest.hexdigest(),
        cautions=(*cautions, *decoded.cautions, *doubts),
    )


def _position(header: SliceHeader) -> tuple[float, ...]:
    if header.position_mm is None:
        raise GeometryError(
            f"Slice {header.instance_number} does not say where it lies.",
            needed="Image Position (Patient) in every slice.",
            todo="Export the original series again from the scanner or archive.",
            code="no_position",
        )
    return header.position_mm


def _spacing(slices: Sequence[SliceHeader]) -> tuple[float, float]:
    known = [s.spacing_mm for s in slices if s.spacing_mm is not None]
    if len(known) < len(slices):
        raise GeometryError(
            f"{len(slices) - len(known)} of {len(slices)} slices do not say how large their pixels are.",
            needed="Pixel Spacing in every slice.",
            todo="Export the original series again from the scanner or archive.",
            code="no_spacing",
        )
    low, high = np.min(known, axis=0), np.max(known, axis=0)
    if ((high - low) > 1e-3 * high).any():
        raise GeometryError(
            f"Pixel Spacing changes from {low.tolist()} to {high.tolist()} mm within the series.",
            needed="one pixel size throughout.",
            todo="Give one series reconstructed with one field of view.",
            code="mixed_spacing",
        )
    return float(known[0][0]), float(known[0][1])


def _settle(groups: list[list[SliceHeader]]) -> tuple[list[SliceHeader], list[Caution]]:
    """One slice for each place: of equal ones the first, of different ones the last acquired."""
    equal = different = 0
    kept = []
    for group in groups:
        ordered = sorted(
            group, key=lambda s: (s.acquisition_number or 0, s.instance_number, s.sop_uid, s.frame)
        )
        if len(ordered) == 1:
            kept.append(ordered[0])
        elif _are_equal(ordered):
            equal += 1
            kept.append(ordered[0])
        else:
            different += 1
            kept.append(ordered[-1])
    if 2 * different > len(groups):
        raise ChoiceError(
            f"{different} of {len(groups)} places hold several different slices: the series mixes scans.",
            needed="one slice at each place.",
            todo="Export one reconstruction or one time point as a series of its own.",
            code="two_stacks",
        )
    return kept, _repeat_cautions(equal, different)


def _are_equal(group: list[SliceHeader]) -> bool:
    if len({(s.rows, s.columns) for s in group}) > 1:
        return False
    hu = decode(group).hu
    return all(np.array_equal(hu[0], other) for other in hu[1:])


def _repeat_cautions(equal: int, different: int) -> list[Caution]:
    found = []
    if equal:
        words = f"{equal} slices were there more than once, with the same pixels; one of each was taken."
        found.append(Caution(code="duplicate_slices", words=words))
    if different:
        words = f"{different} places were scanned more than once; the last slice acquired at each was taken."
        found.append(Caution(code="repeated_slices", words=words))
    return found


def _settle_units(hu: Hu, first: SliceHeader) -> tuple[Hu, list[Caution]]:
    units = judge_units(hu)
    found = list(units.cautions)
    if units.offset_hu:
        hu -= hu.dtype.type(units.offset_hu)
        np.maximum(hu, hu.dtype.type(LOWEST_HU), out=hu)
    if first.pixels.bits_stored <= 8:
        low, high = float(hu.min()), float(hu.max())
        if low > -500:
            raise eight_bit_error(low, high)
        found.append(eight_bit_caution(abs(first.pixels.slope or 1.0), low, high))
    return hu, found


def nothing_read(strangers: int, damaged: int) -> ReadError:
    """The refusal of an input without a single DICOM image."""
    if damaged:
        return ReadError(
            f"{damaged} file(s) begin as DICOM but break off or cannot be parsed, and no whole one is there.",
            needed="whole files of one CT series.",
            todo="Copy or fetch the series again.",
            code="truncated",
        )
    return ReadError(
        f"None of the {strangers} file(s) is a DICOM image." if strangers else "There is no file.",
        needed="a head CT: a DICOM folder or file, a zip of DICOM, or NIfTI (.nii, .nii.gz).",
        todo="Check the path.",
        code="not_dicom",
    )
