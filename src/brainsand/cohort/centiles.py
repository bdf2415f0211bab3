"""How much calcium is usual at this age? Centile curves from the cohort itself, smooth and with intervals.

Two parts, since many hold none: the log odds of any, and the logarithm of the amount where there is some, each a
natural cubic spline of age, with sex and sex by age; the spread of the logarithm moves with age as well, and what
is then left over has one shape, taken as it is (no normal distribution is assumed). Everything is a sum over cells
of half a year, sex and a group of persons, so that a resample of persons costs a product of matrices, whatever the
cohort's size.

Intervals: persons, not scans, are drawn anew (all scans of a person together); persons are dealt into at most 200
groups that are drawn as one, which leaves the spread of the estimates as it is (relative error of an interval's
width some 5 %). Misleads: with few persons at an age the spline leans on its neighbours; ages beyond the middle 99
% are left out; a cohort of patients gives the centiles of patients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.regress import Spline, share_of
from brainsand.model.own_norms import EVERYBODY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CENTILES: Final = (5, 10, 25, 50, 75, 90, 95)
LEAST_SCANS: Final = 100
LEAST_WITH: Final = 30
"""With fewer scans, or fewer that hold calcium, no curve is drawn."""
GROUPS: Final = 200
STEP_YEARS: Final = 0.5
_SHAPE: Final = np.linspace(-6, 6, 481)
_RIDGE: Final = 0.02
"""A little pull towards no slope, in observations a column: log odds stay finite where nobody of an age holds any."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """Who was measured: ``age`` (n), ``male`` (n: 1, 0, or NaN where not known), ``person`` (n, numbers from 0 on)."""

    age: Floats
    male: Floats
    person: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One site, measure and sex along ``ages``; arrays of resamples are (resamples, ages) or (resamples, shape)."""

    sex: str
    ages: Floats
    log_odds: Floats
    log_mean: Floats
    log_sd: Floats
    shape: Floats
    resampled: dict[str, Floats]
    scans: int
    with_any: int

    def errors(self, name: str) -> Floats:
        """Standard errors of ``log_odds`` or ``log_mean`` at each age."""
        return np.asarray(self.resampled[name].std(axis=0, ddof=1))

    def any_share(self) -> tuple[Floats, Floats, Floats]:
        """Share with any calcium at each age, and the ends of its 95 % interval."""
        low, high = np.quantile(share_of(self.resampled["log_odds"]), (0.025, 0.975), axis=0)
        return share_of(self.log_odds), np.asarray(low), np.asarray(high)

    def centile(self, percent: float) -> tuple[Floats, Floats, Floats]:
        """The amount that so many percent do not exceed at each age, and the ends of its 95 % interval."""
        own = _amount(percent / 100, self.log_odds, self.log_mean, self.log_sd, self.shape[None])[0]
        r = self.resampled
        many = _amount(percent / 100, r["log_odds"], r["log_mean"], r["log_sd"], r["shape"])
        low, high = np.quantile(many, (0.025, 0.975), axis=0)
        return own, np.asarray(low), np.asarray(high)


def fit_curves(
    amount: Floats, people: People, *, resamples: int, rng: np.random.Generator
) -> dict[str, Curve]:
    """The curves of one site by sex (F, M, all); empty where too few were measured, or hold any.

    ``amount`` (n) is NaN where the site was not imaged.
    """
    use = np.isfinite(amount) & np.isfinite(people.age)
    if not _enough(amount[use], people.age[use]):
        return {}
    spline = Spline.through(people.age[use], inner=_inner(int((amount[use] > 0).sum())))
    group, drawn = _draws(people.person[use], resamples, rng)
    sample = _Sample(
        amount=amount[use], age=people.age[use], male=None, group=group, drawn=drawn, spline=spline
    )
    curves = {EVERYBODY: _curve(sample, EVERYBODY)}
    male = people.male[use]
    if all(_enough(amount[use][male == s], people.age[use][male == s]) for s in (0, 1)):
        known = np.isfinite(male)
        own = _Sample(
            amount=sample.amount[known], age=sample.age[known], male=male[known], group=group[known], drawn=drawn,
            spline=spline,
        )  # fmt: skip
        curves |= {sex: _curve(own, sex) for sex in ("F", "M")}
    return curves


def _enough(amount: Floats, age: Floats) -> bool:
    return len(amount) >= LEAST_SCANS and int((amount > 0).sum()) >= LEAST_WITH and bool(np.ptp(age) > 5)


def _inner(with_any: int) -> int:
    """Knots between the outer ones: more where there is more to bend by."""
    return 1 if with_any < 100 else 2 if with_any < 1000 else 3


def _draws(person: Ints, resamples: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """The group of each scan's person; how often each group counts in each resample (in the first row, once)."""
    people, who = np.unique(person, return_inverse=True)
    groups = min(GROUPS, len(people))
    dealt = rng.permutation(len(people)) % groups
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples)
    return dealt[who], np.concatenate([np.ones((1, groups)), drawn])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """The scans a curve is drawn from; ``male`` None where sexes are not told apart."""

    amount: Floats
    age: Floats
    male: Floats | None
    group: Ints
    drawn: Floats
    spline: Spline

    def design(self, age: Floats, male: Floats | None) -> Floats:
        """Constant, smooth age, sex and sex by age, at some ages (and sexes)."""
        smooth = self.spline(age)
        if male is None:
            return np.column_stack([np.ones(len(age)), smooth])
        return np.column_stack([np.ones(len(age)), smooth, male - 0.5, (male - 0.5) * (smooth[:, 0] - 0.5)])

    def spread_design(self, age: Floats, male: Floats | None) -> Floats:
        """Constant, age and sex."""
        straight = self.spline(age)[:, :1]
        columns = [np.ones((len(age), 1)), straight] + ([] if male is None else [male[:, None] - 0.5])
        return np.hstack(columns)


def _curve(sample: _Sample, sex: str) -> Curve:
    """The curve of one sex; where sexes are told apart, of a fit of both."""
    fitted = _fitted(sample)
    own = np.ones(len(sample.age), bool) if sample.male is None else sample.male == (sex == "M")
    ages = _grid(sample.age[own])
    male = None if sample.male is None else np.full(len(ages), float(sex == "M"))
    design, spread = sample.design(ages, male), sample.spread_design(ages, male)
    log_odds, log_mean = fitted["any"] @ design.T, fitted["mean"] @ design.T
    log_sd = np.exp(0.5 * fitted["spread"] @ spread.T)
    return Curve(
        sex=sex,
        ages=ages,
        log_odds=log_odds[0],
        log_mean=log_mean[0],
        log_sd=log_sd[0],
        shape=fitted["shape"][0],
        resampled={
            "log_odds": log_odds[1:], "log_mean": log_mean[1:], "log_sd": log_sd[1:], "shape": fitted["shape"][1:]
        },
        scans=int(own.sum()),
        with_any=int((sample.amount[own] > 0).sum()),
    )  # fmt: skip


def _grid(age: Floats) -> Floats:
    """Whole years over the middle 99 % of the ages."""
    low, high = np.quantile(age, (0.005, 0.995))
    return np.arange(np.ceil(low), max(np.floor(high), np.ceil(low) + 1) + 1)


def _fitted(sample: _Sample) -> dict[str, Floats]:
    """Coefficients of the three parts and the shape, a row a resample; the first row is the sample itself."""
    cell, age, male = _cells(sample)
    design, spread = sample.design(age, male), sample.spread_design(age, male)
    some = sample.amount > 0
    log = np.log(sample.amount, where=some, out=np.zeros(len(some)))

    def summed(values: Floats) -> Floats:
        return _summed(values, cell, sample, len(age))

    scans, with_any = summed(np.ones(len(some))), summed(some.astype(float))
    log_odds = _log_odds(design, scans, with_any)
    mean = _means(design, with_any, summed(log * some))
    at = mean @ design.T
    square = summed(log**2 * some) - 2 * at * summed(log * some) + at**2 * with_any
    variance = _variances(spread, with_any, np.maximum(square, 0))
    z = (log - at[0][cell]) / np.exp(0.5 * variance[0] @ spread.T)[cell]
    return {
        "any": log_odds,
        "mean": mean,
        "spread": variance,
        "shape": _shapes(z[some], sample.group[some], sample.drawn),
    }


def _cells(sample: _Sample) -> tuple[Ints, Floats, Floats | None]:
    """The cell of each scan; the age and sex of each cell."""
    step = np.rint(sample.age / STEP_YEARS).astype(np.int64)
    sex = np.zeros_like(step) if sample.male is None else sample.male.astype(np.int64)
    found, cell = np.unique(2 * step + sex, return_inverse=True)
    return cell, (found // 2) * STEP_YEARS, None if sample.male is None else (found % 2).astype(float)


def _summed(values: Floats, cell: Ints, sample: _Sample, cells: int) -> Floats:
    """Sums over cells in every resample, (resamples, cells)."""
    groups = sample.drawn.shape[1]
    table = np.bincount(sample.group * cells + cell, weights=values, minlength=groups * cells)
    return np.asarray(sample.drawn @ table.reshape(groups, cells))


def _log_odds(design: Floats, scans: Floats, with_any: Floats) -> Floats:
    """Logistic regression on cells, all resamples at once (Newton)."""
    pairs = _pairs(design)
    pull = np.diag([0.0, *[_RIDGE] * (design.shape[1] - 1)])
    beta = np.zeros((len(scans), design.shape[1]))
    beta[:, 0] = np.log((with_any.sum(1) + 0.5) / (scans.sum(1) - with_any.sum(1) + 0.5))
    for _ in range(30):
        share = share_of(beta @ design.T)
        score = (with_any - scans * share) @ design - beta @ pull
        step = _solved(pairs, scans * share * (1 - share), score, pull)
        beta += np.clip(step, -3, 3)
        if float(np.abs(step).max()) < 1e-7:
            break
    return beta


def _means(design: Floats, weight: Floats, sums: Floats) -> Floats:
    """Least squares on cells, all resamples at once."""
    pull = np.diag([0.0, *[_RIDGE] * (design.shape[1] - 1)])
    return _solved(_pairs(design), weight, sums @ design, pull)


def _variances(design: Floats, weight: Floats, squares: Floats) -> Floats:
    """Log variance by cells: squared residuals have a gamma spread about it, so log link and constant weights."""
    pairs, pull = _pairs(design), np.diag([0.0, *[_RIDGE] * (design.shape[1] - 1)])
    beta = np.zeros((len(weight), design.shape[1]))
    beta[:, 0] = np.log(squares.sum(1) / weight.sum(1) + 1e-9)
    for _ in range(25):
        expected = np.exp(beta @ design.T)
        score = (squares / expected - weight) @ design - beta @ pull * [0.0, *[1.0] * (design.shape[1] - 1)]
        step = _solved(pairs, weight, score, pull)
        beta += np.clip(step, -1, 1)
        if float(np.abs(step).max()) < 1e-7:
            break
    return beta


def _shapes(z: Floats, group: Ints, drawn: Floats) -> Floats:
    """Quantiles of what is left over, at equal steps, in every resample."""
    bins = len(_SHAPE) - 1
    at = np.clip(np.searchsorted(_SHAPE, z) - 1, 0, bins - 1)
    table = np.bincount(group * bins + at, minlength=drawn.shape[1] * bins).reshape(drawn.shape[1], bins)
    below = np.cumsum(drawn @ table, axis=1)
    steps = np.linspace(0, 1, 101)
    out = np.empty((len(drawn), len(steps)))
    for k, row in enumerate(below):
        # Ends of the bins that hold something; between them the share grows evenly.
        share = np.concatenate([[0.0], row / row[-1]])
        held = np.flatnonzero(np.diff(share) > 0)
        keep = np.unique(np.concatenate([held, held + 1]))
        out[k] = np.interp(steps, share[keep], _SHAPE[keep])
    return out


def _pairs(design: Floats) -> Floats:
    return (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)


def _solved(pairs: Floats, weight: Floats, score: Floats, pull: Floats) -> Floats:
    """The solution of the normal equations of every resample."""
    columns = score.shape[1]
    matrix = (weight @ pairs).reshape(-1, columns, columns) + pull + 1e-9 * np.eye(columns)
    return np.asarray(np.linalg.solve(matrix, score[:, :, None])[:, :, 0])


def _amount(share: float, log_odds: Floats, log_mean: Floats, log_sd: Floats, shape: Floats) -> Floats:
    """The amount that a share of people does not exceed, (rows, ages); 0 where fewer than the rest hold any."""
    some = np.atleast_2d(share_of(log_odds))
    within = (share - (1 - some)) / some
    steps = np.linspace(0, 1, shape.shape[1])
    z = np.stack([np.interp(w, steps, s) for w, s in zip(within, np.atleast_2d(shape), strict=True)])
    return np.where(within <= 0, 0.0, np.exp(np.atleast_2d(log_mean) + np.atleast_2d(log_sd) * z))
