"""Slices with gaps show part of a body: the sum is put right on average, and its doubt says how far it may be."""

import numpy as np
import pytest

from brainsand.measure.sampling import missed


@pytest.mark.parametrize("thickness_mm", [None, 5.0, 5.5, 4.8])
def test_slices_that_touch_or_overlap_miss_nothing(thickness_mm):
    assert missed(6.0, slices=2, gap_mm=5.0, thickness_mm=thickness_mm) == (1.0, 0.0)


def test_a_small_body_in_one_slice_of_half_the_gap_was_counted_nearly_twice():
    factor, pm = missed(1.0, slices=1, gap_mm=10.0, thickness_mm=5.0)
    # Seen from 5 + 1 of every 10 mm, so 10 / 6 of it is counted where it is seen.
    assert factor == pytest.approx(10 / 6, abs=0.1)
    assert 0.1 < pm < 0.5


def test_a_body_over_many_slices_is_hardly_in_doubt():
    factor, pm = missed(50.0, slices=5, gap_mm=10.0, thickness_mm=5.0)
    assert factor == pytest.approx(1.0, abs=0.05)
    assert pm < 0.1


def test_the_corrected_sum_is_right_on_average_over_all_places_of_a_ball():
    """A ball of 4 mm under slices of 3 mm every 6: cut by hand into the shares each slice holds."""
    rng = np.random.default_rng(5)
    sums = []
    for place in rng.uniform(0, 6, 400):
        planes = place + 6 * np.arange(-3, 4)
        x = [np.clip(2 * (planes + e) / 4, -1, 1) for e in (1.5, -1.5)]
        held = ((3 * x[0] - x[0] ** 3) - (3 * x[1] - x[1] ** 3)) / 4
        seen = int((held > 0.15 * held.max()).sum()) if held.max() > 0.01 else 0
        if seen:
            factor, _ = missed(4.0, slices=seen, gap_mm=6.0, thickness_mm=3.0)
            sums.append(2 * held.sum() / factor)
    assert np.mean(sums) == pytest.approx(1.0, abs=0.08)
