"""What do slices with gaps between them miss? The bias and the doubt of a sum over slices that do not touch.

Slices of thickness *t* whose planes lie *g* apart show *t / g* of the space. A voxel is counted with the space its
slice stands for (*g*), so a sum over all places a body may lie in is right, but not for the one that was seen: a
body smaller than the gap is seen in one slice or not at all, and where it is seen it is counted *g / t* times. Here
a body as high as it is wide (with a spread of a third either way) and shaped like an ellipsoid is put at all
places between the slices; of those in which it shows in as many slices as it does, the mean of the sum (true: 1)
and its deviation are what is needed: the sum is divided by the one, and the other goes into the +-.

Where slices touch or overlap there is nothing to correct: the factor is 1 and the doubt 0.

Misleads for a body that is much higher or flatter than wide.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TOUCHING: Final = 1.1
"""Slices whose gap is no more than this many times their thickness touch (a tilt adds a few percent)."""
HEIGHTS: Final = tuple(float(f) for f in np.exp(np.linspace(-0.6, 0.6, 7)))
"""Heights tried, as shares of the width."""
PLACES: Final = 60
SHOWS: Final = 0.15
"""A slice shows the body where it holds this share of what its fullest slice holds."""


def missed(
    across_mm: float, *, slices: int, gap_mm: float, thickness_mm: float | None
) -> tuple[float, float]:
    """The factor by which a sum over slices with gaps is too large on average, and its deviation as a share.

    Parameters
    ----------
    across_mm : float
        Width of the body within the slices.
    slices : int
        Slices it shows in.
    gap_mm, thickness_mm : float
        Distance of the slices' planes; their thickness (None: taken to touch).

    Examples
    --------
    >>> missed(6.0, slices=2, gap_mm=5.0, thickness_mm=5.0)
    (1.0, 0.0)

    A body of 2 mm is seen from 5 + 2 of every 10 mm, so 10 / 7 of it is counted where it is seen:

    >>> factor, pm = missed(2.0, slices=1, gap_mm=10.0, thickness_mm=5.0)
    >>> 1.35 < factor < 1.5, pm > 0.1
    (True, True)
    """
    if thickness_mm is None or thickness_mm <= 0 or gap_mm <= TOUCHING * thickness_mm:
        return 1.0, 0.0
    return _missed(round(across_mm / gap_mm, 2), min(slices, 8), round(thickness_mm / gap_mm, 3))


@lru_cache(maxsize=512)
def _missed(across: float, slices: int, thickness: float) -> tuple[float, float]:
    """The same in units of the gap."""
    sums = []
    for share in HEIGHTS:
        height = max(across * share, slices - 1.5, 0.05)
        for place in (np.arange(PLACES) + 0.5) / PLACES:
            planes = place + np.arange(-12, 13)
            held = _held(planes + thickness / 2, height) - _held(planes - thickness / 2, height)
            if held.max() > 0 and int((held >= SHOWS * held.max()).sum()) == slices:
                sums.append(float(held.sum() / thickness))
    if not sums:
        return 1.0, 1.0
    return float(np.mean(sums)), float(np.std(sums) / np.mean(sums))


def _held(
    at: np.ndarray[tuple[int], np.dtype[np.float64]], height: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Share of an ellipsoid of ``height`` about 0 that lies below ``at``."""
    x = np.clip(2 * at / height, -1, 1)
    return np.asarray((2 + 3 * x - x**3) / 4)
