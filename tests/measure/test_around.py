"""The ring is tissue, never bone and never another deposit; blur is shared out; a tilted stack is followed."""

import numpy as np
import pytest

from brainsand.measure.around import surroundings
from brainsand.model.grid import Grid


def grid_of(shape: tuple[int, int, int], *, tilt: float = 0.0, gap: float = 1.0) -> Grid:
    origins = np.array([[0, tilt * gap * k, gap * k] for k in range(shape[0])], float)
    return Grid(
        shape=shape,
        origins_mm=origins,
        row_step_mm=np.array([0, 0.5, 0]),
        column_step_mm=np.array([0.5, 0, 0]),
    )


def around_of(index, *, grid, inside=None, others=(), hu=None, numbers=(1,)):
    owner = np.zeros(grid.shape, np.int16)
    owner[tuple(np.array(index).T)] = 1
    for number, other in enumerate(others, start=2):
        owner[tuple(np.array(other).T)] = number
    image = np.where(owner > 0, 300.0, 30.0) if hu is None else hu
    free = np.ones(grid.shape, bool) if inside is None else inside
    return surroundings(index, grid=grid, hu=image, inside=free, owner=owner, numbers=numbers)


def start(around):
    return np.array([s.start for s in around.box])


def test_the_ring_holds_neither_bone_nor_another_deposit():
    grid = grid_of((5, 40, 40))
    inside = np.ones(grid.shape, bool)
    inside[:, :12] = False
    around = around_of([[2, 20, 20]], grid=grid, inside=inside, others=[[[2, 20, 26]]])
    ring = np.argwhere(around.ring) + start(around)
    assert ring[:, 1].min() >= 12
    assert [2, 20, 26] not in ring.tolist()
    assert around.blur.sum() > around.deposit.sum() == 1


def test_the_ring_lies_beyond_the_blur_and_within_six_millimetres():
    around = around_of([[2, 20, 20]], grid=grid_of((5, 40, 40)))
    places = np.argwhere(around.ring) + start(around)
    level = places[places[:, 0] == 2]
    away = np.linalg.norm((level - [2, 20, 20])[:, 1:] * 0.5, axis=1)
    assert away.min() > 1.5
    assert away.max() <= 6.0


def test_thin_slices_show_tissue_over_and_under_the_deposit():
    around = around_of([[6, 20, 20]], grid=grid_of((13, 40, 40)))
    places = np.argwhere(around.ring) + start(around)
    above = places[places[:, 0] == 9]
    assert [9, 20, 20] in above.tolist()


def test_on_a_tilted_stack_the_blur_follows_space_and_not_the_columns_of_the_array():
    grid = grid_of((5, 60, 40), tilt=2.0)
    around = around_of([[2, 30, 20]], grid=grid)
    blur = grid.points(np.argwhere(around.blur) + start(around))
    middle = grid.points([[2, 30, 20]])[0]
    assert np.abs(blur[:, :2] - middle[:2]).max() <= 1.5 + 1e-6
    assert len(np.unique(blur[:, 2])) == 3


def test_thick_slices_still_give_one_slice_of_blur_either_way():
    around = around_of([[2, 20, 20]], grid=grid_of((5, 40, 40), gap=5.0))
    slices = np.flatnonzero(around.blur.any(axis=(1, 2))) + start(around)[0]
    assert slices.tolist() == [1, 2, 3]


def test_a_deposit_at_the_edge_of_the_scan_is_no_trouble():
    around = around_of([[0, 0, 0]], grid=grid_of((3, 20, 20)))
    assert around.deposit.sum() == 1
    assert around.share.max() == 1.0


def test_alone_a_deposit_has_all_of_its_blur():
    around = around_of([[2, 20, 20]], grid=grid_of((5, 40, 40)))
    assert set(np.unique(around.share[around.blur])) == {1.0}
    assert around.lost_share == 0.0
    assert around.borrowed_share == 0.0


def test_what_lies_between_two_equal_deposits_is_halved():
    grid = grid_of((5, 40, 40))
    left = around_of([[2, 20, 20]], grid=grid, others=[[[2, 20, 22]]])
    middle = tuple(np.array([2, 20, 21]) - start(left))
    assert left.share[middle] == pytest.approx(0.5)


def test_the_shares_of_touching_deposits_add_up_to_one():
    grid = grid_of((5, 40, 40))
    one, other = [[2, 20, c] for c in (18, 19, 20)], [[2, 20, c] for c in (21, 22)]
    total = np.zeros(grid.shape)
    for own, rest in ((one, other), (other, one)):
        around = around_of(own, grid=grid, others=[rest])
        total[around.box] += around.share
    assert total[2, 20, 18:23] == pytest.approx(np.ones(5))


def test_pieces_taken_together_share_nothing_out_between_them():
    grid = grid_of((5, 40, 40))
    one, other = [[2, 20, 20]], [[2, 20, 21]]
    owner = np.zeros(grid.shape, np.int16)
    owner[2, 20, 20], owner[2, 20, 21] = 1, 2
    around = surroundings(
        one + other,
        grid=grid,
        hu=np.full(grid.shape, 30.0),
        inside=np.ones(grid.shape, bool),
        owner=owner,
        numbers=(1, 2),
    )
    assert set(np.unique(around.share[around.blur])) == {1.0}


def test_beside_bone_part_of_the_blur_is_said_to_be_lost():
    grid = grid_of((5, 40, 40))
    inside = np.ones(grid.shape, bool)
    inside[:, :20] = False
    around = around_of([[2, 20, 20]], grid=grid, inside=inside)
    assert 0.2 < around.lost_share < 0.5
