"""How often is calcium at a site ordinary at this age? The rate that every condition shares with health.

The curves are those of the knowledge (``words/ordinary.yaml``: published age bands, each with source and doubt). The
doubt is integrated, not plugged in: what is taken is the mean over the curve's own spread.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from brainsand.model.knowledge import Knowledge
from brainsand.model.norms import NormCurve

#: Stands in where neither an age nor the ages of the population are known.
AGE_UNKNOWN_YEARS: Final = 45.0
#: Three nodes of Gauss-Hermite for a normal, in standard deviations, and their weights.
NODES: Final = np.array([-1.7320508, 0.0, 1.7320508])
WEIGHTS: Final = np.array([1.0, 4.0, 1.0]) / 6.0


def ordinary_rates(knowledge: Knowledge, age_years: float | None, sex: str | None) -> dict[str, float]:
    """Chance (0 to 1) of ordinary calcium by site, for a person of this age and sex.

    With no age given it is the mean over the ages of people who get a head CT.

    Parameters
    ----------
    knowledge : Knowledge
        With its curves by age.
    age_years, sex : optional
        Of the person.
    """
    if age_years is not None:
        return {site: _mean_share(curve, age_years, sex) for site, curve in knowledge.ordinary.items()}
    ages = [(sum(band.age) / 2, band.share) for band in knowledge.population] or [(AGE_UNKNOWN_YEARS, 1.0)]
    whole = sum(share for _, share in ages)
    return {
        site: sum(share * _mean_share(curve, age, sex) for age, share in ages) / whole
        for site, curve in knowledge.ordinary.items()
    }


def _mean_share(curve: NormCurve, age_years: float, sex: str | None) -> float:
    share = curve.at(age_years, sex).share
    log_odds = np.log(share / (1 - share)) + curve.log_odds_sd * NODES
    return float((WEIGHTS / (1 + np.exp(-log_odds))).sum())
