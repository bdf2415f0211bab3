"""The scan on another lattice keeps every thing at its millimetre."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.lattice import AIR_HU, block_factors, even_stack, on_lattice, upright_lattice
from brainsand.arrays.affine import moved
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume


def with_ball(grid, centre_mm, sigma_mm=5.0):
    """A soft bright ball of 1000 HU, each voxel's value worked out from its own place."""
    points = grid.points(np.indices(grid.shape).reshape(3, -1).T)
    away = ((points - centre_mm) ** 2).sum(axis=1)
    return Volume(
        hu=(1000 * np.exp(-away / (2 * sigma_mm**2))).reshape(grid.shape).astype(np.int16), grid=grid
    )


def middle_of(array, affine):
    index = np.argwhere(array > 100)
    return np.average(moved(affine, index), axis=0, weights=array[tuple(index.T)])


@pytest.mark.parametrize("step_mm", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("place", [(6.0, 36.0, 30.0), (13.0, 30.0, 35.0)])
def test_a_bright_point_of_a_tilted_uneven_stack_stays_at_its_millimetre(awkward_grid, step_mm, place):
    centre = awkward_grid.points([place])[0]
    assert awkward_grid.index_of([centre])[0] == pytest.approx(place)
    stack = even_stack(with_ball(awkward_grid, centre), step_mm)
    half = np.linalg.norm(stack.affine[:3, :3], axis=0).max() / 2
    assert np.linalg.norm(middle_of(stack.array, stack.affine) - centre) < max(half, 1.0)


def test_the_same_point_is_there_on_an_upright_lattice(awkward_grid):
    centre = awkward_grid.points([(8.0, 36.0, 30.0)])[0]
    stack = even_stack(with_ball(awkward_grid, centre), 2.0)
    affine, shape = upright_lattice(stack, 2.0)
    out = on_lattice(stack, affine, shape)
    assert np.linalg.norm(middle_of(out, affine) - centre) < 1.0


def test_every_slice_of_the_evened_stack_lies_between_its_neighbours_values(awkward_grid):
    ramp = np.broadcast_to(awkward_grid.positions_mm[:, None, None], awkward_grid.shape).astype(np.float32)
    stack = even_stack(Volume(hu=ramp, grid=awkward_grid), 2.0)
    normal = awkward_grid.normal
    points = moved(stack.affine, [[k, 10, 10] for k in range(len(stack.array))])
    assert stack.array[:, 10, 10] == pytest.approx(points @ normal, abs=0.01)


def test_uneven_slices_are_never_averaged_and_thin_even_ones_are(awkward_grid):
    assert block_factors(awkward_grid, 8.0)[0] == 1
    thin = Grid.regular((160, 512, 512), spacing_mm=(1.0, 0.45, 0.45))
    assert block_factors(thin, 4.0) == (2, 5, 5)


def test_block_means_lie_at_the_middle_of_their_blocks():
    grid = Grid.regular((40, 60, 60), spacing_mm=(1.0, 0.5, 0.5), origin_mm=(3, -7, 11))
    centre = np.array([18.0, 9.0, 32.0])
    stack = even_stack(with_ball(grid, centre), 4.0)
    assert stack.array.shape < grid.shape
    assert middle_of(stack.array, stack.affine) == pytest.approx(centre, abs=0.1)


def test_the_upright_lattice_holds_the_whole_stack(awkward_grid):
    stack = even_stack(with_ball(awkward_grid, [0, 0, 0]), 4.0)
    affine, shape = upright_lattice(stack, 4.0)
    ends = [(0, n - 1) for n in stack.array.shape]
    corners = moved(stack.affine, [[k, r, c] for k in ends[0] for r in ends[1] for c in ends[2]])
    index = moved(np.linalg.inv(affine), corners)
    assert (index > -1e-6).all()
    assert (index < np.array(shape)).all()


def test_outside_the_scan_is_air(awkward_grid):
    stack = even_stack(Volume(hu=np.full(awkward_grid.shape, 40, np.int16), grid=awkward_grid), 2.0)
    affine, shape = upright_lattice(stack, 4.0)
    # Behind and below the first slice of a tilted stack there is nothing.
    values = np.unique(on_lattice(stack, affine, shape))
    assert AIR_HU in values
    assert 40 in values
