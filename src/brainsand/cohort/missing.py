"""What is not known, of how many scans, and whether those of whom it is not known differ in age or burden."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.dictionary import column
from brainsand.cohort.groupdata import Group

Bool = NDArray[np.bool_]
COLUMNS: Final = (
    column("what", "text", "The fact, or the site"),
    column("scans", "whole", "Scans that count"),
    column("not_known", "whole", "Of them, without it"),
    column("share", "real", "Their share, 0 to 1"),
    column("median_age_known", "real", "Median age where it is known", "year"),
    column("median_age_not_known", "real", "Median age where it is not", "year"),
    column("any_known", "real", "Share with any calcium where it is known"),
    column("any_not_known", "real", "Share with any calcium where it is not"),
)


def missing_rows(group: Group) -> list[dict[str, Any]]:
    """A row for every fact, phenotype and site, whether anything is missing or not."""
    facts: dict[str, Bool] = {
        "age": ~np.isfinite(group.real["age_years"]),
        "sex": ~np.isin(group.text["sex"].astype(str), ("F", "M")),
        "scanner": np.array([s is None for s in group.scanner], bool),
        "slice thickness": ~np.isfinite(group.thickness_mm),
        "tube voltage (mass)": ~np.isfinite(group.real["kvp"]),
        "Total Calcification Score": ~np.isfinite(group.real["tcs"]),
    }
    facts |= {name: np.array([c is None for c in cells], bool) for name, cells in group.phenotypes.items()}
    facts |= {f"image of {site}": ~np.isfinite(group.count[:, k]) for k, site in enumerate(group.sites)}
    return [_row(group, what, lacking) for what, lacking in facts.items()]


def _row(group: Group, what: str, lacking: Bool) -> dict[str, Any]:
    age, some = group.real["age_years"], group.real["deposits"] > 0
    return {
        "what": what,
        "scans": len(lacking),
        "not_known": int(lacking.sum()),
        "share": float(lacking.mean()),
        "median_age_known": _median(age[~lacking]),
        "median_age_not_known": _median(age[lacking]),
        "any_known": float(some[~lacking].mean()) if (~lacking).any() else None,
        "any_not_known": float(some[lacking].mean()) if lacking.any() else None,
    }


def _median(values: NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
