"""The curves the amounts were drawn from are found again, within intervals that hold them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from brainsand.cohort.centiles import People, fit_curves

TAIL = 4.0


def odds(age, male):
    return -4 + 0.07 * age + 0.4 * (male - 0.5)


def spread(age):
    return 0.6 + 0.004 * age


def mean(age, male):
    return 0.5 + 0.02 * age + 0.3 * (male - 0.5)


def people(n, seed, *, each=1):
    """``n`` scans of people (``each`` scans a person), amounts of a lopsided spread."""
    rng = np.random.default_rng(seed)
    person = np.arange(n) // each
    age = rng.uniform(5, 90, n // each + 1)[person] + np.arange(n) % each
    male = rng.integers(0, 2, n // each + 1)[person].astype(float)
    # What is left over is the same in all scans of a person.
    luck, left = rng.random(n // each + 1)[person], rng.gamma(TAIL, 1 / np.sqrt(TAIL), n // each + 1)[person]
    some = luck < 1 / (1 + np.exp(-odds(age, male)))
    amount = np.where(some, np.exp(mean(age, male) + spread(age) * (left - np.sqrt(TAIL))), 0.0)
    return amount, People(age=age, male=male, person=person)


def true_centile(age, male, share):
    some = 1 / (1 + np.exp(-odds(age, male)))
    within = (share - (1 - some)) / some
    z = stats.gamma.ppf(np.clip(within, 0, 1), TAIL, scale=1 / np.sqrt(TAIL)) - np.sqrt(TAIL)
    return np.where(within <= 0, 0.0, np.exp(mean(age, male) + spread(age) * z))


def test_the_generating_curves_are_recovered():
    amount, who = people(20_000, 1)
    curves = fit_curves(amount, who, resamples=50, rng=np.random.default_rng(0))
    for sex, male in (("F", 0.0), ("M", 1.0)):
        ages = curves[sex].ages
        inner = (ages > 15) & (ages < 85)
        share, _, _ = curves[sex].any_share()
        assert share == pytest.approx(1 / (1 + np.exp(-odds(ages, male))), abs=0.025)
        for percent in (75, 90, 95):
            own, _, _ = curves[sex].centile(percent)
            truth = true_centile(ages, male, percent / 100)
            shown = inner & (truth > 2)
            assert np.abs(np.log(own[shown] / truth[shown])).max() < 0.15


def test_intervals_hold_the_truth_about_as_often_as_they_promise():
    held = {"any": [], 75: [], 90: []}
    for seed in range(100):
        amount, who = people(1200, seed)
        curve = fit_curves(amount, who, resamples=100, rng=np.random.default_rng(seed))["M"]
        at = [int(np.argmin(np.abs(curve.ages - a))) for a in (40, 60, 75)]
        ages = curve.ages[at]
        _, low, high = curve.any_share()
        truth = 1 / (1 + np.exp(-odds(ages, 1.0)))
        held["any"] += list((low[at] <= truth) & (truth <= high[at]))
        for percent in (75, 90):
            _, low, high = curve.centile(percent)
            truth = true_centile(ages, 1.0, percent / 100)
            held[percent] += list((low[at] <= truth) & (truth <= high[at]))
    assert all(0.90 <= np.mean(h) <= 0.995 for h in held.values()), {k: np.mean(h) for k, h in held.items()}


def test_scans_of_one_person_do_not_make_the_interval_narrower():
    alone = people(1500, 3)
    thrice = people(4500, 3, each=3)
    widths = []
    for amount, who in (alone, thrice):
        curve = fit_curves(amount, who, resamples=200, rng=np.random.default_rng(1))["all"]
        _, low, high = curve.any_share()
        widths.append(float((high - low)[40]))
    assert widths[1] == pytest.approx(widths[0], rel=0.35)


def test_what_was_not_imaged_does_not_count_as_nothing():
    amount, who = people(3000, 5)
    whole = fit_curves(amount, who, resamples=20, rng=np.random.default_rng(0))["all"]
    lost = np.where(np.random.default_rng(9).random(3000) < 0.3, np.nan, amount)
    part = fit_curves(lost, who, resamples=20, rng=np.random.default_rng(0))["all"]
    assert part.scans < whole.scans
    assert part.any_share()[0] == pytest.approx(whole.any_share()[0], abs=0.06)


@pytest.mark.parametrize("n, share", [(80, 0.9), (2000, 0.005)])
def test_too_few_scans_or_too_few_with_calcium_give_no_curve(n, share):
    rng = np.random.default_rng(0)
    who = People(age=rng.uniform(5, 90, n), male=np.full(n, np.nan), person=np.arange(n))
    assert fit_curves((rng.random(n) < share).astype(float), who, resamples=10, rng=rng) == {}


def test_the_same_cohort_gives_the_same_curves():
    amount, who = people(1000, 8)
    one, other = (
        fit_curves(amount, who, resamples=20, rng=np.random.default_rng(2))["all"] for _ in range(2)
    )
    assert np.array_equal(one.centile(90), other.centile(90))
