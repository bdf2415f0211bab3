"""How thin is it, and which way does it lie? Plates and balls of voxels that can be counted."""

import numpy as np
import pytest

from brainsand.locate.slab import Slab, slab_of
from brainsand.model.grid import Grid

FINE = Grid.regular((40, 40, 40), spacing_mm=(1.0, 1.0, 1.0))
MIDDLE = np.array([20.0, 20.0, 20.0])


def solid(grid: Grid, *, half_mm: tuple[float, float, float]) -> Slab:
    """An ellipsoid of these half axes (up, back, left) in the middle of the fine grid, on the grid's voxels."""
    index = np.argwhere(np.ones(grid.shape, bool))
    at = FINE.index_of(grid.points(index))
    inside = (((at - MIDDLE) / np.array(half_mm)) ** 2).sum(axis=1) <= 1
    return slab_of(index[inside], np.full(int(inside.sum()), 300.0), grid=grid, head=FINE)


def test_a_plate_of_two_millimetres_in_the_midline_plane_is_flat_and_faces_sideways() -> None:
    plate = solid(FINE, half_mm=(6.0, 8.0, 1.2))
    assert plate.flat
    assert abs(plate.normal[2]) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("half", [1.5, 2.5, 4.0, 8.0])
def test_a_ball_of_any_size_is_no_plate(half: float) -> None:
    assert not solid(FINE, half_mm=(half, half, half)).flat


def test_a_thread_is_no_plate() -> None:
    assert not solid(FINE, half_mm=(1.0, 8.0, 1.0)).flat


def test_thick_slices_do_not_make_a_plate_that_crosses_them_thicker() -> None:
    thick = Grid.regular((8, 40, 40), spacing_mm=(5.0, 1.0, 1.0))
    plate = solid(thick, half_mm=(9.0, 8.0, 1.2))
    assert plate.flat
    assert abs(plate.normal[2]) > 0.95


def test_the_blur_of_a_slice_is_taken_off_its_own_direction_alone() -> None:
    """One voxel of 5 mm: its second moments are nothing, less the blur nothing, so no width is left."""
    thick = Grid.regular((8, 40, 40), spacing_mm=(5.0, 1.0, 1.0))
    assert slab_of([[4, 20, 20]], [300.0], grid=thick, head=FINE).widths_mm == (0.0, 0.0, 0.0)


def test_what_is_brighter_counts_more() -> None:
    """Two bright voxels and a faint tail: the tail hardly lengthens it."""
    row = [[20, 20, c] for c in range(10, 20)]
    even = slab_of(row, [300.0] * 10, grid=FINE, head=FINE)
    tailed = slab_of(row, [300.0, 300.0, *[1.0] * 8], grid=FINE, head=FINE)
    assert tailed.widths_mm[0] < even.widths_mm[0] / 4
