"""How thin is a deposit, and which way does it lie? Its widths with the scan's blur taken off.

A plate of calcium in a fold of the dura is 1 to 3 mm thick and 5 to 30 mm wide. On the scan it is thicker: a slice
averages over its thickness, a pixel over its width, and the scanner's point spread adds to both. Variances of a blurred
body add up (body + slice + pixel + point spread), so what blur added is taken off the second moments of the excess
attenuation, and what is left is the body's own::

    own = cov(excess) - sum over axes a of (cell_a^2 / 12 + psf_a^2) a a^T,    width = sqrt(12 x eigenvalue)

The width is that of a bar of even density (a ball of diameter D has 0.77 D). Negative eigenvalues, which noise and the
cut at the island's edge make, count as 0.

It misleads where the blur is broader than the body (a plate that lies in a slice of 5 mm), where two bodies are one
island, and with kernels much sharper or softer than ``PSF_FWHM_MM``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.arrays.crop import cells_at
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Single = NDArray[np.float32]

PSF_FWHM_MM: Final = 1.0
"""In-plane point spread of soft kernels of head CT, full width at half maximum (0.8 to 1.4 mm; expert)."""
FWHM_PER_DEVIATION: Final = 2.3548
THINNEST_MM: Final = 3.0
"""A plate is no thicker than this (falx and tentorium calcify in sheets of 1 to 3 mm; expert)."""
BROAD_MM: Final = 2.5
FLAT: Final = 2.2
"""A plate is in its second direction at least this wide, and so many times as wide as it is thick (expert)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slab:
    """A deposit as a bar, along the straightened head (up, back, left), mm.

    ``widths_mm``, largest first, blur taken off · ``normal`` unit vector of the least · ``points_mm`` (n, 3) of its
    voxels · ``weights`` (n,) of each: excess attenuation times volume.
    """

    widths_mm: tuple[float, float, float]
    normal: Floats
    points_mm: Floats
    weights: Floats

    @property
    def flat(self) -> bool:
        """Whether it is a plate: thin, broad, and much broader than thick."""
        _, broad, thin = self.widths_mm
        return thin <= THINNEST_MM and broad >= max(BROAD_MM, FLAT * thin)

    def cells_in(self, shape: tuple[int, ...]) -> NDArray[np.intp]:
        """Cells (n, 3) of a head grid of 1 mm and this shape under its points."""
        return cells_at(self.points_mm, shape)

    def values_of(self, head_map: Single) -> Single:
        """What a map on the head's grid of 1 mm has under each of its points."""
        return np.asarray(head_map[tuple(self.cells_in(head_map.shape).T)])


def slab_of(index: ArrayLike, excess_hu: ArrayLike, *, grid: Grid, head: Grid) -> Slab:
    """A deposit's widths and the direction it is thin in.

    Parameters
    ----------
    index : int array (n, 3)
        Its voxels on ``grid``.
    excess_hu : array (n,)
        Their attenuation above the tissue; below 1 counts as 1.
    grid, head : Grid
        Of the scan, and of the straightened head (regular).

    Examples
    --------
    Nine rows by nine slices of one column, voxels of 1 mm: a plate whose normal runs from right to left.

    >>> grid = Grid.regular((20, 20, 20), spacing_mm=(1.0, 1.0, 1.0))
    >>> plate = [[k, r, 7] for k in range(9) for r in range(9)]
    >>> slab = slab_of(plate, [200.0] * 81, grid=grid, head=grid)
    >>> slab.flat, [round(w) for w in slab.widths_mm], abs(slab.normal).round(3).tolist()
    (True, [9, 9, 0], [0.0, 0.0, 1.0])
    """
    i = np.asarray(index, int).reshape(-1, 3)
    step = np.array(head.spacing_mm)
    points = head.index_of(grid.points(i)) * step
    weights = np.maximum(np.asarray(excess_hu, float), 1.0) * grid.voxel_volumes_mm3[i[:, 0]]
    off = points - np.average(points, axis=0, weights=weights)
    spread = (off * weights[:, None]).T @ off / weights.sum()
    values, vectors = np.linalg.eigh(spread - _blur_mm2(i, grid, head))
    long, broad, thin = np.sqrt(12 * np.clip(values, 0, None))[::-1].tolist()
    return Slab(widths_mm=(long, broad, thin), normal=vectors[:, 0], points_mm=points, weights=weights)


def _blur_mm2(index: Ints, grid: Grid, head: Grid) -> Floats:
    """What slice, pixel and point spread add to the second moments, along the straightened head."""
    _, row_mm, column_mm = grid.spacing_mm
    slice_mm = float(np.nan_to_num(grid.slice_extents_mm[np.unique(index[:, 0])].mean()))
    psf = (PSF_FWHM_MM / FWHM_PER_DEVIATION) ** 2
    axes = np.stack([grid.normal, grid.row_step_mm / row_mm, grid.column_step_mm / column_mm])
    turned = (head.index_of(axes) - head.index_of(np.zeros((1, 3)))) * np.array(head.spacing_mm)
    variances = np.array([slice_mm**2 / 12, row_mm**2 / 12 + psf, column_mm**2 / 12 + psf])
    return np.asarray((turned * variances[:, None]).T @ turned)
