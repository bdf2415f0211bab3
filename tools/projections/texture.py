"""Point spread and noise texture of reconstructed images, and of the image-domain scanner beside them.

- point spread: a disc of 0.2 mm is imaged on pixels of 0.1 mm and summed across to the line spread; its Fourier
  transform is the MTF. Width is the full width at half height of the line spread; undershoot its deepest point
  as a share of its height.
- noise texture: the power spectrum of squares of pure noise (mean taken off, Hann window), averaged over
  directions (ICRU Report 87, 2012). Peak and mean are frequencies per mm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from brainsand.phantom.artefacts import add_noise
from brainsand.phantom.protocol import Protocol
from brainsand.phantom.scanner import _spread_points as spread_points
from projections.rays import Beams, through_disc
from projections.reconstruct import hounsfield, lattice

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_FINE_MM: Final = 0.1
_FINE: Final = 201
_POINT_MM: Final = 0.2
_BINS: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Line spread: width in mm, undershoot as a share, frequencies (per mm) where the MTF is 0.5 and 0.1."""

    width_mm: float
    undershoot: float
    mtf_half: float
    mtf_tenth: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texture:
    """Noise power by frequency (per mm), its sum 1; where it peaks and has its mean; the pixels over which it
    hangs together in a disc of 2 mm and of 4.5 mm radius."""

    frequency: Floats
    power: Floats
    together: tuple[float, float]

    @property
    def peak(self) -> float:
        """Frequency of the highest power."""
        return float(self.frequency[int(np.argmax(self.power))])

    @property
    def mean(self) -> float:
        """Mean frequency, weighed by power in the plane."""
        weight = self.power * self.frequency
        return float(weight @ self.frequency / weight.sum())


def spread_of_projections(kernel: str, beams: Beams) -> Spread:
    """Point spread of a kernel, 30 mm off the middle."""
    centre = (30.0, 10.0)
    points = lattice(_FINE, pixel_mm=_FINE_MM, centre_mm=centre)
    disc = through_disc(centre, _POINT_MM, beams=beams) / 10
    return spread_of(hounsfield(disc[None], points, kernel, beams=beams).reshape(_FINE, _FINE) + 1000)


def spread_of_phantom(*, sharp: bool) -> Spread:
    """Point spread that the image-domain scanner gives."""
    protocol = Protocol(in_plane_mm=_FINE_MM, matrix=_FINE, sharp=sharp)
    line = (np.arange(_FINE) - _FINE // 2) * _FINE_MM
    point = (np.hypot(line[:, None], line[None, :]) <= _POINT_MM).astype(np.float32)[None]
    spread_points(point, protocol)
    return spread_of(point[0])


def spread_of(picture: ArrayLike) -> Spread:
    """The line spread of a point imaged on pixels of 0.1 mm.

    A Gaussian of full width 1 mm comes out as one, its MTF half at 0.4413 per mm.

    >>> x = (np.arange(201) - 100) * 0.1
    >>> seen = spread_of(np.exp(-4 * np.log(2) * (x[:, None]**2 + x[None, :]**2)))
    >>> round(seen.width_mm, 2), round(seen.mtf_half, 2), abs(seen.undershoot) < 1e-6
    (1.0, 0.44, True)
    """
    line = np.asarray(picture, float).sum(axis=0)
    line /= line.max()
    above = np.flatnonzero(line >= 0.5)
    low, high = above[0], above[-1]
    left = low - (line[low] - 0.5) / (line[low] - line[low - 1])
    right = high + (line[high] - 0.5) / (line[high] - line[high + 1])
    size = 4096
    transfer = np.abs(fft.rfft(line, n=size))
    transfer /= transfer[0]
    frequency = fft.rfftfreq(size, _FINE_MM)
    half, tenth = (float(frequency[int(np.argmax(transfer < share))]) for share in (0.5, 0.1))
    return Spread(
        width_mm=float(right - left) * _FINE_MM,
        undershoot=float(-line.min()),
        mtf_half=half,
        mtf_tenth=tenth,
    )


def hangs_together(squares: ArrayLike, pixel_mm: float, radius_mm: float) -> float:
    """Pixels over which noise hangs together: variance of the sum over a disc, over that of white noise.

    Parameters
    ----------
    squares : array (n, size, size)
        Pure noise.
    radius_mm : float
        Radius of the disc, in the middle of the square.

    Examples
    --------
    Two squares of one pixel, +1 and -1: the sum varies as the pixel does.

    >>> hangs_together([[[1.0]], [[-1.0]]], 1.0, 0.4)
    1.0
    """
    stack = np.asarray(squares, float)
    line = (np.arange(stack.shape[-1]) - (stack.shape[-1] - 1) / 2) * pixel_mm
    disc = np.hypot(line[:, None], line[None, :]) <= radius_mm
    return float(np.mean(stack[:, disc].sum(axis=1) ** 2) / (np.mean(stack**2) * disc.sum()))


def texture(squares: ArrayLike, pixel_mm: float) -> Texture:
    """Noise power of squares (n, size, size) of pure noise."""
    stack = np.asarray(squares, float)
    together = (hangs_together(stack, pixel_mm, 2.0), hangs_together(stack, pixel_mm, 4.5))
    size = stack.shape[-1]
    window = np.hanning(size)[:, None] * np.hanning(size)
    stack = (stack - stack.mean(axis=(1, 2), keepdims=True)) * window
    power = (np.abs(fft.fft2(stack)) ** 2).mean(axis=0)
    at = np.hypot(fft.fftfreq(size, pixel_mm)[:, None], fft.fftfreq(size, pixel_mm)[None, :])
    highest = 0.5 / pixel_mm
    ring = np.minimum((at / highest * _BINS).astype(int), _BINS).ravel()
    total = np.bincount(ring, power.ravel(), _BINS + 1)[:_BINS]
    mean = total / np.bincount(ring, minlength=_BINS + 1)[:_BINS]
    frequency = (np.arange(_BINS) + 0.5) * highest / _BINS
    return Texture(frequency=frequency, power=mean / mean.sum(), together=together)


def texture_of_phantom(size: int, pixel_mm: float, *, sharp: bool, rng: np.random.Generator) -> Texture:
    """Noise texture that the image-domain scanner gives, from squares of the same size and pixel."""
    protocol = Protocol(in_plane_mm=pixel_mm, matrix=512, sharp=sharp, noise_hu=10.0)
    hu = np.zeros((4, 512, 512), np.float32)
    add_noise(hu, protocol, rng=rng)
    starts = range(100, 400 - size, size)
    return texture(
        np.concatenate([hu[:, r : r + size, c : c + size] for r in starts for c in starts]), pixel_mm
    )


def deviation(squares: Sequence[Floats32]) -> float:
    """Standard deviation over squares of pure noise, HU."""
    return float(np.std(np.concatenate([s.ravel() for s in squares])))
