"""Where can nothing be compared? What stands in the way at one body's place in one scan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.comparison import Obstacle
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ENHANCING: Final = frozenset(
    {
        "choroid_plexus",
        "vessel_wall",
        "falx",
        "tentorium",
        "dura",
        "pineal",
        "habenula",
        "sella_suprasellar",
        "ventricle",
        "subependymal",
        "unknown",
    }
)
"""Sites that take up contrast medium, or lie within reach of a vein or a plexus that does (expert)."""
METAL_HU: Final = 2500
LEAST_METAL_MM3: Final = 3.0
MOST_OUTSIDE: Final = 0.02
"""Of a body's points, so many may lie outside a scan (voxels at its end are half within)."""
_OF_REASON: Final[dict[str, Obstacle]] = {"blood": "blood", "contrast": "contrast", "metal": "metal"}


def out_of_view(points_mm: Floats, index: Ints, grid: Grid) -> bool:
    """Whether a body (points (n, 3) mm of its deposits in other scans, ``index`` its voxels here) is not all in view.

    A body in the first or the last slice may go on beyond it.
    """
    if not len(index):
        return True
    at = grid.index_of(points_mm)
    outside = ((at < -0.5) | (at > np.array(grid.shape) - 0.5)).any(axis=1)
    if len(at) and float(outside.mean()) > MOST_OUTSIDE:
        return True
    return bool(index[:, 0].min() == 0 or index[:, 0].max() == grid.shape[0] - 1)


def metal_slices(hu: NDArray[np.int16] | NDArray[np.float32], grid: Grid) -> frozenset[int]:
    """The slices that hold metal."""
    tops = hu.max(axis=(1, 2)) >= METAL_HU
    size = grid.voxel_volumes_mm3
    held = [k for k in np.flatnonzero(tops) if int((hu[k] >= METAL_HU).sum()) * size[k] >= LEAST_METAL_MM3]
    return frozenset(int(k) for k in held)


def of_reasons(reasons: Iterable[str]) -> Obstacle | None:
    """What the things set aside at a body's place put in the way; bone and noise put nothing.

    >>> of_reasons(["noise", "blood"]), of_reasons(["bone"])
    ('blood', None)
    """
    found = sorted(_OF_REASON[r] for r in reasons if r in _OF_REASON)
    return found[0] if found else None


def contrast_differs(words: Iterable[str]) -> bool:
    """Whether contrast was given for some scans of a series and not for others.

    >>> contrast_differs(["none", "suspected"]), contrast_differs(["none", "unknown"])
    (True, False)
    """
    said = set(words)
    return "none" in said and bool(said & {"suspected", "present"})
