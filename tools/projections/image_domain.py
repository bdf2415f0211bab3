"""The same slice and balls through the phantom's image-domain scanner, and what brainsand reads there.

Steps as in ``phantom.scanner``: attenuation sampled on the scan's pixels, the balls poured in, point spread,
traces of beam hardening. There is no noise. Balls are moved to the nearest pixel's middle (0.3 mm at most).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.model.grid import Grid
from brainsand.phantom.artefacts import add_hardening
from brainsand.phantom.protocol import Protocol, Slices
from brainsand.phantom.scanner import _spread_points as spread_points
from projections.conditions import depths_of
from projections.head import PIXEL_MM as MAP_MM
from projections.head import SIZE as MAP_SIZE
from projections.head import Level
from projections.patches import PIXEL_MM, SIZE, measured, patches
from projections.scan import Ball

Floats32 = NDArray[np.float32]

_MATRIX: Final = 512
_FINER: Final = 5
STRENGTHS: Final = (0.0, 1.0)
"""Beam hardening: none, and that whose shading is nearest to projections corrected for water alone."""


def errors(
    level: Level,
    balls: Sequence[Ball],
    *,
    hu_per_mg_cm3: float,
    sharp: bool,
    strength: float,
    norms: Mapping[str, Any],
) -> dict[str, float]:
    """Read less true, as a share of the true excess, by place; nan where nothing was measured."""
    moved = [_on_pixel(b) for b in balls]
    around = patches(moved, level=level)
    depths = depths_of(moved, around.slice_mm)
    protocol = Protocol(in_plane_mm=PIXEL_MM, matrix=_MATRIX, sharp=sharp, beam_hardening=strength)
    stack = imaged(level, moved, depths, around.slice_mm, hu_per_mg_cm3=hu_per_mg_cm3, protocol=protocol)
    found = {}
    for number, (place, ball) in enumerate(zip(level.places, moved, strict=True)):
        own = _cut(stack, ball)
        seen = measured(own, around, number, noise_hu=1.0, kvp=120.0, norms=norms)
        true = ball.mass_mg * 1000 * hu_per_mg_cm3
        excess = None if seen is None else seen.excess_hu_mm3
        found[place] = float("nan") if excess is None else excess / true - 1
    return found


def imaged(
    level: Level,
    balls: Sequence[Ball],
    depths: Sequence[float],
    slice_mm: float,
    *,
    hu_per_mg_cm3: float,
    protocol: Protocol,
) -> Floats32:
    """The stack (slices, 512, 512) that the image-domain scanner makes, HU."""
    at = _middle(np.arange(_MATRIX)) / MAP_MM + (MAP_SIZE - 1) / 2
    base = ndimage.map_coordinates(level.hu, np.meshgrid(at, at, indexing="ij"), order=1, cval=-1000.0)
    stack = np.repeat(base[None], len(depths), axis=0).astype(np.float32)
    for ball in balls:
        low = _corner(ball)
        for k, depth in enumerate(depths):
            share = _filled(ball, depth, slice_mm)
            stack[k, low[0] : low[0] + SIZE, low[1] : low[1] + SIZE] += share * ball.mg_cm3 * hu_per_mg_cm3
    spread_points(stack, protocol)
    grid = Grid.regular(stack.shape, spacing_mm=(slice_mm, PIXEL_MM, PIXEL_MM))
    add_hardening(stack, Slices(grid=grid, thickness_mm=np.full(len(depths), slice_mm)), protocol)
    return stack


def _filled(ball: Ball, depth_mm: float, slice_mm: float) -> Floats32:
    """Share of each pixel of the ball's square that the ball fills in a slice at this depth."""
    fine = (np.arange(SIZE * _FINER) - (SIZE * _FINER - 1) / 2) * PIXEL_MM / _FINER
    away2 = fine[:, None] ** 2 + fine[None, :] ** 2
    planes = depth_mm + ((np.arange(_FINER) + 0.5) / _FINER - 0.5) * slice_mm
    filled = np.mean([away2 + z**2 <= ball.radius_mm**2 for z in planes], axis=0)
    return np.asarray(filled.reshape(SIZE, _FINER, SIZE, _FINER).mean(axis=(1, 3)), np.float32)


def _middle(index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pixel number to mm from the middle."""
    return np.asarray((index - (_MATRIX - 1) / 2) * PIXEL_MM)


def _pixel(ball: Ball) -> tuple[int, int]:
    """Row and column nearest to a ball's middle."""
    x, y = ball.centre_mm
    return round(y / PIXEL_MM + (_MATRIX - 1) / 2), round(x / PIXEL_MM + (_MATRIX - 1) / 2)


def _corner(ball: Ball) -> tuple[int, int]:
    row, column = _pixel(ball)
    return row - SIZE // 2, column - SIZE // 2


def _on_pixel(ball: Ball) -> Ball:
    row, column = _pixel(ball)
    x, y = (float(v) for v in _middle(np.array([column, row])))
    return Ball(centre_mm=(x, y), radius_mm=ball.radius_mm, mg_cm3=ball.mg_cm3)


def _cut(stack: Floats32, ball: Ball) -> Floats32:
    row, column = _corner(ball)
    return stack[:, row : row + SIZE, column : column + SIZE]
