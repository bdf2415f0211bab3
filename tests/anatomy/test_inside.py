"""The space inside a skull, tried on shells whose inside can be told by hand."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.inside import intracranial

STEP = (2.0, 2.0, 2.0)
Z, Y, X = np.meshgrid(*[2.0 * (np.arange(n) - (n - 1) / 2) for n in (76, 84, 72)], indexing="ij")
RADIUS = np.sqrt((X / 56) ** 2 + (Y / 68) ** 2 + (Z / 60) ** 2)
TRUE = RADIUS < 0.9
NOWHERE = np.zeros(RADIUS.shape, bool)
EXPECTED = (np.sqrt((X / 50) ** 2 + ((Y - 4) / 63) ** 2 + ((Z + 3) / 54) ** 2) < 1).astype(np.float32)


def shell():
    """Brain of 35 HU, a skull of 900 HU, scalp of 20 HU, air round it, noise of 5 HU."""
    hu = np.full(RADIUS.shape, -1000.0)
    hu[RADIUS < 1.15] = 20
    hu[RADIUS < 1.02] = 900
    hu[TRUE] = 35
    return (hu + np.random.default_rng(1).normal(0, 5, hu.shape)).astype(np.float32)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_the_inside_of_a_closed_shell_is_found():
    found = intracranial(shell(), expected=EXPECTED, rough=NOWHERE, spacing_mm=STEP)
    assert dice(found, TRUE) > 0.97
    assert not found[RADIUS > 1.0].any()


def test_a_hole_to_the_neck_lets_nothing_in_but_a_plug():
    hu = shell()
    hole = (np.hypot(X, Y) < 14) & (Z < -40)
    hu[hole] = 35
    found = intracranial(hu, expected=EXPECTED, rough=NOWHERE, spacing_mm=STEP)
    assert dice(found, TRUE) > 0.95
    outside = found & (RADIUS > 1.02)
    assert outside.sum() < 0.02 * TRUE.sum()
    assert not (found & (RADIUS > 1.1) & ~hole).any()


def test_calcium_and_blood_deep_inside_stay_inside():
    hu = shell()
    stone = (X**2 + Y**2 + Z**2) < 9**2
    hu[stone] = 600
    assert intracranial(hu, expected=EXPECTED, rough=NOWHERE, spacing_mm=STEP)[stone].all()


def test_a_stone_that_touches_the_inner_table_is_inside_but_at_the_skull_base():
    hu = shell()
    stone = ((X - 46) ** 2 + Y**2 + Z**2 < 4.5**2) & TRUE
    hu[stone] = 400
    found = intracranial(hu, expected=EXPECTED, rough=NOWHERE, spacing_mm=STEP)
    assert found[stone].mean() > 0.75  # the chord of the dent cuts off what lies along the table
    assert dice(found, TRUE) > 0.97
    ridge = intracranial(hu, expected=EXPECTED, rough=~NOWHERE, spacing_mm=STEP)
    assert ridge[stone].mean() < 0.5


def test_without_bone_or_brain_nothing_is_inside():
    air = np.full(RADIUS.shape, -1000, np.float32)
    assert not intracranial(air, expected=EXPECTED, rough=NOWHERE, spacing_mm=STEP).any()


@pytest.mark.parametrize("shift_mm", [-6, 6])
def test_an_atlas_some_millimetres_off_does_not_move_the_edge(shift_mm):
    cells = shift_mm // 2
    moved = np.roll(EXPECTED, cells, axis=1)
    found = intracranial(shell(), expected=moved, rough=NOWHERE, spacing_mm=STEP)
    assert dice(found, TRUE) > 0.96
