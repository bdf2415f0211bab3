"""Maps of the straightened head on the scan's own voxels, tilted and uneven stacks included."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.beside import over_slabs
from brainsand.arrays.resample import resampled, stretched
from brainsand.model.grid import Grid

Array = NDArray[Any]
Single = NDArray[np.float32]
Box = tuple[slice, slice, slice]

SLOW_MM: Final = 2.0
"""A map that changes over centimetres is linear over this."""


def on_native(
    array: Array,
    head_grid: Grid,
    grid: Grid,
    *,
    part: Box | None = None,
    nearest: bool = True,
    fill: float = 0,
) -> Array:
    """The value of the head grid's array at the centre of each voxel of ``grid``; ``fill`` where it does not reach.

    An uneven stack is done run by run: slices at even distances share one affine map. ``part`` asks for one
    box of the grid's voxels and gives an array of its size.
    """
    wanted = grid if part is None else grid.part(*part)
    to_head = np.linalg.inv(head_grid.affine)
    out = np.empty(wanted.shape, array.dtype)
    whole = slice(None)
    for run in even_runs(wanted):
        piece = wanted.part(run, whole, whole)
        out[run] = resampled(array, to_head @ piece.affine, piece.shape, fill=fill, nearest=nearest)
    return out


def slow_on_native(array: Single, head_grid: Grid, grid: Grid, *, part: Box, fill: float) -> Single:
    """As :func:`on_native`, for a map that changes over centimetres: linear, looked up every ``SLOW_MM`` in plane."""
    wanted = grid.part(*part)
    cells = [max(1, round(SLOW_MM / step)) for step in wanted.spacing_mm[1:]]
    few = [-(-(n - 1) // c) + 1 for n, c in zip(wanted.shape[1:], cells, strict=True)]
    coarse = Grid(
        shape=(wanted.shape[0], few[0], few[1]),
        origins_mm=wanted.origins_mm,
        row_step_mm=wanted.row_step_mm * cells[0],
        column_step_mm=wanted.column_step_mm * cells[1],
    )
    level = on_native(array, head_grid, coarse, nearest=False, fill=fill)
    rows, columns = (
        np.arange(n, dtype=np.float32) / np.float32(c) for n, c in zip(wanted.shape[1:], cells, strict=True)
    )
    out = np.empty(wanted.shape, np.float32)

    def slab(slices: slice) -> None:
        for k in range(slices.start, slices.stop):
            out[k] = stretched(stretched(level[k], 0, rows), 1, columns)

    over_slabs(len(out), slab)
    return out


def laid_on(array: Array, head_grid: Grid, grid: Grid, *, frame: Box) -> Array:
    """The head grid's array, zero beyond ``frame``, on every voxel of ``grid``: worked out only where it reaches."""
    out = np.zeros(grid.shape, array.dtype)
    part = reached(head_grid, frame, grid)
    if all(s.stop > s.start for s in part):
        out[part] = on_native(array, head_grid, grid, part=part)
    return out


def reached(head_grid: Grid, frame: Box, grid: Grid) -> Box:
    """The box of ``grid`` that holds every voxel with its centre in a box of the head grid, half a cell wider.

    Where each slice's plane cuts the twelve edges of the box, the cut's corners lie; a slice's own rows and
    columns say where. So stacks of whatever unevenness are served.
    """
    ends = [(s.start - 1, s.stop) for s in frame]
    corners = head_grid.points([(i, j, k) for i in ends[0] for j in ends[1] for k in ends[2]])
    edges = [(a, a | bit) for bit in (1, 2, 4) for a in range(8) if not a & bit]
    start, stop = (corners[[pair[end] for pair in edges]] for end in (0, 1))
    from_place, to_place = start @ grid.normal, stop @ grid.normal
    run = np.where(np.abs(to_place - from_place) < 1e-9, 1e-9, to_place - from_place)
    share = (grid.positions_mm[:, None] - from_place) / run
    cut = (share >= 0) & (share <= 1)
    points = start + share[..., None] * (stop - start)
    plane = np.linalg.pinv(np.stack([grid.row_step_mm, grid.column_step_mm], axis=1))
    in_plane = (points - grid.origins_mm[:, None]) @ plane.T
    held = np.flatnonzero(cut.any(axis=1))
    if not held.size:
        return slice(0, 0), slice(0, 0), slice(0, 0)
    low = np.maximum(np.floor(in_plane[cut].min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(in_plane[cut].max(axis=0)).astype(int) + 1, grid.shape[1:])
    rows, columns = (slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    return slice(int(held[0]), int(held[-1]) + 1), rows, columns


def even_runs(grid: Grid, tolerance_mm: float = 0.05) -> list[slice]:
    """The stack cut into the longest runs of evenly spaced slices, in order.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.array([0.0, 1, 2, 7, 12])
    >>> origins = np.stack([0 * z, 0 * z, z], axis=1)
    >>> steps = {"row_step_mm": np.array([0.0, 1, 0]), "column_step_mm": np.array([1.0, 0, 0])}
    >>> even_runs(Grid(shape=(5, 2, 2), origins_mm=origins, **steps))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    if grid.is_even(tolerance_mm):
        return [slice(0, grid.shape[0])]
    steps = np.diff(grid.origins_mm, axis=0)
    runs, start = [], 0
    for k in range(1, grid.shape[0]):
        if k > start + 1 and np.abs(steps[k - 1] - steps[start]).max() > tolerance_mm:
            runs.append(slice(start, k))
            start = k
    runs.append(slice(start, grid.shape[0]))
    return runs
