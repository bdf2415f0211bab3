"""A body with balls of hydroxyapatite in it, scanned slice by slice.

Balls lie with their middle in the middle of slice 0; slices touch. The mineral takes the place of as much tissue
as it fills: 200 mg/cm3 of 3.16 g/cm3 displace 6 % of the tissue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from projections.detector import Detector
from projections.head import PIXEL_MM, Level
from projections.rays import Beams, through_ball, through_ellipse, through_map
from projections.reconstruct import hounsfield, lattice
from projections.substances import BONE_G_CM3, HYDROXYAPATITE_G_CM3, mass_attenuation

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

BRAIN_G_CM3: Final = 1.04
_COARSE_MM: Final = 1.0
_COARSE: Final = 250
_BONE_FROM_HU: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ball:
    """A ball of tissue that holds ``mg_cm3`` of hydroxyapatite; its middle at x, y in mm."""

    centre_mm: tuple[float, float]
    radius_mm: float
    mg_cm3: float

    @property
    def volume_mm3(self) -> float:
        """Volume.

        >>> round(Ball(centre_mm=(0.0, 0.0), radius_mm=3.0, mg_cm3=200.0).volume_mm3, 1)
        113.1
        """
        return 4 / 3 * np.pi * self.radius_mm**3

    @property
    def mass_mg(self) -> float:
        """Hydroxyapatite in it."""
        return self.volume_mm3 * self.mg_cm3 / 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """Paths (views, rays; g/cm2) of every ray through each substance of a body, without balls."""

    paths: Mapping[str, Floats32]
    tissue: str
    tissue_g_cm3: float
    beams: Beams


def head_body(level: Level, beams: Beams) -> Body:
    """The slice of a head."""
    maps = level.densities()
    sums = through_map(list(maps.values()), pixel_mm=PIXEL_MM, beams=beams) / 10
    paths = dict(zip(maps, sums, strict=True))
    return Body(paths=paths, tissue="brain", tissue_g_cm3=BRAIN_G_CM3, beams=beams)


def ellipse_body(
    semi_axes_mm: tuple[float, float], beams: Beams, *, tissue: str = "water", g_cm3: float = 1.0
) -> Body:
    """An ellipse of one substance and nothing around it."""
    path = through_ellipse(semi_axes_mm, beams=beams).astype(np.float32) * np.float32(g_cm3 / 10)
    return Body(paths={tissue: path}, tissue=tissue, tissue_g_cm3=g_cm3, beams=beams)


def with_balls(body: Body, balls: Sequence[Ball], *, depth_mm: float, slice_mm: float) -> dict[str, Floats32]:
    """Paths of the slice whose middle lies ``depth_mm`` from the balls'."""
    faces = (depth_mm - slice_mm / 2, depth_mm + slice_mm / 2)
    mineral = np.zeros(next(iter(body.paths.values())).shape)
    for ball in balls:
        chord = through_ball(ball.centre_mm, ball.radius_mm, slice_mm=faces, beams=body.beams)
        mineral += chord / 10 * ball.mg_cm3 / 1000
    paths = dict(body.paths)
    if mineral.any():
        displaced = mineral / HYDROXYAPATITE_G_CM3 * body.tissue_g_cm3
        paths[body.tissue] = (paths[body.tissue] - displaced).astype(np.float32)
        paths["hydroxyapatite"] = mineral.astype(np.float32)
    return paths


def bone_seen(detector: Detector, body: Body) -> Floats32:
    """Bone (g/cm2) on each ray as a scanner takes it from a first image: what exceeds 300 HU."""
    water = detector.water_cm(detector.loss(body.paths))
    points = lattice(_COARSE, pixel_mm=_COARSE_MM)
    hu = hounsfield(water[None], points, "soft", beams=body.beams).reshape(_COARSE, _COARSE)
    kev = detector.spectrum.effective_kev()
    like_water, bone = (float(mass_attenuation(s, kev)) for s in ("water", "bone"))
    density = np.where(hu > _BONE_FROM_HU, (1 + hu / 1000) * like_water / bone, 0.0)
    # Smooth, so that the staircase of its pixels makes no streaks.
    density = ndimage.gaussian_filter(np.minimum(density, BONE_G_CM3 * 1.2), 1.0)
    return through_map(density[None], pixel_mm=_COARSE_MM, beams=body.beams, step_mm=2.0)[0] / 10


def corrected(detector: Detector, shares: Floats32, bone_g_cm2: Floats32 | None) -> Floats32:
    """Signal shares as cm of water, corrected for water alone or for water and bone."""
    loss = -np.log(shares)
    if bone_g_cm2 is None:
        return detector.water_cm(loss)
    return detector.water_beside_bone_cm(loss, bone_g_cm2)
