"""Which islands are bright enough to be calcium? Two thresholds, both relative to the tissue and noise around.

An island grows from a *seed*, a place that stands out of the gray matter level by several deviations of the
local noise, down to where it no longer stands out, at half of its own height above the tissue for a faint or
small one and at a fixed excess for a dense one (Canny's hysteresis; half the height is where the edge of a
blurred object lies). So a dense deposit is not puffed up by its blur and a faint one is not cut to a dot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.arrays.beside import over_slabs

Single = NDArray[np.float32]
Bool = NDArray[np.bool_]
Ints = NDArray[np.int64]

VALLEY = 2.0
"""Between two peaks of one piece the image must fall by this many deviations of noise, or the lesser is the slope
of the greater."""
_NEIGHBOURS = np.ones((3, 3, 3), bool)
BLUR_CELLS = (3, 7, 7)
"""Slices, rows, columns that the blur of an island reaches over, its own voxel in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Island:
    """One connected bright piece, not yet believed.

    ``index`` (n, 3) voxels on the scan's grid · ``peak_index`` the brightest of the averaged image · ``height``
    how many deviations of the local noise the averaged peak stands above the gray matter level · ``level_hu``
    that level · ``peak_hu``, ``mean_hu`` of the voxels themselves.
    """

    index: Ints
    peak_index: tuple[int, int, int]
    height: float
    level_hu: float
    noise_hu: float
    peak_hu: float
    mean_hu: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relief:
    """How each voxel stands out of the tissue round it: arrays (slice, row, column) of one shape.

    Parameters
    ----------
    hu : array
        The voxels, HU.
    excess_hu, noise_hu : float32 arrays
        How much the mean over about a cubic millimetre stands above ordinary tissue there, and its noise, HU;
        far below 0 where nothing is looked for.
    level_hu : float32 array
        The level of gray matter, HU.
    """

    hu: NDArray[np.int16] | Single
    excess_hu: Single
    noise_hu: Single
    level_hu: Single


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What an island must stand out by.

    Parameters
    ----------
    seed_deviations, seed_excess_hu : float
        A seed stands above the level by both.
    edge_deviations, edge_excess_hu : float
        An island ends where it stands above the level by less than half its height, but never below
        ``edge_deviations`` of noise and never above ``edge_excess_hu``.
    """

    seed_deviations: float
    seed_excess_hu: float
    edge_deviations: float
    edge_excess_hu: float


def islands(relief: Relief, *, seedbed: Bool, thresholds: Thresholds) -> list[Island]:
    """All islands of one volume, brightest first; each begins in the ``seedbed`` (bool array) and may reach beyond."""
    low, seeds = _standing_out(relief, seedbed, thresholds)
    if not seeds.any():
        return []
    pieces = cc3d.connected_components(low, connectivity=18)
    found: list[Island] = []
    for number, box in _boxes(pieces, low, np.unique(pieces[seeds])).items():
        found += _split(relief, pieces[box] == number, seeds[box], box, thresholds.edge_excess_hu)
    return sorted(found, key=lambda i: (-i.height, i.peak_index))


def _standing_out(relief: Relief, seedbed: Bool, least: Thresholds) -> tuple[Bool, Bool]:
    """Where the volume stands above the low threshold, and where it is a seed."""
    low, seeds = np.empty(relief.hu.shape, bool), np.empty(relief.hu.shape, bool)

    def slab(part: slice) -> None:
        for k in range(part.start, part.stop):
            excess, noise = relief.excess_hu[k], relief.noise_hu[k]
            np.greater(excess, np.minimum(least.edge_deviations * noise, least.edge_excess_hu), out=low[k])
            seed = np.maximum(least.seed_deviations * noise, np.float32(least.seed_excess_hu))
            np.greater(excess, seed, out=seeds[k])
            seeds[k] &= seedbed[k]

    over_slabs(len(low), slab)
    return low, seeds


def _boxes(
    pieces: NDArray[np.integer[Any]], low: Bool, numbers: NDArray[np.integer[Any]]
) -> dict[int, tuple[slice, slice, slice]]:
    """The box of each of the pieces asked for; of all of them there are a thousand times as many."""
    flat = np.flatnonzero(low)
    own = pieces.ravel()[flat]
    wanted = np.zeros(int(own.max()) + 1, bool)
    wanted[numbers] = True
    kept = wanted[own]
    flat, own = flat[kept], own[kept]
    order = np.argsort(own, kind="stable")
    starts = np.searchsorted(own[order], numbers)
    places = np.stack(np.unravel_index(flat[order], low.shape))
    first, last = (f.reduceat(places, starts, axis=1).T for f in (np.minimum, np.maximum))
    boxes = [
        tuple(slice(int(a), int(b) + 1) for a, b in zip(*ends, strict=True))
        for ends in zip(first, last, strict=True)
    ]
    return {int(n): (box[0], box[1], box[2]) for n, box in zip(numbers, boxes, strict=True)}


def _split(
    relief: Relief, piece: Bool, seeds: Bool, box: tuple[slice, slice, slice], edge_excess_hu: float
) -> list[Island]:
    """A piece at the low threshold, cut back to half height; two peaks with a valley between become two islands.

    ``piece`` and ``seeds`` cover the ``box``. What lies right beside an island is its own blur and starts no other.
    """
    height, noise = relief.excess_hu[box], relief.noise_hu[box]
    out: list[Island] = []
    left = piece & seeds
    done = np.zeros(piece.shape, bool)
    while left.any():
        at = int(np.where(left, height, -np.inf).argmax())
        peak = np.unravel_index(at, piece.shape)
        edge = min(0.5 * float(height[peak]), edge_excess_hu)
        grown = cc3d.connected_components(piece & (height >= edge) & ~done, connectivity=18)
        island = grown == grown[peak]
        shore = island & ndimage.binary_dilation(done, _NEIGHBOURS)
        valley = float(height[peak]) - VALLEY * float(noise[peak])
        slope = bool(shore.any()) and float(height[shore].max()) > valley
        done |= island
        left &= ~ndimage.maximum_filter(island, size=BLUR_CELLS)
        if not slope:
            out.append(_island(relief, island, peak, box))
    return out


def _island(
    relief: Relief, island: Bool, peak: tuple[np.intp, ...], box: tuple[slice, slice, slice]
) -> Island:
    """The island of a mask of the ``box`` and its brightest cell there."""
    start = np.array([s.start for s in box])
    index = np.argwhere(island) + start
    top = (int(peak[0] + start[0]), int(peak[1] + start[1]), int(peak[2] + start[2]))
    values = relief.hu[tuple(index.T)]
    return Island(
        index=index,
        peak_index=top,
        height=float(relief.excess_hu[top] / relief.noise_hu[top]),
        level_hu=float(relief.level_hu[top]),
        noise_hu=float(relief.noise_hu[top]),
        peak_hu=float(values.max()),
        mean_hu=float(values.mean()),
    )
