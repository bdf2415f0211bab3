"""How long, how flat, how solid is a set of cells? Sums on points and small boxes, on sheared lattices too.

A *cell* is the parallelepiped a voxel stands for; its three edge vectors are the columns of ``cell`` (3, 3).
Lengths count the cells themselves: one cell has a length, and ten cells in a row are ten cells long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from brainsand.arrays.distance import distance_to

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def cell_width(direction: ArrayLike, cell: ArrayLike) -> float:
    """Width of a cell along a unit direction: that of the ellipsoid inscribed in it.

    The ellipsoid gives the edge length along an edge and does not swell on the diagonal, where a corner to
    corner width would lengthen every slanting deposit.

    Examples
    --------
    >>> cell_width([1, 0, 0], np.diag([5.0, 0.5, 0.5]))
    5.0
    """
    return float(np.linalg.norm(np.asarray(cell, float).T @ np.asarray(direction, float)))


def principal_axes(points: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Unit axes (3, 3), one a row, from the direction of most spread to that of least.

    One point, or points without spread, give the coordinate axes. The sign of each axis is fixed (its largest
    component is positive), so equal sets give equal bytes.
    """
    p = np.asarray(points, float).reshape(-1, 3)
    w = np.ones(len(p)) if weights is None else np.asarray(weights, float)
    centred = p - np.average(p, axis=0, weights=w)
    covariance = (centred * w[:, None]).T @ centred / w.sum()
    if covariance.max() <= 0:
        return np.eye(3)
    _, vectors = np.linalg.eigh(covariance)
    axes = vectors.T[::-1]
    largest = np.abs(axes).argmax(axis=1)
    signs = np.sign(axes[np.arange(3), largest])
    return np.asarray(axes * signs[:, None], float)


def extents(points: ArrayLike, *, cell: ArrayLike) -> Floats:
    """Lengths (3,) along the principal axes, longest first, cells counted in.

    Examples
    --------
    >>> row = [[0, 0, 0], [0, 0, 1], [0, 0, 2]]
    >>> extents(row, cell=np.eye(3)).round(6).tolist()
    [3.0, 1.0, 1.0]
    """
    p = np.asarray(points, float).reshape(-1, 3)
    axes = principal_axes(p)
    along = p @ axes.T
    lengths = np.ptp(along, axis=0) + np.array([cell_width(axis, cell) for axis in axes])
    return np.sort(lengths)[::-1]


def largest_diameter(points: ArrayLike, *, cell: ArrayLike) -> float:
    """The longest way through the set, cells counted in.

    Two farthest points among the set's corners of hull; exact up to 2000 points, beyond that among the
    extreme points of 512 directions (at most 0.4 % short).

    Examples
    --------
    >>> largest_diameter([[0, 0, 0], [3, 4, 0]], cell=np.zeros((3, 3)))
    5.0
    """
    p = np.asarray(points, float).reshape(-1, 3)
    if len(p) > 2000:
        p = p[np.unique((_directions(512) @ p.T).argmax(axis=1))]
    p = p[_outer(p)]
    best, pair = -1.0, (0, 0)
    for i in range(len(p)):
        squared = ((p[i:] - p[i]) ** 2).sum(axis=1)
        j = int(squared.argmax())
        if squared[j] > best:
            best, pair = float(squared[j]), (i, i + j)
    if best <= 0:
        return float(np.linalg.norm(np.asarray(cell, float), axis=0).max())
    across = (p[pair[1]] - p[pair[0]]) / np.sqrt(best)
    return float(np.sqrt(best) + cell_width(across, cell))


def _outer(points: Floats) -> NDArray[np.bool_]:
    """Which points can be an end of the longest way: farther from the middle than the rest of it allows.

    Two points lie no farther apart than both from the middle together, and the farthest point from any is at
    least as far as the longest way's half.
    """
    away = np.linalg.norm(points - points.mean(axis=0), axis=1)
    start = points[int(away.argmax())]
    known = float(np.linalg.norm(points - start, axis=1).max())
    return np.asarray(away + away.max() >= known * (1 - 1e-9))


def solidity(index: ArrayLike, points: ArrayLike, *, cell: ArrayLike) -> float:
    """Share (0 to 1) of the convex hull that the cells fill: 1 for a brick, small for a net or a ribbon.

    Parameters
    ----------
    index : int array (n, 3)
        Lattice places, used to leave out the cells that cannot be corners of the hull.
    points : array (n, 3)
        The places of their centres.
    cell : array (3, 3)
        Edge vectors of one cell, as columns.

    Examples
    --------
    >>> brick = np.argwhere(np.ones((2, 3, 4)))
    >>> round(solidity(brick, brick, cell=np.eye(3)), 6)
    1.0
    """
    i = np.asarray(index, int).reshape(-1, 3)
    p = np.asarray(points, float).reshape(-1, 3)
    edges = np.asarray(cell, float)
    halves = np.array([[a, b, c] for a in (-0.5, 0.5) for b in (-0.5, 0.5) for c in (-0.5, 0.5)]) @ edges.T
    corners = (p[line_ends(i)][:, None] + halves).reshape(-1, 3)
    try:
        hull = float(ConvexHull(corners).volume)
    except QhullError:
        return 1.0
    return float(min(1.0, len(i) * abs(np.linalg.det(edges)) / hull)) if hull > 0 else 1.0


def inner_radius(index: ArrayLike, *, spacing_mm: tuple[float, float, float]) -> float:
    """Radius of the largest ball about a cell's centre that the set holds, mm.

    Parameters
    ----------
    index : int array (n, 3)
        Lattice places.
    spacing_mm : tuple of float
        Size of a cell.

    Examples
    --------
    A plate three cells thick:

    >>> inner_radius(np.argwhere(np.ones((9, 9, 3))), spacing_mm=(1.0, 1.0, 1.0))
    1.5
    """
    box = boxed(index, margin=1)
    return float(distance_to(~box, spacing_mm=spacing_mm).max()) - 0.5 * min(spacing_mm)


def hole_share(index: ArrayLike) -> float:
    """Share of the area enclosed, slice by slice, that is not in the set: near 0 solid, large for a ring.

    Small breaks (one cell) of the ring are bridged first. The slice with the most enclosed area speaks.

    Examples
    --------
    >>> ring = np.argwhere(np.pad(np.zeros((1, 3, 3)), ((0, 0), (1, 1), (1, 1)), constant_values=1))
    >>> round(hole_share(ring), 2)
    0.36
    """
    box = boxed(index, margin=1)
    best = (0, 0.0)
    for plane in box:
        closed = ndimage.binary_closing(plane, np.ones((3, 3), bool)) | plane
        filled = ndimage.binary_fill_holes(closed)
        area = int(filled.sum())
        if area > best[0]:
            best = (area, float((area - closed.sum()) / area))
    return best[1]


def pieces(index: ArrayLike) -> NDArray[np.int64]:
    """Sizes (cells) of the pieces the set falls into, touching by corner counted as one; largest first.

    Examples
    --------
    >>> pieces([[0, 0, 0], [0, 0, 1], [0, 0, 5]]).tolist()
    [2, 1]
    """
    if not len(np.asarray(index)):
        return np.zeros(0, np.int64)
    labels, _ = ndimage.label(boxed(index, margin=0), np.ones((3, 3, 3), bool))
    return np.sort(np.bincount(labels.ravel())[1:])[::-1].astype(np.int64)


def boxed(index: ArrayLike, *, margin: int) -> NDArray[np.bool_]:
    """The set as a mask in its own bounding box, ``margin`` empty cells around."""
    i = np.asarray(index, int).reshape(-1, 3)
    low = i.min(axis=0) - margin
    mask = np.zeros(tuple(i.max(axis=0) - low + margin + 1), bool)
    mask[tuple((i - low).T)] = True
    return mask


def line_ends(index: Ints) -> Ints:
    """Positions in ``index`` of the first and last cell of every line along the last axis.

    A cell between two others of its line is never a corner of the hull, nor an end of the diameter.

    Examples
    --------
    >>> line_ends(np.array([[0, 0, 0], [0, 0, 1], [0, 0, 2]])).tolist()
    [0, 2]
    """
    order = np.lexsort((index[:, 2], index[:, 1], index[:, 0]))
    lines = index[order, :2]
    new = np.any(np.diff(lines, axis=0) != 0, axis=1)
    starts = np.concatenate([[True], new])
    stops = np.concatenate([new, [True]])
    return np.asarray(order[starts | stops], np.int64)


def _directions(count: int) -> Floats:
    """Unit vectors (count, 3) spread evenly over the sphere (Fibonacci lattice)."""
    k = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * k / count), np.pi * (1 + 5**0.5) * k
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)
