"""How are the ages of a condition spread, against those of people who get a head CT?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.knowledge import Ages, Condition
from brainsand.model.vocabulary import AgeShare

Floats = NDArray[np.float64]

OUTSIDE: Final = 0.02
"""Density outside the ages on record, against 1 within the common ones (expert)."""
EDGE: Final = 0.2
"""Density at the earliest and the latest age on record (expert)."""


def scale(age_years: float | Floats) -> Floats:
    """Age on a scale finer in infancy.

    >>> round(float(scale(0.5)), 2)
    0.0
    """
    return np.asarray(np.log(np.asarray(age_years, float) + 0.5))


def density(ages: Ages, age_years: Floats) -> Floats:
    """Relative density at ages: 1 within the common ones, falling to ``EDGE``, then ``OUTSIDE``.

    >>> ages = Ages(earliest=20, low=30, high=60, latest=85, words="", trust="expert")
    >>> density(ages, np.array([10.0, 45.0, 85.0])).round(2).tolist()
    [0.02, 1.0, 0.2]
    """
    knots = scale(np.array([ages.earliest, ages.low, ages.high, ages.latest], float))
    knots = np.maximum.accumulate(knots + np.array([-2e-3, -1e-3, 1e-3, 2e-3]))
    inner = np.interp(scale(age_years), knots, [np.log(EDGE), 0.0, 0.0, np.log(EDGE)])
    beyond = np.maximum(knots[0] - scale(age_years), scale(age_years) - knots[3])
    return np.asarray(np.maximum(np.where(beyond > 0, EDGE * np.exp(-beyond / 0.15), np.exp(inner)), OUTSIDE))


def age_means(conditions: Sequence[Condition], population: Sequence[AgeShare]) -> Floats:
    """Mean density of each condition's ages over the people who get a head CT: what an age is weighed against."""
    ages, shares = _fine(population)
    return np.array([float(density(c.ages, ages) @ shares) for c in conditions])


def _fine(population: Sequence[AgeShare]) -> tuple[Floats, Floats]:
    """Ages (eight a band) and their shares."""
    bands = population or (AgeShare(age=(0.0, 100.0), share=1.0),)
    steps = (np.arange(8) + 0.5) / 8
    ages = np.concatenate([b.age[0] + (b.age[1] - b.age[0]) * steps for b in bands])
    shares = np.concatenate([np.full(8, b.share / 8) for b in bands])
    return ages, shares / shares.sum()
