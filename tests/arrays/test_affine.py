"""Maps of points: joined, undone, and told from their stretch."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.arrays.affine import moved, nearest_rotation, turn


def test_moving_by_a_product_is_moving_twice():
    a, b = np.eye(4), np.eye(4)
    a[:3, :3], a[:3, 3] = turn(10, 20, 30), [1, 2, 3]
    b[:3, :3], b[:3, 3] = np.diag([2, 3, 4]), [-5, 0, 5]
    points = [[0, 0, 0], [1, -2, 7.5]]
    assert moved(a @ b, points) == pytest.approx(moved(a, moved(b, points)))
    assert moved(np.linalg.inv(a), moved(a, points)) == pytest.approx(np.array(points, float))


def test_one_point_comes_back_as_one_row():
    assert moved(np.eye(4), [1, 2, 3]).shape == (1, 3)


@pytest.mark.parametrize(
    "angles, start, end",
    [
        ((90, 0, 0), (0, 1, 0), (0, 0, 1)),  # pitch lifts the back of the head
        ((0, 90, 0), (0, 0, 1), (1, 0, 0)),  # roll brings the crown to the left
        ((0, 0, 90), (1, 0, 0), (0, 1, 0)),  # yaw brings the left side to the back
    ],
)
def test_each_angle_turns_as_its_name_says(angles, start, end):
    assert turn(*angles) @ start == pytest.approx(end, abs=1e-12)


def test_pitch_comes_first_and_yaw_last():
    joined = turn(0, 0, 30) @ turn(0, 20, 0) @ turn(10, 0, 0)
    assert turn(10, 20, 30) == pytest.approx(joined)


def test_the_rotation_is_found_under_stretch_and_shear():
    rotation = turn(12, -7, 33)
    shear = np.array([[1.0, 0.1, 0.0], [0.1, 0.8, 0.05], [0.0, 0.05, 1.3]])  # symmetric, so it turns nothing
    assert nearest_rotation(rotation @ shear) == pytest.approx(rotation, abs=1e-9)


def test_a_mirror_is_never_taken_for_a_rotation():
    found = nearest_rotation(np.diag([-1.0, 1.0, 1.0]))
    assert np.linalg.det(found) == pytest.approx(1.0)
    assert found @ found.T == pytest.approx(np.eye(3))
