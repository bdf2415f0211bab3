"""Where do the landmarks of this head lie? The brain cut out, its midplane, distances to named tissues."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.arrays.distance import distance_to
from brainsand.errors import UsageError
from brainsand.model.grid import Grid
from brainsand.phantom.head import VirtualHead
from brainsand.phantom.labels import CEREBELLUM, CEREBRUM, numbers

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_PAIRED = ("thalamus", "caudate", "putamen", "globus_pallidus", "white_matter", "cortex", "cerebellar_cortex")
_MARGIN_MM = 14.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survey:
    """The brain of a head, and what places are told by.

    Parameters
    ----------
    labels : uint16 array
        The head's labels cut to the brain with a margin, on ``grid``.
    midpoint_mm, to_left : array (3,)
        A point of the midsagittal plane and its unit normal towards the patient's left, LPS.
    low_mm, high_mm : array (3,)
        Corners (LPS) of the box around the cerebrum.
    regions : dict
        Sites already worked out (``places.region``), so that none is worked out twice.
    """

    labels: NDArray[np.uint16]
    grid: Grid
    midpoint_mm: Floats
    to_left: Floats
    low_mm: Floats
    high_mm: Floats
    regions: dict[tuple[str, str], Mask] = field(default_factory=dict)
    _known: dict[tuple[int, ...], NDArray[np.float32]] = field(default_factory=dict)

    def mask(self, *wanted: int) -> Mask:
        """Voxels that carry one of the numbers."""
        return np.isin(self.labels, wanted)

    def distance_mm(self, *wanted: int) -> NDArray[np.float32]:
        """Distance of every voxel's centre to the nearest voxel with one of the numbers (inf: none)."""
        if wanted not in self._known:
            self._known[wanted] = distance_mm(self.mask(*wanted), self.grid)
        return self._known[wanted]

    def left_mm(self) -> NDArray[np.float32]:
        """Signed distance of every voxel to the midplane, positive on the patient's left."""
        a = self.grid.affine
        k, r, c = (np.arange(n, dtype=np.float64) for n in self.labels.shape)
        along = self.to_left @ a[:3, :3]
        base = self.to_left @ (a[:3, 3] - self.midpoint_mm)
        return np.asarray(
            base + (along[0] * k)[:, None, None] + (along[1] * r)[:, None] + along[2] * c, np.float32
        )

    def left_of(self, points_mm: ArrayLike) -> Floats:
        """Signed distance (n,) of points (n, 3) to the midplane, positive on the patient's left."""
        return np.asarray((np.asarray(points_mm, float).reshape(-1, 3) - self.midpoint_mm) @ self.to_left)

    def axis_mm(self, axis: int) -> NDArray[np.float32]:
        """LPS coordinate of every voxel along an axis (1: towards the back, 2: towards the crown)."""
        a = self.grid.affine
        k, r, c = (np.arange(n, dtype=np.float64) for n in self.labels.shape)
        return np.asarray(
            a[axis, 3] + (a[axis, 0] * k)[:, None, None] + (a[axis, 1] * r)[:, None] + a[axis, 2] * c,
            np.float32,
        )

    def within(self, radius_mm: float, centre_mm: Floats) -> Mask:
        """Voxels whose centres lie nearer to a point than this."""
        away = [self.axis_mm(axis) - centre_mm[axis] for axis in range(3)]
        return np.asarray(np.linalg.norm(np.stack(away), axis=0) < radius_mm)

    def points(self, mask: Mask) -> Floats:
        """LPS centres (n, 3) of a mask's voxels."""
        return self.grid.points(np.argwhere(mask))


def survey(head: VirtualHead) -> Survey:
    """The landmarks of a head.

    Raises
    ------
    UsageError
        When cerebrum or the paired structures that give the midplane are missing.
    """
    brain = np.isin(head.labels, (*CEREBRUM, *CEREBELLUM))
    if not brain.any():
        raise UsageError(
            f"The label map has numbers {np.unique(head.labels)[:12].tolist()}, none of a brain."
        )
    box = _box(brain, head.grid)
    labels, grid = head.labels[box], head.grid.part(*box)
    midpoint, to_left = _midplane(labels, grid)
    cerebrum = grid.points(np.argwhere(np.isin(labels, CEREBRUM)))
    return Survey(
        labels=labels,
        grid=grid,
        midpoint_mm=midpoint,
        to_left=to_left,
        low_mm=cerebrum.min(axis=0),
        high_mm=cerebrum.max(axis=0),
    )


def distance_mm(mask: Mask, grid: Grid) -> NDArray[np.float32]:
    """Distance of every voxel's centre to the nearest voxel of ``mask`` (0 inside, inf for an empty mask).

    >>> line = np.zeros((1, 1, 4), bool)
    >>> line[0, 0, 0] = True
    >>> distance_mm(line, Grid.regular((1, 1, 4), spacing_mm=(1, 1, 2.0))).tolist()
    [[[0.0, 2.0, 4.0, 6.0]]]
    """
    gap, row, column = grid.spacing_mm
    return distance_to(mask, spacing_mm=(gap if np.isfinite(gap) else 1.0, row, column))


def _box(mask: Mask, grid: Grid) -> tuple[slice, slice, slice]:
    cuts = []
    for axis, step in enumerate(grid.spacing_mm):
        others = tuple(a for a in range(3) if a != axis)
        hit = np.flatnonzero(mask.any(axis=others))
        margin = int(np.ceil(_MARGIN_MM / step))
        cuts.append(slice(max(0, int(hit[0]) - margin), int(hit[-1]) + margin + 1))
    return cuts[0], cuts[1], cuts[2]


def _midplane(labels: NDArray[np.uint16], grid: Grid) -> tuple[Floats, Floats]:
    """Mean of the middles, and of the directions, between the centroids of left and right structures."""
    middles, across = [], []
    for name in _PAIRED:
        left, right = (np.argwhere(np.isin(labels, numbers(name, side))) for side in ("left", "right"))
        if len(left) and len(right):
            a, b = grid.points(left.mean(axis=0))[0], grid.points(right.mean(axis=0))[0]
            middles.append((a + b) / 2)
            across.append((a - b) / np.linalg.norm(a - b))
    if len(middles) < 3:
        raise UsageError(f"Only {len(middles)} paired structures are in the label map; the midplane needs 3.")
    normal = np.mean(across, axis=0)
    return np.mean(middles, axis=0), np.asarray(normal / np.linalg.norm(normal))
