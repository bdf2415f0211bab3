"""What would be there without the calcium? The tissue under a deposit, told from the tissue around it.

The tissue a deposit is compared with changes within millimetres (fluid 5, white matter 28, gray matter
37 HU), and under the deposit it is not seen. It is therefore foretold from what is around, by *kriging*
(Matheron, Econ Geol 1963;58:1246, doi 10.2113/gsecongeo.58.8.1246): each place's attenuation is its tissue's
(fluid, white, gray, by the anatomy found, so borders and mixtures are followed) plus a change that nearby
places share (covariance falling as exp(-distance / 4 mm), as strong as this surrounding itself shows), and the
places seen are weighed by how much they tell. It gives the best estimate of the sum under the deposit and,
what a median of a ring cannot, that estimate's own deviation.

Bone, other deposits and anything beyond -20 to 80 HU is never used. Fewer than 12 voxels: no background.

It misleads where something else is hidden under the deposit alone: choroid plexus that is itself no larger
than its calcium, a vein.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.measure.texture import Texture
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]

RANGE_HU: Final = (-20.0, 80.0)
"""Tissue that may stand as background: fluid to blood. Bone, air, metal and calcium are outside."""
FEWEST_VOXELS: Final = 12
"""A background from fewer voxels than this is not stated."""
SHARED_MM: Final = 4.0
"""Distance over which neighbouring tissue's attenuation goes together."""
TISSUE_PM_HU: Final = 4.0
"""How far a tissue's attenuation near a deposit may lie from its mean in the head (normal heads vary by 3)."""
LEVEL_PM_HU: Final = 15.0
"""How far the common level may, where no tissue is known."""
LEAST_CHANGE_HU: Final = 1.5
"""Tissue is never taken as more even than this."""
CELL_MM: Final = 2.0
MOST_CELLS: Final = 320


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """The tissue under a deposit, foretold.

    Parameters
    ----------
    hu : float array (m,)
        At each voxel asked for.
    mean_hu : float
        Mean over them, weighed as asked.
    pm_hu : float
        Standard deviation of that mean.
    noise_hu : float
        Noise of single voxels around, HU.
    voxels : int
        Voxels it rests on.
    """

    hu: Floats
    mean_hu: float
    pm_hu: float
    noise_hu: float
    voxels: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TissueMap:
    """Which tissue lies where: ``labels`` (uint8 on ``grid``), and the attenuation of each label in this head.

    ``hu`` maps a label to its mean attenuation, HU; other labels are of no known tissue.
    """

    labels: NDArray[np.uint8]
    grid: Grid
    hu: dict[int, float]

    def shares(self, points_mm: Floats, *, normal: Floats, thick_mm: float) -> Floats:
        """Share (0 to 1) of each tissue (n, t) at points (n, 3), averaged over the slice's thickness."""
        depths = (0.0,) if thick_mm < 1.5 else (-thick_mm / 3, 0.0, thick_mm / 3)
        table = np.full(256, len(self.hu), np.int64)
        table[list(self.hu)] = np.arange(len(self.hu))
        total = np.zeros((len(points_mm), len(self.hu) + 1))
        row = np.arange(len(points_mm))
        for depth in depths:
            index = np.rint(self.grid.index_of(points_mm + depth * normal)).astype(np.int64)
            held = np.clip(index, 0, np.array(self.labels.shape) - 1)
            found = table[self.labels[tuple(held.T)]]
            found[(held != index).any(axis=1)] = len(self.hu)
            total[row, found] += 1 / len(depths)
        return total[:, :-1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """Voxels around a deposit: points (n, 3) mm, attenuation (n,), shares of tissue (n, t), slice (n,)."""

    points_mm: Floats
    hu: Floats
    tissue: Floats
    slice: NDArray[np.int64]


def background(
    seen: Seen,
    *,
    points_mm: Floats,
    tissue: Floats,
    weight: Floats,
    tissue_hu: Floats,
    texture: Texture,
    noise_hu: float,
) -> Background | None:
    """The background at ``points_mm`` (m, 3); None where too little tissue is seen.

    Parameters
    ----------
    seen : Seen
        What lies around; values outside :data:`RANGE_HU` are left out here.
    tissue : float array (m, t)
        Shares (0 to 1) of the tissues at the points; t may be 0.
    weight : float array (m,)
        How much each point counts in the mean (voxel volumes).
    tissue_hu : float array (t,)
        Mean attenuation of each tissue in this head.
    texture : Texture
        How the noise hangs together.
    noise_hu : float
        Noise of a voxel in this scan, HU; the surroundings may say otherwise.
    """
    usable = np.isfinite(seen.hu) & (seen.hu >= RANGE_HU[0]) & (seen.hu <= RANGE_HU[1])
    if int(usable.sum()) < FEWEST_VOXELS or not len(points_mm):
        return None
    around = Seen(
        points_mm=seen.points_mm[usable],
        hu=seen.hu[usable],
        tissue=seen.tissue[usable],
        slice=seen.slice[usable],
    )
    low = np.minimum(around.points_mm.min(axis=0), points_mm.min(axis=0))
    cell_mm = _cell_mm(around.points_mm, low)
    near, there = _cells(around.points_mm, low, cell_mm), _cells(points_mm, low, cell_mm)
    n = near.count
    y = near.mean(around.hu)
    noise = _local_noise(around.hu, y[near.of], near, noise_hu, texture)
    slices = np.maximum(1, np.round(n / np.maximum(_per_slice(near, around.slice), 1))).astype(int)
    noise_var = noise**2 * texture.mean_factor(n, slices=slices)
    trend, trend_there = near.means(around.tissue), there.means(tissue, weight)
    left = y - trend @ tissue_hu
    middle = float(np.median(left))
    spread = 1.4826 * float(np.median(np.abs(left - middle)))
    change = max(LEAST_CHANGE_HU**2, max(spread, 0.7 * float(np.std(left))) ** 2 - float(np.median(noise_var)))
    level = LEVEL_PM_HU**2 if not len(tissue_hu) else TISSUE_PM_HU**2
    at, at_there = near.means(around.points_mm), there.means(points_mm, weight)

    def together(a: Floats, b: Floats, fa: Floats, fb: Floats) -> Floats:
        apart = np.sqrt(np.maximum(((a[:, None] - b[None]) ** 2).sum(axis=2), 0))
        own = TISSUE_PM_HU**2 * (fa @ fb.T) if len(tissue_hu) else 0.0
        return np.asarray(change * np.exp(-apart / SHARED_MM) + own + level)

    known = together(at, at, trend, trend) + np.diag(noise_var)
    cross = together(at_there, at, trend_there, trend)
    share = there.sums(weight)
    share = share / share.sum()
    solved = np.linalg.solve(known, np.column_stack([left - middle, cross.T @ share]))
    found = trend_there @ tissue_hu + middle + cross @ solved[:, 0]
    own = together(at_there, at_there, trend_there, trend_there)
    variance = float(share @ own @ share - (cross.T @ share) @ solved[:, 1])
    return Background(
        hu=found[there.of],
        mean_hu=float(share @ found),
        pm_hu=float(np.sqrt(max(variance, 0.0))),
        noise_hu=noise,
        voxels=len(around.hu),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """Voxels gathered into cells: ``of`` (n,) the cell of each, ``count`` (c,) voxels of each."""

    of: NDArray[np.int64]
    count: NDArray[np.int64]

    def sums(self, values: Floats) -> Floats:
        return np.asarray(np.bincount(self.of, weights=values, minlength=len(self.count)))

    def mean(self, values: Floats) -> Floats:
        return self.sums(values) / self.count

    def means(self, values: Floats, weight: Floats | None = None) -> Floats:
        w = np.ones(len(self.of)) if weight is None else np.maximum(weight, 1e-12)
        total = self.sums(w)
        columns = [self.sums(w * values[:, j]) / total for j in range(values.shape[1])]
        return np.stack(columns, axis=1) if columns else np.zeros((len(total), 0))


def _cells(points: Floats, low: Floats, cell_mm: float) -> _Cells:
    index = np.floor((points - low) / cell_mm).astype(np.int64)
    flat = np.ravel_multi_index(tuple(index.T), tuple(index.max(axis=0) + 1))
    _, of, count = np.unique(flat, return_inverse=True, return_counts=True)
    return _Cells(of=of.astype(np.int64), count=count.astype(np.int64))


def _cell_mm(points: Floats, low: Floats) -> float:
    """The smallest cell edge that gathers the points into few enough cells."""
    edge = CELL_MM
    while True:
        if len(_cells(points, low, edge).count) <= MOST_CELLS:
            return edge
        edge *= 1.25


def _per_slice(cells: _Cells, slices: NDArray[np.int64]) -> Floats:
    """Voxels that a cell has in one slice, on average."""
    pairs = np.unique(np.stack([cells.of, slices]), axis=1)[0]
    return cells.count / np.bincount(pairs, minlength=len(cells.count))


def _local_noise(hu: Floats, mean: Floats, cells: _Cells, noise_hu: float, texture: Texture) -> float:
    """Noise of single voxels, from their spread within cells (its lower half: borders spread more)."""
    n = cells.count
    enough = n >= 6
    if int(enough.sum()) < 4:
        return noise_hu
    within = cells.sums((hu - mean) ** 2) / n
    kept = 1 - texture.mean_factor(n, slices=np.ones_like(n))
    own = float(np.sqrt(np.percentile(within[enough] / np.maximum(kept[enough], 0.2), 40)))
    return float(np.clip(own, 0.5 * noise_hu, 2.0 * noise_hu)) if noise_hu > 0 else own
