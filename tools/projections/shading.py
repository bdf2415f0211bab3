"""How does beam hardening shade the brain, and does the image-domain scanner shade it likewise?

Both are maps of error in HU on pixels of 1 mm: the reconstruction of the spectrum less that of one energy, and
what ``phantom.artefacts.add_hardening`` adds to the same slice. Compared are the pixels inside the skull at
least 4 mm off bone, each map less its median there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.grid import Grid
from brainsand.phantom.artefacts import add_hardening
from brainsand.phantom.protocol import Protocol, Slices
from projections.conditions import rig
from projections.head import PIXEL_MM, SIZE, Level
from projections.reconstruct import hounsfield, lattice
from projections.scan import Body, corrected
from projections.spectrum import Spectrum

Floats32 = NDArray[np.float32]

_MM: Final = 1.0
_PIXELS: Final = int(SIZE * PIXEL_MM / _MM)
_OFF_BONE_MM: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """Median of the error inside the skull, its deviation about that, and its 5th and 95th hundredths, HU;
    ``like`` is its correlation with the error that is corrected for water alone."""

    level: str
    made_by: str
    median_hu: float
    deviation_hu: float
    low_hu: float
    high_hu: float
    like: float


def shades(level: Level, pictures: Mapping[str, Floats32]) -> list[Shade]:
    """The shading of one level, as the projections make it (``pictured``) and as the image-domain scanner does."""
    errors = {f"projections, {c}": pictures[c] - pictures["one energy"] for c in ("water", "water and bone")}
    for strength in (0.5, 1.0):
        errors[f"image-domain scanner, {strength:g}"] = of_phantom(level, strength)
    kept = _kept(level)
    first = errors["projections, water"][kept]
    return [_shade(level.name, name, e[kept], first) for name, e in errors.items()]


def pictured(body: Body, spectrum: Spectrum) -> dict[str, Floats32]:
    """The slice (HU, pixels of 1 mm) by correction, soft kernel, no noise."""
    points = lattice(_PIXELS, pixel_mm=_MM)
    pictures = {}
    for correction in ("one energy", "water", "water and bone"):
        made = rig(body, spectrum, correction)
        water = corrected(made.detector, made.detector.through(body.paths), made.bone_g_cm2)
        hu = hounsfield(water[None], points, "soft", beams=body.beams)
        pictures[correction] = hu.reshape(_PIXELS, _PIXELS)
    return pictures


def of_phantom(level: Level, strength: float) -> Floats32:
    """What the image-domain scanner adds to this slice, HU."""
    before = np.repeat(_coarse(level.hu)[None], 2, axis=0)
    after = before.copy()
    grid = Grid.regular(after.shape, spacing_mm=(1.0, _MM, _MM))
    protocol = Protocol(in_plane_mm=_MM, matrix=_PIXELS, beam_hardening=strength)
    add_hardening(after, Slices(grid=grid, thickness_mm=np.ones(2)), protocol)
    return np.asarray((after - before)[0], np.float32)


def _kept(level: Level) -> NDArray[np.bool_]:
    step = round(_MM / PIXEL_MM)
    kept = level.inside & (level.to_bone_mm > _OFF_BONE_MM)
    return np.asarray(kept[::step, ::step], bool)


def _coarse(hu: Floats32) -> Floats32:
    step = round(_MM / PIXEL_MM)
    n = len(hu) // step
    return np.asarray(hu.reshape(n, step, n, step).mean(axis=(1, 3)), np.float32)


def _shade(level: str, name: str, error: Floats32, first: Floats32) -> Shade:
    median = float(np.median(error))
    low, high = np.percentile(error - median, (5, 95))
    return Shade(
        level=level,
        made_by=name,
        median_hu=median,
        deviation_hu=float(np.std(error)),
        low_hu=float(low),
        high_hu=float(high),
        like=float(np.corrcoef(error, first)[0, 1]),
    )
