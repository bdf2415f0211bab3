"""What do age and sex say?

Age at the scan: most patients of a condition lie between ``low`` and ``high`` of its ages, hardly any below
``earliest`` or above ``latest``. Between these the density falls evenly on a scale that is finer in infancy (log of age
plus half a year). It is weighed against its own mean over the ages of people who get a head CT, so that a condition of
newborns, of whom few are scanned, gains as much at birth as its prevalence among all scanned understates it there.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.ages import density
from brainsand.interpret.dials import Dials
from brainsand.interpret.observed import Observed
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Ground, Weight, basis_of, log_ratio

Floats = NDArray[np.float64]


def weigh_person(table: Table, seen: Observed, dials: Dials) -> list[Weight]:
    """The weights of age and sex, as far as they are known."""
    found = []
    if seen.age_years is not None:
        found.append(_age(table, seen.age_years, dials.age_power))
    if seen.sex in ("F", "M"):
        found.append(_sex(table, seen.sex))
    return found


def _age(table: Table, age_years: float, power: float) -> Weight:
    own = np.array([density(c.ages, np.array([age_years]))[0] for c in table.conditions])
    years = f"{age_years * 12:.0f} months" if 0 < age_years < 2 else f"{age_years:.0f} years"
    return Weight(
        about="age",
        finding="age",
        words=f"age {years}" if age_years > 0.08 else "newborn",
        log_ratio=np.append(power * np.log(own / table.age_means), 0.0),
        ground=partial(_age_ground, table),
    )


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
