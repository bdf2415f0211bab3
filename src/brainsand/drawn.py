"""What is a case drawn from? Its deposits and sites as maps, on the scan and on the head put straight.

The joint to the report, a floor above ``steps``; ``redrawn`` makes the same of results. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from brainsand.locating import Found
from brainsand.model.anatomy import Anatomy
from brainsand.model.case import Picture
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume

Affine = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = NDArray[np.int32]


def drawn(found: Sequence[Found], volume: Volume, anatomy: Anatomy, atlas_affine: Affine) -> Picture:
    """The maps of a case; ``atlas_affine`` takes indices of the atlas to LPS mm of the scan."""
    native = _numbers(found, volume)
    return Picture(
        head_grid=anatomy.head_grid,
        head_hu=anatomy.head_hu,
        head_inside=anatomy.inside,
        head_sites=anatomy.sites,
        head_deposits=numbers_on_head(native, [f.index for f in found], volume, anatomy.head_grid),
        deposits=native,
        sites=anatomy.native_sites,
        grid=volume.grid,
        atlas_affine=atlas_affine,
    )


def _numbers(found: Sequence[Found], volume: Volume) -> Labels:
    """The deposit's number at each of the scan's voxels."""
    native = np.zeros(volume.grid.shape, np.int32)
    for number, f in enumerate(found, start=1):
        native[tuple(f.index.T)] = number
    return native


def numbers_on_head(native: Labels, pieces_: Sequence[Ints], volume: Volume, head: Grid) -> Labels:
    """Numbers of the nearest scan voxel at each place of the head, computed round the pieces (voxels of each) only."""
    out = np.zeros(head.shape, np.int32)
    reach = np.ceil(np.array(volume.grid.spacing_mm).max()) + 1
    for index in pieces_:
        at = head.index_of(volume.grid.points(index))
        low = np.maximum(np.floor(at.min(0) - reach).astype(int), 0)
        high = np.minimum(np.ceil(at.max(0) + reach).astype(int) + 1, head.shape)
        cells = np.indices(np.maximum(high - low, 0)).reshape(3, -1).T + low
        index = np.rint(volume.grid.index_of(head.points(cells))).astype(int)
        ok = ((index >= 0) & (index < native.shape)).all(axis=1)
        out[tuple(cells[ok].T)] = native[tuple(index[ok].T)]
    return out
