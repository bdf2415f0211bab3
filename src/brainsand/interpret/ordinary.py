"""How often is calcium at a site ordinary at this age? The rate that every condition shares with health.

A curve a site, drawn through published age bands (``knowledge/norms.yaml`` names the series: Kwak 1988 and Al Hajri
2023 for pineal, plexus and habenula; Yamada 2013 and later thin-slice series for the pallidum; de Brouwer 2018 for the
hippocampus; the Rotterdam study for vessel walls). Between the knots it is a straight line; the reading off the
series is a convention (expert).
"""

from __future__ import annotations

from typing import Final

import numpy as np

#: Site: (age in years, chance) knots.
CURVES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "pineal": ((0, 0.005), (5, 0.03), (10, 0.15), (20, 0.4), (40, 0.62), (70, 0.75)),
    "habenula": ((0, 0.005), (5, 0.05), (20, 0.2), (60, 0.35)),
    "choroid_plexus": ((0, 0.005), (8, 0.05), (15, 0.2), (30, 0.5), (70, 0.7)),
    "falx": ((0, 0.005), (15, 0.05), (40, 0.1), (70, 0.25)),
    "tentorium": ((0, 0.003), (15, 0.03), (70, 0.08)),
    "dura": ((0, 0.003), (15, 0.03), (40, 0.07), (70, 0.15)),
    "vessel_wall": ((0, 0.001), (15, 0.005), (35, 0.05), (50, 0.2), (60, 0.5), (70, 0.8)),
    "globus_pallidus": ((0, 0.001), (30, 0.006), (40, 0.03), (60, 0.1), (80, 0.25)),
    "hippocampus": ((0, 0.001), (20, 0.02), (40, 0.08), (60, 0.19), (80, 0.45)),
}
#: With no age given the rate of middle life stands in, for the sites that do not wait for old age.
AGE_UNKNOWN_YEARS: Final = 35.0


def ordinary_rates(age_years: float | None) -> dict[str, float]:
    """Chance (0 to 1) of ordinary calcium by site, for a person of this age.

    >>> round(ordinary_rates(50.0)["globus_pallidus"], 3), round(ordinary_rates(2.0)["vessel_wall"], 3)
    (0.065, 0.002)
    """
    age = AGE_UNKNOWN_YEARS if age_years is None else age_years
    return {
        site: float(np.interp(age, [k[0] for k in knots], [k[1] for k in knots]))
        for site, knots in CURVES.items()
    }
