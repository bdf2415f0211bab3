"""How often is calcium at a site ordinary at this age? The rate that every condition shares with health.

The curves are those of the knowledge (``words/ordinary.yaml``: published age bands, each with source and doubt). The
doubt is integrated, not plugged in: what is taken is the mean over the curve's own spread.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from brainsand.model.knowledge import Knowledge

#: With no age given the rate of middle life stands in: old age explains nothing it was not said to.
AGE_UNKNOWN_YEARS: Final = 35.0
#: Three nodes of Gauss-Hermite for a normal, in standard deviations, and their weights.
NODES: Final = np.array([-1.7320508, 0.0, 1.7320508])
WEIGHTS: Final = np.array([1.0, 4.0, 1.0]) / 6.0


def ordinary_rates(knowledge: Knowledge, age_years: float | None, sex: str | None) -> dict[str, float]:
    """Chance (0 to 1) of ordinary calcium by site, for a person of this age and sex.

    Parameters
    ----------
    knowledge : Knowledge
        With its curves by age.
    age_years, sex : optional
        Of the person.
    """
    age = AGE_UNKNOWN_YEARS if age_years is None else age_years
    rates = {}
    for site, curve in knowledge.ordinary.items():
        share = curve.at(age, sex).share
        log_odds = np.log(share / (1 - share)) + curve.log_odds_sd * NODES
        rates[site] = float((WEIGHTS / (1 + np.exp(-log_odds))).sum())
    return rates
