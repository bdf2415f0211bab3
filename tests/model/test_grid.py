"""The grid on stacks small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.model.grid import Grid
from brainsand.model.volume import Volume


def stack(origins, *, row=(0.0, 2.0, 0.0), column=(1.0, 0.0, 0.0), shape=(4, 5)):
    return Grid(
        shape=(len(origins), *shape),
        origins_mm=np.array(origins, float),
        row_step_mm=np.array(row),
        column_step_mm=np.array(column),
    )


def test_an_uneven_stack_gives_each_slice_half_the_gap_to_each_neighbour():
    grid = stack([(0, 0, 0), (0, 0, 4), (0, 0, 8), (0, 0, 15)])
    assert grid.slice_gaps_mm.tolist() == [4, 4, 7]
    assert grid.slice_extents_mm.tolist() == [4, 4, 5.5, 7]
    assert grid.voxel_volumes_mm3.tolist() == [8, 8, 11, 14]
    assert not grid.is_even()


def test_a_tilted_stack_has_the_gap_between_planes_and_not_along_the_table():
    """Slices 5 mm apart along the table, tilted by 3-4-5: the planes lie 4 mm apart."""
    grid = stack([(0, 0, 5 * k) for k in range(3)], row=(0.0, 0.8, 0.6))
    assert grid.slice_gaps_mm == pytest.approx([4, 4])
    assert grid.tilt_deg == pytest.approx(np.degrees(np.arctan2(3, 4)))
    assert grid.voxel_volumes_mm3 == pytest.approx([4, 4, 4])


def test_between_two_slices_the_place_runs_straight_from_one_to_the_next():
    grid = stack([(0, 0, 0), (0, 1, 4), (0, 1, 11)])
    assert grid.points([[0.5, 0, 0]]).tolist() == [[0, 0.5, 2]]
    assert grid.points([[1.5, 0, 0]]).tolist() == [[0, 1, 7.5]]


def test_beyond_the_ends_the_last_step_goes_on():
    grid = stack([(0, 0, 0), (0, 0, 4), (0, 0, 11)])
    assert grid.points([[-1, 0, 0], [3, 0, 0]])[:, 2].tolist() == [-4, 18]


def test_a_volume_and_its_grid_must_have_one_shape():
    grid = Grid.regular((2, 3, 4), spacing_mm=(1, 1, 1))
    with pytest.raises(ValueError, match=r"hu has shape \(2, 3, 5\), its grid \(2, 3, 4\)"):
        Volume(hu=np.zeros((2, 3, 5), np.int16), grid=grid)
