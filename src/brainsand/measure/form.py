"""What shape is it? Size, elongation, solidity, and one word for the form of a deposit.

Lengths are taken between voxel centres in true millimetres (tilt and uneven gaps included) plus the width of
a voxel within its slice. Across thick slices nothing is added at the ends: a slice that is only partly filled
lights up too, so ``k`` slices mean a length between ``k - 2`` and ``k`` slice gaps, ``k - 1`` on average.
``diameter_pm_mm`` is the doubt left by that.

The words follow the scoring sheet of Livingston 2014 (punctate, conglomerate, band-like, rock-like, gyriform;
doi:10.1111/dmcn.12359); the numbers that divide them are conventions of this project, all named below. They
mislead where slices are thicker than the deposit: then only the shape within the slice is judged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.arrays import shape
from brainsand.model.finding import Follows, Morphology
from brainsand.model.grid import Grid

#: Largest diameter of a dot, mm.
PUNCTATE_MM = 5.0
#: From here a solid deposit is called confluent, mm.
CONFLUENT_MM = 15.0
#: Length over width of a line; width over thickness of a sheet.
ELONGATED = 3.0
#: A line broader than this is a band, mm.
LINE_WIDTH_MM = 4.0
#: Gyriform calcium runs in the cortex, at least this far (mm), and fills little of its hull.
GYRIFORM_MM = 10.0
GYRIFORM_SOLIDITY = 0.6
#: A ribbon, however large and however filled its hull, is thin: the largest ball in it has less than this share of the
#: radius of a ball of its volume (expert: virtual ribbons 0.26 to 0.41 on slices up to 1 mm, nodules 0.56 to 0.82).
THIN = 0.45
#: What hangs together in the cortex over more than this is a ribbon, even where it falls into beads, mm; thick slices
#: swell it, so it may be less thin (expert: on slices over 2 mm ribbons 0.35 to 0.54, apart from one of 0.65).
RIBBON_MM = 20.0
LONG_THIN = 0.55
#: A ring encloses at least this share of empty area.
RIM_HOLE = 0.15
#: Stippled: this many separate foci at half contrast, none holding half of the cells.
STIPPLED_FOCI = 4
#: A line so long for its width, and so narrow (mm), runs in a vessel's wall (expert).
VESSEL_LONG = 5.0
VESSEL_WIDTH_MM = 2.5
#: Slices further apart than this do not resolve the shape of what lies in one or two of them, mm.
THICK_MM = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The shape of one deposit; lengths in mm, ratios and shares without unit.

    ``thinness``: radius of the largest ball within it (of the largest circle within a slice, where slices are too thick
    to tell) over that of a ball of its volume; 1 for a ball, small for a sheet or ribbon.
    """

    largest_diameter_mm: float
    diameter_pm_mm: float
    extent_mm: tuple[float, float, float]
    elongation: float
    flatness: float
    solidity: float
    hole_share: float
    foci: int
    largest_focus_share: float
    thinness: float = 1.0


def form_of(index: ArrayLike, hu: ArrayLike, *, grid: Grid, background_hu: float) -> Form:
    """Lengths, ratios and foci of one deposit.

    Parameters
    ----------
    index : int array (n, 3)
        Its voxels (slice, row, column).
    hu : array (n,)
        Their attenuation, HU.
    grid : Grid
        Where the voxels lie.
    background_hu : float
        The tissue around, HU; foci are counted above half of the peak's contrast with it.

    Examples
    --------
    >>> grid = Grid.regular((1, 9, 9), spacing_mm=(5.0, 1.0, 1.0))
    >>> row = [[0, 4, c] for c in range(2, 8)]
    >>> form = form_of(row, [200.0] * 6, grid=grid, background_hu=30.0)
    >>> form.largest_diameter_mm, form.elongation
    (6.0, 6.0)
    """
    i = np.asarray(index, int).reshape(-1, 3)
    points = grid.points(i)
    full, inner = _cells(i, grid=grid)
    along = shape.extents(points, cell=full)
    resolved = _resolved_extents(i, points, grid=grid, cell=inner)
    sizes = _foci(i, np.asarray(hu, float), background_hu=background_hu)
    return Form(
        largest_diameter_mm=shape.largest_diameter(points[shape.line_ends(i)], cell=inner),
        diameter_pm_mm=_diameter_pm_mm(i, points, grid=grid),
        extent_mm=(float(along[0]), float(along[1]), float(along[2])),
        elongation=float(resolved[0] / resolved[1]),
        flatness=float(resolved[1] / resolved[2]),
        solidity=shape.solidity(i, points, cell=full),
        hole_share=shape.hole_share(i),
        foci=len(sizes),
        largest_focus_share=float(sizes[0] / sizes.sum()) if len(sizes) else 1.0,
        thinness=_thinness(i, grid=grid),
    )


def morphology(form: Form, *, cortex_share: float = 0.0, wall_share: float = 0.0) -> Morphology:
    """One word for the form.

    ``cortex_share`` is the share (0 to 1) of the deposit in or at the cortical ribbon, ``wall_share`` that
    along a ventricle's wall. The first rule that holds speaks, in the order they stand here.
    """
    size = form.largest_diameter_mm
    if size <= PUNCTATE_MM:
        return "punctate"
    ribbon = cortex_share >= 0.5 and size >= GYRIFORM_MM and _winding(form)
    if ribbon and size >= RIBBON_MM:
        return "gyriform"
    if form.foci >= STIPPLED_FOCI and form.largest_focus_share < 0.5:
        return "stippled"
    if ribbon:
        return "gyriform"
    if form.hole_share >= RIM_HOLE:
        return "rim"
    return _long_or_round(form, wall_share=wall_share)


def follows(form: Form, *, site: str, morphology: Morphology, wall_share: float) -> Follows | None:
    """What a deposit runs along: the wall of a ventricle, a vessel, the cortex; None where it does not.

    Along a ventricle's wall: half of it or more lies there and it is no dot. Along a vessel: it lies on an
    artery of the skull base, or is at least five times as long as wide and no more than 2.5 mm wide.
    """
    if morphology == "gyriform":
        return "cortex"
    if morphology != "punctate" and wall_share >= 0.5:
        return "ventricle_wall"
    thin = form.largest_diameter_mm / form.elongation <= VESSEL_WIDTH_MM
    return "vessel" if site == "vessel_wall" or (form.elongation >= VESSEL_LONG and thin) else None


def _winding(form: Form) -> bool:
    """Whether it can follow the convolutions: a sheet or ribbon, no tube and no lump."""
    if form.elongation >= ELONGATED:
        return form.extent_mm[1] > LINE_WIDTH_MM
    thin = LONG_THIN if form.largest_diameter_mm >= RIBBON_MM else THIN
    return form.solidity < GYRIFORM_SOLIDITY or form.thinness < thin


def _long_or_round(form: Form, *, wall_share: float) -> Morphology:
    width = form.largest_diameter_mm / form.elongation
    if form.elongation >= ELONGATED:
        return "linear" if width <= LINE_WIDTH_MM and wall_share < 0.5 else "band"
    sheet = form.flatness >= ELONGATED and form.elongation < ELONGATED
    if sheet or (wall_share >= 0.5 and form.elongation >= 2.0):
        return "band"
    return "confluent" if form.largest_diameter_mm >= CONFLUENT_MM else "nodular"


def _cells(index: NDArray[np.int64], *, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges of a voxel as columns: the whole voxel, and one no thicker than it is wide."""
    thick = float(np.nan_to_num(grid.slice_extents_mm[np.unique(index[:, 0])].mean()))
    _, rows_mm, columns_mm = grid.spacing_mm
    thin = min(thick, (rows_mm + columns_mm) / 2)
    across = [
        np.stack([grid.normal * t, grid.row_step_mm, grid.column_step_mm], axis=1) for t in (thick, thin)
    ]
    return across[0], across[1]


def _resolved_extents(
    index: NDArray[np.int64], points: NDArray[np.float64], *, grid: Grid, cell: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Extents that the slices resolve: within the slice alone, where there are one or two thick ones."""
    slices = np.unique(index[:, 0])
    gap = grid.spacing_mm[0]
    if len(slices) > 2 or (len(slices) > 1 and gap <= THICK_MM):
        return shape.extents(points, cell=cell)
    flat = points - (points @ grid.normal)[:, None] * grid.normal
    flat_cell = cell.copy()
    flat_cell[:, 0] = 0
    along = shape.extents(flat, cell=flat_cell)
    return np.array([along[0], along[1], along[1]])


def _thinness(index: NDArray[np.int64], *, grid: Grid) -> float:
    gap, rows_mm, columns_mm = grid.spacing_mm
    # Slices that do not resolve a thickness are looked at one by one, as if far apart.
    apart = float(gap) if gap <= THICK_MM else 1e3
    ball = float(np.cbrt(0.75 * grid.voxel_volumes_mm3[index[:, 0]].sum() / np.pi))
    inner = shape.inner_radius(index, spacing_mm=(apart, rows_mm, columns_mm))
    return min(1.0, inner / ball) if ball > 0 else 1.0


def _diameter_pm_mm(index: NDArray[np.int64], points: NDArray[np.float64], *, grid: Grid) -> float:
    """One standard deviation of the diameter: each end lies anywhere within half a cell of its edge.

    Two ends uniform over one cell width w give w / sqrt(6); the cell's width is taken along the axis of most
    spread, with the slice gap counted only as far as that axis runs across slices.
    """
    axis = shape.principal_axes(points)[0]
    gap = float(np.nan_to_num(grid.spacing_mm[0])) if len(np.unique(index[:, 0])) > 1 else 0.0
    _, rows_mm, columns_mm = grid.spacing_mm
    across = gap * abs(float(axis @ grid.normal))
    return float(np.hypot(across, (rows_mm + columns_mm) / 2) / np.sqrt(6))


def _foci(index: NDArray[np.int64], hu: NDArray[np.float64], *, background_hu: float) -> NDArray[np.int64]:
    """Sizes of the pieces above half of the peak's contrast; single voxels are noise, not foci."""
    level = background_hu + 0.5 * (float(hu.max()) - background_hu)
    sizes = shape.pieces(index[hu >= level])
    return sizes[sizes >= 2]
