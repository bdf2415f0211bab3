"""How must the template be moved, turned and stretched to lie better on the scan? Gauss-Newton, step by step.

Twelve parameters, least squares on attenuation. Attenuation is clipped to soft tissue and thin bone, so that
the shape of the head and of its air, not the density of its bone, decides.

The normal matrix of an affine map is a product of two small ones, slopes with slopes and places with places;
the places never change, so only the slopes' six products are made anew in each iteration. Sums are taken over
blocks of ``BLOCK`` points in their order, which no number of threads can change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.arrays.affine import moved, nearest_rotation
from brainsand.arrays.resample import values_of

Floats = NDArray[np.float64]
Single = NDArray[np.float32]

FEATURE_HU: Final = (-200.0, 250.0)
FINE_MM: Final = 4.0
"""Cells of the scan's lattice."""
LEAST_SHARE: Final = 0.35
"""At least this share of the atlas's head must lie in the scan."""
UNIT_MM: Final = 60.0
"""Places are counted in this from the middle of the head, so that turns and shifts weigh alike."""
BLOCK: Final = 1000
_PAIRS: Final = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
"""The six products of three slopes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadTemplate:
    """What the pose is found with: the atlas's attenuation and how much each voxel counts, on one lattice.

    ``affine`` takes indices to atlas millimetres; ``centre_mm`` is a point in the middle of the brain.
    """

    hu: Single
    weight: Single
    affine: Floats
    centre_mm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One round of refinement: smoothing of both (mm), most points used, iterations, stiffness of shape.

    ``stiffness`` pulls the linear part towards its own rotation, so that a head is not sheared to fit a neck.
    """

    blur_mm: float
    points: int
    iterations: int
    stiffness: float


FIRST: Final = Step(blur_mm=7.0, points=5000, iterations=40, stiffness=0.1)
THEN: Final = (
    Step(blur_mm=4.5, points=12000, iterations=25, stiffness=0.05),
    Step(blur_mm=2.5, points=30000, iterations=20, stiffness=0.03),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What one round works on: made once, whatever the number of starts.

    ``maps`` (5, slice, row, column) of the scan: attenuation smoothed, its three slopes, and where it is known;
    ``to_index`` takes scan mm to their indices. ``places`` (4, n) are the template's points in units from
    ``middle_mm``, and one; ``products`` (blocks, BLOCK, 16) of the places with each other; ``weight`` and
    ``target`` (n,) what each point counts and reads.
    """

    maps: Single
    to_index: Floats
    places: Single
    products: Single
    middle_mm: Floats
    weight: Single
    target: Single
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A map (4, 4) from atlas to scan, its mean squared misfit, and the template's share inside the scan."""

    matrix: Floats
    misfit: float
    share: float


def feature(hu: Single) -> Single:
    """Attenuation as it is compared."""
    return np.clip(hu, *FEATURE_HU)


def ground_of(scan: Single, known: Single, affine: Floats, template: HeadTemplate, step: Step) -> Ground:
    """What a round works on, from the scan on its lattice (``affine`` to mm) and where it is known (0 or 1)."""
    smooth = ndimage.gaussian_filter(scan, step.blur_mm / 2.355 / FINE_MM)
    points, weight, target = _template_points(template, step)
    middle = points[weight > 0].mean(axis=0)
    places = np.concatenate([(points - middle).T / UNIT_MM, np.ones((1, len(points)))]).astype(np.float32)
    products = (places[:, None] * places[None]).reshape(16, -1, BLOCK).transpose(1, 2, 0)
    return Ground(
        maps=np.stack([smooth, *np.gradient(smooth), known]),
        to_index=np.asarray(np.linalg.inv(affine), float),
        places=places,
        products=np.ascontiguousarray(products),
        middle_mm=middle,
        weight=weight,
        target=target,
        step=step,
    )


def refined(ground: Ground, start: Floats) -> Fit:
    """The map nearest to ``start`` (4, 4) under which the template misfits the scan least."""
    step = ground.step
    q = np.concatenate([start[:3, :3] * UNIT_MM, moved(start, [ground.middle_mm]).T], axis=1)
    misfit, share = np.inf, 0.0
    for _ in range(step.iterations):
        values, weight = _looked_up(ground, q)
        away = values[0] - ground.target
        last, misfit = misfit, float((weight * away * away).sum() / max(float(weight.sum()), 1.0))
        share = float(weight.sum() / ground.weight.sum())
        normal, pull = _equations(ground, values[1:4], weight, away)
        q = q - np.linalg.solve(*_stiffened(normal, pull, q, step.stiffness)).reshape(3, 4)
        if share < LEAST_SHARE / 2:
            # It slid off the scan: little left to misfit is no good fit.
            misfit = np.inf
            break
        if abs(last - misfit) < 1e-5 * misfit:
            break
    matrix = np.eye(4)
    matrix[:3, :3] = q[:, :3] / UNIT_MM
    matrix[:3, 3] = q[:, 3] - matrix[:3, :3] @ ground.middle_mm
    return Fit(matrix=matrix, misfit=misfit, share=share)


def _looked_up(ground: Ground, q: Floats) -> tuple[Single, Single]:
    """The scan's maps (5, n) where the template's points lie under ``q`` (3, 4), and what each counts there."""
    into = ground.to_index[:3, :3] @ q
    into[:, 3] += ground.to_index[:3, 3]
    x, y, z, _ = ground.places
    index = np.stack([a * x + b * y + c * z + d for a, b, c, d in into.astype(np.float32)])
    values = values_of(ground.maps, index)
    ends = np.array(ground.maps.shape[1:], np.float32)[:, None] - 1
    within = ((index >= 0) & (index <= ends)).all(axis=0)
    return values, ground.weight * values[4] * within


def _equations(ground: Ground, slopes: Single, weight: Single, away: Single) -> tuple[Floats, Floats]:
    """Normal matrix (12, 12) and right hand side (12,) of the twelve parameters."""
    weighted = slopes * weight
    pairs = np.stack([weighted[a] * slopes[b] for a, b in _PAIRS] + list(weighted * away))
    sums = _block_sums(pairs, ground.products)
    full = np.empty((3, 3, 4, 4))
    for (a, b), s in zip(_PAIRS, sums, strict=False):
        full[a, b] = full[b, a] = s.reshape(4, 4)
    turn = ground.to_index[:3, :3]
    normal = np.einsum("ka,lb,klij->aibj", turn, turn, full).reshape(12, 12)
    # Each place's product with one, its last, is the place itself.
    pull = turn.T @ sums[6:, 3::4]
    return normal, pull.reshape(12)


def _block_sums(left: Single, right: Single) -> Floats:
    """Sums over points of ``left`` (m, n) times ``right`` (blocks, BLOCK, k): (m, k)."""
    blocks = left.reshape(len(left), -1, BLOCK).transpose(1, 0, 2)
    # Blocks are too small for a linear algebra library to share among threads.
    return np.asarray(np.matmul(blocks, right).sum(axis=0, dtype=np.float64))


def _stiffened(normal: Floats, pull: Floats, q: Floats, stiffness: float) -> tuple[Floats, Floats]:
    linear = np.array([4 * row + column for row in range(3) for column in range(3)])
    strength = stiffness * float(np.trace(normal[np.ix_(linear, linear)])) / 9
    away = (q[:, :3] - nearest_rotation(q[:, :3]) * UNIT_MM).ravel()
    normal = normal + 1e-3 * np.diag(np.diag(normal)) + 1e-6 * np.eye(12)
    pull = pull.copy()
    normal[linear, linear] += strength
    pull[linear] += strength * away
    return normal, pull


def _template_points(template: HeadTemplate, step: Step) -> tuple[Floats, Single, Single]:
    """Every n-th weighted voxel of the template: its atlas point, weight and smoothed attenuation.

    They are filled up to whole blocks by points that weigh nothing.
    """
    index = np.argwhere(template.weight > 0.02)
    index = index[:: int(np.ceil(len(index) / step.points))]
    at = tuple(index.T)
    scale = np.linalg.norm(template.affine[:3, :3], axis=0)
    smooth = ndimage.gaussian_filter(feature(template.hu), step.blur_mm / 2.355 / scale)
    spare = -len(index) % BLOCK
    points = np.pad(moved(template.affine, index), ((0, spare), (0, 0)), mode="edge")
    return points, np.pad(template.weight[at], (0, spare)), np.pad(smooth[at], (0, spare))
