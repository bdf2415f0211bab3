"""How does noise hang together? The correlation of a scan's noise, and the doubt of a sum over many voxels.

Noise of CT is not white: a kernel spreads each error over its neighbours, and the ramp filter takes the slow
part away (Riederer, Pelc, Chesler, Phys Med Biol 1978;23:446), so the doubt of a sum over *n* voxels is not
the root of *n* times one voxel's. Its correlation is therefore measured on the scan itself: on brain in some
slices, slow changes (2.5 mm) taken off, as the mean product of pixels so many rows and columns apart, and of
the same pixel in neighbouring slices, which overlapping slices share.

Misleads where the scan holds too little even tissue (fewer than 2000 pixels): noise is then taken to hang
together over four voxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

REACH_MM: Final = 2.5
"""Correlation is followed so far, mm."""
SLOW_MM: Final = 2.5
"""Standard deviation of the mean that is taken off before, mm."""
MOST_SLICES: Final = 6
FEWEST_PIXELS: Final = 2000
CROP: Final = 192
"""Rows and columns about the middle of the brain that are looked at."""
UNKNOWN_CLUSTER: Final = 4.0
"""Voxels that hang together where it cannot be measured (expert)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texture:
    """Correlation of the noise. ``lags`` (2 n + 1, 2 n + 1) by rows and columns apart, 1 in the middle;
    ``slices`` by slices apart, from 1 on."""

    lags: Floats
    slices: tuple[float, ...]

    def sum_factor(self, weight: Floats) -> float:
        """Variance of the weighted sum of noise of deviation 1: ``weight`` (slice, row, column).

        >>> white = Texture(lags=np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], float), slices=())
        >>> white.sum_factor(np.ones((2, 3, 4)))
        24.0
        """
        held = [np.flatnonzero(weight.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
        if not len(held[0]):
            return 0.0
        weight = weight[tuple(slice(h[0], h[-1] + 1) for h in held)]
        spread = ndimage.convolve(weight, self.lags[None], mode="constant")
        total = float((weight * spread).sum())
        for apart, share in enumerate(self.slices, start=1):
            if share and apart < len(weight):
                total += 2 * share * float((weight[apart:] * spread[:-apart]).sum())
        return max(total, float((weight**2).sum()) * 0.05)

    def mean_factor(self, count: NDArray[np.int64], *, slices: NDArray[np.int64]) -> Floats:
        """Variance of the mean of ``count`` pixels lying close together in ``slices`` slices, each.

        >>> white = Texture(lags=np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], float), slices=())
        >>> white.mean_factor(np.array([4]), slices=np.array([1])).tolist()
        [0.25]
        """
        side = np.sqrt(np.maximum(count / slices, 1))
        known = np.arange(1, 13)
        flat = [self._square(int(n)) for n in known]
        within = np.interp(side, known, flat)
        across = 1 + 2 * sum(self.slices)
        return np.asarray(within * np.minimum(1.0, np.where(slices > 1, across, 1.0) / slices))

    def _square(self, side: int) -> float:
        """Variance of the mean over a square of so many pixels."""
        reach = len(self.lags) // 2
        apart = np.abs(np.arange(-reach, reach + 1))
        overlap = np.maximum(side - apart, 0) / side**2
        return max(float((np.outer(overlap, overlap) * self.lags).sum()), 0.1 / side**2)


def texture_of(hu: NDArray[np.int16] | NDArray[np.float32], brain: Mask, *, pixel_mm: float) -> Texture:
    """The noise's correlation, from the brain of a few slices.

    Parameters
    ----------
    hu : array (slice, row, column)
        Attenuation, HU.
    brain : bool array, same shape
        Where tissue lies.
    pixel_mm : float
        Size of a pixel within the slice.
    """
    reach = int(np.clip(round(REACH_MM / pixel_mm), 1, 8))
    held = np.flatnonzero(brain[:, ::4, ::4].any(axis=(1, 2)))
    if len(held) < 3:
        return unknown_texture()
    inner = held[len(held) // 5 : max(len(held) - len(held) // 5, len(held) // 5 + 1)]
    chosen = np.unique(inner[np.linspace(0, len(inner) - 1, MOST_SLICES).round().astype(int)])
    sums, across, pixels = np.zeros((2 * reach + 1,) * 2), [0.0, 0.0, 0.0], 0
    for k in chosen:
        flat, used = _residual(hu, brain, int(k), pixel_mm)
        products, counts = _correlation(flat, used, reach)
        sums += products / np.maximum(counts, 1)
        pixels += int(used.sum())
        for apart in (1, 2):
            if k + apart < len(hu):
                other, there = _residual(hu, brain, int(k) + apart, pixel_mm, like=int(k))
                both = used & there
                across[apart] += float((flat * other)[both].sum()) / max(int(both.sum()), 1)
    if pixels < FEWEST_PIXELS or sums[reach, reach] <= 0:
        return unknown_texture()
    lags = sums / sums[reach, reach]
    slices = tuple(float(np.clip(a / sums[reach, reach], 0, 1)) for a in across[1:])
    return Texture(lags=lags, slices=tuple(s if s > 0.08 else 0.0 for s in slices))


def unknown_texture() -> Texture:
    """Noise that hangs together over :data:`UNKNOWN_CLUSTER` voxels."""
    side = np.full((3, 3), (UNKNOWN_CLUSTER - 1) / 8)
    side[1, 1] = 1.0
    return Texture(lags=side, slices=())


def _window(brain: Mask, k: int) -> tuple[slice, slice]:
    places = np.argwhere(brain[k, ::4, ::4]) * 4
    middle = places.mean(axis=0) if len(places) else np.array(brain.shape[1:]) / 2
    low = np.clip(middle - CROP / 2, 0, np.maximum(np.array(brain.shape[1:]) - CROP, 0)).astype(int)
    return slice(low[0], low[0] + CROP), slice(low[1], low[1] + CROP)


def _residual(
    hu: NDArray[np.int16] | NDArray[np.float32],
    brain: Mask,
    k: int,
    pixel_mm: float,
    *,
    like: int | None = None,
) -> tuple[Floats, Mask]:
    """What is left of a slice's middle when slow changes are taken off, and where it is noise alone."""
    window = _window(brain, k if like is None else like)
    image = np.clip(np.asarray(hu[k][window], float), -40, 100)
    inside = brain[k][window]
    weight = ndimage.gaussian_filter(inside.astype(float), SLOW_MM / pixel_mm, truncate=2)
    slow = ndimage.gaussian_filter(np.where(inside, image, 0), SLOW_MM / pixel_mm, truncate=2)
    flat = np.where(inside, image - slow / np.maximum(weight, 0.05), 0)
    spread = 1.4826 * float(np.median(np.abs(flat[inside]))) if inside.any() else 0.0
    broad = ndimage.gaussian_filter(flat, 1.0 / pixel_mm, truncate=2)
    used = inside & (weight > 0.8) & (np.abs(flat) < 3.5 * spread) & (np.abs(broad) < 1.2 * spread)
    return np.where(used, flat, 0), used


def _correlation(flat: Floats, used: Mask, reach: int) -> tuple[Floats, Floats]:
    """Sums and counts of products of pixels apart by up to ``reach`` rows and columns."""
    shape = [fft.next_fast_len(n + reach, real=True) for n in flat.shape]
    out = []
    for image in (flat, used.astype(float)):
        spectrum = fft.rfft2(image, s=shape)
        whole = fft.irfft2(np.abs(spectrum) ** 2, s=shape)
        rolled = np.roll(whole, (reach, reach), axis=(0, 1))
        out.append(rolled[: 2 * reach + 1, : 2 * reach + 1])
    return out[0], out[1]
