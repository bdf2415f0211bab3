"""Regressions against an independent solution, and against a truth that was planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from brainsand.cohort.regress import Spline, linear, logistic


def drawn(n, seed, slope=0.5):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.integers(0, 2, n)])
    y = (rng.random(n) < 1 / (1 + np.exp(-(x @ [-1.0, slope, 0.8])))).astype(float)
    return x, y


def test_logistic_coefficients_are_where_the_likelihood_is_highest():
    x, y = drawn(400, 1)

    def loss(beta):
        return np.logaddexp(0, x @ beta).sum() - y @ (x @ beta)

    best = optimize.minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).x
    fit = logistic(x, y)
    assert fit.beta == pytest.approx(best, abs=1e-5)
    assert not fit.penalized


def test_the_planted_slope_lies_within_its_interval_in_19_of_20():
    held = []
    for seed in range(400):
        x, y = drawn(300, seed)
        e = logistic(x, y).estimate(1)
        held.append(e.low <= 0.5 <= e.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def test_a_slope_of_nothing_is_found_in_one_of_20():
    p = [logistic(*drawn(300, seed, slope=0.0)).estimate(1).p for seed in range(400)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.025)


def test_a_covariate_that_parts_the_outcomes_gives_a_finite_answer():
    x = np.column_stack([np.ones(40), np.r_[np.zeros(20), np.ones(20)]])
    y = np.r_[np.zeros(20), np.ones(20)]
    fit = logistic(x, y)
    assert fit.penalized
    # Firth on a 2 x 2 table adds half to every cell: log((20.5 / 0.5) ** 2).
    assert fit.beta[1] == pytest.approx(2 * np.log(20.5 / 0.5), abs=1e-4)


def test_linear_errors_are_right_where_the_spread_is_unequal():
    rng = np.random.default_rng(3)
    held = []
    for _ in range(500):
        x = rng.uniform(0, 3, 150)
        y = 1 + 2 * x + rng.normal(size=150) * (0.2 + x**2)
        e = linear(np.column_stack([np.ones(150), x]), y).estimate(1)
        held.append(e.low <= 2 <= e.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_a_spline_is_straight_beyond_its_ends_and_smooth_between():
    spline = Spline(knots=np.array([20.0, 40.0, 60.0, 80.0]))
    beyond = spline([80.0, 90.0, 100.0])
    assert beyond[2] - beyond[1] == pytest.approx(beyond[1] - beyond[0])
    near = spline(np.array([40.0 - 1e-4, 40.0, 40.0 + 1e-4]))
    assert near[2] - near[1] == pytest.approx(near[1] - near[0], abs=1e-9)
