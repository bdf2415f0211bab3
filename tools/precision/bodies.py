"""Bodies of many shapes alone in even tissue, scanned with noise: what the volume rule is fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from brainsand.find.smooth import averaged
from brainsand.measure.around import surroundings
from brainsand.measure.spread import Spread, spread_of
from brainsand.measure.texture import Texture, unknown_texture
from brainsand.model.grid import Grid
from brainsand.phantom import shapes
from brainsand.phantom.artefacts import _noise_transfer
from brainsand.phantom.deposits import PlantedDeposit, Spot, painted
from brainsand.phantom.protocol import Pose, Protocol, Slices
from brainsand.phantom.scanner import filled_share

Floats = NDArray[np.float64]

SLICES_MM: Final = (0.5, 0.6, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0)
PIXEL_MM: Final = 0.45
LEVEL_HU: Final = 35.0
VOLUMES_MM3: Final = (2.0, 3000.0)
DENSITIES_HU: Final = (80.0, 900.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One body measured: its true volume and the sums seen."""

    volume_mm3: float
    excess_hu_mm3: float
    form: str
    spread: Spread


def body(form: str, mm3: float, hu: float, rng: np.random.Generator) -> PlantedDeposit:
    """A body of about ``mm3`` whose middle lies near the origin."""
    middle = rng.uniform(-1, 1, 3)
    radius = float(np.cbrt(3 * mm3 / (4 * np.pi)))
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    soft = 0.0
    if form == "ellipsoid":
        ratio = np.exp(rng.uniform(-1, 1, 3) * np.log(1.5))
        semi = radius * ratio / np.prod(ratio) ** (1 / 3)
        shape, reach = shapes.ellipsoid(middle, semi, turn), float(semi.max())
        soft = float(rng.choice([0.0, 1.5], p=[0.8, 0.2]))
    elif form == "lump":
        reach = 1.9 * radius
        rough = shapes.lumps(middle - reach - 1, middle + reach + 1, grain_mm=0.8 * radius, rng=rng)
        shape, soft = (
            shapes.plus(shapes.ball(middle, radius), rough),
            float(rng.choice([0.0, 1.5], p=[0.35, 0.65])),
        )
    elif form == "plate":
        thick = float(rng.uniform(1.2, 2.5))
        length = float(np.sqrt(mm3 / (4 / 3 * np.pi * thick / 2 * 0.15)))
        semi = np.array([thick / 2, 0.3 * length, 0.5 * length])
        shape, reach = shapes.ellipsoid(middle, semi, turn), float(semi.max())
    elif form == "thread":
        thick = float(rng.uniform(1.2, 2.6))
        half = max(1.0, min(10.0, mm3 / (np.pi * thick**2 / 4) / 2))
        shape = shapes.tube(np.array([middle - half * turn[0], middle + half * turn[0]]), thick / 2)
        reach = half + thick
    elif form == "shell":
        thick = float(rng.uniform(1.2, 2.0))
        across = max(2.5 * thick, float(np.sqrt(mm3 / np.pi / thick)) + thick)
        shape, reach = shapes.shell(shapes.ball(middle, across / 2), thick), across / 2
    else:
        count = int(rng.integers(4, 10))
        dot = float(np.clip(np.cbrt(6 * mm3 / count / np.pi), 1.0, 4.0))
        points = middle + 0.9 * dot * rng.standard_normal((count, 3))
        shape = shapes.either([shapes.ball(p, dot / 2) for p in points])
        reach = float(np.abs(points - middle).max()) + dot
    return painted(
        shape,
        Spot(site="putamen", side="left", low_mm=middle - reach - 0.6, high_mm=middle + reach + 0.6),
        peak_excess_hu=hu,
        morphology="nodular",
        kind=None,
        soft_edge_mm=soft,
        cell_mm=float(np.clip(radius / 8, 0.15, 0.3)),
    )


FORMS: Final = ("ellipsoid", "lump", "plate", "thread", "shell", "sprinkle")
ODDS: Final = (0.48, 0.28, 0.07, 0.07, 0.05, 0.05)


def sample(rng: np.random.Generator) -> Sample | None:
    """A body drawn, scanned and summed; None where no island is seen."""
    form = str(rng.choice(FORMS, p=ODDS))
    mm3 = float(np.exp(rng.uniform(*np.log(VOLUMES_MM3))))
    hu = float(np.exp(rng.uniform(*np.log(DENSITIES_HU))))
    made = body(form, mm3, hu, rng)
    slice_mm = float(rng.choice(SLICES_MM))
    noise_hu = float(rng.uniform(2.0, 4.0) * min(slice_mm / 2.5, 1.0) ** -0.4)
    spread = _seen(made, slice_mm, noise_hu, fwhm_mm=float(rng.uniform(0.8, 1.4)), rng=rng)
    if spread is None:
        return None
    return Sample(volume_mm3=made.volume_mm3, excess_hu_mm3=made.excess_hu_mm3, form=form, spread=spread)


def _seen(
    made: PlantedDeposit, slice_mm: float, noise_hu: float, *, fwhm_mm: float, rng: np.random.Generator
) -> Spread | None:
    low, high = made.points_mm.min(axis=0) - 9, made.points_mm.max(axis=0) + 9
    side = int(np.ceil(max(high[0] - low[0], high[1] - low[1]) / PIXEL_MM / 2)) * 2
    count = int(np.ceil((high[2] - low[2]) / slice_mm))
    grid = Grid.regular(
        (count, side, side),
        spacing_mm=(slice_mm, PIXEL_MM, PIXEL_MM),
        origin_mm=(low[0], low[1], low[2] + float(rng.uniform(0, slice_mm))),
    )
    slices = Slices(grid=grid, thickness_mm=np.full(count, slice_mm))
    still = Pose(rotation=np.eye(3), middle_mm=np.zeros(3), shift_mm=np.zeros(3))
    shared = filled_share(replace(made, share=made.excess_hu), slices, still)
    if shared is None:
        return None
    hu = np.full(grid.shape, LEVEL_HU, np.float32)
    hu[shared[0]] += shared[1]
    hu = ndimage.gaussian_filter(hu, (0, fwhm_mm / 2.3548 / PIXEL_MM, fwhm_mm / 2.3548 / PIXEL_MM))
    hu += noise_hu * _noise(grid.shape, rng)
    found = _island(hu, grid, noise_hu)
    if found is None:
        return None
    owner = found.astype(np.int32)
    around = surroundings(
        np.argwhere(found), grid=grid, hu=hu, inside=np.ones(hu.shape, bool), owner=owner, numbers=[1]
    )
    background = LEVEL_HU + float(rng.normal(0, 1.0))
    excess = np.where(around.blur, (hu[around.box] - background) * around.share, 0.0)
    return spread_of(
        excess,
        around.share,
        grid=around.grid,
        voxel_mm3=around.voxel_mm3,
        noise_hu=noise_hu,
        texture=_TEXTURE,
    )


def _noise(shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    size = fft.next_fast_len(max(shape[1], 64), real=True)
    transfer = _noise_transfer(Protocol(matrix=size, in_plane_mm=PIXEL_MM))
    white = rng.standard_normal((shape[0], size, size), dtype=np.float32)
    noise = fft.irfft2(fft.rfft2(white) * transfer, s=(size, size))[:, : shape[1], : shape[2]]
    return np.asarray(noise, np.float32)


def _texture() -> Texture:
    """The correlation of that noise, from much of it."""
    rng = np.random.default_rng(0)
    noise = _noise((40, 128, 128), rng)
    reach = 6
    lags = np.zeros((2 * reach + 1,) * 2)
    middle = noise[:, reach:-reach, reach:-reach]
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            moved = noise[:, reach + i : 128 - reach + i, reach + j : 128 - reach + j]
            lags[i + reach, j + reach] = float((middle * moved).mean())
    return replace(unknown_texture(), lags=lags / lags[reach, reach])


_TEXTURE: Final = _texture()


def _island(hu: NDArray[np.float32], grid: Grid, noise_hu: float) -> NDArray[np.bool_] | None:
    """The island of the brightest place, with finding's edge (``find.candidates``)."""
    mean = averaged(hu, grid.spacing_mm) - LEVEL_HU
    peak = np.unravel_index(int(mean.argmax()), mean.shape)
    spread = noise_hu * (0.45 if grid.spacing_mm[0] < 2 else 0.6)
    if mean[peak] < max(4.5 * spread, 25.0):
        return None
    edge = max(min(0.5 * float(mean[peak]), 45.0), 3 * spread)
    pieces = cc3d.connected_components(mean > edge, connectivity=18)
    return np.asarray(pieces == pieces[peak])
