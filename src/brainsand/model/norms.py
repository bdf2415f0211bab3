"""How common is ordinary calcium at a site, at this age? A curve a site, with its doubt and its sources.

The curves are handed in (``Knowledge.ordinary``); they are drawn through published age bands on the log-odds scale,
on which a share can rise without ever reaching 0 or 1, and on which series of different slice thickness differ by about
the same amount at every age.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from brainsand.model.frequency import Trust

#: From this age on men and women are told apart.
GROWN_YEARS: Final = 20.0
#: Standard deviations to either end of a 90 % interval.
_NINETY: Final = 1.645


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """The share (0 to 1) of people who have ordinary calcium there, and its 90 % interval."""

    share: float
    low: float
    high: float
    source: tuple[str, ...]
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class NormCurve:
    """Ordinary calcium of one site by age: ``ages`` (years, rising), ``log_odds`` at each, one ``log_odds_sd``."""

    site: str
    ages: tuple[float, ...]
    log_odds: tuple[float, ...]
    log_odds_sd: float
    male_log_odds: float
    trust: Trust
    source: tuple[str, ...]
    basis: str

    def at(self, age_years: float, sex: str | None = None) -> Ordinary:
        """The share at an age; ``sex`` F or M where known.

        Examples
        --------
        >>> curve = NormCurve(site="falx", ages=(0.0, 80.0), log_odds=(-4.0, 0.0), log_odds_sd=0.5,
        ...     male_log_odds=0.0, trust="expert", source=("PMID:1",), basis="")
        >>> curve.at(80.0).share, round(curve.at(40.0).share, 3)
        (0.5, 0.119)
        """
        middle = _between(age_years, self.ages, self.log_odds)
        if sex in ("F", "M") and age_years >= GROWN_YEARS:
            middle += self.male_log_odds if sex == "M" else -self.male_log_odds
        reach = _NINETY * self.log_odds_sd
        return Ordinary(
            share=_share(middle),
            low=_share(middle - reach),
            high=_share(middle + reach),
            source=self.source,
            trust=self.trust,
        )


def log_odds_of(percent: float) -> float:
    """The log odds of a percentage between 0 and 100.

    >>> log_odds_of(50.0)
    0.0
    """
    return math.log(percent / (100.0 - percent))


def _share(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def _between(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Straight lines between the knots; beyond the ends the last knot holds."""
    if x <= xs[0]:
        return ys[0]
    for left, right, low, high in zip(xs, xs[1:], ys, ys[1:], strict=False):
        if x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return ys[-1]
