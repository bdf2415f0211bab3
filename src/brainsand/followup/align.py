"""How does the head of one scan lie in another? One rigid map, from the skull and what it holds.

Both heads come put straight at 1 mm, so they begin within a few degrees and millimetres of each other. What is left
is found by Gauss-Newton least squares on attenuation (Lucas and Kanade 1981; rigid: six parameters), coarse to fine,
over the space inside the skull and 8 mm round it: bone moves with the brain, jaw, neck and scalp do not.
Attenuation is clipped to soft tissue and thin bone, so that the skull's shape more than its density (another voltage,
another kernel) decides. What changed between the scans, calcium above all, misfits and is weighed down (Tukey's
biweight), so that it cannot pull. Sums are plain and in a fixed order: equal scans give equal bits.

How far the inner tables lie apart after that tells one person from two: :mod:`brainsand.followup.person`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.arrays.affine import moved, nearest_rotation
from brainsand.arrays.distance import distance_to
from brainsand.arrays.resample import values_of
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]
Single = NDArray[np.float32]
Mask = NDArray[np.bool_]

FEATURE_HU: Final = (-50.0, 400.0)
ROUND_MM: Final = 8
"""Bone is looked at so far beyond the space inside the skull."""
ROOM_MM: Final = 18
UNSEEN_HU: Final = -1024
"""What the head's grid holds outside the scan."""
REACH: Final = 2.5
"""Deviations that smoothing mixes over."""
STEPS: Final = ((3.0, 4, 30), (1.5, 3, 30))
"""Smoothing (deviation, mm), every n-th voxel, most iterations."""
ENOUGH_MM: Final = 1e-3
"""Iterations end when no point of the head moves by more than this."""
FEWEST: Final = 500
FOREIGN_HU: Final = 280.0
"""A misfit of this no longer counts. Edges of bone on slices of other thickness misfit by 100 HU and must count: with
a limit fitted to the noise of tissue they did not, and virtual heads lay up to 1.8 mm askew."""
RADIUS_MM: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Head:
    """A head put straight: attenuation (HU) and the space inside the skull on ``grid`` (even, 1 mm)."""

    hu: NDArray[np.int16]
    inside: Mask
    grid: Grid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """``matrix`` (4, 4) takes LPS mm of the one scan to LPS mm of the other; ``residual_hu`` is the robust deviation
    of the clipped attenuation left, ``shared`` (0 to 1) how much of the one head the other scan holds."""

    matrix: Floats
    residual_hu: float
    shared: float


def aligned(fixed: Head, moving: Head) -> Alignment:
    """The rigid map from ``fixed`` to ``moving``, both put straight along the same atlas.

    Raises
    ------
    ValueError
        Where the two share too little to be laid upon each other (fewer than 500 places).
    """
    matrix = moving.grid.affine @ np.linalg.inv(fixed.grid.affine)
    fixed, moving = _cropped(fixed), _cropped(moving)
    residual, shared = np.inf, 0.0
    for smooth_mm, every, iterations in STEPS:
        matrix, residual, shared = _refined(fixed, moving, matrix, smooth_mm, every, iterations)
    return Alignment(matrix=matrix, residual_hu=residual, shared=shared)


def _cropped(head: Head) -> Head:
    """The head's box that holds the inside with room for bone and for what alignment moves."""
    spans = []
    for axis, size in enumerate(head.inside.shape):
        held = np.flatnonzero(head.inside.any(axis=tuple(a for a in range(3) if a != axis)))
        low, high = (int(held[0]), int(held[-1])) if len(held) else (0, size - 1)
        spans.append(slice(max(low - ROOM_MM, 0), min(high + ROOM_MM + 1, size)))
    box = (spans[0], spans[1], spans[2])
    return Head(hu=head.hu[box], inside=head.inside[box], grid=head.grid.part(*box))


def _refined(
    fixed: Head, moving: Head, matrix: Floats, smooth_mm: float, every: int, iterations: int
) -> tuple[Floats, float, float]:
    points, target = _places(fixed, smooth_mm, every)
    maps, to_index = _maps(moving, smooth_mm)
    middle = points.mean(axis=0)
    residual, shared = np.inf, 0.0
    for _ in range(iterations):
        at = moved(matrix, points)
        values = values_of(maps, moved(to_index, at).T)
        seen = values[4] > 0.99
        if int(seen.sum()) < FEWEST:
            raise ValueError(
                f"The two heads share {int(seen.sum())} places; at least {FEWEST} are needed to lay one upon the other."
            )
        away = (values[0] - target)[seen].astype(float)
        residual = max(1.4826 * float(np.median(np.abs(away))), 1e-3)
        shared = float(seen.mean())
        slopes = values[1:4, seen].T.astype(float) @ to_index[:3, :3]
        step = _step(slopes, at[seen] - moved(matrix, [middle]), away, _weight(away))
        matrix = _stepped(matrix, step, moved(matrix, [middle])[0])
        if float(np.abs(step[:3]).max() + RADIUS_MM * np.abs(step[3:]).max()) < ENOUGH_MM:
            break
    return matrix, residual, shared


def _weight(away: Floats) -> Floats:
    """Tukey's biweight of the misfits."""
    scaled = away / FOREIGN_HU
    return np.asarray(np.where(np.abs(scaled) < 1, (1 - scaled**2) ** 2, 0.0))


def _step(slopes: Floats, arm: Floats, away: Floats, weight: Floats) -> Floats:
    """Shift (mm) and turn (radians) that take the misfit down most, by the normal equations."""
    jacobian = np.concatenate([slopes, np.cross(arm, slopes)], axis=1)
    weighted = jacobian * weight[:, None]
    normal = weighted.T @ jacobian
    return np.asarray(-np.linalg.solve(normal + 1e-9 * np.trace(normal) * np.eye(6), weighted.T @ away))


def _stepped(matrix: Floats, step: Floats, about: Floats) -> Floats:
    """The map followed by a small turn about a point and a shift."""
    turn = nearest_rotation(np.eye(3) + _cross(step[3:]))
    after = np.eye(4)
    after[:3, :3] = turn
    after[:3, 3] = about - turn @ about + step[:3]
    return np.asarray(after @ matrix)


def _cross(w: Floats) -> Floats:
    return np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])


def _places(head: Head, smooth_mm: float, every: int) -> tuple[Floats, Single]:
    """Points (n, 3) mm in and round the inside that the scan holds, and the smoothed attenuation there."""
    few = (slice(None, None, every),) * 3
    near = distance_to(head.inside[few], spacing_mm=(every, every, every)) <= ROUND_MM
    index = np.argwhere(near & _seen(head, smooth_mm)[few]) * every
    return head.grid.points(index), _smooth(head, smooth_mm)[tuple(index.T)]


def _maps(head: Head, smooth_mm: float) -> tuple[Single, Floats]:
    """Smoothed attenuation, its three slopes and where it is seen; and the map from mm to their indices."""
    smooth = _smooth(head, smooth_mm)
    maps = np.stack([smooth, *np.gradient(smooth), _seen(head, smooth_mm).astype(np.float32)])
    return maps, np.asarray(np.linalg.inv(head.grid.affine))


def _smooth(head: Head, smooth_mm: float) -> Single:
    clipped = np.clip(head.hu, *FEATURE_HU).astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(clipped, smooth_mm, truncate=REACH))


def _seen(head: Head, smooth_mm: float) -> Mask:
    """Where the scan holds everything that smoothing mixes; the grid's own border is no end of the scan."""
    beyond = head.hu <= UNSEEN_HU
    return np.asarray(distance_to(beyond, spacing_mm=(1.0, 1.0, 1.0)) > REACH * smooth_mm)
