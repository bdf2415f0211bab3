"""Where is each voxel? The geometry of a stack of slices, tilted and uneven ones included.

A CT is a stack of parallel slices. Only two things are certain: every slice lies where its own header says,
and its rows and columns run where its own header says. A gantry tilt makes the stack *sheared*, a change of
increment makes it *uneven*; both are ordinary in head CT and both are kept exactly here, because one origin
is stored for each slice.

Axes are (slice, row, column); points are LPS millimetres (DICOM patient coordinates).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """The place of every voxel of a stack of parallel slices.

    What follows from the fields is worked out once (so it has no slots): it is asked for thousands of times a
    scan. Its arrays cannot be written to.

    Parameters
    ----------
    shape : tuple of int
        Slices, rows, columns.
    origins_mm : array (slices, 3)
        LPS point of the centre of voxel ``[k, 0, 0]`` of each slice ``k``.
    row_step_mm, column_step_mm : array (3,)
        LPS vectors from a voxel to its neighbour in the next row, the next column.

    Examples
    --------
    >>> grid = Grid.regular((3, 4, 5), spacing_mm=(2.0, 1.0, 0.5))
    >>> grid.points([[1, 2, 4]]).tolist()
    [[2.0, 2.0, 2.0]]
    >>> grid.index_of([[2.0, 2.0, 2.0]]).tolist()
    [[1.0, 2.0, 4.0]]
    """

    shape: tuple[int, int, int]
    origins_mm: Floats
    row_step_mm: Floats
    column_step_mm: Floats

    @classmethod
    def regular(
        cls,
        shape: tuple[int, int, int],
        *,
        spacing_mm: tuple[float, float, float],
        origin_mm: ArrayLike = (0, 0, 0),
    ) -> Grid:
        """An upright grid: slices towards the head, rows to posterior, columns to the patient's left."""
        affine = np.eye(4)
        affine[:3, :3] = np.array(
            [[0, 0, spacing_mm[2]], [0, spacing_mm[1], 0], [spacing_mm[0], 0, 0]], float
        )
        affine[:3, 3] = np.asarray(origin_mm, float)
        return cls.from_affine(shape, affine)

    @classmethod
    def from_affine(cls, shape: tuple[int, int, int], affine: ArrayLike) -> Grid:
        """The grid of an even stack. ``affine`` (4, 4) takes (slice, row, column, 1) to LPS mm."""
        a = np.asarray(affine, float)
        origins = a[:3, 3] + np.arange(shape[0])[:, None] * a[:3, 0]
        return cls(
            shape=shape, origins_mm=origins, row_step_mm=a[:3, 1].copy(), column_step_mm=a[:3, 2].copy()
        )

    @cached_property
    def normal(self) -> Floats:
        """Unit vector across the slices, pointing from the first slice to the last."""
        n = np.cross(self.column_step_mm, self.row_step_mm)
        n /= np.linalg.norm(n)
        along = float(n @ (self.origins_mm[-1] - self.origins_mm[0]))
        return _fixed(-n if along < 0 else n)

    @cached_property
    def positions_mm(self) -> Floats:
        """Place of each slice along the normal, in mm (increasing)."""
        return _fixed(self.origins_mm @ self.normal)

    @cached_property
    def slice_gaps_mm(self) -> Floats:
        """Distance between the planes of neighbouring slices, in mm; empty for one slice."""
        return _fixed(np.diff(self.positions_mm))

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Median slice gap, row spacing, column spacing, in mm (a lone slice has gap ``nan``)."""
        gaps = self.slice_gaps_mm
        gap = float(np.median(gaps)) if len(gaps) else float("nan")
        return gap, float(np.linalg.norm(self.row_step_mm)), float(np.linalg.norm(self.column_step_mm))

    @cached_property
    def slice_extents_mm(self) -> Floats:
        """Thickness of space each slice stands for: half the gap to each neighbour.

        The extents share space out without overlap or hole, so volumes add up to the truth where slices
        are uneven or overlap. An end slice takes its one gap on both sides.
        """
        gaps = self.slice_gaps_mm
        if not len(gaps):
            return _fixed(np.full(1, np.nan))
        padded = np.concatenate([gaps[:1], gaps, gaps[-1:]])
        return _fixed((padded[:-1] + padded[1:]) / 2)

    @cached_property
    def voxel_volumes_mm3(self) -> Floats:
        """Volume of one voxel of each slice, in mm3."""
        area = float(np.linalg.norm(np.cross(self.row_step_mm, self.column_step_mm)))
        return _fixed(self.slice_extents_mm * area)

    @cached_property
    def tilt_deg(self) -> float:
        """Angle between the stack's direction and the slices' normal, in degrees (0 for an upright stack)."""
        run = self.origins_mm[-1] - self.origins_mm[0]
        length = float(np.linalg.norm(run))
        if length == 0:
            return 0.0
        return float(np.degrees(np.arccos(np.clip(abs(run @ self.normal) / length, -1, 1))))

    @property
    def affine(self) -> Floats:
        """The nearest affine (4, 4) from (slice, row, column, 1) to LPS mm; exact where :meth:`is_even`."""
        a = np.eye(4)
        k = np.arange(self.shape[0], dtype=float)
        if self.shape[0] > 1:
            slope = np.polynomial.polynomial.polyfit(k, self.origins_mm, 1)
            a[:3, 3], a[:3, 0] = slope[0], slope[1]
        else:
            a[:3, 3], a[:3, 0] = self.origins_mm[0], self.normal
        a[:3, 1], a[:3, 2] = self.row_step_mm, self.column_step_mm
        return a

    def is_even(self, tolerance_mm: float = 0.05) -> bool:
        """Whether one affine places every slice within ``tolerance_mm``."""
        a = self.affine
        ideal = a[:3, 3] + np.arange(self.shape[0])[:, None] * a[:3, 0]
        return bool(np.abs(ideal - self.origins_mm).max() <= tolerance_mm)

    def points(self, index: ArrayLike) -> Floats:
        """LPS points (n, 3) in mm of voxel indices (n, 3), fractions and outside allowed."""
        i = np.asarray(index, float).reshape(-1, 3)
        return self._origins_at(i[:, 0]) + i[:, 1:2] * self.row_step_mm + i[:, 2:3] * self.column_step_mm

    def index_of(self, points_mm: ArrayLike) -> Floats:
        """Fractional voxel indices (n, 3) of LPS points (n, 3) in mm; the inverse of :meth:`points`."""
        p = np.asarray(points_mm, float).reshape(-1, 3)
        k = _interpolate_beyond(p @ self.normal, self.positions_mm, np.arange(self.shape[0], dtype=float))
        in_plane = (p - self._origins_at(k)) @ self._to_plane.T
        return np.concatenate([k[:, None], in_plane], axis=1)

    @cached_property
    def _to_plane(self) -> Floats:
        """From a vector within a slice to rows and columns (2, 3)."""
        return _fixed(np.linalg.pinv(np.stack([self.row_step_mm, self.column_step_mm], axis=1)))

    def part(self, slices: slice, rows: slice, columns: slice) -> Grid:
        """The grid of ``array[slices, rows, columns]`` (steps of one)."""
        bounds = [s.indices(n) for s, n in zip((slices, rows, columns), self.shape, strict=True)]
        (k0, k1, _), (r0, r1, _), (c0, c1, _) = bounds
        shift = r0 * self.row_step_mm + c0 * self.column_step_mm
        return Grid(
            shape=(k1 - k0, r1 - r0, c1 - c0),
            origins_mm=self.origins_mm[k0:k1] + shift,
            row_step_mm=self.row_step_mm,
            column_step_mm=self.column_step_mm,
        )

    def _origins_at(self, k: Floats) -> Floats:
        whole = np.arange(self.shape[0], dtype=float)
        return np.stack([_interpolate_beyond(k, whole, self.origins_mm[:, d]) for d in range(3)], axis=1)


def _fixed(array: Floats) -> Floats:
    out = np.asarray(array, float)
    out.setflags(write=False)
    return out


def _interpolate_beyond(x: Floats, xp: Floats, fp: Floats) -> Floats:
    """Piecewise linear through (xp, fp), going on straight beyond both ends."""
    if len(xp) == 1:
        return np.asarray(fp[0] + (x - xp[0]), float)
    j = np.clip(np.searchsorted(xp, x) - 1, 0, len(xp) - 2)
    t = (x - xp[j]) / (xp[j + 1] - xp[j])
    return np.asarray(fp[j] + t * (fp[j + 1] - fp[j]), float)
