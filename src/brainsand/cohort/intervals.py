"""Intervals of shares, the size of a difference between groups, and p values that many questions do not spoil.

Wilson 1927 (doi:10.1080/01621459.1927.10502953); Clopper and Pearson 1934 (doi:10.1093/biomet/26.4.404); Newcombe
1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I), his method 10; DeLong 1988
(doi:10.2307/2531595) for the variance of Cliff's delta; Benjamini and Hochberg 1995; Holm 1979.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
Z: Final = 1.959963984540054
"""Standard deviations to either end of a 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its 95 % interval; ``p`` where a question is asked of it."""

    value: float
    low: float
    high: float
    p: float | None = None


def wilson(count: int, of: int) -> Estimate:
    """A share with Wilson's interval.

    >>> e = wilson(8, 10)
    >>> round(e.low, 4), round(e.high, 4)
    (0.4902, 0.9433)
    """
    if of == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    share, z2 = count / of, Z * Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    reach = Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return Estimate(value=share, low=0.0 if count == 0 else low, high=1.0 if count == of else high)


def clopper_pearson(count: int, of: int) -> Estimate:
    """A share with the exact interval, which is never too short.

    >>> e = clopper_pearson(0, 10)
    >>> e.low, round(e.high, 4)
    (0.0, 0.3085)
    """
    if of == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    low = 0.0 if count == 0 else float(stats.beta.ppf(0.025, count, of - count + 1))
    high = 1.0 if count == of else float(stats.beta.ppf(0.975, count + 1, of - count))
    return Estimate(value=count / of, low=low, high=high)


def share_difference(count: int, of: int, count_b: int, of_b: int) -> Estimate:
    """One share less another, with Newcombe's interval.

    >>> e = share_difference(56, 70, 48, 80)
    >>> round(e.value, 2), round(e.low, 4), round(e.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    a, b = wilson(count, of), wilson(count_b, of_b)
    d = a.value - b.value
    low = d - math.hypot(a.value - a.low, b.high - b.value)
    high = d + math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value=d, low=low, high=high)


def cliffs_delta(one: ArrayLike, other: ArrayLike) -> Estimate:
    """How much oftener a value of one group exceeds one of the other than the reverse: -1 to 1, 0 for no difference.

    Ties count for neither. The interval is made on Fisher's scale, so it never leaves -1 to 1.

    >>> cliffs_delta([1, 2, 3, 9], [0, 0, 1, 2]).value
    0.75
    """
    a, b = np.asarray(one, float), np.asarray(other, float)
    if len(a) < 2 or len(b) < 2:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    ranks = stats.rankdata(np.concatenate([a, b]))
    above = (ranks[: len(a)] - stats.rankdata(a)) / len(b)
    below = 1 - (ranks[len(a) :] - stats.rankdata(b)) / len(a)
    delta = float(2 * above.mean() - 1)
    se = 2 * math.sqrt(above.var(ddof=1) / len(a) + below.var(ddof=1) / len(b))
    p = float(stats.mannwhitneyu(a, b, method="asymptotic").pvalue) if np.ptp(np.r_[a, b]) > 0 else 1.0
    if se == 0 or abs(delta) >= 1:
        return Estimate(value=delta, low=delta, high=delta, p=p)
    reach = Z * se / (1 - delta * delta)
    low, high = (math.tanh(math.atanh(delta) + s * reach) for s in (-1, 1))
    return Estimate(value=delta, low=low, high=high, p=p)


def false_discovery(p: ArrayLike) -> Floats:
    """Benjamini and Hochberg's q: the share of false ones among all findings that are no less sure.

    >>> false_discovery([0.01, 0.02, 0.03, 0.5]).round(3).tolist()
    [0.04, 0.04, 0.04, 0.5]
    """
    return _stepped(p, lambda ordered: ordered * len(ordered) / np.arange(1, len(ordered) + 1), from_top=True)


def holm(p: ArrayLike) -> Floats:
    """Holm's p: the chance of even one false finding among those no less sure.

    >>> holm([0.01, 0.02, 0.03, 0.5]).round(3).tolist()
    [0.04, 0.06, 0.06, 0.5]
    """
    return _stepped(p, lambda ordered: ordered * np.arange(len(ordered), 0, -1), from_top=False)


def _stepped(p: ArrayLike, scaled: Any, *, from_top: bool) -> Floats:
    values = np.asarray(p, float)
    out = np.full(len(values), np.nan)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    if len(order):
        q = scaled(values[order])
        q = np.minimum.accumulate(q[::-1])[::-1] if from_top else np.maximum.accumulate(q)
        out[order] = np.minimum(q, 1.0)
    return out
