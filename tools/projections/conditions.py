"""One condition: a body, a voltage, a correction. Its images about each ball, without noise and with.

``one energy``: X-rays of the spectrum's effective energy, nothing to correct: what the measures err by
themselves. ``water``: corrected for water alone. ``water and bone``: corrected for both, as head protocols are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from projections.detector import Detector
from projections.patches import Patches
from projections.rays import Beams
from projections.reconstruct import KERNELS, back_projected, filtered
from projections.scan import Ball, Body, bone_seen, corrected, with_balls
from projections.spectrum import Spectrum, single

Floats32 = NDArray[np.float32]

CORRECTIONS: Final = ("one energy", "water", "water and bone")
PHOTONS: Final = 3.5e6
"""Photons that leave the filter for one ray of one view of a 1 mm slice, at 120 kV."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rig:
    """Body, spectrum and correction, ready to scan."""

    body: Body
    detector: Detector
    bone_g_cm2: Floats32 | None

    @property
    def beams(self) -> Beams:
        """The rays of the body's paths."""
        return self.body.beams


def rig(body: Body, spectrum: Spectrum, correction: str) -> Rig:
    """A rig for one of :data:`CORRECTIONS`."""
    if correction == "one energy":
        return Rig(body=body, detector=Detector(spectrum=single(spectrum.effective_kev())), bone_g_cm2=None)
    detector = Detector(spectrum=spectrum)
    bone = bone_seen(detector, body) if correction == "water and bone" else None
    return Rig(body=body, detector=detector, bone_g_cm2=bone)


def depths_of(balls: Sequence[Ball], slice_mm: float) -> tuple[float, ...]:
    """Middles of the slices that hold the balls, their blur and three more on either side, mm."""
    reach = int(np.ceil((max((b.radius_mm for b in balls), default=0.0) - slice_mm / 2) / slice_mm)) + 3
    return tuple(k * slice_mm for k in range(-reach, reach + 1))


def clean(made: Rig, balls: Sequence[Ball], depths: Sequence[float], around: Patches) -> dict[str, Floats32]:
    """HU (slices, points) by kernel, without noise. Slices at equal depths above and below are equal."""
    different = sorted({abs(d) for d in depths})
    shares = [
        made.detector.through(with_balls(made.body, balls, depth_mm=d, slice_mm=around.slice_mm))
        for d in different
    ]
    hu = imaged(made, np.stack([corrected(made.detector, s, made.bone_g_cm2) for s in shares]), around)
    order = [different.index(abs(d)) for d in depths]
    return {kernel: picture[order] for kernel, picture in hu.items()}


def noisy(
    made: Rig,
    balls: Sequence[Ball],
    depths: Sequence[float],
    around: Patches,
    *,
    times: int,
    photons: float,
    rng: np.random.Generator,
) -> Iterator[dict[str, Floats32]]:
    """The same with noise, ``times`` times, every slice with its own."""
    shares = {
        abs(d): made.detector.through(with_balls(made.body, balls, depth_mm=d, slice_mm=around.slice_mm))
        for d in depths
    }
    for _ in range(times):
        drawn = [made.detector.noisy(shares[abs(d)], photons=photons, rng=rng) for d in depths]
        yield imaged(made, np.stack([corrected(made.detector, s, made.bone_g_cm2) for s in drawn]), around)


def imaged(made: Rig, water_cm: Floats32, around: Patches) -> dict[str, Floats32]:
    """HU (slices, points) by kernel of corrected sinograms (slices, views, rays)."""
    rays = np.concatenate([filtered(water_cm, kernel, beams=made.beams) for kernel in KERNELS])
    hu = 10000 * back_projected(rays, around.points_mm, beams=made.beams) - 1000
    return dict(zip(KERNELS, hu.reshape(len(KERNELS), len(water_cm), -1), strict=True))
