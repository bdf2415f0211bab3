"""How does one head become another? A random smooth displacement, a scale, wider ventricles.

Displacements are given backwards: the new head at ``p`` is the old one at ``p + u(p)``.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.arrays.distance import distance_to
from brainsand.model.grid import Grid
from brainsand.phantom.labels import THIRD_VENTRICLE, numbers

Floats32 = NDArray[np.float32]

_COARSE_MM = 4.0
_BEND_MM = 20.0
_VENTRICLE_REACH_MM = 14.0


def warped(
    labels: NDArray[np.uint16],
    grid: Grid,
    *,
    rng: np.random.Generator,
    warp_mm: float,
    scale: NDArray[np.float64],
    ventricle_mm: float,
) -> NDArray[np.uint16]:
    """Labels after the deformation, nearest neighbour, on the same grid.

    Parameters
    ----------
    labels : uint16 array on ``grid``
    warp_mm : float
        Standard deviation of the random displacement along each axis.
    scale : array (3,)
        Growth along x, y, z about the middle of the head (1 = none).
    ventricle_mm : float
        Outward movement of the ventricles' walls.
    """
    step = _coarse_step(grid)
    shape = tuple(int(np.ceil(n / s)) + 1 for n, s in zip(labels.shape, step, strict=True))
    field = _random_field(shape, rng, warp_mm) + _scale_field(shape, step, grid, scale)
    if ventricle_mm > 0:
        field = field + _ventricle_field(labels, shape, step, grid, ventricle_mm)
    in_voxels = np.asarray(field / np.asarray(grid.spacing_mm), np.float32)
    return _resampled(labels, in_voxels, step)


def _coarse_step(grid: Grid) -> tuple[int, int, int]:
    a, b, c = (max(1, round(_COARSE_MM / s)) for s in grid.spacing_mm)
    return a, b, c


def _random_field(shape: tuple[int, ...], rng: np.random.Generator, sd_mm: float) -> Floats32:
    """Displacement (slice, row, column, 3) in mm along the array's axes, smooth over ``_BEND_MM``."""
    parts = []
    for _ in range(3):
        noise = ndimage.gaussian_filter(rng.standard_normal(shape), _BEND_MM / _COARSE_MM, mode="reflect")
        parts.append(sd_mm * noise / max(float(noise.std()), 1e-9) if sd_mm > 0 else np.zeros(shape))
    return np.stack(parts, -1).astype(np.float32)


def _scale_field(
    shape: tuple[int, ...], step: tuple[int, int, int], grid: Grid, scale: NDArray[np.float64]
) -> Floats32:
    index = np.stack(
        np.meshgrid(*(np.arange(n) * s for n, s in zip(shape, step, strict=True)), indexing="ij"), -1
    )
    middle = (np.asarray(grid.shape) - 1) / 2
    from_middle_mm = (index - middle) * np.asarray(grid.spacing_mm)
    return np.asarray(from_middle_mm * (1 / scale[::-1] - 1), np.float32)


def _ventricle_field(
    labels: NDArray[np.uint16], shape: tuple[int, ...], step: tuple[int, int, int], grid: Grid, grow_mm: float
) -> Floats32:
    """Sample nearer to the ventricles than one stands, so that their walls move out by ``grow_mm``."""
    hollow = np.isin(labels, (*numbers("ventricle", "both"), THIRD_VENTRICLE))
    share = ndimage.uniform_filter(hollow.astype(np.float32), step)[:: step[0], :: step[1], :: step[2]]
    coarse = np.zeros(shape, np.float32)
    coarse[tuple(slice(0, n) for n in share.shape)] = share
    inside = coarse > 0.3
    if not inside.any():
        return np.zeros((*shape, 3), np.float32)
    slices, rows, columns = (s * m for s, m in zip(step, grid.spacing_mm, strict=True))
    spacing = (slices, rows, columns)
    away = distance_to(inside, spacing_mm=spacing) - distance_to(~inside, spacing_mm=spacing)
    away = ndimage.gaussian_filter(away, 0.8)
    slope = np.stack(np.gradient(away, *spacing), -1)
    fall = np.exp(-np.abs(away) / _VENTRICLE_REACH_MM)[..., None]
    return np.asarray(-grow_mm * slope * fall, np.float32)


def _resampled(labels: NDArray[np.uint16], field: Floats32, step: tuple[int, int, int]) -> NDArray[np.uint16]:
    """Nearest-neighbour sampling through a coarse field given in voxels (slice, row, column)."""
    vectors = sitk.GetImageFromArray(np.ascontiguousarray(field[..., ::-1]).astype(np.float64), isVector=True)
    vectors.SetSpacing(tuple(float(s) for s in step[::-1]))
    image = sitk.GetImageFromArray(labels)
    moved = sitk.Resample(
        image,
        image,
        sitk.DisplacementFieldTransform(vectors),
        sitk.sitkNearestNeighbor,
        0,
        image.GetPixelID(),
    )
    return np.asarray(sitk.GetArrayFromImage(moved), np.uint16)
