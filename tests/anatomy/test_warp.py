"""A bend that is known is found again."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.warp import displacement, warped

SHAPE = (32, 36, 40)
CELLS = np.indices(SHAPE, dtype=np.float32)
MIDDLES = ((10, 12, 12), (20, 24, 26), (12, 26, 28), (22, 10, 14), (16, 18, 20))


def maps(shift=(0.0, 0.0, 0.0)):
    """Five soft balls as two maps, each point moved by ``shift`` (a number or an array a coordinate)."""
    out = [np.zeros(SHAPE, np.float32) for _ in range(2)]
    for n, middle in enumerate(MIDDLES):
        away = sum((CELLS[d] - shift[d] - middle[d]) ** 2 for d in range(3))
        out[n % 2] += np.exp(-away / (2 * 3.5**2)).astype(np.float32)
    return out


def on_balls(field):
    near = maps()[0] + maps()[1] > 0.4
    return field[:, near]


def test_equal_maps_are_not_bent():
    field = displacement(maps(), maps(), rounds=((2, 10),))
    assert np.abs(field).max() < 1e-3


@pytest.mark.parametrize("shift", [(0.0, 2.5, 0.0), (1.5, -2.0, 1.0), (-3.0, 0.0, 2.0)])
def test_a_shift_is_recovered_to_half_a_cell(shift):
    field = displacement(maps(), maps(shift), rounds=((4, 15), (2, 15)))
    assert on_balls(field).mean(axis=1) == pytest.approx(shift, abs=0.5)


def test_a_smooth_bend_is_recovered_where_there_is_something_to_see():
    bend = 2.0 * np.sin(np.pi * CELLS[2] / SHAPE[2])
    zero = np.zeros(SHAPE, np.float32)
    field = displacement(maps(), maps((zero, bend, zero)), rounds=((4, 15), (2, 15), (1, 10)))
    away = on_balls(field) - on_balls(np.stack([zero, bend, zero]))
    # Seen from the moved place, the bend is that of a neighbour a cell or two off; hence not nearer.
    assert np.abs(away).mean() < 0.35


def test_bending_brings_the_maps_together():
    fixed, moving = maps(), maps((1.5, -2.0, 1.0))
    field = displacement(fixed, moving, rounds=((4, 15), (2, 15)))
    before = sum(float(((m - f) ** 2).sum()) for f, m in zip(fixed, moving, strict=True))
    after = sum(float(((warped(m, field) - f) ** 2).sum()) for f, m in zip(fixed, moving, strict=True))
    assert after < 0.1 * before


def test_warping_reads_at_the_displaced_place():
    ramp = CELLS[1].copy()
    field = np.zeros((3, *SHAPE), np.float32)
    field[1] = 0.5
    assert warped(ramp, field)[4, 7, 4] == pytest.approx(7.5)


def test_equal_input_gives_equal_bits():
    first = displacement(maps(), maps((1.0, 1.0, 1.0)), rounds=((2, 8),))
    assert np.array_equal(first, displacement(maps(), maps((1.0, 1.0, 1.0)), rounds=((2, 8),)))
