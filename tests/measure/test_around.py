"""The ring is tissue, never bone and never another deposit; the blur follows a tilted stack."""

import numpy as np

from brainsand.measure.around import background, surroundings
from brainsand.model.grid import Grid


def grid_of(shape: tuple[int, int, int], *, tilt: float = 0.0, gap: float = 1.0) -> Grid:
    origins = np.array([[0, tilt * gap * k, gap * k] for k in range(shape[0])], float)
    return Grid(
        shape=shape,
        origins_mm=origins,
        row_step_mm=np.array([0, 0.5, 0]),
        column_step_mm=np.array([0.5, 0, 0]),
    )


def test_the_ring_holds_neither_bone_nor_another_deposit() -> None:
    grid = grid_of((5, 40, 40))
    inside = np.ones(grid.shape, bool)
    inside[:, :12] = False
    taken = np.zeros(grid.shape, bool)
    taken[2, 20, 20] = taken[2, 20, 26] = True
    around = surroundings([[2, 20, 20]], grid=grid, inside=inside, taken=taken)
    ring = np.argwhere(around.ring) + around.low
    assert ring[:, 1].min() >= 12
    assert [2, 20, 26] not in ring.tolist()
    assert around.blur.sum() > around.deposit.sum() == 1


def test_the_ring_lies_from_two_to_six_millimetres() -> None:
    grid = grid_of((5, 40, 40))
    free = np.ones(grid.shape, bool)
    around = surroundings([[2, 20, 20]], grid=grid, inside=free, taken=~free)
    away = np.linalg.norm((np.argwhere(around.ring) + around.low - [2, 20, 20])[:, 1:] * 0.5, axis=1)
    assert away.min() > 2.0
    assert away.max() <= 6.0


def test_on_a_tilted_stack_the_blur_follows_space_and_not_the_columns_of_the_array() -> None:
    grid = grid_of((5, 60, 40), tilt=2.0)
    free = np.ones(grid.shape, bool)
    around = surroundings([[2, 30, 20]], grid=grid, inside=free, taken=~free)
    blur = grid.points(np.argwhere(around.blur) + around.low)
    middle = grid.points([[2, 30, 20]])[0]
    assert np.abs(blur[:, :2] - middle[:2]).max() <= 2.0 + 1e-6
    assert len(np.unique(blur[:, 2])) == 5


def test_thick_slices_still_give_one_slice_of_blur_either_way() -> None:
    grid = grid_of((5, 40, 40), gap=5.0)
    free = np.ones(grid.shape, bool)
    around = surroundings([[2, 20, 20]], grid=grid, inside=free, taken=~free)
    assert np.flatnonzero(around.blur.any(axis=(1, 2))).tolist() == [0, 1, 2]
    assert around.low[0] == 1


def test_a_deposit_at_the_edge_of_the_scan_is_no_trouble() -> None:
    grid = grid_of((3, 20, 20))
    free = np.ones(grid.shape, bool)
    around = surroundings([[0, 0, 0]], grid=grid, inside=free, taken=~free)
    assert around.deposit.sum() == 1


def test_bright_and_dark_voxels_do_not_move_the_background() -> None:
    angles = np.linspace(-3.1, 3.1, 200)
    hu = np.full(200, 30.0)
    hu[:40:2], hu[1:40:2] = 900.0, -800.0
    found = background(hu, angles)
    assert found is not None
    assert found.hu == 30.0
    assert found.voxels == 160


def test_two_tissues_side_by_side_widen_the_doubt() -> None:
    angles = np.linspace(-3.1, 3.1, 400)
    even = background(np.full(400, 30.0), angles)
    mixed = background(np.where(angles > 0, 5.0, 35.0), angles)
    assert even is not None
    assert mixed is not None
    assert even.pm_hu == 0.0
    assert mixed.pm_hu > 4.0
