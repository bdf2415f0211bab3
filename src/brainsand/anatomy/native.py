"""Maps of the straightened head on the scan's own voxels, tilted and uneven stacks included."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.resample import resampled
from brainsand.model.grid import Grid

Array = NDArray[Any]
Box = tuple[slice, slice, slice]


def on_native(
    array: Array, head_grid: Grid, grid: Grid, *, part: Box | None = None, nearest: bool = True
) -> Array:
    """The value of the head grid's array at the centre of each voxel of ``grid``; 0 where it does not reach.

    An uneven stack is done run by run: slices at even distances share one affine map. ``part`` asks for one box
    of the grid's voxels and gives an array of its size.
    """
    wanted = grid if part is None else grid.part(*part)
    to_head = np.linalg.inv(head_grid.affine)
    out = np.empty(wanted.shape, array.dtype)
    whole = slice(None)
    for run in even_runs(wanted):
        piece = wanted.part(run, whole, whole)
        out[run] = resampled(array, to_head @ piece.affine, piece.shape, fill=0, nearest=nearest)
    return out


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
