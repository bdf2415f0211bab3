"""Laws of the grid: whatever the tilt, the gaps, the turn and the direction of a stack."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainsand.model.grid import Grid

millimetres = st.floats(0.3, 8.0)
whereabouts = st.tuples(*[st.floats(-300.0, 300.0)] * 3)
angles_deg = st.floats(-180.0, 180.0)


@st.composite
def turns(draw):
    """A rotation matrix, as three turns about the axes."""
    turned = np.eye(3)
    for axis, angle in enumerate(np.radians(draw(st.tuples(*[angles_deg] * 3)))):
        one = np.eye(3)
        i, j = [k for k in range(3) if k != axis]
        one[i, i] = one[j, j] = np.cos(angle)
        one[i, j], one[j, i] = -np.sin(angle), np.sin(angle)
        turned = one @ turned
    return turned


@st.composite
def grids(draw, *, even=False):
    """Stacks of 2 to 8 slices: tilted up to 35 degrees, uneven or ``even``, turned, running either way."""
    slices = draw(st.integers(2, 8))
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    gaps = (
        [draw(millimetres)] * (slices - 1)
        if even
        else draw(st.lists(millimetres, min_size=slices - 1, max_size=slices - 1))
    )
    along = np.concatenate([[0.0], np.cumsum(gaps)])
    shear = np.tan(np.radians(draw(st.floats(-35.0, 35.0))))
    turn = draw(turns())
    origins = np.stack([np.zeros(slices), shear * along, along], axis=1)
    return Grid(
        shape=(slices, rows, columns),
        origins_mm=(origins if draw(st.booleans()) else origins[::-1]) @ turn.T + draw(whereabouts),
        row_step_mm=turn @ [0.0, draw(millimetres) * draw(st.sampled_from([-1, 1])), 0.0],
        column_step_mm=turn @ [draw(millimetres) * draw(st.sampled_from([-1, 1])), 0.0, 0.0],
    )


def indices(grid):
    """Every voxel's index, and the corners half a voxel outside."""
    whole = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1).reshape(-1, 3)
    return np.concatenate([whole, [[-0.5, -0.5, -0.5]], np.array(grid.shape)[None] - 0.5])


@given(grids())
def test_index_of_undoes_points(grid):
    i = indices(grid)
    np.testing.assert_allclose(grid.index_of(grid.points(i)), i, atol=1e-6)


@given(grids())
def test_points_of_whole_indices_are_what_the_slices_own_headers_say(grid):
    for k in range(grid.shape[0]):
        r, c = grid.shape[1] - 1, grid.shape[2] - 1
        said = grid.origins_mm[k] + r * grid.row_step_mm + c * grid.column_step_mm
        np.testing.assert_allclose(grid.points([[k, r, c]])[0], said, atol=1e-9)


@given(grids())
def test_positions_rise_and_gaps_are_their_differences(grid):
    assert (np.diff(grid.positions_mm) > 0).all()
    np.testing.assert_allclose(grid.slice_gaps_mm, np.diff(grid.positions_mm))
    assert np.linalg.norm(grid.normal) == pytest.approx(1.0)
    assert abs(grid.normal @ grid.row_step_mm) < 1e-9
    assert abs(grid.normal @ grid.column_step_mm) < 1e-9


@given(grids())
def test_voxel_volumes_share_out_the_space_of_the_stack(grid):
    """From half a gap before the first slice to half a gap behind the last, each millimetre once."""
    gaps = grid.slice_gaps_mm
    length = gaps.sum() + gaps[0] / 2 + gaps[-1] / 2
    area = np.linalg.norm(grid.row_step_mm) * np.linalg.norm(grid.column_step_mm)
    assert grid.slice_extents_mm.sum() == pytest.approx(length)
    assert grid.voxel_volumes_mm3.sum() == pytest.approx(length * area)


@given(grids(even=True))
def test_an_even_stack_has_equal_voxels_and_an_exact_affine(grid):
    assert grid.is_even()
    volumes = grid.voxel_volumes_mm3
    np.testing.assert_allclose(volumes, abs(np.linalg.det(grid.affine[:3, :3])))
    i = indices(grid)
    by_affine = i @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    np.testing.assert_allclose(by_affine, grid.points(i), atol=1e-6)


@given(grids(even=True))
def test_a_grid_made_from_its_affine_is_the_same_grid(grid):
    again = Grid.from_affine(grid.shape, grid.affine)
    i = indices(grid)
    np.testing.assert_allclose(again.points(i), grid.points(i), atol=1e-6)


@given(grids(), st.data())
def test_a_part_lies_where_it_lay_in_the_whole(grid, data):
    starts = [data.draw(st.integers(0, n - 1)) for n in grid.shape]
    ends = [data.draw(st.integers(a + 1, n)) for a, n in zip(starts, grid.shape, strict=True)]
    part = grid.part(*[slice(a, b) for a, b in zip(starts, ends, strict=True)])
    assert part.shape == np.empty(grid.shape)[tuple(map(slice, starts, ends))].shape
    whole = np.stack(np.meshgrid(*[np.arange(n) for n in part.shape], indexing="ij"), axis=-1).reshape(-1, 3)
    np.testing.assert_allclose(part.points(whole), grid.points(whole + starts), atol=1e-9)


@given(grids())
def test_reading_the_slices_in_the_other_order_changes_no_place(grid):
    back = Grid(
        shape=grid.shape,
        origins_mm=grid.origins_mm[::-1],
        row_step_mm=grid.row_step_mm,
        column_step_mm=grid.column_step_mm,
    )
    i = indices(grid)
    turned = i.copy()
    turned[:, 0] = grid.shape[0] - 1 - i[:, 0]
    np.testing.assert_allclose(back.points(turned), grid.points(i), atol=1e-6)
    np.testing.assert_allclose(back.voxel_volumes_mm3[::-1], grid.voxel_volumes_mm3)
    assert back.tilt_deg == pytest.approx(grid.tilt_deg, abs=1e-5)
