"""Fits between probability maps: affine by Gauss-Newton, then free by demons.

Sums in a fixed order, no chance. Demons after Thirion (Med Image Anal 1998;2:243), several channels at once
with the mean of both images' slopes (Vercauteren et al., NeuroImage 2009;45:S61), displacements composed and
smoothed both as a step and as a whole. Displacements are float32 arrays (3, slice, row, column) in voxels;
``moving(x + u) ~ fixed(x)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from build_atlas.lattice import Single

Floats = NDArray[np.float64]
_UNIT_MM = 60.0
STEP_BLUR, WHOLE_BLUR = 0.8, 0.9
"""Gaussian smoothing of each step and of the whole displacement, in voxels (standard deviations)."""


def sampled(array: Single, index: NDArray) -> Single:
    """Linear values of an array at fractional indices (3, n), the edge going on outside."""
    return ndimage.map_coordinates(array, index, order=1, mode="nearest", prefilter=False)


def affine_fit(
    moving: list[Single], moving_affine: Floats, fixed: list[Single], fixed_affine: Floats, *, within: Single,
    start: Floats, iterations: int = 25, points: int = 60_000,
) -> tuple[Floats, float]:  # fmt: skip
    """The (3, 4) map from fixed mm to moving mm of least squared difference, and that mean square.

    All twelve parameters, about the centre of the points, a damped Gauss-Newton step at a time.
    """
    at = np.argwhere(within > 0.02)
    at = at[:: int(np.ceil(len(at) / points))] if len(at) > points else at
    targets = [f[tuple(at.T)] for f in fixed]
    weight = within[tuple(at.T)].astype(np.float32)
    x_mm = at @ fixed_affine[:3, :3].T + fixed_affine[:3, 3]
    centre = x_mm.mean(0)
    x = np.concatenate([(x_mm - centre) / _UNIT_MM, np.ones((len(at), 1))], axis=1).astype(np.float32)
    slopes = [np.gradient(m) for m in moving]
    to_index = np.linalg.inv(moving_affine)
    q = np.concatenate([start[:, :3] * _UNIT_MM, (start[:, :3] @ centre + start[:, 3])[:, None]], axis=1)
    last, error = None, np.inf
    for _ in range(iterations):
        normal, pull, error = _normal_equations(moving, slopes, targets, weight, x, q, to_index)
        damped = normal + 1e-3 * np.diag(np.diag(normal)) + 1e-6 * np.eye(12)
        q = q - np.linalg.solve(damped, pull).reshape(3, 4)
        if last is not None and abs(last - error) < 1e-5 * last:
            break
        last = error
    linear = q[:, :3] / _UNIT_MM
    return np.concatenate([linear, (q[:, 3] - linear @ centre)[:, None]], axis=1), error


def _normal_equations(
    moving: list[Single], slopes: list, targets: list[Single], weight: Single, x: Single, q: Floats,
    to_index: Floats,
) -> tuple[Floats, Floats, float]:  # fmt: skip
    index = ((x @ q.T.astype(np.float32)) @ to_index[:3, :3].T + to_index[:3, 3]).T
    last = np.array(moving[0].shape)[:, None] - 1
    counted = weight * ((index >= 0) & (index <= last)).all(0)
    normal, pull, error = np.zeros((12, 12)), np.zeros(12), 0.0
    for m, slope, target in zip(moving, slopes, targets, strict=True):
        r = sampled(m, index) - target
        g = np.stack([sampled(s, index) for s in slope], axis=1) @ to_index[:3, :3]
        jacobian = (g[:, :, None] * x[:, None, :]).reshape(len(x), 12)
        weighted = jacobian * counted[:, None]
        normal += weighted.T @ jacobian
        pull += weighted.T @ r
        error += float((counted * r * r).sum())
    return normal, pull, error / max(float(counted.sum()), 1.0)


def demons(
    moving: list[Single], fixed: list[Single], weights: list[float], *, start: Single | None, iterations: int,
) -> tuple[Single, float]:  # fmt: skip
    """The displacement that lays ``moving`` on ``fixed``, and the weighted mean squared difference before its
    last step."""
    shape = moving[0].shape
    base = np.indices(shape, dtype=np.float32)
    u = np.zeros((3, *shape), np.float32) if start is None else start.copy()
    fixed_slopes = [np.stack(np.gradient(f)).astype(np.float32) for f in fixed]
    error = np.inf
    for _ in range(iterations):
        step, error = _demons_step(moving, fixed, fixed_slopes, weights, base + u)
        step = np.stack([ndimage.gaussian_filter(s, STEP_BLUR, truncate=2.5) for s in step])
        longest = float(np.sqrt((step**2).sum(0)).max())
        step *= min(1.0, 2.0 / longest) if longest > 0 else 1.0
        u = warped(u, step) + step
        u = np.stack([ndimage.gaussian_filter(c, WHOLE_BLUR, truncate=2.5) for c in u])
    return u, error


def _demons_step(
    moving: list[Single], fixed: list[Single], fixed_slopes: list[Single], weights: list[float], at: Single
) -> tuple[Single, float]:
    shape = fixed[0].shape
    pull, size, error = np.zeros((3, *shape), np.float32), np.zeros(shape, np.float32), 0.0
    for m, f, slope, weight in zip(moving, fixed, fixed_slopes, weights, strict=True):
        laid = sampled(m, at.reshape(3, -1)).reshape(shape)
        d = laid - f
        j = 0.5 * (np.stack(np.gradient(laid)) + slope)
        pull += weight * d * j
        size += weight * ((j * j).sum(0) + d * d)
        error += weight * float((d * d).mean())
    return -pull / (size + 1e-6), error


def warped(maps: Single, u: Single) -> Single:
    """Maps (n, ...) at ``x + u``."""
    index = (np.indices(u.shape[1:], dtype=np.float32) + u).reshape(3, -1)
    return np.stack([sampled(m, index).reshape(u.shape[1:]) for m in maps])


def resized(array: Single, shape: tuple[int, ...]) -> Single:
    """An array sampled on fewer or more voxels over the same space."""
    index = [(np.arange(n) + 0.5) * d / n - 0.5 for n, d in zip(shape, array.shape, strict=True)]
    grid = np.stack(np.meshgrid(*index, indexing="ij")).reshape(3, -1)
    return sampled(array, grid).reshape(shape)


def resized_displacement(u: Single, shape: tuple[int, ...]) -> Single:
    """A displacement on another number of voxels, its lengths counted in those."""
    parts = [resized(c, shape) * np.float32(n / d) for c, n, d in zip(u, shape, u.shape[1:], strict=True)]
    return np.stack(parts).astype(np.float32)
