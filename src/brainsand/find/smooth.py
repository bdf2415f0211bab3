"""How bright is each voxel against its own neighbourhood and its own noise? The ground candidates stand on.

A small deposit in a noisy thin slice is drowned in its brightest voxel's noise but not in the mean over its own
size, so the image is first averaged over about a cubic millimetre, in plane and, where slices are thin, across
them (a matched filter for the smallest deposits worth finding).

Noise is measured on that averaged image, place by place: the spread of what is left when slow changes are taken
away. It is higher between the petrous bones than at the vertex, and a threshold that does not know this finds
calcium in every posterior fossa.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.arrays.beside import each, over_slabs
from brainsand.arrays.resample import block_mean, stretched

Single = NDArray[np.float32]
Bool = NDArray[np.bool_]

MATCHED_MM = 0.55
"""Standard deviation of the averaging, mm: that of a deposit of some 1.3 mm across."""
SLOW_MM = 2.5
"""What changes more slowly than this is anatomy, not noise."""
BROAD_MM = 7.0
"""What changes between this and ``SLOW_MM`` is anatomy, or streaks."""
UNUSUAL = 1.4
"""Broad changes are streaks where they are this many times as strong as usual in the head."""
OUTLIER = 3.0
TRIMMED = 0.9866
"""Of the deviation of normal noise this much is left when what is beyond three deviations is left out."""
FEW = 4
UNKNOWN_NOISE_HU = 5.0
"""Taken where there is too little tissue to measure: a common value of head CT."""
REGION_MM = 14.0
"""Noise is taken to be the same within this width."""
JOINED_MM = 2.0
"""Slices thinner than this are taken together where noise is averaged over a region."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """The averaged image (HU) and its noise (HU), both float32 on the part of the scan looked at."""

    hu: Single
    noise_hu: Single


def averaged(hu: NDArray[np.int16] | Single, spacing_mm: tuple[float, float, float]) -> Single:
    """The image averaged over about a cubic millimetre; slices thicker than that are left alone.

    Parameters
    ----------
    hu : array (slice, row, column)
        Attenuation, HU.
    spacing_mm : tuple of float
        Slice gap, row and column spacing, mm.
    """
    widths = [MATCHED_MM / step if MATCHED_MM / step > 0.25 else 0.0 for step in spacing_mm]
    out = np.empty(hu.shape, np.float32)

    def slab(part: slice) -> None:
        # Slices enough on either side that each of the slab's own sees all it would see in the whole.
        rim = int(2.5 * widths[0] + 0.5)
        low, high = max(part.start - rim, 0), min(part.stop + rim, len(hu))
        mean = np.asarray(hu[low:high], np.float32)
        if widths[0]:
            mean = _blurred(mean, widths[0], 0)
        mean = mean[part.start - low : part.stop - low]
        for axis in (1, 2):
            if widths[axis]:
                mean = _blurred(mean, widths[axis], axis)
        out[part] = mean

    over_slabs(len(hu), slab)
    return out


def local_noise(image: Single, tissue: Bool, spacing_mm: tuple[float, float, float]) -> Single:
    """Standard deviation of the noise at each place, HU, float32.

    Two parts are added: fine noise, the residual of what changes within ``SLOW_MM``, and streaks, where broader
    changes are stronger than anatomy makes them elsewhere in the same head. What is slow is a mean of tissue alone;
    residuals beyond three of their own deviations (edges, calcium) are left out; the share of white noise that the
    slow part takes along is put back.
    It is worked out on every fourth row and column, enough for a mean over centimetres.

    Parameters
    ----------
    image : float32 array
        The averaged image.
    tissue : bool array
        Brain, away from bone: what noise is measured on.
    """
    if tissue.sum() < 100 or min(image.shape[1:]) < 4 * FEW:
        return np.full(image.shape, UNKNOWN_NOISE_HU, np.float32)
    coarse = (spacing_mm[0], spacing_mm[1] * FEW, spacing_mm[2] * FEW)
    means = block_mean(image, (1, FEW, FEW))
    at = tuple(slice(FEW // 2, FEW // 2 + FEW * n, FEW) for n in means.shape[1:])
    few, few_tissue = image[:, at[0], at[1]], tissue[:, at[0], at[1]]
    slow = _among(means, few_tissue, SLOW_MM, coarse)
    broad_mean = _among(slow, few_tissue, BROAD_MM, coarse)
    fine, broad = _regional([few - slow, slow - broad_mean], few_tissue, coarse)
    streaks = np.maximum(np.square(broad.here) - (UNUSUAL * broad.usual) ** 2, 0)
    noise = np.sqrt(np.square(fine.here) / np.float32(_kept()) + streaks)
    return _enlarged(noise.astype(np.float32), image.shape, slices=_together(coarse[0]))


def _blurred(image: Single, cells: float, axis: int) -> Single:
    return np.asarray(ndimage.gaussian_filter1d(image, cells, axis=axis, truncate=2.5))


def _slowly(image: Single, width_mm: float, spacing_mm: tuple[float, float, float]) -> Single:
    """The image blurred within its slices."""
    for axis in (1, 2):
        image = ndimage.gaussian_filter1d(image, width_mm / spacing_mm[axis], axis=axis, truncate=2)
    return image


def _among(image: Single, tissue: Bool, width_mm: float, spacing_mm: tuple[float, float, float]) -> Single:
    """The slow mean of tissue alone: one that reached into fluid or the skull would make every cortex streaky."""
    counted = tissue.astype(np.float32)
    total, weight = each(lambda a: _slowly(a, width_mm, spacing_mm), (image * counted, counted))
    return np.asarray(np.where(weight > 0.02, total / np.maximum(weight, 0.02), image), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Spread:
    """Root mean square of a residual over the tissue near each place, and its usual value in this head."""

    here: Single
    usual: float


def _regional(
    residuals: Sequence[Single], tissue: Bool, spacing_mm: tuple[float, float, float]
) -> list[_Spread]:
    """How strong residuals are over the tissue near each place; thin slices are taken together.

    Worked out again without what lies beyond three of its own deviations, so that a deposit is no noise.
    """
    together = _together(spacing_mm[0])
    usual = [_usual(residual[tissue]) for residual in residuals]
    blur = [REGION_MM / 2 / s for s in (spacing_mm[0] * together, *spacing_mm[1:])]
    squares = [r * r for r in residuals]

    def spreads(kept: Sequence[Single], counted: Sequence[Bool]) -> list[Single]:
        means = each(
            lambda a: ndimage.gaussian_filter(_joined(a, together), blur, truncate=2.5),
            [*kept, *(c.astype(np.float32) for c in counted)],
        )
        totals, weights = means[: len(kept)], means[len(kept) :] * (len(kept) // len(counted))
        return [
            np.sqrt((total + np.float32(0.05 * u * u)) / (weight + np.float32(0.05)))
            for total, weight, u in zip(totals, weights, usual, strict=True)
        ]

    cut = [
        np.where(tissue, np.minimum(q, np.float32((5 * u) ** 2)), np.float32(0))
        for q, u in zip(squares, usual, strict=True)
    ]
    first = [np.repeat(s, together, axis=0)[: len(tissue)] for s in spreads(cut, [tissue])]
    counted = [tissue & (q < np.square(OUTLIER * s)) for q, s in zip(squares, first, strict=True)]
    kept = [np.where(c, q, np.float32(0)) for q, c in zip(cut, counted, strict=True)]
    return [
        _Spread(here=s / np.float32(TRIMMED), usual=u)
        for s, u in zip(spreads(kept, counted), usual, strict=True)
    ]


def _usual(values: Single) -> float:
    return 1.4826 * float(np.median(np.abs(values))) if values.size else UNKNOWN_NOISE_HU


def _together(slice_mm: float) -> int:
    """How many slices are taken together: no thicker than ``JOINED_MM``, which is little in a region."""
    return max(1, int(JOINED_MM / slice_mm))


def _joined(array: Single, slices: int) -> Single:
    """Means over so many slices; the last of them may be fewer."""
    starts = np.arange(0, len(array), slices)
    counts = np.diff(np.append(starts, len(array))).astype(np.float32)
    return np.asarray(np.add.reduceat(array, starts, axis=0) / counts[:, None, None], np.float32)


def _enlarged(few: Single, shape: tuple[int, ...], *, slices: int) -> Single:
    """Each value repeated over its block of rows and columns, the last ones to the edge; linear across slices."""
    rows = np.minimum(np.arange(shape[1]) // FEW, few.shape[1] - 1)
    columns = np.minimum(np.arange(shape[2]) // FEW, few.shape[2] - 1)
    across = (np.arange(shape[0], dtype=np.float32) - np.float32((slices - 1) / 2)) / np.float32(slices)
    return np.asarray(stretched(few, 0, across).take(columns, axis=2).take(rows, axis=1))


def _kept() -> float:
    """Share of the variance of averaged white noise that is left when its slow part is taken off (in plane)."""
    a, b = MATCHED_MM**2, SLOW_MM**2
    before = 1 / (4 * np.pi * a)
    return float((before - 2 / (2 * np.pi * (2 * a + b)) + 1 / (4 * np.pi * (a + b))) / before)
