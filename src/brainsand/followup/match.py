"""Which deposit of one scan is which of another? Bodies followed by where they lie, one to many.

Two deposits belong together where one fills three tenths of the other or more (of either one's volume) when both are
laid in one head; one that overlaps with none goes to the nearest within 2 mm and half a slice. What hangs together
by such links through all scans is one *track*: so a body that fell into three is one track with three deposits in the
later scan, and two that grew into one are one as well. Three tenths is more than what two neighbours cut at the border
of two sites share when the cut moves by a voxel or two.

Then every track's place is the union of its deposits of all scans, the same place in every scan: a voxel that deposits
of several tracks claim in different scans goes to the track of lowest number, in each scan alike. What is measured
there does not depend on which scan found it or where thresholds cut it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from brainsand.arrays.affine import moved
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = NDArray[np.int32]
Node = tuple[int, int]
"""A scan's place in the series and the number of a deposit in it."""

OVERLAP: Final = 0.3
NEAR_MM: Final = 2.0
PLANE_MM: Final = 1.0
"""A slice is looked at in planes no farther apart."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """One scan's deposits: ``index`` (n, 3) of each by number, on ``grid``; ``matrix`` (4, 4) takes LPS mm of the
    series' common head to this scan's."""

    index: Mapping[int, Ints]
    grid: Grid
    matrix: Floats

    def points(self, number: int) -> tuple[Floats, Floats]:
        """Points (n, 3) in mm of the common head that fill a deposit, and the volume (n,) each stands for."""
        own, volume = through(self.index[number], self.grid)
        return moved(np.linalg.inv(self.matrix), own), volume

    def labels(self) -> Labels:
        """Each voxel's deposit."""
        out = np.zeros(self.grid.shape, np.int32)
        for number, index in self.index.items():
            out[tuple(index.T)] = number
        return out


def through(index: Ints, grid: Grid) -> tuple[Floats, Floats]:
    """Points (LPS mm) that fill voxels through their slices, and the volume each stands for, mm3."""
    extent = grid.slice_extents_mm[index[:, 0]]
    planes = max(1, int(np.ceil(np.nanmax(extent, initial=PLANE_MM) / PLANE_MM)))
    shifts = ((np.arange(planes) + 0.5) / planes - 0.5)[:, None] * extent
    centres = grid.points(index)
    points = np.concatenate([centres + s[:, None] * grid.normal for s in shifts])
    return points, np.tile(grid.voxel_volumes_mm3[index[:, 0]] / planes, planes)


def tracks_of(scans: Sequence[Placed]) -> list[frozenset[Node]]:
    """The tracks through a series of scans, each the deposits that belong together."""
    group: dict[Node, frozenset[Node]] = {
        (s, n): frozenset([(s, n)]) for s, scan in enumerate(scans) for n in sorted(scan.index)
    }
    labels = [scan.labels() for scan in scans]
    for a in range(len(scans)):
        for b in range(a + 1, len(scans)):
            for i, j in links(scans[a], scans[b], labels[a], labels[b]):
                both = group[a, i] | group[b, j]
                for member in both:
                    group[member] = both
    return sorted(set(group.values()), key=sorted)


def links(a: Placed, b: Placed, labels_a: Labels, labels_b: Labels) -> list[tuple[int, int]]:
    """The pairs (deposit of ``a``, deposit of ``b``) that belong together."""
    found: set[tuple[int, int]] = set()
    for i in a.index:
        found |= {(i, j) for j, share in _shares(a, i, b, labels_b).items() if share >= OVERLAP}
    for j in b.index:
        found |= {(i, j) for i, share in _shares(b, j, a, labels_a).items() if share >= OVERLAP}
    reach = NEAR_MM + max(float(np.nan_to_num(g.grid.spacing_mm[0])) for g in (a, b)) / 2
    linked = {i for i, _ in found}, {j for _, j in found}
    found |= {(i, j) for i in set(a.index) - linked[0] for j in _nearest(a, i, b, reach)}
    found |= {(i, j) for j in set(b.index) - linked[1] for i in _nearest(b, j, a, reach)}
    return sorted(found)


def _shares(a: Placed, number: int, b: Placed, labels: Labels) -> dict[int, float]:
    """How much (0 to 1) of a deposit of ``a`` lies in each deposit of ``b``."""
    points, volume = a.points(number)
    at = np.rint(b.grid.index_of(moved(b.matrix, points))).astype(int)
    held = ((at >= 0) & (at < b.grid.shape)).all(axis=1)
    there = np.zeros(len(at), np.int64)
    there[held] = labels[tuple(at[held].T)]
    sums = np.bincount(there, weights=volume)
    return {int(j): float(sums[j] / volume.sum()) for j in np.flatnonzero(sums) if j > 0}


def _nearest(a: Placed, number: int, b: Placed, reach_mm: float) -> list[int]:
    """The deposit of ``b`` nearest to one of ``a``, if any lies within reach."""
    own = a.points(number)[0]
    tree = cKDTree(own)
    gaps = {}
    for j in b.index:
        away, _ = tree.query(b.points(j)[0], distance_upper_bound=reach_mm)
        gaps[j] = float(away.min())
    best = min(sorted(gaps), key=lambda j: gaps[j], default=0)
    return [best] if best and np.isfinite(gaps[best]) else []


def claimed(scans: Sequence[Placed], members: Sequence[frozenset[Node]], scan: int) -> dict[int, Ints]:
    """The voxels (n, 3) of one scan that are each track's place there; a track outside the scan has none.

    ``members`` are the tracks in the order of their numbers, from 1.
    """
    here = scans[scan]
    owner = np.full(here.grid.shape, np.iinfo(np.int32).max, np.int32)
    for number, track in enumerate(members, start=1):
        for s, n in sorted(track):
            index = scans[s].index[n] if s == scan else _carried(scans[s], n, here)
            place = tuple(index.T)
            owner[place] = np.minimum(owner[place], number)
    flat = np.flatnonzero(owner < np.iinfo(np.int32).max)
    numbers = owner.ravel()[flat]
    index = np.stack(np.unravel_index(flat, owner.shape), axis=1).astype(np.int64)
    return {n: index[numbers == n] for n in range(1, len(members) + 1)}


def _carried(a: Placed, number: int, b: Placed) -> Ints:
    """The voxels of ``b`` that a deposit of ``a`` covers: whose centres lie in it, and in which points of it lie."""
    points = moved(b.matrix, a.points(number)[0])
    forward = np.rint(b.grid.index_of(points)).astype(np.int64)
    low = np.maximum(forward.min(axis=0) - 1, 0)
    high = np.minimum(forward.max(axis=0) + 2, b.grid.shape)
    forward = forward[((forward >= 0) & (forward < b.grid.shape)).all(axis=1)]
    if (high <= low).any():
        return np.zeros((0, 3), np.int64)
    box = np.stack(np.meshgrid(*(np.arange(x, y) for x, y in zip(low, high, strict=True)), indexing="ij"), -1)
    near = box.reshape(-1, 3)
    back = moved(a.matrix @ np.linalg.inv(b.matrix), b.grid.points(near))
    at = np.rint(a.grid.index_of(back)).astype(np.int64)
    return np.unique(np.concatenate([near[_among(at, a.index[number])], forward]), axis=0)


def _among(at: Ints, index: Ints) -> NDArray[np.bool_]:
    """Which rows of ``at`` (n, 3) are rows of ``index``."""
    low = index.min(axis=0)
    mask = np.zeros(index.max(axis=0) - low + 1, bool)
    mask[tuple((index - low).T)] = True
    held = ((at >= low) & (at - low < mask.shape)).all(axis=1)
    out = np.zeros(len(at), bool)
    out[held] = mask[tuple((at[held] - low).T)]
    return out


def one_body(bodies: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Tracks that are pieces of one body, from pairs (body, track).

    >>> one_body([(1, 4), (1, 5), (2, 5), (3, 7)])
    [[4, 5]]
    """
    group: dict[int, set[int]] = {}
    first: dict[int, int] = {}
    for body, track in bodies:
        own = group.setdefault(track, {track})
        other = group[first.setdefault(body, track)]
        if own is not other:
            other |= own
            for member in own:
                group[member] = other
    return [list(g) for g in sorted({tuple(sorted(g)) for g in group.values() if len(g) > 1})]
