"""The user's own norms: of a person of this age and sex, how many of the user's cohort hold less calcium?

Two parts, since many people hold none: the chance of any, and how the amount is spread among those who hold some (its
logarithm has a mean and a deviation that move with age; what is left has one shape). ``cohort.centiles`` fits them.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

TOTAL: Final = "total"
"""The name of the whole brain among the sites."""
EVERYBODY: Final = "all"
"""The name of both sexes together."""
#: Standard errors to either end of a 95 % interval.
_REACH: Final = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Centile:
    """The share of people, in percent, with less; and the ends of its 95 % interval."""

    centile: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCurve:
    """One site, measure and sex, at ``ages`` (years, rising).

    Parameters
    ----------
    log_odds_any, log_odds_any_se : tuple of float
        Log odds of any calcium.
    log_mean, log_mean_se : tuple of float
        Mean of the logarithm of the amount (unit of the measure) where there is some.
    log_sd : tuple of float
        Deviation of that logarithm.
    residuals : tuple of float
        Ordered quantiles of (logarithm - mean) / deviation, at equal steps from 0 to 1.
    """

    site: str
    measure: str
    sex: str
    ages: tuple[float, ...]
    log_odds_any: tuple[float, ...]
    log_odds_any_se: tuple[float, ...]
    log_mean: tuple[float, ...]
    log_mean_se: tuple[float, ...]
    log_sd: tuple[float, ...]
    residuals: tuple[float, ...]

    def speaks_at(self, age_years: float) -> bool:
        """Whether the age is within the cohort's."""
        return self.ages[0] <= age_years <= self.ages[-1]

    def any_share(self, age_years: float, *, errors: float = 0.0) -> float:
        """The share (0 to 1) with any calcium, so many standard errors off.

        >>> curve = OwnCurve(site="falx", measure="mass_mg", sex="all", ages=(0.0, 80.0), log_odds_any=(-2.0, 0.0),
        ...     log_odds_any_se=(0.1, 0.1), log_mean=(1.0, 1.0), log_mean_se=(0.1, 0.1), log_sd=(0.5, 0.5),
        ...     residuals=(-1.0, 0.0, 1.0))
        >>> curve.any_share(80.0), round(curve.any_share(80.0, errors=1.0), 3)
        (0.5, 0.525)
        """
        se = between(age_years, self.ages, self.log_odds_any_se)
        return 1 / (1 + math.exp(-between(age_years, self.ages, self.log_odds_any) - errors * se))

    def centile(self, value: float, age_years: float, *, value_pm: float = 0.0) -> Centile | None:
        """Where an amount above 0 stands; None without calcium, where only ``any_share`` speaks.

        The interval holds what the curve leaves open and one deviation of the amount's own measurement.
        """
        if value <= 0:
            return None
        ends = [
            self._share_below(
                value + step * value_pm, age_years, any_errors=-step * reach, mean_errors=-step * reach
            )
            for step, reach in ((0, 0.0), (-1, _REACH), (1, _REACH))
        ]
        ends += [
            self._share_below(value, age_years, any_errors=e, mean_errors=0.0) for e in (-_REACH, _REACH)
        ]
        return Centile(centile=100 * ends[0], low=100 * min(ends), high=100 * max(ends))

    def amount_at(self, share: float, age_years: float) -> float:
        """The amount that this share (0 to 1) of people does not exceed; 0 where fewer hold any."""
        some = self.any_share(age_years)
        within = (share - (1 - some)) / some
        if within <= 0:
            return 0.0
        steps = tuple(k / (len(self.residuals) - 1) for k in range(len(self.residuals)))
        mean, sd = (between(age_years, self.ages, row) for row in (self.log_mean, self.log_sd))
        return math.exp(mean + sd * between(within, steps, self.residuals))

    def _share_below(self, value: float, age_years: float, *, any_errors: float, mean_errors: float) -> float:
        some = self.any_share(age_years, errors=any_errors)
        if value <= 0:
            return 1 - some
        mean, se, sd = (
            between(age_years, self.ages, row) for row in (self.log_mean, self.log_mean_se, self.log_sd)
        )
        return 1 - some + some * _share_of(self.residuals, (math.log(value) - mean - mean_errors * se) / sd)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNorms:
    """Every curve of one norms file, whom and what it was drawn from, and the file's sum.

    ``thickness_mm`` are the thinnest and thickest slices of the cohort's middle 90 %.
    """

    name: str
    sha256: str
    population: str
    persons: int
    scans: int
    thickness_mm: tuple[float, float] | None
    curves: Mapping[tuple[str, str, str], OwnCurve]
    program: Mapping[str, Any]

    def curve(self, site: str, measure: str, sex: str | None) -> OwnCurve | None:
        """The curve of this sex, else that of everybody, else None."""
        own = self.curves.get((site, measure, sex or EVERYBODY))
        return own or self.curves.get((site, measure, EVERYBODY))


def between(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Straight lines between the knots; beyond the ends the last knot holds.

    >>> between(1.5, (1.0, 2.0), (10.0, 20.0)), between(9.0, (1.0, 2.0), (10.0, 20.0))
    (15.0, 20.0)
    """
    if x <= xs[0]:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    k = bisect_right(xs, x)
    return ys[k - 1] + (ys[k] - ys[k - 1]) * (x - xs[k - 1]) / (xs[k] - xs[k - 1])


def _share_of(quantiles: Sequence[float], z: float) -> float:
    """The share of a spread that lies below ``z``; ``quantiles`` at equal steps from 0 to 1.

    >>> _share_of((-1.0, 0.0, 1.0), 0.5), _share_of((-1.0, 0.0, 1.0), 7.0)
    (0.75, 1.0)
    """
    steps = len(quantiles) - 1
    return between(z, quantiles, tuple(k / steps for k in range(steps + 1)))
