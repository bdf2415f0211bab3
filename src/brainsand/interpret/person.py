"""What do age and sex say?

Age at the scan: most patients of a condition lie between ``low`` and ``high`` of its ages, hardly any below
``earliest`` or above ``latest``. Between these the chance falls evenly on a scale that is finer in infancy (log of age
plus half a year). The age at the first symptom, where it is known, is weighed in place of nothing but with half power,
for it is partly the same fact.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.dials import Dials
from brainsand.interpret.observed import Observed
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Ground, Weight, basis_of, log_ratio
from brainsand.model.knowledge import Ages

Floats = NDArray[np.float64]

#: Bins of age in years; a density is the same within one.
EDGES: Final = np.array([0, 0.08, 0.5, 1, 2, 4, 7, 11, 16, 22, 30, 40, 50, 60, 70, 80, 110.0])
OUTSIDE: Final = 0.02
"""Density outside the ages on record, against 1 within the common ones (expert)."""
EDGE: Final = 0.2
"""Density at the earliest and the latest age on record (expert)."""


def weigh_person(table: Table, seen: Observed, dials: Dials) -> list[Weight]:
    """The weights of age and sex, as far as they are known."""
    found = []
    if seen.age_years is not None:
        found.append(_age(table, seen.age_years))
    if seen.sex in ("F", "M"):
        found.append(_sex(table, seen.sex))
    return found


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


def _age(table: Table, age_years: float) -> Weight:
    chances = np.array([_chance(c.ages, age_years) for c in table.conditions])
    base = float((chances * np.exp(table.log_prior[:-1])).sum() / np.exp(table.log_prior[:-1]).sum())
    years = f"{age_years * 12:.0f} months" if 0 < age_years < 2 else f"{age_years:.0f} years"
    return Weight(
        about="age",
        finding="age",
        words=f"age {years}" if age_years > 0.08 else "newborn",
        log_ratio=np.append(log_ratio(chances, base), 0.0),
        ground=lambda column: _age_ground(table, column),
    )


def _chance(ages: Ages, age_years: float) -> float:
    """Chance to be seen in the bin of this age."""
    middles = (EDGES[:-1] + EDGES[1:]) / 2
    bins = density(ages, middles)
    place = min(int(np.searchsorted(EDGES, age_years, side="right")) - 1, len(bins) - 1)
    bins[place] = density(ages, np.array([age_years]))[0]
    return float(bins[place] / bins.sum())


def _sex(table: Table, sex: str) -> Weight:
    female = np.array(
        [0.5 if c.female_share is None else c.female_share.middle for c in table.conditions] + [0.5]
    )
    chances = np.clip(female if sex == "F" else 1 - female, 0.03, 0.97)
    return Weight(
        about="sex",
        finding=f"sex:{sex}",
        words="female" if sex == "F" else "male",
        log_ratio=log_ratio(chances, 0.5),
        ground=lambda column: _sex_ground(table, column),
    )


def _age_ground(table: Table, column: int) -> Ground:
    if column >= len(table.conditions):
        return Ground(basis="expert", frequency="any age")
    ages = table.conditions[column].ages
    words = ages.words or f"most between {ages.low:g} and {ages.high:g} years"
    return Ground(basis=basis_of(ages.trust), frequency=words, source=ages.source)


def _sex_ground(table: Table, column: int) -> Ground:
    share = None if column >= len(table.conditions) else table.conditions[column].female_share
    if share is None:
        return Ground(basis="expert", frequency="both sexes alike")
    return Ground(basis=basis_of(share.trust), frequency=f"female: {share.words}", source=share.source)
