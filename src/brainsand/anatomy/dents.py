"""Is a dent of the intracranial space brain behind a calcified gyrus?

A calcified gyrus lies on the inner table, touches it here and there, and so hangs on the skull like a ridge of bone:
the space found within the skull is cut off at the gyrus, and with it the brain and fluid between gyrus and skull.
Ridges of bone hold no brain between themselves and the skull, and away from the skull base the inner table runs as
smoothly as the atlas's. So where the edge of the space lies several millimetres deeper than it does all round,
measured against the atlas's own edge, and both soft tissue and bright voxels fill the gap, the gap is inside.

Virtual heads with a ribbon of calcium in 3500 mm3 of occipital cortex lost a third to three quarters of it to the
skull; on the same heads without one, and on three real ones, gaps that are bone (no soft tissue) or neck (nothing
bright, or below the brain) are all that is as deep. What lies in the posterior fossa and on the skull base is not
asked: there the inner table has ridges of its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from brainsand.arrays.distance import distance_to

Single = NDArray[np.float32]
Bool = NDArray[np.bool_]
Ints = NDArray[np.int64]

ROUND_MM: Final = 30.0
USUAL: Final = 80.0
"""The usual depth of the edge is this percentile (outermost 100) of what lies within 30 mm: wider than a dent."""
DEEP_MM: Final = 5.0
"""A dent is somewhere this much deeper than usual (expert: heads without one differ from the atlas by less)."""
LEVEL_MM: Final = 0.5
REACH_MM: Final = 12.0
"""It reaches up to half a millimetre below the usual edge, and this far from where it is deep."""
SKULL_HU: Final = 450.0
"""What is brighter on cells of 2 mm is skull (expert: gyri of virtual heads come to 350 HU), and what touches it with
more than half of that is its slope."""
LEAST_MM3: Final = 500.0
LEAST_SOFT, LEAST_BRIGHT = 0.1, 0.05
"""Share of soft tissue, and of what is as bright as calcium, in a dent."""
SOFT_HU: Final = (-20.0, 100.0)
BRIGHT_HU: Final = 130.0
NARROW_MM2: Final = 6000.0
"""Where the atlas's inside is no wider than this in a slice, at the foramen and below, dents are the neck's."""


def behind_gyri(
    inside: Bool,
    hu: Single,
    *,
    inward_mm: Single,
    outward_mm: Single,
    rough: Bool,
    spacing_mm: tuple[float, float, float],
) -> Bool:
    """Cells outside ``inside`` that belong to it, for they are a calcified gyrus and what lies behind it.

    Parameters
    ----------
    inside : bool array (slice, row, column)
        The space found within the skull.
    hu : float32 array, same shape
        The scan.
    inward_mm, outward_mm : float32 arrays, same shape
        How deep a cell lies within the atlas's own inside; how far beyond it.
    rough : bool array, same shape
        Where the inner table has ridges of its own: no dent is looked for.
    spacing_mm : tuple of float
        Size of a cell.
    """
    smooth = ~rough & _wide(inward_mm > 0, spacing_mm)
    edge = np.argwhere(inside & ~ndimage.binary_erosion(inside, border_value=1) & smooth)
    if not len(edge):
        return np.zeros(inside.shape, bool)
    asked = ~inside & smooth & (hu > SOFT_HU[0]) & ~_skull(hu, inside)
    deeper = _deeper(edge, asked, outward_mm - inward_mm, spacing_mm)
    deep = deeper >= DEEP_MM
    if not deep.any():
        return deep
    gap = (deeper >= LEVEL_MM) & (distance_to(deep, spacing_mm=spacing_mm) <= REACH_MM)
    return _calcified(gap, deep, hu, cell_mm3=float(np.prod(spacing_mm)))


def _wide(expected: Bool, spacing_mm: tuple[float, float, float]) -> Bool:
    """The slices in which the atlas's inside is wider than a foramen."""
    areas = expected.sum(axis=(1, 2)) * spacing_mm[1] * spacing_mm[2]
    return np.asarray(areas > NARROW_MM2)[:, None, None]


def _skull(hu: Single, inside: Bool) -> Bool:
    """What is surely the skull's, with its slope to what lies beside it."""
    sure = (hu > SKULL_HU) & ~inside
    return np.asarray(sure | (ndimage.binary_dilation(sure) & (hu > SKULL_HU / 2)))


def _deeper(edge: Ints, asked: Bool, beyond_mm: Single, spacing_mm: tuple[float, float, float]) -> Single:
    """How much deeper than the usual edge near it each cell asked for lies, mm; far below 0 elsewhere."""
    # One cell of the edge in a block of three stands for its neighbours.
    _, first = np.unique(edge // 3, axis=0, return_index=True)
    some = edge[first]
    places = cKDTree(some * np.array(spacing_mm))
    at = beyond_mm[tuple(some.T)]
    usual = np.array([np.percentile(at[near], USUAL) for near in places.query_ball_tree(places, ROUND_MM)])
    cells = np.argwhere(asked & (beyond_mm < usual.max()))
    _, nearest = places.query(cells * np.array(spacing_mm))
    out = np.full(asked.shape, -np.inf, np.float32)
    out[tuple(cells.T)] = usual[nearest] - beyond_mm[tuple(cells.T)]
    return out


def _calcified(gap: Bool, deep: Bool, hu: Single, *, cell_mm3: float) -> Bool:
    """The connected gaps that are somewhere deep, and hold both soft tissue and what is bright."""
    labels, count = ndimage.label(gap)
    kept = np.zeros(count + 1, bool)
    for number in np.unique(labels[deep]):
        own = hu[labels == number]
        soft = float(((own > SOFT_HU[0]) & (own < SOFT_HU[1])).mean())
        bright = float((own > BRIGHT_HU).mean())
        kept[number] = len(own) * cell_mm3 >= LEAST_MM3 and soft >= LEAST_SOFT and bright >= LEAST_BRIGHT
    kept[0] = False
    return np.asarray(kept[labels])
