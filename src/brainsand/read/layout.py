"""How do maps go back to the scan's own voxels? From the stored axes to those of a NIfTI file.

A NIfTI speaks RAS and orders axes as it likes; a volume here is (slice, row, column) in LPS. The layout keeps
what was done on the way in, so that a map of deposits written for a NIfTI has the same axes and the same
affine as the scan, and one written for a DICOM has its columns, rows and slices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.grid import Grid

Floats = NDArray[np.float64]

LPS_RAS: Final = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NativeLayout:
    """How the stored axes stand to those of the file.

    ``axes`` names, for (slice, row, column), the axis of the file it came from; ``flip_slices`` says that the
    slices were put in reverse order; ``affine_ras`` (4, 4) takes the file's own indices to RAS mm, and is
    ``None`` for DICOM, where the grid gives it.
    """

    axes: tuple[int, int, int] = (2, 1, 0)
    flip_slices: bool = False
    affine_ras: Floats | None = None


def to_nifti_layout(
    array: NDArray[Any], grid: Grid, layout: NativeLayout | None = None
) -> tuple[NDArray[Any], Floats]:
    """An array of the volume's grid as a NIfTI of the scan's own voxels.

    Parameters
    ----------
    array : array (slices, rows, columns)
        A map on ``grid``.
    grid : Grid
        The volume's grid.
    layout : NativeLayout, optional
        ``ReadScan.layout``; without it DICOM's is meant.

    Returns
    -------
    array (i, j, k), affine (4, 4)
        The affine takes (i, j, k, 1) to RAS mm. A tilted scan has a sheared one. Where slices are uneven, no
        affine is exact and this is the nearest (``grid.is_even()`` tells).

    Examples
    --------
    >>> grid = Grid.regular((2, 3, 4), spacing_mm=(5.0, 1.0, 0.5))
    >>> out, affine = to_nifti_layout(np.zeros((2, 3, 4)), grid)
    >>> out.shape, (affine @ [2, 0, 1, 1]).round(6).tolist()
    ((4, 3, 2), [-1.0, 0.0, 5.0, 1.0])
    """
    if array.shape != grid.shape:
        raise ValueError(f"the array has shape {array.shape}, the grid {grid.shape}; they must be equal")
    how = layout or NativeLayout()
    turned = array[::-1] if how.flip_slices else array
    out = np.transpose(turned, np.argsort(how.axes))
    if how.affine_ras is not None:
        return out, how.affine_ras.copy()
    affine = np.eye(4)
    affine[:3, [how.axes[0], how.axes[1], how.axes[2]]] = grid.affine[:3, :3]
    affine[:3, 3] = grid.affine[:3, 3]
    return out, LPS_RAS @ affine


def from_nifti_layout(array: NDArray[Any], layout: NativeLayout) -> NDArray[Any]:
    """The inverse of :func:`to_nifti_layout` for the array: the file's axes to (slice, row, column)."""
    turned = np.transpose(array, layout.axes)
    return turned[::-1] if layout.flip_slices else turned


def choose_layout(affine_ras: Floats) -> NativeLayout:
    """Which axis of a NIfTI holds the slices, and whether they run the right way.

    The axis that leaves the other two perpendicular, where the affine is sheared (a tilted gantry shears
    along it); else the one with the widest step, where it stands out; else the one nearest to feet-head. The
    columns are the remaining axis nearest to left-right.

    Examples
    --------
    >>> choose_layout(np.diag([1.0, 1.0, 5.0, 1.0])).axes
    (2, 1, 0)
    >>> choose_layout(np.diag([1.0, 5.0, 1.0, 1.0])).axes
    (1, 2, 0)
    """
    steps = affine_ras[:3, :3]
    lengths = np.linalg.norm(steps, axis=0)
    unit = steps / lengths
    k = _slice_axis(unit, lengths)
    rest = [axis for axis in range(3) if axis != k]
    column = max(rest, key=lambda axis: abs(float(unit[0, axis])))
    row = next(axis for axis in rest if axis != column)
    normal = np.cross(unit[:, column], unit[:, row])
    lps = LPS_RAS[:3, :3]
    normal = lps @ normal * np.sign(float(normal @ steps[:, k]))
    flip = bool(normal[int(np.argmax(np.abs(normal)))] < 0)
    return NativeLayout(axes=(k, row, column), flip_slices=flip, affine_ras=affine_ras)


def _slice_axis(unit: Floats, lengths: Floats) -> int:
    others = [(1, 2), (0, 2), (0, 1)]
    square = [abs(float(unit[:, a] @ unit[:, b])) for a, b in others]
    # Round-off of single precision and rotations makes 1e-4; a tilt of one degree makes 1.7e-2.
    if max(square) > 5e-3 and sorted(square)[0] < 2e-3 < sorted(square)[1]:
        return int(np.argmin(square))
    if max(square) > 5e-3:
        sheared = int(np.argmax(square))
        candidates = [axis for axis in range(3) if axis in others[sheared]]
        return max(candidates, key=lambda axis: abs(float(unit[2, axis])))
    widest = int(np.argmax(lengths))
    if lengths[widest] > 1.2 * sorted(lengths)[1]:
        return widest
    return int(np.argmax(np.abs(unit[2])))


def stored_grid(affine_ras: Floats, shape: tuple[int, int, int], layout: NativeLayout) -> Grid:
    """The grid of a NIfTI's voxels once its axes stand as ``layout`` says; ``shape`` is the file's."""
    lps = LPS_RAS @ affine_ras
    k, row, column = layout.axes
    affine = np.eye(4)
    affine[:3, :3] = lps[:3, [k, row, column]]
    affine[:3, 3] = lps[:3, 3]
    if layout.flip_slices:
        affine[:3, 3] += (shape[k] - 1) * affine[:3, 0]
        affine[:3, 0] = -affine[:3, 0]
    return Grid.from_affine((shape[k], shape[row], shape[column]), affine)
