"""What is a virtual head? A label map on a grid, put the right way round.

Slices run from the chin to the crown, rows from the nose to the back, columns from the patient's right to
the left, so slice ``k`` shown with row 0 on top is an axial picture in radiological convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cc3d
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from brainsand.errors import UsageError
from brainsand.model.grid import Grid
from brainsand.model.reference import Atlas
from brainsand.phantom.labels import BONE, CSF, MARROW, SOFT_TISSUE, from_bytes
from brainsand.phantom.warp import warped

_SPECK_MM3: Final = 30.0
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VirtualHead:
    """Anatomy of one head: tissue numbers (``phantom.labels``), uint16 (slice, row, column), on ``grid``."""

    labels: NDArray[np.uint16]
    grid: Grid

    def __post_init__(self) -> None:
        if self.labels.shape != self.grid.shape:
            raise ValueError(f"labels {self.labels.shape} and grid {self.grid.shape} must have one shape")


def head_from_labels(array: ArrayLike, affine_ras: ArrayLike) -> VirtualHead:
    """A head from a stored label map, axes turned to (slice up, row back, column left), specks mended.

    Unlabelled specks (0) that lie mostly among brain and CSF become CSF, those among soft tissue soft tissue:
    maps made from MR have such holes, and a scanner would show them as air. Specks of bone (under 30 mm3,
    joined to no other bone) among brain and CSF become CSF too: a scanner would show each as a calcification.

    Parameters
    ----------
    array : array (i, j, k) of whole numbers
        Labels as stored, for example ``nibabel.load(path).dataobj``.
    affine_ras : array (4, 4)
        From (i, j, k, 1) to RAS millimetres, as NIfTI says it.

    Raises
    ------
    UsageError
        When the array is not three-dimensional or its values are no whole numbers.

    Examples
    --------
    One voxel numbered 13 at the stored index (0, 1, 2), 1 mm, RAS axes: it lies at x = 0 (R), so in LPS
    at (0, -1, 2).

    >>> a = np.zeros((2, 3, 4), int)
    >>> a[0, 1, 2] = 13
    >>> head = head_from_labels(a, np.eye(4))
    >>> head.labels.shape, head.grid.points(np.argwhere(head.labels == 13)).tolist()
    ((4, 3, 2), [[0.0, -1.0, 2.0]])
    """
    stored = np.asarray(array)
    if stored.ndim != 3 or not np.array_equal(stored, np.round(stored)):
        raise UsageError(f"A label map must be 3-D whole numbers; this is {stored.ndim}-D {stored.dtype}.")
    lps = _RAS_TO_LPS @ np.asarray(affine_ras, float)
    turned, affine = _turned(stored.astype(np.uint16), lps)
    grid = Grid.from_affine(turned.shape, affine)
    return VirtualHead(labels=_mended(turned, grid), grid=grid)


def head_from_atlas(atlas: Atlas, *, rng: np.random.Generator, deform_mm: float = 3.0) -> VirtualHead:
    """A head nobody has: the atlas's own label map, stretched and bent at random.

    Parameters
    ----------
    atlas : Atlas
        Its map ``"labels"`` (uint8) holds the tissue numbers packed as :func:`labels.to_bytes` does.
    deform_mm : float
        Standard deviation of the random displacement; 0 gives the atlas itself.

    Raises
    ------
    UsageError
        When the atlas has no map ``"labels"``.
    """
    if "labels" not in atlas.maps:
        raise UsageError(f"The atlas has maps {sorted(atlas.maps)}; a head needs the map 'labels'.")
    head = VirtualHead(labels=from_bytes(atlas.maps["labels"]), grid=atlas.grid)
    return deform(head, rng=rng, warp_mm=deform_mm) if deform_mm > 0 else head


def deform(
    head: VirtualHead,
    *,
    rng: np.random.Generator,
    warp_mm: float = 3.0,
    scale_sd: float = 0.03,
    ventricle_mm: float | None = None,
) -> VirtualHead:
    """The same anatomy in another shape: scaled, bent smoothly, ventricles widened.

    Parameters
    ----------
    warp_mm : float
        Standard deviation of the smooth displacement at any point along each axis, mm.
    scale_sd : float
        Standard deviation of the scale along each axis (around 1).
    ventricle_mm : float or None
        How far the walls of the ventricles move outwards, mm (0 to 6); drawn from 0 to 4 when None.

    Notes
    -----
    The bend varies over about 40 mm, so neighbouring points keep their order for ``warp_mm`` up to about 6;
    label numbers are carried over by the nearest neighbour.
    """
    labels = warped(
        head.labels,
        head.grid,
        rng=rng,
        warp_mm=warp_mm,
        scale=1 + scale_sd * rng.standard_normal(3),
        ventricle_mm=float(rng.uniform(0, 4)) if ventricle_mm is None else ventricle_mm,
    )
    return VirtualHead(labels=labels, grid=head.grid)


def _mended(labels: NDArray[np.uint16], grid: Grid) -> NDArray[np.uint16]:
    """Unlabelled voxels filled where the 5 mm cube around is over half intracranial, or 0.7 soft tissue;
    specks of bone, where it is over half intracranial."""
    width = [2 * max(1, round(2.0 / s)) + 1 for s in grid.spacing_mm]
    mended = labels.copy()
    for inside, least, filler in (
        ((labels > 0) & (labels < 500), 0.5, CSF),
        (labels == SOFT_TISSUE, 0.7, SOFT_TISSUE),
    ):
        share = ndimage.uniform_filter(inside.astype(np.float32), width, mode="constant")
        stray = labels == 0
        if filler == CSF:
            stray |= _bone_specks(labels, grid)
        mended[stray & (share > least)] = filler
    return mended


def _bone_specks(labels: NDArray[np.uint16], grid: Grid) -> NDArray[np.bool_]:
    """Bone and marrow in pieces (joined by faces, edges or corners) smaller than ``_SPECK_MM3``."""
    pieces = cc3d.connected_components(np.isin(labels, (BONE, MARROW)), connectivity=26)
    volumes = np.bincount(pieces.ravel()) * float(np.prod(grid.spacing_mm))
    small = volumes < _SPECK_MM3
    small[0] = False
    return np.asarray(small[pieces])


def _turned(
    stored: NDArray[np.uint16], lps: NDArray[np.float64]
) -> tuple[NDArray[np.uint16], NDArray[np.float64]]:
    """Permute and flip stored axes until they run most nearly (up, back, left); the affine follows."""
    order = _order_of_axes(lps)
    array, affine = stored.transpose(order), lps[:, [*order, 3]].copy()
    for axis, direction in enumerate((2, 1, 0)):
        if affine[direction, axis] < 0:
            array = np.flip(array, axis)
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
    return np.ascontiguousarray(array), affine


def _order_of_axes(lps: NDArray[np.float64]) -> list[int]:
    """Which stored axis runs along z, y and x, each used once."""
    lengths = np.linalg.norm(lps[:3, :3], axis=0)
    along = np.abs(lps[:3, :3] / lengths)
    free = [0, 1, 2]
    order = []
    for direction in (2, 1, 0):
        best = max(free, key=lambda axis: along[direction, axis])
        free.remove(best)
        order.append(best)
    return order
