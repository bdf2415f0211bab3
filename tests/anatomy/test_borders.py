"""Borders read from the scan, within what the network says."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.borders import levels, means, most_probable, tissue_of
from brainsand.anatomy.carry import Carrier
from brainsand.anatomy.parcel import CLASSES
from brainsand.model.anatomy import CSF, GRAY, WHITE

SHAPE = (6, 12, 24)
CARRY = Carrier(matrix=np.eye(4), shape=SHAPE)
WM, CORTEX = CLASSES.index("wm"), CLASSES.index("cortex")
LEVEL = np.full(SHAPE, 32.0, np.float32)
MEANS = means(LEVEL, {"csf": 6.0, "white_matter": 26.0, "gray_matter": 38.0})


def unsure_between(first, second):
    """The network gives two classes the same chance everywhere."""
    shares = np.zeros((len(CLASSES), *SHAPE), np.uint8)
    shares[first], shares[second] = 127, 127
    return shares


def test_where_the_network_is_unsure_the_attenuation_decides():
    hu = np.full(SHAPE, 26, np.int16)
    hu[..., 12:] = 38
    classes = most_probable(unsure_between(WM, CORTEX), CARRY, np.ones(SHAPE, bool), hu, MEANS)
    assert (classes[..., :11] == WM).all()
    assert (classes[..., 13:] == CORTEX).all()


def test_calcium_fits_no_tissue_and_leaves_the_word_to_the_network():
    shares = unsure_between(WM, CORTEX)
    shares[CORTEX] = 150
    hu = np.full(SHAPE, 300, np.int16)
    assert (most_probable(shares, CARRY, np.ones(SHAPE, bool), hu, MEANS) == CORTEX).all()


def test_beyond_the_inside_there_is_no_class_and_within_always_one():
    within = np.zeros(SHAPE, bool)
    within[2:4, 3:9, 5:20] = True
    nothing = np.zeros((len(CLASSES), *SHAPE), np.uint8)
    classes = most_probable(nothing, CARRY, within, np.full(SHAPE, 30, np.int16), MEANS)
    assert ((classes > 0) == within).all()


def test_levels_follow_the_brain_and_each_tissue_has_its_median():
    shares = np.zeros((len(CLASSES), 20, 40, 40), np.uint8)
    shares[WM, :, :20], shares[CORTEX, :, 20:36], shares[CLASSES.index("csf"), :, 36:] = 255, 255, 255
    hu = np.where(shares[WM] > 0, 28.0, np.where(shares[CORTEX] > 0, 37.0, 6.0)).astype(np.float32)
    slow, found = levels(hu, shares, (2.0, 2.0, 2.0))
    assert found == {"white_matter": 28.0, "gray_matter": 37.0, "csf": 6.0}
    assert slow[10, 2, 20] == pytest.approx(28, abs=0.6)
    assert slow[10, 34, 20] == pytest.approx(37, abs=0.6)


def test_every_class_but_outside_has_a_tissue():
    tissue = tissue_of(np.arange(len(CLASSES), dtype=np.uint8))
    assert tissue[0] == 0
    assert (tissue[1:] > 0).all()
    assert [tissue[CLASSES.index(n)] for n in ("lv", "wm", "put")] == [CSF, WHITE, GRAY]
