"""Where do the deposits of one scan lie on the atlas, and which of the atlas's slices does the scan hold?

By the affine pose alone (what :func:`brainsand.anatomy.lay.place_head` found), no bending: structures of different
people still lie apart after it, which a map of many people shows as blur.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.case import Picture
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HELD: Final = 0.95
"""A slice of the atlas is held where this share of its intracranial space lies within the scan."""


def on_atlas(picture: Picture, inside: NDArray[np.bool_]) -> dict[str, Any] | None:
    """``voxels``: sorted flat indices of the atlas's lattice that hold a deposit; ``slices``: first and last one held.

    ``inside`` is the atlas's intracranial space. None where the case does not know how the atlas lies.
    """
    if picture.atlas_affine is None or picture.grid is None:
        return None
    return {
        "voxels": [
            int(k) for k in _voxels(picture.deposits, picture.grid, picture.atlas_affine, inside.shape)
        ],
        "slices": _held(picture.grid, picture.atlas_affine, inside),
    }


def _voxels(deposits: NDArray[np.int32], grid: Grid, affine: Floats, shape: tuple[int, ...]) -> Ints:
    index = np.argwhere(deposits > 0)
    if not len(index):
        return np.zeros(0, np.int64)
    at = _moved(np.asarray(np.linalg.inv(affine), float), grid.points(index))
    own = np.rint(at).astype(np.int64)
    # Thick slices are coarser than the lattice: its cells round each voxel ask the scan whose they are.
    reach = np.ceil(np.array(grid.spacing_mm).max() / np.linalg.norm(affine[:3, :3], axis=0) / 2).astype(int)
    steps = np.indices(2 * reach + 1).reshape(3, -1).T - reach
    cells = np.unique((np.unique(own, axis=0)[:, None] + steps[None]).reshape(-1, 3), axis=0)
    cells = cells[((cells >= 0) & (cells < shape)).all(axis=1)]
    native = np.rint(grid.index_of(_moved(affine, cells))).astype(int)
    ok = ((native >= 0) & (native < deposits.shape)).all(axis=1)
    hit = cells[ok][deposits[tuple(native[ok].T)] > 0]
    small = own[((own >= 0) & (own < shape)).all(axis=1)]
    flat = [np.ravel_multi_index(tuple(c.T), shape) for c in (hit, small if not len(hit) else small[:0])]
    return np.unique(np.concatenate(flat)).astype(np.int64)


def _held(grid: Grid, affine: Floats, inside: NDArray[np.bool_]) -> list[int] | None:
    index = np.argwhere(inside)[::11]
    at = grid.index_of(_moved(affine, index))
    within = ((at >= -0.5) & (at <= np.array(grid.shape) - 0.5)).all(axis=1)
    count = np.bincount(index[:, 0], minlength=inside.shape[0])
    held = np.bincount(index[:, 0], weights=within, minlength=inside.shape[0])
    whole = np.flatnonzero((count > 0) & (held >= HELD * count))
    return [int(whole[0]), int(whole[-1])] if len(whole) else None


def _moved(affine: Floats, points: Any) -> Floats:
    return np.asarray(points, float) @ affine[:3, :3].T + affine[:3, 3]
