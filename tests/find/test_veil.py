"""The brightness under the skull: a median a ring, whatever lies in the ring."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.find.veil import REACH_MM, unveiled, veil

ROWS, COLUMNS = np.mgrid[:220, :220] - 109.5
DISC = np.clip(np.ceil(105 - np.hypot(ROWS, COLUMNS)), 0, 40).astype(np.uint8)
DEPTH = np.broadcast_to(DISC, (6, 220, 220)).copy()
"""A round head of 1 mm pixels: whole millimetres below its edge."""
LIFT = np.where((DEPTH > 0) & (DEPTH < REACH_MM), 24.0 - 2 * DEPTH.astype(float), 0.0)


def under_skull(seed=0, sigma=3.0):
    noise = np.random.default_rng(seed).normal(0, sigma, DEPTH.shape)
    return (LIFT + noise).astype(np.float32)


def test_the_lift_of_each_depth_is_its_median():
    lift, spread = veil(under_skull(), DEPTH, slice_mm=2.0)
    assert lift.shape == spread.shape == (6, REACH_MM + 1)
    for d in range(1, REACH_MM):
        assert lift[:, d] == pytest.approx(np.full(6, max(24 - 2 * d, 0)), abs=2.0)
        assert spread[:, d] == pytest.approx(np.full(6, 3.0), rel=0.5)


def test_deeper_than_its_reach_there_is_none():
    lift, spread = veil(under_skull(), DEPTH, slice_mm=2.0)
    assert not lift[:, REACH_MM].any()
    assert not spread[:, REACH_MM].any()


def test_a_deposit_in_the_ring_does_not_move_it():
    with_deposit = under_skull()
    with_deposit[:, 105:113, 6:14] += 400
    before, after = (veil(e, DEPTH, slice_mm=2.0)[0] for e in (under_skull(), with_deposit))
    assert np.abs(after - before).max() < 2.0


def test_a_veil_is_never_negative():
    dark = under_skull() - 60
    assert veil(dark, DEPTH, slice_mm=2.0)[0].min() == 0


def test_too_few_voxels_tell_nothing():
    few = np.zeros(DEPTH.shape, np.uint8)
    few[0, :9, :9] = 3
    lift, spread = veil(under_skull(), few, slice_mm=5.0)
    assert not lift.any()
    assert not spread.any()


def test_taken_off_it_leaves_the_deposit_and_not_the_rim():
    excess = under_skull()
    excess[2, 108:112, 6:12] += 200
    noise = np.full(DEPTH.shape, 1.0, np.float32)
    left, doubt = unveiled(excess, noise, DEPTH, slice_mm=2.0)
    assert left[2, 108:112, 6:12] == pytest.approx(np.full((4, 6), 200), abs=15)
    rim = (DEPTH > 0) & (DEPTH < REACH_MM)
    assert abs(float(np.median(left[rim]))) < 1.0
    assert doubt.min() == 1.0
    assert np.median(doubt[rim]) == pytest.approx(3.0, rel=0.2)
    assert (doubt[DEPTH > REACH_MM] == 1.0).all()


def test_each_slice_has_its_own_veil():
    excess = under_skull()
    excess[3:] = np.random.default_rng(4).normal(0, 3, (3, 220, 220))
    lift, _ = veil(excess, DEPTH, slice_mm=20.0)
    assert (lift[:3, 4] > 12).all()
    assert (lift[3:, 4] < 3).all()
