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
    few_e, few_d = excess_hu[:, ::3, ::3], depth_mm[:, ::3, ::3]
    for k in range(count):
        part = slice(max(0, k - reach), k + reach + 1)
        shell = (few_d[part] > 0) & (few_d[part] < REACH_MM)
        depths, values = few_d[part][shell], few_e[part][shell]
        order = np.argsort(depths, kind="stable")
        edges = np.searchsorted(depths[order], np.arange(1, REACH_MM + 1))
        for d in range(1, REACH_MM):
            ring = values[order[edges[d - 1] : edges[d]]]
            if ring.size >= LEAST_VOXELS:
                middle = float(np.median(ring))
                lift[k, d] = max(middle, 0.0)
                spread[k, d] = 1.4826 * float(np.median(np.abs(ring - middle)))
    return lift, spread


def unveiled(
    excess_hu: Single, noise_hu: Single, depth_mm: Bytes, *, slice_mm: float
) -> tuple[Single, Single]:
    """The excess with the veil taken off, and the noise with the veil's spread put on, HU."""
    lift, spread = veil(excess_hu, depth_mm, slice_mm=slice_mm)
    lifted, noise = excess_hu.copy(), noise_hu.copy()
    for k, depths in enumerate(depth_mm):
        # Slice by slice the tables stay in the processor's cache, and most of a slice is too deep for a veil.
        near = np.flatnonzero((depths > 0) & (depths < REACH_MM))
        at = depths.ravel()[near]
        lifted[k].ravel()[near] -= lift[k][at]
        noise[k].ravel()[near] = np.maximum(noise[k].ravel()[near], spread[k][at])
    return lifted, noise
