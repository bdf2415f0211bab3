"""What form has a deposit? Signed distances to bodies, negative inside.

A *form* is a function from LPS points (n, 3) in mm to signed distances (n,) in mm. Forms combine by ``both``
(intersection) and ``either`` (union). Distances of combined or ellipsoidal forms are exact at the surface and
near enough beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from brainsand.arrays.distance import distance_to
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]
Form = Callable[[Floats], Floats]


def ball(centre_mm: ArrayLike, radius_mm: float) -> Form:
    """A ball.

    >>> ball((0, 0, 0), 2.0)(np.array([[0.0, 0, 3], [0, 0, 0]])).tolist()
    [1.0, -2.0]
    """
    centre = np.asarray(centre_mm, float)
    return lambda p: np.asarray(np.linalg.norm(p - centre, axis=1) - radius_mm)


def ellipsoid(centre_mm: ArrayLike, semi_axes_mm: ArrayLike, turn: ArrayLike | None = None) -> Form:
    """An ellipsoid; ``turn`` (3, 3) has the axes' directions as columns (none: along x, y, z).

    >>> ellipsoid((0, 0, 0), (1, 2, 3))(np.array([[0.0, 2, 0], [1, 0, 0]])).round(9).tolist()
    [0.0, 0.0]
    """
    centre, semi = np.asarray(centre_mm, float), np.asarray(semi_axes_mm, float)
    axes = np.eye(3) if turn is None else np.asarray(turn, float)

    def distance(p: Floats) -> Floats:
        q = (p - centre) @ axes
        k0, k1 = np.linalg.norm(q / semi, axis=1), np.linalg.norm(q / semi**2, axis=1)
        return np.asarray(np.where(k1 > 1e-12, k0 * (k0 - 1) / np.maximum(k1, 1e-12), -semi.min()))

    return distance


def shell(form: Form, thickness_mm: float) -> Form:
    """The rind of a form: ``thickness_mm`` deep from its surface inwards."""

    def distance(p: Floats) -> Floats:
        d = form(p)
        return np.maximum(d, -d - thickness_mm)

    return distance


def tube(line_mm: ArrayLike, radius_mm: float) -> Form:
    """All points within ``radius_mm`` of a line through points (n, 3), n at least 2."""
    line = np.asarray(line_mm, float)

    def distance(p: Floats) -> Floats:
        nearest = np.full(len(p), np.inf)
        for a, b in pairwise(line):
            t = np.clip((p - a) @ (b - a) / max(float((b - a) @ (b - a)), 1e-12), 0, 1)
            nearest = np.minimum(nearest, np.linalg.norm(p - a - t[:, None] * (b - a), axis=1))
        return nearest - radius_mm

    return distance


def slab(point_mm: ArrayLike, normal: ArrayLike, thickness_mm: float) -> Form:
    """The space between two planes ``thickness_mm`` apart, middle through ``point_mm``."""
    point, n = np.asarray(point_mm, float), np.asarray(normal, float)
    n = n / np.linalg.norm(n)
    return lambda p: np.asarray(np.abs((p - point) @ n) - thickness_mm / 2)


def either(forms: Sequence[Form]) -> Form:
    """Union."""

    def distance(p: Floats) -> Floats:
        nearest = forms[0](p)
        for form in forms[1:]:
            nearest = np.minimum(nearest, form(p))
        return nearest

    return distance


def both(*forms: Form) -> Form:
    """Intersection. Where a form is over 1 mm away the later ones are not asked: put the quickest first."""

    def distance(p: Floats) -> Floats:
        furthest = forms[0](p)
        for form in forms[1:]:
            near = np.flatnonzero(furthest < 1.0)
            furthest[near] = np.maximum(furthest[near], form(p[near]))
        return furthest

    return distance


def grown(form: Form, by_mm: float) -> Form:
    """The form, its surface moved out by ``by_mm`` (inwards when negative)."""
    return lambda p: form(p) - by_mm


def of_mask(mask: NDArray[np.bool_], grid: Grid) -> Form:
    """The body of a mask on an even grid, linear between voxels; far outside it is positive.

    The surface lies half-way between the centres of a voxel inside and its neighbour outside.
    """
    cut = _box_of(mask)
    part, place = mask[cut], grid.part(*cut)
    spacing = place.spacing_mm if part.shape[0] > 1 else (1.0, *place.spacing_mm[1:])
    out, inside = (distance_to(m, spacing_mm=spacing) for m in (part, ~part))
    half = float(np.mean(spacing)) / 2
    field = np.where(part, half - inside, out - half).astype(np.float32)
    to_index, last = np.linalg.inv(place.affine), np.asarray(part.shape) - 1

    def distance(p: Floats) -> Floats:
        index = p @ to_index[:3, :3].T + to_index[:3, 3]
        found = np.asarray(ndimage.map_coordinates(field, index.T, order=1, mode="nearest"), float)
        out_of_box = ((index < 0) | (index > last)).any(axis=1)
        far = index[out_of_box]
        beyond = np.maximum(0, np.maximum(-far, far - last)) * np.asarray(spacing)
        found[out_of_box] += np.linalg.norm(beyond, axis=1)
        return found

    return distance


def lumps(low_mm: ArrayLike, high_mm: ArrayLike, *, grain_mm: float, rng: np.random.Generator) -> Form:
    """A random landscape over a box, smooth over ``grain_mm``, mean 0 and standard deviation half of that:
    added to a form it breaks its surface into lumps."""
    low, high = np.asarray(low_mm, float), np.asarray(high_mm, float)
    step = grain_mm / 2
    shape = [max(4, int(n)) for n in np.ceil((high - low) / step) + 3]
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), 1.0, mode="nearest")
    field = (noise - noise.mean()) / max(float(noise.std()), 1e-9) * grain_mm / 2

    def height(p: Floats) -> Floats:
        return np.asarray(
            ndimage.map_coordinates(field, ((p - low) / step + 1).T, order=1, mode="nearest"), float
        )

    return height


def plus(form: Form, landscape: Form) -> Form:
    """The form with a landscape added to its distance (where the landscape is high, the form recedes)."""
    return lambda p: form(p) + landscape(p)


def _box_of(mask: NDArray[np.bool_], margin: int = 3) -> tuple[slice, slice, slice]:
    if not mask.any():
        raise ValueError("The mask is empty; a body needs at least one voxel.")
    found = ndimage.find_objects(mask.astype(np.uint8))[0]
    a, b, c = (slice(max(0, s.start - margin), s.stop + margin) for s in found)
    return a, b, c
