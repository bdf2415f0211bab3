"""Carried in boxes, the same numbers as carried whole."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.carry import ALL, Carrier, bounds, set_in, widened
from brainsand.arrays.affine import turn

MATRIX = np.eye(4)
MATRIX[:3, :3], MATRIX[:3, 3] = 0.5 * turn(4, -3, 6), (1.3, 2.1, -0.4)
CARRY = Carrier(matrix=MATRIX, shape=(30, 34, 38))


def blob(seed=0):
    """A map that is not zero in a corner of its lattice only."""
    out = np.zeros((16, 20, 18), np.float32)
    out[4:9, 3:12, 5:11] = np.random.default_rng(seed).random((5, 9, 6))
    return out


def test_computed_where_there_is_something_it_is_the_same_as_computed_whole():
    assert CARRY.where_any(blob()) == pytest.approx(CARRY.whole(blob()), abs=1e-6)


def test_between_boxes_it_carries_the_same_numbers():
    coarse, fine = (slice(2, 12), slice(1, 15), slice(3, 13)), (slice(4, 20), slice(0, 30), slice(6, 31))
    whole, part = CARRY.whole(blob()), CARRY.between(coarse, fine).whole(blob()[coarse])
    assert part == pytest.approx(whole[fine], abs=1e-5)
    assert CARRY.between(ALL, fine).whole(blob()) == pytest.approx(whole[fine], abs=1e-5)


def test_bounds_hold_the_mask_and_no_more():
    mask = np.zeros((5, 6, 7), bool)
    mask[1, 2, 3] = mask[3, 4, 5] = True
    assert bounds(mask) == (slice(1, 4), slice(2, 5), slice(3, 6))
    assert bounds(np.zeros((2, 2, 2), bool)) is None


def test_a_widened_box_stays_in_the_lattice():
    assert widened(None, (2, 3, 4)) == (slice(0, 2), slice(0, 3), slice(0, 4))
    assert widened((slice(0, 2), slice(1, 2), slice(3, 4)), (2, 3, 4)) == (
        slice(0, 2),
        slice(0, 3),
        slice(2, 4),
    )


def test_set_in_a_lattice_an_array_keeps_its_type():
    out = set_in((1, 1, 4), (slice(0, 1), slice(0, 1), slice(1, 3)), np.ones((1, 1, 2), np.uint8), fill=7)
    assert out.dtype == np.uint8
    assert out.ravel().tolist() == [7, 1, 1, 7]
