"""Heads made of formulas, so that where they lie is known."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.arrays.affine import moved, turn
from brainsand.errors import DifferentPeople
from brainsand.followup.align import Head, aligned
from brainsand.followup.person import person_cautions, skull_gap_mm
from brainsand.model.grid import Grid

SIDE = 56
MIDDLE = (SIDE - 1) / 2


def head(matrix=None, *, half=(20.0, 17.0, 15.0), calcium_hu=0.0):
    """A skull of bone round tissue with an off-centre fluid space, moved by ``matrix`` (LPS mm, about 0)."""
    grid = Grid.regular((SIDE,) * 3, spacing_mm=(1, 1, 1), origin_mm=(-MIDDLE,) * 3)
    points = grid.points(np.indices((SIDE,) * 3).reshape(3, -1).T)
    own = points if matrix is None else moved(np.linalg.inv(matrix), points)
    radius = np.linalg.norm(own / np.array(half), axis=1)
    hu = np.where(radius < 1.25, 900.0, -1000.0)
    hu[radius < 1] = 35
    hu[np.linalg.norm(own - [4, 5, -3], axis=1) < 5] = 5
    hu[np.linalg.norm(own - [-5, -4, 6], axis=1) < 4] += calcium_hu
    inside = (radius < 1).reshape((SIDE,) * 3)
    return Head(hu=hu.astype(np.int16).reshape((SIDE,) * 3), inside=inside, grid=grid)


def rigid(pitch, roll, yaw, shift):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn(pitch, roll, yaw), shift
    return matrix


def error_mm(found, true):
    points = np.array([[x, y, z] for x in (-15, 15) for y in (-17, 17) for z in (-20, 20)], float)
    return np.linalg.norm(moved(found, points) - moved(true, points), axis=1).max()


def test_a_head_turned_and_shifted_is_found_to_a_fifth_of_a_millimetre():
    true = rigid(3, -2, 4, (1.2, -0.7, 0.9))
    found = aligned(head(), head(true))
    assert error_mm(found.matrix, true) < 0.2
    assert found.shared > 0.9


def test_calcium_that_came_does_not_pull_the_head():
    true = rigid(2, 1, -2, (0.4, 0.8, -0.5))
    found = aligned(head(), head(true, calcium_hu=800.0))
    assert error_mm(found.matrix, true) < 0.2


def test_there_and_back_is_where_one_began():
    one, other = head(), head(rigid(2, 1, -2, (0.4, 0.8, -0.5)))
    both = aligned(other, one).matrix @ aligned(one, other).matrix
    assert error_mm(both, np.eye(4)) < 0.2


def test_heads_that_share_nothing_are_refused():
    lost = head()
    lost = Head(hu=np.full_like(lost.hu, -1024), inside=lost.inside, grid=lost.grid)
    with pytest.raises(ValueError, match="at least 500 are needed"):
        aligned(head(), lost)


def test_one_skull_has_no_gap_and_one_three_millimetres_larger_all_round_has_three():
    assert skull_gap_mm(head(), head(), np.eye(4)) == 0
    assert skull_gap_mm(head(), head(half=(23.0, 20.0, 18.0)), np.eye(4)) == pytest.approx(3, abs=0.4)


def test_other_skulls_are_refused_unless_somebody_vouches():
    with pytest.raises(DifferentPeople, match=r"3\.5 mm apart") as refused:
        person_cautions(3.5, same_person=False, scan="scan 2")
    assert refused.value.code == "different_heads"
    assert [c.code for c in person_cautions(3.5, same_person=True, scan="scan 2")] == ["skull_differs"]
    assert [c.code for c in person_cautions(1.4, same_person=False, scan="scan 2")] == ["skull_differs"]


def test_skulls_that_cannot_be_laid_on_each_other_are_other_skulls():
    with pytest.raises(DifferentPeople, match="share no inner table"):
        person_cautions(float("nan"), same_person=False, scan="scan 2")
