"""Regressions of the group level: logistic (with Firth's penalty where the data are thin), linear, and smooth ages.

Newton's method on the normal equations, so a hundred thousand scans take a tenth of a second. Firth 1993
(doi:10.1093/biomet/80.1.27): the likelihood times Jeffreys' prior, finite even where a covariate parts the outcomes
wholly. Errors of the linear model are those of White (HC1), which unequal spread does not spoil.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from brainsand.cohort.intervals import Estimate, Z

Floats = NDArray[np.float64]
ROUNDS: Final = 50
EVENTS_PER_COLUMN: Final = 10
"""With fewer of the rarer outcome than this for each column, Firth's penalty is used (a rule of thumb)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """Coefficients in the columns' order, and their covariance. ``penalized``: by Firth. ``settled``: converged."""

    beta: Floats
    covariance: Floats
    penalized: bool = False
    settled: bool = True

    def estimate(self, column: int) -> Estimate:
        """A coefficient with Wald's interval and p."""
        value, se = float(self.beta[column]), float(np.sqrt(max(self.covariance[column, column], 0.0)))
        p = float(2 * stats.norm.sf(abs(value) / se)) if se > 0 and self.settled else np.nan
        return Estimate(value=value, low=value - Z * se, high=value + Z * se, p=p)

    def jointly(self, columns: list[int]) -> float:
        """Wald's p that all of these coefficients are 0."""
        beta, cov = self.beta[columns], self.covariance[np.ix_(columns, columns)]
        return float(stats.chi2.sf(beta @ np.linalg.pinv(cov) @ beta, len(columns)))


def logistic(x: ArrayLike, y: ArrayLike, *, firth: bool | None = None) -> Fit:
    """Log odds of ``y`` (0 or 1) on the columns of ``x`` (the first is the constant).

    ``firth`` None: where the rarer outcome has fewer than ten for each column, or the plain fit does not settle.
    """
    a, b = np.asarray(x, float), np.asarray(y, float)
    rarer = min(b.sum(), len(b) - b.sum())
    thin = rarer < EVENTS_PER_COLUMN * a.shape[1] if firth is None else firth
    fit = _newton(a, b, firth=bool(thin))
    if fit.settled or thin or firth is False:
        return fit
    return _newton(a, b, firth=True)


def _newton(x: Floats, y: Floats, *, firth: bool) -> Fit:
    beta = np.zeros(x.shape[1])
    settled = False
    inverse: NDArray[Any] = np.eye(x.shape[1])
    for _ in range(ROUNDS):
        share = share_of(x @ beta)
        weight = np.maximum(share * (1 - share), 1e-12)
        information = (x * weight[:, None]).T @ x
        inverse = np.linalg.pinv(information, hermitian=True)
        score = y - share
        if firth:
            hat = weight * np.einsum("ij,jk,ik->i", x, inverse, x, optimize=True)
            score = score + hat * (0.5 - share)
        step = inverse @ (x.T @ score)
        beta = beta + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            settled = True
            break
    return Fit(
        beta=beta, covariance=inverse, penalized=firth, settled=settled and float(np.abs(beta).max()) < 1e3
    )


def share_of(log_odds: Floats) -> Floats:
    """The share (0 to 1) that log odds say."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -35, 35))))


def linear(x: ArrayLike, y: ArrayLike) -> Fit:
    """``y`` on the columns of ``x``, with White's errors."""
    a, b = np.asarray(x, float), np.asarray(y, float)
    inverse = np.linalg.pinv(a.T @ a, hermitian=True)
    beta = inverse @ (a.T @ b)
    residual = b - a @ beta
    free = max(len(b) - a.shape[1], 1)
    meat = (a * (residual**2)[:, None]).T @ a * (len(b) / free)
    return Fit(beta=beta, covariance=inverse @ meat @ inverse)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spline:
    """A natural cubic spline: smooth, and straight beyond the outer knots. Columns of about unit size, no constant."""

    knots: Floats

    @classmethod
    def through(cls, x: ArrayLike, *, inner: int) -> Spline:
        """Knots at equal shares of ``x``, the outer ones at its 2nd and 98th centile; fewer where values coincide."""
        values = np.asarray(x, float)
        return cls(knots=np.unique(np.quantile(values, np.linspace(0.02, 0.98, inner + 2))))

    def __call__(self, x: ArrayLike) -> Floats:
        """The columns at ``x`` (n, knots - 1).

        >>> Spline(knots=np.array([0.0, 1.0, 2.0]))([0.0, 2.0])[:, 0].tolist()
        [0.0, 1.0]
        """
        values = np.asarray(x, float)
        low, high = self.knots[0], self.knots[-1]
        t, k = (values - low) / (high - low), (self.knots - low) / (high - low)
        last = _bend(t, k[-2], k[-1])
        return np.stack([t, *(_bend(t, one, k[-1]) - last for one in k[:-2])], axis=1)


def _bend(t: Floats, knot: float, end: float) -> Floats:
    """Truncated cubes that together are straight beyond ``end`` (Hastie, Tibshirani and Friedman, 5.4)."""
    return np.asarray((np.maximum(t - knot, 0) ** 3 - np.maximum(t - end, 0) ** 3) / (end - knot))
