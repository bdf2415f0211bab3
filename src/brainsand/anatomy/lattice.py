"""The scan on another lattice: regular, coarser or turned, with the true place of every slice kept.

A tilted or uneven stack has no single affine that libraries accept, so slices are first set at even distances
along their own direction (the shear stays), which makes every lattice an affine away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.arrays.resample import block_mean, evened, resampled
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume

Floats = NDArray[np.float64]
Single = NDArray[np.float32]
AIR_HU = -1024.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvenStack:
    """A scan of evenly spaced slices, sheared or not: ``array`` and the ``affine`` (4, 4) of its indices to LPS mm."""

    array: NDArray[np.int16] | Single
    affine: Floats


def even_stack(volume: Volume, step_mm: float) -> EvenStack:
    """The volume averaged over blocks not much smaller than ``step_mm``, slices at even distances."""
    grid = volume.grid
    factors = block_factors(grid, step_mm)
    array = volume.hu if factors == (1, 1, 1) else block_mean(volume.hu, factors)
    _, b, c = factors
    coarse = Grid(
        shape=(array.shape[0], array.shape[1], array.shape[2]),
        origins_mm=_mean_origins(grid, factors[0])
        + (b - 1) / 2 * grid.row_step_mm
        + (c - 1) / 2 * grid.column_step_mm,
        row_step_mm=grid.row_step_mm * b,
        column_step_mm=grid.column_step_mm * c,
    )
    if coarse.is_even():
        return EvenStack(array=array, affine=coarse.affine)
    gap = max(step_mm / 2, float(coarse.slice_gaps_mm.min()))
    slices, count = evened(array.astype(np.float32), coarse.positions_mm, gap)
    affine = coarse.affine
    # The direction of the stack, not the normal: the shear of the tilt is kept.
    run = coarse.origins_mm[-1] - coarse.origins_mm[0]
    affine[:3, 0] = run * gap / (coarse.positions_mm[-1] - coarse.positions_mm[0])
    affine[:3, 3] = coarse.origins_mm[0]
    return EvenStack(array=slices[:count], affine=affine)


def block_factors(grid: Grid, step_mm: float) -> tuple[int, int, int]:
    """How many slices, rows, columns may be averaged before resampling to ``step_mm``.

    Uneven slices are never averaged: their blocks would have no common thickness.
    """
    gap, row, column = grid.spacing_mm
    slices = max(1, int(step_mm / gap / 1.5)) if grid.is_even() else 1
    return slices, max(1, int(step_mm / row / 1.5)), max(1, int(step_mm / column / 1.5))


def on_lattice(
    stack: EvenStack, affine: ArrayLike, shape: tuple[int, int, int], *, fill: float = AIR_HU
) -> Single | NDArray[np.int16]:
    """Attenuation on a lattice whose indices ``affine`` (4, 4) takes to LPS mm; ``fill`` outside the scan."""
    return resampled(stack.array, np.linalg.inv(stack.affine) @ np.asarray(affine, float), shape, fill=fill)


def upright_lattice(stack: EvenStack, step_mm: float) -> tuple[Floats, tuple[int, int, int]]:
    """A regular lattice along L, P, S that holds the whole stack: its affine and shape."""
    ends = [(0, n - 1) for n in stack.array.shape]
    corners = np.array([[k, r, c, 1] for k in ends[0] for r in ends[1] for c in ends[2]], float)
    points = (corners @ stack.affine.T)[:, :3]
    low, high = points.min(0), points.max(0)
    count = np.maximum(np.floor((high - low) / step_mm).astype(int) + 1, 1)
    affine = np.eye(4)
    affine[:3, :3] = step_mm * np.eye(3)[:, ::-1]
    affine[:3, 3] = low
    return affine, (int(count[2]), int(count[1]), int(count[0]))


def _mean_origins(grid: Grid, factor: int) -> Floats:
    count = grid.shape[0] // factor
    return np.asarray(grid.origins_mm[: count * factor].reshape(count, factor, 3).mean(1), float)
