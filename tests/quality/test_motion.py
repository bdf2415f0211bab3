"""Jumps are said; tilt, uneven gaps and tapering heads are no jumps."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.model.grid import Grid
from brainsand.quality.motion import motion_cautions

ROWS = 160


def stack(positions_mm, *, tilt_deg=0.0, moved_mm=None):
    """An egg-shaped head on slices at places along the table, pixels of 1 mm, and its grid.

    ``moved_mm`` (slices,) shifts the head towards the back in each slice.
    """
    tilt = np.radians(tilt_deg)
    z = np.asarray(positions_mm, float)
    origins = np.stack([np.full_like(z, -80), np.full_like(z, -80), z], axis=1)
    row = np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    grid = Grid(
        shape=(len(z), ROWS, ROWS), origins_mm=origins, row_step_mm=row, column_step_mm=np.array([1.0, 0, 0])
    )
    index = np.indices(grid.shape).reshape(3, -1).T
    x, y, up = grid.points(index).T
    if moved_mm is not None:
        y = y - np.asarray(moved_mm)[index[:, 0]]
    inside = (x / 60) ** 2 + ((y - 0.1 * up) / 72) ** 2 + (up / 65) ** 2 < 1
    return inside.reshape(grid.shape), grid


def codes(inside, grid):
    return [c.code for c in motion_cautions(inside, grid)]


EVEN = np.arange(-60, 65, 5.0)
UNEVEN = np.concatenate([np.arange(-60, 0, 4.0), np.arange(0, 65, 7.0)])


@pytest.mark.parametrize("positions", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("tilt_deg", [0.0, 18.5, -18.5])
def test_a_still_head_says_nothing(positions, tilt_deg):
    assert codes(*stack(positions, tilt_deg=tilt_deg)) == []


@pytest.mark.parametrize("reverse", [False, True], ids=["upwards", "downwards"])
def test_a_jump_is_said_with_its_place_and_size(reverse):
    moved = np.where(EVEN >= 20, 6.0, 0.0)
    inside, grid = stack(EVEN[::-1], moved_mm=moved[::-1]) if reverse else stack(EVEN, moved_mm=moved)
    (said,) = motion_cautions(inside, grid)
    assert said.code == "motion"
    assert f"after slice {int((EVEN >= 20).sum()) if reverse else int((EVEN < 20).sum())}:" in said.words


def test_slow_drift_is_not_called_a_jump():
    assert codes(*stack(EVEN, moved_mm=np.linspace(0, 10, len(EVEN)))) == []


def test_slices_of_one_rotation_placed_along_the_table_are_noticed():
    positions = np.arange(-60, 65, 7.4)
    to_and_fro = 1.17 * (-1.0) ** np.arange(len(positions))
    assert codes(*stack(positions, tilt_deg=18.5, moved_mm=to_and_fro)) == ["alternating_slices"]


def test_few_slices_say_nothing():
    assert codes(*stack(np.arange(-20, 20, 10.0))) == []
    assert codes(np.zeros((4, 8, 8), bool), Grid.regular((4, 8, 8), spacing_mm=(1, 1, 1))) == []
