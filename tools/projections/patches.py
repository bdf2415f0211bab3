"""Patches of the reconstructed stack about each ball, and what brainsand's own measures say of them.

Only small squares about the balls are reconstructed, on pixels of a usual head scan. The deposit's voxels are
found as the finder bounds an island: what stands out of the tissue by half its height, at most 45 HU and at
least three deviations of noise, in one piece with the brightest voxel of the ball.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.measure.background import TissueMap
from brainsand.measure.calibration import calibration_at, gain_at
from brainsand.measure.score import steps_at
from brainsand.measure.size import Measured, Scene, measure_deposit
from brainsand.measure.texture import texture_of
from brainsand.model.anatomy import CSF, GRAY, SINUS, WHITE
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume
from projections.head import Level
from projections.reconstruct import lattice
from projections.scan import Ball

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

PIXEL_MM: Final = 0.45
SIZE: Final = 57
_EDGE_HU: Final = 45.0
_EDGE_DEVIATIONS: Final = 3.0
_REACH_MM: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patches:
    """Squares about balls: ``points`` (balls x pixels, 2), and where the head's inside is on them."""

    balls: Sequence[Ball]
    points_mm: Floats
    inside: NDArray[np.bool_]
    tissue: NDArray[np.uint8]
    slice_mm: float

    def stack(self, hu: Floats32, number: int) -> Floats32:
        """Ball ``number``'s own stack (slices, rows, columns) out of HU (slices, all points)."""
        return hu.reshape(len(hu), len(self.balls), SIZE, SIZE)[:, number]


def patches(balls: Sequence[Ball], *, level: Level | None, slice_mm: float = 1.0) -> Patches:
    """Squares about the balls; without a level everything is inside."""
    points = np.concatenate([lattice(SIZE, pixel_mm=PIXEL_MM, centre_mm=b.centre_mm) for b in balls])
    inside = np.ones(len(points), bool) if level is None else level.sampled(points)
    tissue = np.full(len(points), WHITE, np.uint8) if level is None else level.tissue_at(points)
    shape = (len(balls), SIZE, SIZE)
    return Patches(
        balls=balls,
        points_mm=points,
        inside=inside.reshape(shape),
        tissue=tissue.reshape(shape),
        slice_mm=slice_mm,
    )


def measured(
    stack: Floats32,
    around: Patches,
    number: int,
    *,
    noise_hu: float,
    kvp: float,
    norms: Mapping[str, Any],
) -> Measured | None:
    """brainsand's measures of one ball on its stack; None where nothing stands out."""
    spacing = (around.slice_mm, PIXEL_MM, PIXEL_MM)
    grid = Grid.regular(stack.shape, spacing_mm=spacing)
    inside = np.broadcast_to(around.inside[number], stack.shape)
    own = voxels(stack, inside, radius_mm=around.balls[number].radius_mm, grid=grid, noise_hu=noise_hu)
    if own is None:
        return None
    volume = Volume(hu=stack.astype(np.float32), grid=grid)
    table = norms["calibration"]
    scene = Scene(
        volume=volume,
        inside=inside,
        owner=own.astype(np.int16),
        volume_rule=norms["volume_rule"],
        noise_hu=noise_hu,
        texture=texture_of(volume.hu, inside, pixel_mm=PIXEL_MM),
        tissue=_tissue_map(around.tissue[number], grid, stack, own | ~inside),
        calibration=calibration_at(kvp, table=table),
        steps_hu=steps_at(kvp, table=norms["kvp_thresholds"]),
        gain=gain_at(kvp, table=table),
        kvp=kvp,
    )
    return measure_deposit(scene, np.argwhere(own), number=1)


def _tissue_map(labels: NDArray[np.uint8], grid: Grid, stack: Floats32, off: Mask) -> TissueMap:
    """The true tissues of the square, each reading what it reads here away from the ball and from bone."""
    held = np.broadcast_to(labels, stack.shape)
    free = ~ndimage.binary_dilation(off, np.ones((1, 7, 7), bool))
    usual = {CSF: 6.0, WHITE: 29.0, GRAY: 37.0, SINUS: 53.0}
    hu = {
        t: float(np.median(stack[free & (held == t)])) if (free & (held == t)).any() else v
        for t, v in usual.items()
    }
    return TissueMap(labels=np.ascontiguousarray(held), grid=grid, hu=hu)


def voxels(stack: Floats32, inside: Mask, *, radius_mm: float, grid: Grid, noise_hu: float) -> Mask | None:
    """The deposit's voxels, as the finder would bound them, within 3 mm of the true ball."""
    middle = grid.points([(np.array(stack.shape) - 1) / 2])[0]
    away = np.linalg.norm(grid.points(np.argwhere(np.ones(stack.shape, bool))) - middle, axis=1)
    away = away.reshape(stack.shape)
    near = (away <= radius_mm + _REACH_MM) & inside
    tissue = float(np.median(stack[inside & ~near]))
    peak = float(stack[near].max()) - tissue
    edge = max(min(peak / 2, _EDGE_HU), _EDGE_DEVIATIONS * noise_hu)
    labels, _ = ndimage.label(near & (stack > tissue + edge))
    at = int(np.argmax(np.where(inside & (away <= radius_mm), stack, -np.inf)))
    own = labels.ravel()[at]
    return np.asarray(labels == own) if own else None


def difference(with_ball: Floats32, without: Floats32, around: Patches) -> float:
    """HU mm3 by which the ball changes its patch: what the image truly holds of it."""
    return float((with_ball.astype(np.float64) - without).sum() * around.slice_mm * PIXEL_MM**2)
