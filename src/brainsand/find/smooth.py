"""How bright is each voxel against its own neighbourhood and its own noise? The ground candidates stand on.

A small deposit in a noisy thin slice is drowned in its brightest voxel's noise but not in the mean over its own
size, so the image is first averaged over about a cubic millimetre, in plane and, where slices are thin, across
them (a matched filter for the smallest deposits worth finding).

Noise is measured on that averaged image, place by place: the spread of what is left when slow changes are taken
away. It is higher between the petrous bones than at the vertex, and a threshold that does not know this finds
calcium in every posterior fossa.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Single = NDArray[np.float32]
Bool = NDArray[np.bool_]

MATCHED_MM = 0.55
"""Standard deviation of the averaging, mm: that of a deposit of some 1.3 mm across."""
SLOW_MM = 2.5
"""What changes more slowly than this is anatomy, not noise."""
REGION_MM = 14.0
"""Noise is taken to be the same within this width."""


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
    out = np.asarray(hu, np.float32)
    for axis, step in enumerate(spacing_mm):
        cells = MATCHED_MM / step
        if cells > 0.25:
            out = ndimage.gaussian_filter1d(out, cells, axis=axis, truncate=2.5)
    return out


def local_noise(image: Single, tissue: Bool, spacing_mm: tuple[float, float, float]) -> Single:
    """Standard deviation of the noise at each place, HU, float32.

    Residuals beyond three of their own deviations (edges, calcium) are cut, then their squares averaged over
    the neighbourhood; the share of white noise that the slow part takes along is put back.

    Parameters
    ----------
    image : float32 array
        The averaged image.
    tissue : bool array
        Brain, away from bone: what noise is measured on.
    """
    cells = [SLOW_MM / spacing_mm[1], SLOW_MM / spacing_mm[2]]
    slow = image
    for axis, c in zip((1, 2), cells, strict=True):
        slow = ndimage.gaussian_filter1d(slow, c, axis=axis, truncate=2)
    residual = np.where(tissue, image - slow, 0)
    inside = residual[tissue]
    if inside.size < 100:
        return np.full(image.shape, 5.0, np.float32)
    whole = 1.4826 * float(np.median(np.abs(inside)))
    squares = np.minimum(residual * residual, np.float32((3 * whole) ** 2))
    return _regional(squares, tissue, spacing_mm, whole * whole) / np.float32(np.sqrt(_kept()))


def _regional(squares: Single, tissue: Bool, spacing_mm: tuple[float, float, float], whole: float) -> Single:
    """Square root of the mean of ``squares`` over the tissue near each place."""
    # Every fourth row and column is enough for a mean over centimetres.
    step = 4
    few_s, few_t = squares[:, ::step, ::step], tissue[:, ::step, ::step].astype(np.float32)
    blur = [REGION_MM / 2 / spacing_mm[0], REGION_MM / 2 / spacing_mm[1] / step, REGION_MM / 2 / spacing_mm[2] / step]
    total = ndimage.gaussian_filter(few_s, blur, truncate=2.5)
    weight = ndimage.gaussian_filter(few_t, blur, truncate=2.5)
    mean = np.sqrt((total + 0.05 * whole) / (weight + 0.05))
    rows, columns = squares.shape[1:]
    return np.asarray(np.repeat(np.repeat(mean, step, axis=1), step, axis=2)[:, :rows, :columns])


def _kept() -> float:
    """Share of the variance of averaged white noise that is left when its slow part is taken off (in plane)."""
    a, b = MATCHED_MM**2, SLOW_MM**2
    before = 1 / (4 * np.pi * a)
    return float((before - 2 / (2 * np.pi * (2 * a + b)) + 1 / (4 * np.pi * (a + b))) / before)
