"""Lengths, solidity and holes of small sets a reader can count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainsand.arrays import shape

UNIT = np.eye(3)
some_cells = st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=30, unique=True).map(np.array)


def brute_diameter(points: np.ndarray) -> float:
    return float(np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1)).max())


def test_one_cell_is_as_long_as_its_longest_edge() -> None:
    assert shape.largest_diameter([[3, 3, 3]], cell=np.diag([5.0, 0.5, 0.5])) == 5.0


def test_a_row_of_four_cells_is_four_long() -> None:
    assert shape.largest_diameter([[0, 0, c] for c in range(4)], cell=UNIT) == pytest.approx(4.0)


def test_a_slanting_row_is_not_lengthened_by_corners() -> None:
    diagonal = [[0, i, i] for i in range(4)]
    assert shape.largest_diameter(diagonal, cell=UNIT) == pytest.approx(3 * np.sqrt(2) + 1)


@settings(max_examples=40, deadline=None)
@given(cells=some_cells)
def test_the_diameter_equals_the_slow_one(cells: np.ndarray) -> None:
    fast = shape.largest_diameter(cells, cell=np.zeros((3, 3)))
    assert fast == pytest.approx(brute_diameter(cells.astype(float)))


def test_beyond_two_thousand_cells_the_diameter_is_short_by_less_than_half_a_percent() -> None:
    ball = np.argwhere(((np.mgrid[:21, :21, :21] - 10) ** 2).sum(0) <= 100)
    assert len(ball) > 2000
    fast = shape.largest_diameter(ball, cell=np.zeros((3, 3)))
    assert 0.995 * 20 <= fast <= 20 + 1e-9


@settings(max_examples=30, deadline=None)
@given(cells=some_cells, shift=st.tuples(*[st.integers(-20, 20)] * 3))
def test_moving_a_set_changes_no_measure(cells: np.ndarray, shift: tuple[int, int, int]) -> None:
    moved = cells + np.array(shift)
    assert shape.extents(moved, cell=UNIT) == pytest.approx(shape.extents(cells, cell=UNIT), abs=1e-6)
    there = shape.solidity(moved, moved.astype(float), cell=UNIT)
    assert there == pytest.approx(shape.solidity(cells, cells.astype(float), cell=UNIT))
    assert shape.hole_share(moved) == shape.hole_share(cells)


def test_an_l_of_three_cells_fills_six_sevenths_of_its_hull() -> None:
    corner = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0]])
    assert shape.solidity(corner, corner.astype(float), cell=UNIT) == pytest.approx(3 / 3.5)


def test_solidity_on_a_sheared_stack_equals_that_of_an_upright_one() -> None:
    brick = np.argwhere(np.ones((3, 4, 5)))
    sheared = np.array([[1.0, 0, 0], [0.4, 1, 0], [0, 0, 1]])
    assert shape.solidity(brick, brick @ sheared.T, cell=sheared) == pytest.approx(1.0)


def test_a_filled_disc_has_no_hole_and_a_broken_ring_still_has_one() -> None:
    disc = np.argwhere(np.ones((1, 5, 5)))
    ring = [c for c in disc.tolist() if c[1] in (0, 4) or c[2] in (0, 4)]
    broken = [c for c in ring if c != [0, 0, 2]]
    assert shape.hole_share(disc) == 0.0
    assert shape.hole_share(ring) == pytest.approx(9 / 25)
    assert shape.hole_share(broken) > 0.2


def test_pieces_touching_at_a_corner_are_one() -> None:
    assert shape.pieces([[0, 0, 0], [1, 1, 1], [5, 5, 5]]).tolist() == [2, 1]
    assert shape.pieces(np.zeros((0, 3), int)).tolist() == []
