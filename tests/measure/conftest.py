"""Small virtual blocks of tissue with one sphere of calcium, imaged in slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from brainsand.measure.calibration import calibration_at
from brainsand.measure.excess import Scene
from brainsand.measure.score import steps_at
from brainsand.measure.size import Measured, measure_deposit
from brainsand.measure.texture import Texture
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume
from brainsand.read.knowledge import load_norms


@dataclass(frozen=True)
class Imaged:
    volume: Volume
    index: np.ndarray
    true_mm3: float
    true_excess: float


def imaged_sphere(
    radius_mm: float,
    *,
    contrast_hu: float = 200.0,
    slice_mm: float = 1.0,
    noise_hu: float = 0.0,
    tissue_hu: float = 30.0,
    shift_mm: float = 0.0,
    tilt: float = 0.0,
    rng: np.random.Generator | None = None,
) -> Imaged:
    """A sphere in even tissue, sampled at 0.25 mm, blurred, averaged to 0.5 mm pixels and thick slices.

    ``tilt`` is the shear (rows moved per slice, mm per mm); the sphere stays where it is in space.
    """
    fine, pixel, across = 0.25, 0.5, 20.0
    along = 24.0 if slice_mm < 3 else 40.0
    z, y, x = np.meshgrid(
        *[(np.arange(round(n / fine)) + 0.5) * fine for n in (along, across, across)], indexing="ij"
    )
    slices = int(along / slice_mm)
    origin_y = tilt * (np.floor(z / slice_mm) - slices // 2) * slice_mm
    far2 = (z - along / 2 - shift_mm) ** 2 + (y + origin_y - across / 2) ** 2 + (x - across / 2) ** 2
    inside = far2 <= radius_mm**2
    hu = ndimage.gaussian_filter(np.where(inside, contrast_hu, 0.0), [0, 0.5 / fine, 0.5 / fine])
    k, p = round(slice_mm / fine), round(pixel / fine)
    n = hu.shape
    hu = hu[: slices * k].reshape(slices, k, n[1] // p, p, n[2] // p, p).mean((1, 3, 5)) + tissue_hu
    if noise_hu and rng is not None:
        hu = hu + rng.normal(0, noise_hu, hu.shape)
    grid = Grid(
        shape=hu.shape,
        origins_mm=np.array([[0, tilt * (s - slices // 2) * slice_mm, s * slice_mm] for s in range(slices)]),
        row_step_mm=np.array([0, pixel, 0]),
        column_step_mm=np.array([pixel, 0, 0]),
    )
    bright = hu > tissue_hu + max(20.0, 5 * noise_hu)
    labels, _ = ndimage.label(bright)
    index = np.argwhere(labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:])))
    true_mm3 = float(inside.sum() * fine**3)
    return Imaged(
        volume=Volume(hu=hu.astype(np.float32), grid=grid),
        index=index,
        true_mm3=true_mm3,
        true_excess=true_mm3 * contrast_hu,
    )


def scene_of(
    volume: Volume,
    *indices: np.ndarray,
    kvp: float | None = 120.0,
    noise_hu: float | None = 4.0,
    inside: np.ndarray | None = None,
    **more: Any,
) -> Scene:
    """A scene of one scan, its deposits numbered from 1 in the order given."""
    norms = load_norms()
    owner = np.zeros(volume.hu.shape, np.int16)
    for number, index in enumerate(indices, start=1):
        owner[tuple(np.asarray(index).T)] = number
    return Scene(
        volume=volume,
        inside=np.ones(owner.shape, bool) if inside is None else inside,
        owner=owner,
        volume_rule=norms["volume_rule"],
        noise_hu=noise_hu,
        calibration=calibration_at(kvp, table=norms["calibration"]),
        steps_hu=steps_at(kvp, table=norms["kvp_thresholds"]),
        kvp=kvp,
        **more,
    )


def measures(head: Imaged, *, kvp: float | None = 120.0, noise_hu: float | None = 4.0) -> Measured:
    white = Texture(lags=np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], float), slices=())
    scene = scene_of(head.volume, head.index, kvp=kvp, noise_hu=noise_hu, texture=white)
    return measure_deposit(scene, head.index, number=1)


@pytest.fixture
def scene() -> Callable[..., Scene]:
    return scene_of


@pytest.fixture
def sphere() -> Callable[..., Imaged]:
    return imaged_sphere


@pytest.fixture
def measured() -> Callable[..., Measured]:
    return measures
