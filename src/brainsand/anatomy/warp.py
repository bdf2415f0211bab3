"""How must the atlas bend to lie on this head? A smooth displacement, by demons on several maps at once.

What is matched are probabilities of tissue and structure (of the scan, from the network; of the atlas,
stored), not attenuation: they mean the same in every scan. Additive multi-channel demons with fluid and
diffusive smoothing (Thirion, Med Image Anal 1998;2:243; Vercauteren, NeuroImage 2009;45:S61), coarse to fine,
no chance in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.arrays.resample import block_mean, stretched, values_at, values_of

Single = NDArray[np.float32]
LARGEST_STEP = 2.0


def displacement(fixed: list[Single], moving: list[Single], *, rounds: tuple[tuple[int, int], ...]) -> Single:
    """The field u (3, slice, row, column), in cells, for which ``moving(x + u(x))`` looks like ``fixed(x)``.

    Parameters
    ----------
    fixed, moving : lists of float32 arrays
        Matching maps, 0 to 1, on one lattice.
    rounds : pairs of int
        (cells averaged along each axis, iterations), coarse to fine.
    """
    shape = fixed[0].shape
    field = np.zeros((3, *shape), np.float32)
    for cells, iterations in rounds:
        few_f = [block_mean(f, (cells,) * 3) for f in fixed]
        few_m = [block_mean(m, (cells,) * 3) for m in moving]
        start = _resized(field, few_f[0].shape) if field.any() else np.zeros((3, *few_f[0].shape), np.float32)
        field = _resized(_demons(few_f, few_m, start, iterations), shape)
    return field


def warped(array: Single, field: Single) -> Single:
    """``array(x + field(x))``, linear."""
    return values_at(array, (_cells(array.shape) + field).reshape(3, -1)).reshape(array.shape)


def _demons(fixed: list[Single], moving: list[Single], field: Single, iterations: int) -> Single:
    shape = fixed[0].shape
    cells = _cells(shape)
    slopes = [np.stack([*np.gradient(f)]) for f in fixed]
    those = np.stack(moving)
    for _ in range(iterations):
        push, weight = np.zeros_like(field), np.full(shape, 1e-6, np.float32)
        seen = values_of(those, (cells + field).reshape(3, -1)).reshape(those.shape)
        for f, now, slope in zip(fixed, seen, slopes, strict=True):
            away = now - f
            g = (np.stack(np.gradient(now)) + slope) / 2
            push += away * g
            weight += (g * g).sum(axis=0) + away * away
        step = _smooth(-push / weight, 1.2)
        longest = float(np.sqrt((step * step).sum(axis=0)).max())
        step *= min(1.0, LARGEST_STEP / max(longest, 1e-6))
        onward = values_of(field, (cells + step).reshape(3, -1)).reshape(field.shape)
        field = _smooth(onward + step, 1.0)
    return field


def _smooth(field: Single, cells: float) -> Single:
    return np.stack([ndimage.gaussian_filter(c, cells, truncate=2.5) for c in field])


def _cells(shape: tuple[int, ...]) -> Single:
    return np.indices(shape, dtype=np.float32)


def _resized(field: Single, shape: tuple[int, ...]) -> Single:
    """The field on another number of cells over the same space, its lengths in the new cells."""
    ratio = [new / old for new, old in zip(shape, field.shape[1:], strict=True)]
    for axis, (count, r) in enumerate(zip(shape, ratio, strict=True), start=1):
        field = stretched(field, axis, (np.arange(count, dtype=np.float32) + 0.5) / r - 0.5)
    return np.asarray(field * np.array(ratio, np.float32)[:, None, None, None], np.float32)
