"""Does burden go with a phenotype, beyond age, sex, scanner and slice thickness?

A phenotype of two values: logistic regression, odds ratio for each unit of exposure. A number: linear regression,
change for each unit. The exposures: one point of the Total Calcification Score (as its literature gives odds), a
doubling of the whole amount (log2 of 1 + amount), and any calcium at each site that is neither too rare nor too
common. One scan a person, the first; complete cases, and how many were left out. q and Holm's p are over all
exposures of one phenotype. An association is no cause, and covariates that were not measured are not in it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.covariates import Covariates, covariates_of
from brainsand.cohort.dictionary import column
from brainsand.cohort.groupdata import UNIT_OF, Group, numbers_of
from brainsand.cohort.intervals import Estimate, false_discovery, holm
from brainsand.cohort.regress import Fit, linear, logistic
from brainsand.errors import UsageError

Floats = NDArray[np.float64]
LEAST: Final = 10
"""Fewer people with calcium at a site (or without), or with the rarer outcome, are not asked."""
_YES: Final = ("1", "yes", "true", "y", "case", "positive", "pos", "affected", "present")
_NO: Final = ("0", "no", "false", "n", "control", "negative", "neg", "unaffected", "absent")


COLUMNS: Final = (
    column("phenotype", "text", "The column of the table of people"),
    column("outcome", "text", "What is counted as yes, or that it is a number"),
    column("exposure", "text", "Burden: tcs, doubling, or any at a site"),
    column("unit", "text", "What the estimate is for"),
    column("persons", "whole", "Persons in the model"),
    column("cases", "whole", "Of them, with the outcome"),
    column("left_out", "whole", "Persons left out for a missing value"),
    column("measure", "text", "odds_ratio or difference"),
    column("estimate", "real", "Odds ratio (logistic) or change of the phenotype (linear) for one unit"),
    column("low", "real", "Lower end of the 95 % interval"),
    column("high", "real", "Upper end of it"),
    column("p", "real", "Wald's p"),
    column("q", "real", "Benjamini and Hochberg's q over the exposures of this phenotype"),
    column("p_holm", "real", "Holm's p over them"),
    column("penalized", "yes", "Whether Firth's penalty was used, as cases are few"),
    column("covariates", "text", "What the model also holds"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phenotype:
    """A column as numbers: 0 and 1 where ``binary``. ``yes`` says what is counted as 1."""

    name: str
    values: Floats
    binary: bool
    yes: str


def phenotype_of(group: Group, name: str) -> Phenotype:
    """A column of the table of people.

    Raises
    ------
    UsageError
        There is none of that name, or it holds more than two words, or one value only.
    """
    cells = group.phenotypes.get(name.lower())
    if cells is None:
        known = ", ".join(group.phenotypes) or "none"
        raise UsageError(f"The table of people has no column {name!r}; it has: {known}.")
    numbers = numbers_of(list(cells))
    found = sorted({str(c).lower() for c in cells if c is not None})
    if numbers is not None and len(found) > 2:
        return Phenotype(name=name, values=numbers, binary=False, yes="a number")
    if len(found) != 2:
        shown = ", ".join(found[:6])
        raise UsageError(f"Column {name!r} holds {len(found)} values ({shown}); needed are two, or numbers.")
    yes = _yes_of(found)
    values = np.array([np.nan if c is None else float(str(c).lower() == yes) for c in cells])
    return Phenotype(name=name, values=values, binary=True, yes=yes)


def _yes_of(found: list[str]) -> str:
    """Which of two words is the yes.

    >>> _yes_of(["control", "patient"]), _yes_of(["0", "1"]), _yes_of(["a", "b"])
    ('patient', '1', 'b')
    """
    one, other = found
    return one if one in _YES or other in _NO else other


def exposures(group: Group) -> Iterator[tuple[str, str, Floats]]:
    """Name, unit and values (NaN: not known) of every exposure."""
    yield "tcs", "1 point of the Total Calcification Score", group.real["tcs"]
    whole = group.amounts[group.measure][:, -1]
    yield (
        "doubling",
        f"a doubling of 1 + total {group.measure.split('_')[0]} ({UNIT_OF[group.measure]})",
        np.log2(1 + whole),
    )
    for k, site in enumerate(group.sites[:-1]):
        count = group.count[:, k]
        yield f"any {site}", "any calcium there against none", np.where(np.isfinite(count), count > 0, np.nan)


def association_rows(group: Group, name: str) -> list[dict[str, Any]]:
    """A row for every exposure that can be asked."""
    phenotype, covariates = phenotype_of(group, name), covariates_of(group)
    rows = [
        row
        for exposure, unit, values in exposures(group)
        if (row := _row(group, phenotype, covariates, exposure, unit, values)) is not None
    ]
    p = [row["p"] for row in rows]
    return [
        {**row, "q": _known(q), "p_holm": _known(h)}
        for row, q, h in zip(rows, false_discovery(p), holm(p), strict=True)
    ]


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _row(
    group: Group, phenotype: Phenotype, covariates: Covariates, exposure: str, unit: str, values: Floats
) -> dict[str, Any] | None:
    use = group.first & np.isfinite(phenotype.values) & np.isfinite(values) & covariates.known
    x, y = values[use], phenotype.values[use]
    if not _can_be_asked(x, y, binary=phenotype.binary, yes_or_no=exposure.startswith("any ")):
        return None
    design = np.column_stack([np.ones(len(x)), x, covariates.columns[use]])
    fit = logistic(design, y) if phenotype.binary else linear(design, y)
    found = _estimate(fit, binary=phenotype.binary)
    return {
        "phenotype": phenotype.name,
        "outcome": phenotype.yes,
        "exposure": exposure,
        "unit": unit,
        "persons": len(x),
        "cases": int(y.sum()) if phenotype.binary else None,
        "left_out": int(group.first.sum()) - len(x),
        "measure": "odds_ratio" if phenotype.binary else "difference",
        "estimate": found.value,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "penalized": fit.penalized,
        "covariates": covariates.words(),
    }


def _can_be_asked(x: Floats, y: Floats, *, binary: bool, yes_or_no: bool) -> bool:
    if len(x) < 3 * LEAST or float(np.ptp(x)) == 0 or float(np.ptp(y)) == 0:
        return False
    rarer = min(y.sum(), len(y) - y.sum()) if binary else LEAST
    few = min((x > 0).sum(), (x == 0).sum()) if yes_or_no else LEAST
    return bool(rarer >= LEAST and few >= LEAST)


def _estimate(fit: Fit, *, binary: bool) -> Estimate:
    found = fit.estimate(1)
    if not binary:
        return found
    value, low, high = (math.exp(min(v, 700.0)) for v in (found.value, found.low, found.high))
    return Estimate(value=value, low=low, high=high, p=found.p)


def balance(group: Group, name: str) -> Counter[str]:
    """How many persons have each value of a column; ``n/a`` where it is not known."""
    cells = group.phenotypes[name.lower()][group.first]
    return Counter("n/a" if c is None else str(c) for c in cells)
