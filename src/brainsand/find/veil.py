"""How bright is ordinary tissue this near to the skull, in this slice?

Blur, partial volume and beam hardening lay a veil of brightness along the inner table, different in every
scan and every level: none at the vertex of a thin-slice scan, twenty HU between the petrous bones of a thick
one. It is measured here on the scan itself, as the median and spread of the excess attenuation at each depth
below the skull, slice by slice, and taken off before anything is called bright. A ring of tissue at one depth
is long, so deposits in it do not move its median.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.beside import each, over_slabs

Single = NDArray[np.float32]
Bytes = NDArray[np.uint8]

REACH_MM: Final = 12
"""Deeper than this the veil is taken as none."""
NEARBY_MM: Final = 6.0
"""Slices this far up and down are counted in, so that a ring has enough voxels."""
LEAST_VOXELS: Final = 60


def veil(excess_hu: Single, depth_mm: Bytes, *, slice_mm: float) -> tuple[Single, Single]:
    """Median and spread of the excess at each depth of each slice, HU.

    Parameters
    ----------
    excess_hu : float32 array (slice, row, column)
        Attenuation above the level of gray matter.
    depth_mm : uint8 array, same shape
        Depth below the edge of the intracranial space in whole mm, 0 outside.
    slice_mm : float
        Distance of the slices.

    Returns
    -------
    two float32 arrays (slices, REACH_MM + 1)
        Lift (never negative) and spread by whole mm of depth; 0 where too few voxels tell.
    """
    reach = max(0, round(NEARBY_MM / slice_mm / 2))
    count = excess_hu.shape[0]
    lift = np.zeros((count, REACH_MM + 1), np.float32)
    spread = np.zeros((count, REACH_MM + 1), np.float32)
    rings = each(lambda k: _rings(excess_hu[k, ::3, ::3], depth_mm[k, ::3, ::3]), range(count))
    for k in range(count):
        near = rings[max(0, k - reach) : k + reach + 1]
        for d in range(1, REACH_MM):
            ring = np.concatenate([slices[d - 1] for slices in near])
            if ring.size >= LEAST_VOXELS:
                middle = _median(ring)
                lift[k, d] = max(middle, 0.0)
                spread[k, d] = 1.4826 * _median(np.abs(ring - middle))
    return lift, spread


def _rings(excess_hu: Single, depth_mm: Bytes) -> list[Single]:
    """The values of one slice at each depth from 1 mm to short of the reach."""
    shell = (depth_mm > 0) & (depth_mm < REACH_MM)
    depths, values = depth_mm[shell], excess_hu[shell]
    order = np.argsort(depths, kind="stable")
    edges = np.searchsorted(depths[order], np.arange(1, REACH_MM + 1))
    return np.split(values[order], edges[1:-1])


def _median(values: Single) -> float:
    """NumPy's median, without the checks that cost it more than the sum does."""
    half = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, half)[half])
    low, high = np.partition(values, (half - 1, half))[half - 1 : half + 1]
    return float(np.float32((low + high) / np.float32(2)))


def unveiled(
    excess_hu: Single, noise_hu: Single, depth_mm: Bytes, *, slice_mm: float
) -> tuple[Single, Single]:
    """The excess with the veil taken off, and the noise with the veil's spread put on, HU.

    Both are written over: they are the largest arrays of the analysis.
    """
    lift, spread = veil(excess_hu, depth_mm, slice_mm=slice_mm)

    def slab(part: slice) -> None:
        for k in range(part.start, part.stop):
            # Slice by slice the tables stay in the processor's cache; outside and too deep they hold nothing.
            at = np.minimum(depth_mm[k], REACH_MM)
            excess_hu[k] -= lift[k].take(at)
            np.maximum(noise_hu[k], spread[k].take(at), out=noise_hu[k])

    over_slabs(len(depth_mm), slab)
    return excess_hu, noise_hu
