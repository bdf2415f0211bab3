"""A calcified gyrus on the inner table of a shell, and what only looks like one."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.inside import intracranial

STEP = (2.0, 2.0, 2.0)
Z, Y, X = np.meshgrid(*[2.0 * (np.arange(n) - (n - 1) / 2) for n in (76, 84, 72)], indexing="ij")
RADIUS = np.sqrt((X / 56) ** 2 + (Y / 68) ** 2 + (Z / 60) ** 2)
TRUE = RADIUS < 0.9
EXPECTED = (RADIUS < 0.88).astype(np.float32)
NOWHERE = np.zeros(RADIUS.shape, bool)
SIDEWAYS = np.hypot(Y, Z)


def shell() -> np.ndarray:
    """Brain of 35 HU, a skull of 900 HU, scalp of 20 HU, air round it."""
    hu = np.full(RADIUS.shape, -1000.0, np.float32)
    hu[RADIUS < 1.15] = 20
    hu[RADIUS < 1.02] = 900
    hu[TRUE] = 35
    return hu


def gyrus() -> np.ndarray:
    """A bowl of calcium 40 mm across, 10 mm into the brain at its middle, its rim on the table."""
    depth = 50.0 - X
    return TRUE & (X > 0) & (SIDEWAYS < 20) & (np.abs(depth - (14 - SIDEWAYS * 0.7)) < 2.2)


def inside(hu: np.ndarray, rough: np.ndarray = NOWHERE) -> np.ndarray:
    return intracranial(hu, expected=EXPECTED, rough=rough, spacing_mm=STEP)


def test_a_calcified_gyrus_that_hangs_on_the_skull_is_inside_with_the_brain_behind_it() -> None:
    hu = shell()
    bowl = gyrus()
    behind = TRUE & (SIDEWAYS < 10) & (X > 42)
    hu[bowl] = 300
    found = inside(hu)
    assert bowl.sum() > 150
    assert found[bowl].mean() > 0.7  # the rim that touches the table is left to it
    assert found[behind].mean() > 0.8
    assert not found[RADIUS > 0.95].any()


def test_at_the_skull_base_the_same_is_left_to_the_bone() -> None:
    hu = shell()
    hu[gyrus()] = 300
    assert inside(hu, ~NOWHERE)[gyrus()].mean() < 0.5


@pytest.mark.parametrize("bone", [300.0, 900.0])
def test_a_ridge_of_bone_without_brain_behind_it_stays_outside(bone: float) -> None:
    hu = shell()
    ridge = TRUE & (X > 36) & (SIDEWAYS < 16)
    hu[ridge] = bone
    assert inside(hu)[ridge].mean() < 0.25


def test_a_whole_inside_is_left_as_it_is() -> None:
    found = inside(shell())
    assert (found & ~TRUE).sum() < 0.02 * TRUE.sum()
