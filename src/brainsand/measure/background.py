"""What would be there without the calcium? The tissue under a deposit, told from the tissue around it.

The tissue a deposit is compared with changes within millimetres (fluid 5, white matter 28, gray matter
37 HU), and under the deposit it is not seen. It is therefore foretold from what is around, by *kriging*
(Matheron, Econ Geol 1963;58:1246, doi 10.2113/gsecongeo.58.8.1246): attenuation is a level plus a change that
nearby places share (covariance falling as exp(-distance / 4 mm), as strong as this surrounding itself shows), and
the places seen are weighed by how much they tell. It gives the best estimate of the sum under the deposit and,
what a median of a ring cannot, that estimate's own deviation.

Where the anatomy found expects another step (fluid outside, a nucleus under the deposit), half of that step is
taken and half of it is the step's own doubt: the map is a millimetre or two off, and most under calcium.

Bone, other deposits and anything beyond -20 to 80 HU is never used. Fewer than 12 voxels: no background.

It misleads where something else is hidden under the deposit alone: choroid plexus that is itself no larger
than its calcium, a vein.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import cdist

from brainsand.measure.texture import Texture
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]

RANGE_HU: Final = (-20.0, 80.0)
"""Tissue that may stand as background: fluid to blood. Bone, air, metal and calcium are outside."""
FEWEST_VOXELS: Final = 12
"""A background from fewer voxels than this is not stated."""
SHARED_MM: Final = 4.0
"""Distance over which neighbouring tissue's attenuation goes together."""
TRUST: Final = 0.4
"""How far the map of tissues is followed where it expects another step in attenuation than the surroundings show."""
DISTRUST: Final = 0.5
"""Deviation of that, as a share of the step."""
LEVEL_PM_HU: Final = 15.0
"""How far the level of a surrounding may lie from its median."""
LEAST_CHANGE_HU: Final = 1.5
"""Tissue is never taken as more even than this."""
CELL_MM: Final = 2.0
BORDER_CELLS: Final = 5
"""Width over which the map of tissues is smoothed, cells (mm): it is a millimetre or two off under calcium."""
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
    """Which tissue lies where: ``labels`` (uint8 on ``grid``, even), and the attenuation of each label in this head.

    ``hu`` maps a label to its mean attenuation, HU; other labels are of no known tissue.
    """

    labels: NDArray[np.uint8]
    grid: Grid
    hu: dict[int, float]

    def shares(self, points_mm: Floats, *, normal: Floats, thick_mm: float) -> Floats:
        """Share (0 to 1) of each tissue (n, t) about points (n, 3), over the slice's thickness.

        Borders are taken as known to :data:`BORDER_CELLS` cells of the map and no better.
        """
        to_index = np.linalg.inv(self.grid.affine)
        at = points_mm @ to_index[:3, :3].T + to_index[:3, 3]
        down = to_index[:3, :3] @ normal
        step = np.abs(thick_mm / 3 * down)
        reach = np.ceil(step).astype(int) + BORDER_CELLS
        size = np.array(self.labels.shape)
        low = np.clip(np.floor(at.min(axis=0)).astype(int) - reach, 0, size - 1)
        high = np.clip(np.ceil(at.max(axis=0)).astype(int) + reach + 1, low + 1, size)
        part = self.labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        depths = (0.0,) if thick_mm < 1.5 else (-thick_mm / 3, 0.0, thick_mm / 3)
        places = [np.clip(np.rint(at + d * down), low, high - 1) for d in depths]
        index = [tuple((p.astype(int) - low).T) for p in places]
        columns = []
        for label in self.hu:
            share = ndimage.uniform_filter((part == label).astype(np.float32), BORDER_CELLS, mode="nearest")
            columns.append(np.mean([share[i] for i in index], axis=0))
        return np.stack(columns, axis=1).astype(float)


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
    """The background at ``points_mm`` (m, 3); None where too little tissue is seen, or no point counts.

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
    around = _usable(seen)
    if len(around.hu) < FEWEST_VOXELS or not weight.sum() > 0:
        return None
    low = np.minimum(around.points_mm.min(axis=0), points_mm.min(axis=0))
    cell_mm = _cell_mm(around.points_mm, low)
    near, there = _cells(around.points_mm, low, cell_mm), _cells(points_mm, low, cell_mm)
    hu = near.mean(around.hu)
    noise = _local_noise(around.hu, hu[near.of], near, noise_hu, texture)
    slices = np.maximum(1, np.round(near.count / np.maximum(_per_slice(near, around.slice), 1))).astype(int)
    expected, expected_there = _expected(near, there, around.tissue, tissue, weight, tissue_hu)
    known = _Known(
        points_mm=near.means(around.points_mm),
        hu=hu,
        noise_hu2=noise**2 * texture.mean_factor(near.count, slices=slices),
        expected_hu=expected,
    )
    counted = there.sums(weight)
    asked = _Asked(
        points_mm=there.means(points_mm, weight), expected_hu=expected_there, share=counted / counted.sum()
    )
    found, variance = _foretold(known, asked)
    return Background(
        hu=found[there.of],
        mean_hu=float(asked.share @ found),
        pm_hu=float(np.sqrt(variance)),
        noise_hu=noise,
        voxels=len(around.hu),
    )


def _usable(seen: Seen) -> Seen:
    """What may be tissue of all that is seen."""
    usable = np.isfinite(seen.hu) & (seen.hu >= RANGE_HU[0]) & (seen.hu <= RANGE_HU[1])
    return Seen(
        points_mm=seen.points_mm[usable],
        hu=seen.hu[usable],
        tissue=seen.tissue[usable],
        slice=seen.slice[usable],
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
    """Cells seen: their middles (c, 3), mean attenuation, the variance noise gives it, and what the map expects, HU
    about the mean of all."""

    points_mm: Floats
    hu: Floats
    noise_hu2: Floats
    expected_hu: Floats

    @property
    def change_hu2(self) -> float:
        """Variance of the tissue's own change from place to place, noise taken off."""
        spread = 1.4826 * float(np.median(np.abs(self.hu - float(np.median(self.hu)))))
        whole = max(spread, 0.7 * float(np.std(self.hu))) ** 2
        return max(LEAST_CHANGE_HU**2, whole - float(np.median(self.noise_hu2)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """Cells asked for: their middles (d, 3), what the map expects there, HU as in ``_Known``, and the share (d,) of
    each in the mean."""

    points_mm: Floats
    expected_hu: Floats
    share: Floats


def _foretold(known: _Known, asked: _Asked) -> tuple[Floats, float]:
    """Attenuation of each cell asked for (kriging, part of the map's step taken), and the variance of their mean."""
    change = known.change_hu2

    def together(a: Floats, b: Floats) -> Floats:
        return np.asarray(change * np.exp(-cdist(a, b) / SHARED_MM) + LEVEL_PM_HU**2)

    middle = float(np.median(known.hu))
    cross = together(asked.points_mm, known.points_mm)
    wanted = np.column_stack([known.hu - middle, known.expected_hu, cross.T @ asked.share])
    covariance = together(known.points_mm, known.points_mm) + np.diag(known.noise_hu2)
    of_hu, of_expected, of_mean = np.linalg.solve(covariance, wanted).T
    step = asked.expected_hu - cross @ of_expected
    found = middle + cross @ of_hu + TRUST * step
    own = float(asked.share @ together(asked.points_mm, asked.points_mm) @ asked.share)
    variance = max(float(own - (cross.T @ asked.share) @ of_mean), 0.0)
    return found, variance + (DISTRUST * float(asked.share @ step)) ** 2


def _expected(
    near: _Cells, there: _Cells, seen: Floats, under: Floats, weight: Floats, tissue_hu: Floats
) -> tuple[Floats, Floats]:
    """What the map of tissues expects of the cells seen and of those asked for, HU about the seen ones' mean.

    Tissue the map does not know counts as that mean.
    """
    shares, shares_there = near.means(seen), there.means(under, weight)
    known = float(shares.sum())
    level = float((shares @ tissue_hu).sum()) / known if known > 0 else 0.0
    return shares @ (tissue_hu - level), shares_there @ (tissue_hu - level)


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
    i, j, k = (((points[:, d] - low[d]) / cell_mm).astype(np.int64) for d in range(3))
    flat = (i * (int(j.max()) + 1) + j) * (int(k.max()) + 1) + k
    every = np.bincount(flat)
    held = np.flatnonzero(every)
    of = np.zeros(len(every), np.int64)
    of[held] = np.arange(len(held))
    return _Cells(of=of[flat], count=every[held].astype(np.int64))


def _cell_mm(points: Floats, low: Floats) -> float:
    """The smallest cell edge (2 mm, or that times a power of 1.25) that gathers the points into few enough cells."""
    edge = CELL_MM
    count = len(_cells(points, low, edge).count)
    # A cell of twice the edge holds eight at most: no smaller edge than this can do.
    least = CELL_MM * np.cbrt(count / MOST_CELLS)
    while count > MOST_CELLS:
        edge *= 1.25
        if edge >= least:
            count = len(_cells(points, low, edge).count)
    return edge


def _per_slice(cells: _Cells, slices: NDArray[np.int64]) -> Floats:
    """Voxels that a cell has in one slice, on average."""
    depth = int(slices.max()) + 1
    pairs = np.flatnonzero(np.bincount(cells.of * depth + slices)) // depth
    return np.asarray(cells.count / np.bincount(pairs, minlength=len(cells.count)))


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
