"""Where does each slice lie? The grid of a stack from position and orientation alone.

Image Position and Image Orientation (Patient) (PS3.3 C.7.6.2.1.1) decide everything: order, direction, tilt,
increments. Slice Location, Instance Number, Gantry Tilt and Spacing Between Slices are hearsay and not asked.
What cannot be one stack of parallel slices is refused; what is one but has holes, steps or uneven increments
is kept as it is and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.errors import GeometryError
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]

# Slices nearer than this lie at one place; the thinnest increments in use are about 0.2 mm.
_SAME_PLACE_MM: Final = 0.02
# Headers round direction cosines to three or more figures: 0.001 of a radian is 0.06 degrees.
_PARALLEL_DEG: Final = 0.3
_FEWEST_SLICES: Final = 5
_SHORTEST_MM: Final = 15.0
# A gap this much wider than the gaps on both sides of it is a hole and no change of increment.
_HOLE_RATIO: Final = 1.5
_MOST_HIDDEN_SHARE: Final = 0.15
_UNEVEN_MM: Final = 0.05
_CROOKED_MM: Final = 1.0
_FIELD_MM: Final = (20.0, 3000.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Order:
    """Slices sorted along the normal: ``groups[k]`` are the input numbers of all slices at place ``k``."""

    groups: tuple[tuple[int, ...], ...]
    normal: Floats


def order_slices(positions_mm: Floats, orientation: Floats) -> Order:
    """Sort slices along their normal, those at one place together.

    Parameters
    ----------
    positions_mm : array (n, 3)
        Image Position (Patient) of each slice.
    orientation : array (6,)
        Image Orientation (Patient) of the stack.

    Returns
    -------
    Order
        Along the normal whose largest component is positive: from the feet up, from the front back or from
        the right to the left.

    Examples
    --------
    >>> order_slices(np.array([[0, 0, 5.0], [0, 0, 0.0], [0, 0, 5.0]]), np.array([1.0, 0, 0, 0, 1, 0])).groups
    ((1,), (0, 2))
    """
    normal = upward_normal(orientation)
    along = positions_mm @ normal
    order = np.argsort(along, kind="stable")
    groups: list[list[int]] = []
    for i in order:
        if groups and along[i] - along[groups[-1][0]] < _SAME_PLACE_MM:
            groups[-1].append(int(i))
        else:
            groups.append([int(i)])
    return Order(groups=tuple(tuple(sorted(group)) for group in groups), normal=normal)


def upward_normal(orientation: Floats) -> Floats:
    """Unit normal of the slices, turned so that its largest component is positive.

    >>> upward_normal(np.array([1.0, 0, 0, 0, -1, 0])).tolist()
    [0.0, 0.0, 1.0]
    """
    normal = np.cross(orientation[:3], orientation[3:])
    normal = normal / np.linalg.norm(normal)
    return np.asarray(normal if normal[np.argmax(np.abs(normal))] > 0 else -normal, float) + 0.0


def stack_orientation(orientations: Sequence[tuple[float, ...] | None]) -> Floats:
    """The one orientation (6,) of a stack, cosines made exactly unit and square.

    Refuses slices without orientation (``no_position``), directions that are no directions
    (``bad_orientation``) and slices that are not parallel (``not_parallel``).
    """
    if any(o is None for o in orientations):
        missing = sum(o is None for o in orientations)
        raise GeometryError(
            f"{missing} of {len(orientations)} slices do not say which way they lie.",
            needed="Image Orientation (Patient) in every slice.",
            todo="Export the original series again from the scanner or archive.",
            code="no_position",
        )
    many = np.array(orientations, float).reshape(-1, 2, 3)
    lengths = np.linalg.norm(many, axis=2)
    square = np.abs(np.sum(many[:, 0] * many[:, 1], axis=1))
    if np.abs(lengths - 1).max() > 0.01 or square.max() > 0.01:
        worst = many[int(np.argmax(np.abs(lengths - 1).max(axis=1) + square))].ravel().tolist()
        raise GeometryError(
            f"Image Orientation {worst} is not two perpendicular unit vectors.",
            needed="direction cosines (PS3.3 C.7.6.2.1.1).",
            todo="Export the original series again from the scanner or archive.",
            code="bad_orientation",
        )
    _refuse_turning(many)
    row, column = np.median(many, axis=0)
    row = row / np.linalg.norm(row)
    column = column - (column @ row) * row
    return np.concatenate([row, column / np.linalg.norm(column)])


def _refuse_turning(many: Floats) -> None:
    reference = np.median(many, axis=0)
    turned = np.degrees(
        2 * np.arcsin(np.clip(np.linalg.norm(many - reference, axis=2).max(axis=1) / 2, 0, 1))
    )
    if turned.max() > _PARALLEL_DEG:
        raise GeometryError(
            f"{int((turned > _PARALLEL_DEG).sum())} of {len(many)} slices are turned against the others, "
            f"by up to {turned.max():.1f} degrees.",
            needed="one stack of parallel slices.",
            todo="Give one series that was scanned at one gantry angle.",
            code="not_parallel",
        )


def stack_grid(
    positions_mm: Floats, orientation: Floats, spacing_mm: tuple[float, float], matrix: tuple[int, int]
) -> Grid:
    """The grid of ordered slices.

    Parameters
    ----------
    positions_mm : array (slices, 3)
        Image Position of each slice, in order.
    orientation : array (6,)
        First the direction in which columns advance, then that in which rows advance.
    spacing_mm : (row, column)
        Pixel Spacing (PS3.3 10.7.1.3): first between rows, then between columns.
    matrix : (rows, columns)

    Refuses fewer than five slices (``too_few_slices``), a stack too short (``too_short``) and pixel spacings
    that no head scan has (``bad_spacing``).

    Examples
    --------
    >>> z = np.arange(20.0) * 5
    >>> grid = stack_grid(np.outer(z, [0, 0, 1]), np.array([1.0, 0, 0, 0, 1, 0]), (0.5, 0.5), (99, 99))
    >>> grid.spacing_mm
    (5.0, 0.5, 0.5)
    """
    refuse_too_few(len(positions_mm))
    refuse_field(spacing_mm, matrix)
    grid = Grid(
        shape=(len(positions_mm), *matrix),
        origins_mm=np.asarray(positions_mm, float),
        row_step_mm=spacing_mm[0] * orientation[3:],
        column_step_mm=spacing_mm[1] * orientation[:3],
    )
    refuse_short(grid)
    return grid


def refuse_short(grid: Grid) -> None:
    """Refuse a stack of less than 15 mm (``too_short``): thin slices of a corner of the head."""
    length = float(grid.slice_extents_mm.sum())
    if length < _SHORTEST_MM:
        raise GeometryError(
            f"The {grid.shape[0]} slices span only {length:.1f} mm.",
            needed=f"at least {_SHORTEST_MM:.0f} mm, and for a reading the whole head.",
            todo="Give the series that covers the head.",
            code="too_short",
        )


def refuse_too_few(slices: int) -> None:
    """Refuse a lone slice and a handful of them: neither is a head."""
    if slices < _FEWEST_SLICES:
        raise GeometryError(
            "A slice is not a head." if slices == 1 else f"{slices} slices are not a head.",
            needed=f"a stack of at least {_FEWEST_SLICES} parallel slices, and for a reading the whole head.",
            todo="Give the folder of the whole series.",
            code="too_few_slices",
        )


def refuse_field(spacing_mm: tuple[float, float], matrix: tuple[int, int]) -> None:
    """Refuse pixel spacings that are no lengths, or make a field no head fits or no scanner has."""
    field = [s * n for s, n in zip(spacing_mm, matrix, strict=True)]
    if min(spacing_mm) <= 0 or min(field) < _FIELD_MM[0] or max(field) > _FIELD_MM[1]:
        raise GeometryError(
            f"Pixels of {spacing_mm[0]:g} by {spacing_mm[1]:g} mm make a field of "
            f"{field[0]:.4g} by {field[1]:.4g} mm.",
            needed=f"a field between {_FIELD_MM[0]:.0f} and {_FIELD_MM[1]:.0f} mm; a head takes about 250.",
            todo="Check the unit of length in the file; export the original series again.",
            code="bad_spacing",
        )


def stack_cautions(grid: Grid, thickness_mm: Sequence[float | None]) -> tuple[Caution, ...]:
    """What is to be said of the stack: holes, uneven increments, sideways steps.

    ``thickness_mm`` is the Slice Thickness of each slice of the grid. Refuses (``missing_slices``) where
    holes hide more than 15 % of the scan's length.
    """
    found = [*_holes(grid, thickness_mm), *_uneven(grid), *_crooked(grid), *_mixed(thickness_mm)]
    return tuple(found)


def hole_numbers(grid: Grid, thickness_mm: Sequence[float | None]) -> list[int]:
    """Numbers ``k`` of the gaps (between slice ``k`` and ``k + 1``) where slices are missing.

    A gap is a hole when it is 1.5 times as wide as what is usual on both sides of it, and the slices
    themselves are not thick enough to fill it: a scan that changes its increment has no hole.
    """
    gaps = grid.slice_gaps_mm
    found = []
    for k, gap in enumerate(gaps):
        around = [np.median(side) for side in (gaps[max(0, k - 3) : k], gaps[k + 1 : k + 4]) if len(side)]
        if around and gap > _HOLE_RATIO * max(around) and not _filled(gap, thickness_mm[k : k + 2]):
            found.append(k)
    return found


def _filled(gap_mm: float, thickness_mm: Sequence[float | None]) -> bool:
    known = [t for t in thickness_mm if t is not None]
    return len(known) == 2 and sum(known) / 2 >= 0.9 * gap_mm


def _holes(grid: Grid, thickness_mm: Sequence[float | None]) -> list[Caution]:
    holes = hole_numbers(grid, thickness_mm)
    if not holes:
        return []
    gaps, usual = grid.slice_gaps_mm, grid.spacing_mm[0]
    hidden = float(sum(gaps[k] - usual for k in holes))
    share = hidden / float(grid.slice_extents_mm.sum())
    where = ", ".join(f"between slices {k + 1} and {k + 2} ({gaps[k]:.2f} mm)" for k in holes[:5])
    where += f" and {len(holes) - 5} more" if len(holes) > 5 else ""
    if share > _MOST_HIDDEN_SHARE:
        raise GeometryError(
            f"Slices are missing {where}: {hidden:.0f} mm or {share:.0%} of the scan is not there.",
            needed=f"at most {_MOST_HIDDEN_SHARE:.0%} missing.",
            todo="Fetch the whole series again.",
            code="missing_slices",
        )
    words = f"Slices are missing {where}; they usually lie {usual:.2f} mm apart. What lies there is not seen."
    return [Caution(code="missing_slice", words=words)]


def _uneven(grid: Grid) -> list[Caution]:
    gaps = grid.slice_gaps_mm
    if float(np.ptp(gaps)) <= _UNEVEN_MM:
        return []
    runs, start = [], 0
    for k in range(1, len(gaps) + 1):
        if k == len(gaps) or abs(gaps[k] - gaps[start]) > _UNEVEN_MM:
            runs.append(f"{gaps[start]:.2f} mm (slices {start + 1} to {k + 1})")
            start = k
    shown = ", ".join(runs[:5]) + (f" and {len(runs) - 5} more changes" if len(runs) > 5 else "")
    words = f"The distance between slices changes: {shown}. Each slice is measured where it lies."
    return [Caution(code="uneven_spacing", words=words)]


def _crooked(grid: Grid) -> list[Caution]:
    """A sideways step: origins that leave the straight line through the stack."""
    along = grid.positions_mm
    fit = np.polynomial.polynomial.polyfit(along, grid.origins_mm, 1)
    off = np.linalg.norm(grid.origins_mm - (fit[0] + along[:, None] * fit[1]), axis=1)
    if off.max() <= _CROOKED_MM:
        return []
    words = (
        f"Slices step sideways by up to {off.max():.1f} mm (slice {int(off.argmax()) + 1}); "
        "each is measured where its header puts it."
    )
    return [Caution(code="crooked_stack", words=words)]


def _mixed(thickness_mm: Sequence[float | None]) -> list[Caution]:
    known = sorted({t for t in thickness_mm if t is not None})
    if len(known) < 2 or known[-1] - known[0] <= _UNEVEN_MM:
        return []
    words = (
        f"Slice thickness changes from {known[0]:g} to {known[-1]:g} mm; thicker slices hide small deposits."
    )
    return [Caution(code="mixed_thickness", words=words)]
