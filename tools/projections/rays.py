"""How much of each substance does every ray cross? Parallel rays through maps of pixels and through discs.

A view is an angle in half a turn, a ray a place on the detector. The ray at angle ``a`` and place ``t`` is the
line ``x cos a + y sin a = t``; x runs along columns (to the patient's left), y along rows (to the back), both
in mm from the middle of the map. Fan beams are sorted into parallel ones before reconstruction, so nothing is
lost by starting there but the correlation of noise which that sorting makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, ndimage

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_DEPTHS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Beams:
    """The rays of a scan: ``views`` angles in half a turn, ``rays`` of ``pitch_mm`` apart.

    ``aperture_mm`` is the width over which a ray is averaged at the isocentre: detector and focal spot.
    """

    views: int = 720
    rays: int = 520
    pitch_mm: float = 0.5
    aperture_mm: float = 0.6

    @property
    def angles(self) -> Floats:
        """Angle of each view, radians."""
        return np.asarray(np.arange(self.views) * np.pi / self.views)

    @property
    def places_mm(self) -> Floats:
        """Place of each ray on the detector, mm from the middle."""
        return np.asarray((np.arange(self.rays) - (self.rays - 1) / 2) * self.pitch_mm)


def through_map(maps: ArrayLike, *, pixel_mm: float, beams: Beams, step_mm: float = 1.0) -> Floats32:
    """Sums along rays of square maps (n, size, size): (n, views, rays), the map's unit times mm.

    The map is read linearly between pixels every ``step_mm`` along the ray, and nothing lies outside it.

    Examples
    --------
    A strip of ones, 4 mm long and 1 mm wide: along it the middle ray crosses 4 mm, across it 1 mm.

    >>> strip = np.zeros((1, 9, 9))
    >>> strip[0, 4, 2:6] = 1
    >>> few = Beams(views=2, rays=1, pitch_mm=1.0, aperture_mm=0.0)
    >>> through_map(strip, pixel_mm=1.0, beams=few).ravel().round(6).tolist()
    [1.0, 4.0]
    """
    stack = np.asarray(maps, np.float32)
    size = stack.shape[-1]
    half = size * pixel_mm / 2 * np.sqrt(2)
    steps = int(np.ceil(half / step_mm)) * 2 + 1
    sums = np.empty((len(stack), beams.views, beams.rays), np.float32)
    middle = (size - 1) / 2
    for v, a in enumerate(beams.angles):
        c, s = np.cos(a), np.sin(a)
        # Output index (step, ray) to input index (row y, column x).
        matrix = np.array([[c * step_mm, s * beams.pitch_mm], [-s * step_mm, c * beams.pitch_mm]]) / pixel_mm
        offset = middle - matrix @ ((steps - 1) / 2, (beams.rays - 1) / 2)
        for m, picture in enumerate(stack):
            turned = ndimage.affine_transform(picture, matrix, offset, (steps, beams.rays), order=1)
            sums[m, v] = turned.sum(axis=0)
    return _opened(sums * step_mm, beams)


def through_disc(centre_mm: ArrayLike, radius_mm: float, *, beams: Beams) -> Floats:
    """Chords (views, rays) of a disc in mm, averaged over the aperture: exact.

    Examples
    --------
    >>> few = Beams(views=1, rays=1, aperture_mm=0.0)
    >>> through_disc((0.0, 0.0), 3.0, beams=few).tolist()
    [[6.0]]
    """
    x, y = np.asarray(centre_mm, float)
    along = x * np.cos(beams.angles) + y * np.sin(beams.angles)
    t = beams.places_mm[None, :] - along[:, None]
    if beams.aperture_mm == 0:
        return 2 * np.sqrt(np.maximum(radius_mm**2 - t**2, 0))
    half = beams.aperture_mm / 2
    return (_chord_area(t + half, radius_mm) - _chord_area(t - half, radius_mm)) / beams.aperture_mm


def through_ellipse(semi_axes_mm: tuple[float, float], *, beams: Beams) -> Floats:
    """Chords (views, rays) of an ellipse in the middle with these semi-axes along x and y, mm.

    >>> few = Beams(views=2, rays=1)
    >>> through_ellipse((100.0, 50.0), beams=few).ravel().round(6).tolist()
    [100.0, 200.0]
    """
    a, b = semi_axes_mm
    reach2 = (a * np.cos(beams.angles)) ** 2 + (b * np.sin(beams.angles)) ** 2
    room = np.maximum(reach2[:, None] - beams.places_mm[None, :] ** 2, 0)
    return np.asarray(2 * a * b * np.sqrt(room) / reach2[:, None])


def through_ball(
    centre_mm: ArrayLike, radius_mm: float, *, slice_mm: tuple[float, float], beams: Beams
) -> Floats:
    """Chords (views, rays) of a ball, averaged over a slice that reaches from one depth to another.

    ``slice_mm`` are the depths of the slice's two faces from the ball's centre.
    """
    low, high = (float(np.clip(z, -radius_mm, radius_mm)) for z in slice_mm)
    if high <= low:
        return np.zeros((beams.views, beams.rays))
    at, weight = np.polynomial.legendre.leggauss(_DEPTHS)
    depths = (low + high) / 2 + (high - low) / 2 * at
    share = weight / 2 * (high - low) / (slice_mm[1] - slice_mm[0])
    radii = np.sqrt(radius_mm**2 - depths**2)
    return np.asarray(
        sum(w * through_disc(centre_mm, r, beams=beams) for w, r in zip(share, radii, strict=True))
    )


def _chord_area(t: Floats, radius: float) -> Floats:
    """Area of a disc on one side of the line at ``t``: the integral of its chords."""
    u = np.clip(t, -radius, radius)
    return np.asarray(u * np.sqrt(radius**2 - u**2) + radius**2 * np.arcsin(u / radius))


def _opened(sums: Floats32, beams: Beams) -> Floats32:
    """Sums averaged over the aperture."""
    if beams.aperture_mm == 0:
        return sums
    size = fft.next_fast_len(beams.rays + 64, real=True)
    width = np.sinc(fft.rfftfreq(size, beams.pitch_mm) * beams.aperture_mm).astype(np.float32)
    spectrum = fft.rfft(sums, n=size, axis=-1) * width
    return np.asarray(fft.irfft(spectrum, n=size, axis=-1)[..., : beams.rays], np.float32)
