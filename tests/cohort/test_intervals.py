"""Intervals that hold what they promise, counted by simulation where no hand can."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from brainsand.cohort.intervals import (
    cliffs_delta,
    clopper_pearson,
    false_discovery,
    holm,
    share_difference,
    wilson,
)


def test_wilson_and_exact_intervals_are_those_of_another_program():
    for count, of in ((0, 20), (1, 20), (7, 20), (20, 20), (33, 1000)):
        other = stats.binomtest(count, of)
        for own, method in ((wilson(count, of), "wilson"), (clopper_pearson(count, of), "exact")):
            low, high = other.proportion_ci(method=method)
            assert (own.low, own.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


def test_nobody_measured_gives_no_share():
    assert np.isnan(wilson(0, 0).value)
    assert np.isnan(clopper_pearson(0, 0).high)


def test_newcombes_interval_holds_the_true_difference_in_19_of_20():
    rng = np.random.default_rng(4)
    a, b = rng.binomial(40, 0.3, 2000), rng.binomial(60, 0.1, 2000)
    found = [share_difference(int(x), 40, int(y), 60) for x, y in zip(a, b, strict=True)]
    assert np.mean([e.low <= 0.2 <= e.high for e in found]) == pytest.approx(0.95, abs=0.02)


def test_cliffs_delta_is_the_count_of_pairs():
    one, other = [3, 0, 5, 2, 2], [1, 0, 2, 0]
    pairs = [np.sign(a - b) for a, b in itertools.product(one, other)]
    assert cliffs_delta(one, other).value == pytest.approx(np.mean(pairs))


def test_cliffs_interval_holds_the_true_delta_in_19_of_20_with_many_zeros():
    rng = np.random.default_rng(5)

    def drawn(n, share):
        return np.where(rng.random(n) < share, np.exp(rng.normal(size=n)), 0.0)

    truth = cliffs_delta(drawn(40_000, 0.5), drawn(40_000, 0.3)).value
    found = [cliffs_delta(drawn(80, 0.5), drawn(120, 0.3)) for _ in range(600)]
    assert np.mean([e.low <= truth <= e.high for e in found]) == pytest.approx(0.95, abs=0.025)


def test_the_rates_of_false_findings_are_those_counted_by_hand():
    p = [0.04, 0.001, 0.03, float("nan"), 0.5]
    assert false_discovery(p)[[0, 1, 2, 4]] == pytest.approx([4 * 0.04 / 3, 0.004, 4 * 0.04 / 3, 0.5])
    assert holm(p)[[0, 1, 2, 4]] == pytest.approx([0.09, 0.004, 0.09, 0.5])
    assert np.isnan(false_discovery(p)[3])
