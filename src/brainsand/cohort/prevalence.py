"""How common is calcium at each site, and how much of it is there, by age and sex? One scan a person, the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.dictionary import column
from brainsand.cohort.groupdata import Group
from brainsand.cohort.intervals import clopper_pearson, wilson

Bool = NDArray[np.bool_]
BANDS: Final = ((0, 18), (18, 30), (30, 40), (40, 50), (50, 60), (60, 70), (70, 80), (80, 130))
ALL_AGES: Final = (0, 130)
QUARTILES: Final = (25, 50, 75, 90)


COLUMNS: Final = (
    column("site", "text", "The site, both sides together; total is the whole brain"),
    column("age_from", "whole", "Youngest age of the band", "year"),
    column("age_to", "whole", "Age the band ends before", "year"),
    column("sex", "text", "F, M or all"),
    column("persons", "whole", "Persons whose scan shows the site (first scan of each)"),
    column("with_any", "whole", "Of them, with any calcium there"),
    column("share", "real", "Their share, 0 to 1"),
    column("wilson_low", "real", "Lower end of Wilson's 95 % interval"),
    column("wilson_high", "real", "Upper end of it"),
    column("exact_low", "real", "Lower end of Clopper and Pearson's interval"),
    column("exact_high", "real", "Upper end of it"),
    *(
        column(f"{measure}_p{q}", "real", f"{q} % of those with any have no more", unit)
        for measure, unit in (("mass_mg", "mg"), ("volume_mm3", "mm3"))
        for q in QUARTILES
    ),
    column("mass_mg_mean", "real", "Mean of all, those without included", "mg"),
)


def prevalence_rows(group: Group) -> list[dict[str, Any]]:
    """A row for every site, band of ages and sex that somebody is in."""
    return [row for band, sex, of in _strata(group) for row in _rows(group, band, sex, of)]


def _strata(group: Group) -> Iterator[tuple[tuple[int, int], str, Bool]]:
    age, sex = group.real["age_years"], group.text["sex"]
    for band in (ALL_AGES, *BANDS):
        within = np.ones(len(age), bool) if band == ALL_AGES else (age >= band[0]) & (age < band[1])
        for who in ("all", "F", "M"):
            own = group.first & within & ((sex == who) if who != "all" else True)
            if own.any():
                yield band, who, own


def _rows(group: Group, band: tuple[int, int], sex: str, own: Bool) -> Iterator[dict[str, Any]]:
    for k, site in enumerate(group.sites):
        count = group.count[own, k]
        shown = np.isfinite(count)
        if not shown.any():
            continue
        n, some = int(shown.sum()), int((count > 0).sum())
        near, exact = wilson(some, n), clopper_pearson(some, n)
        row: dict[str, Any] = {
            "site": site, "age_from": band[0], "age_to": band[1], "sex": sex, "persons": n, "with_any": some,
            "share": near.value, "wilson_low": near.low, "wilson_high": near.high,
            "exact_low": exact.low, "exact_high": exact.high,
        }  # fmt: skip
        for measure in group.amounts:
            row |= _spread(group.amounts[measure][own, k], measure)
        yield row


def _spread(amount: NDArray[np.float64], measure: str) -> dict[str, float | None]:
    known = amount[np.isfinite(amount)]
    some = known[known > 0]
    marks = np.percentile(some, QUARTILES) if len(some) else [None] * len(QUARTILES)
    out = {f"{measure}_p{q}": None if v is None else float(v) for q, v in zip(QUARTILES, marks, strict=True)}
    return out | (
        {"mass_mg_mean": float(known.mean()) if len(known) else None} if measure == "mass_mg" else {}
    )
