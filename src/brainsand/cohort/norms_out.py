"""The cohort's centile curves as a file that ``brainsand analyze --norms`` reads (``brainsand.norms/1``).

It says whom and what it was drawn from: persons, ages, sexes, slices, voltages, scanners, program and settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand import __version__
from brainsand.cohort.centiles import Curve
from brainsand.cohort.groupdata import Group

Floats = NDArray[np.float64]
SCHEMA = "brainsand.norms/1"
Curves = Mapping[tuple[str, str], Mapping[str, Curve]]
"""By site and measure, then by sex."""


def norms_record(group: Group, curves: Curves, *, population: str) -> dict[str, Any]:
    """The norms file as plain data."""
    rows = [_curve(site, measure, c) for (site, measure), own in curves.items() for c in own.values()]
    return {
        "schema": SCHEMA,
        "sample": _sample(group, population),
        "protocol": _protocol(group),
        "program": {"name": "brainsand", "version": __version__, "read_by": list(group.programs)},
        "method": "docs/methods/cohort.md#centile-curves",
        "curves": rows,
    }


def _sample(group: Group, population: str) -> dict[str, Any]:
    sex = group.text["sex"]
    return {
        "population": population,
        "persons": int(group.first.sum()),
        "scans": len(group.first),
        "age_years": _spread(group.real["age_years"]),
        "sex": {s: int((sex == s).sum()) for s in ("F", "M")}
        | {"not_known": int((~np.isin(sex.astype(str), ("F", "M"))).sum())},
    }


def _protocol(group: Group) -> dict[str, Any]:
    scanner = group.scanner
    names, counts = np.unique(scanner[scanner != np.array(None)].astype(str), return_counts=True)
    return {
        "thickness_mm": _spread(group.thickness_mm),
        "kvp": _spread(group.real["kvp"]),
        "scanners": {
            str(n): int(c)
            for n, c in sorted(zip(names, counts, strict=True), key=lambda r: (-r[1], r[0]))[:20]
        },
        "contrast": "none in the scans that count",
    }


def _spread(values: Floats) -> dict[str, float] | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    marks = {"least": 0, "p5": 0.05, "median": 0.5, "p95": 0.95, "most": 1}
    return {name: round(float(np.quantile(known, q)), 4) for name, q in marks.items()}


def _curve(site: str, measure: str, c: Curve) -> dict[str, Any]:
    return {
        "site": site,
        "measure": measure,
        "sex": c.sex,
        "scans": c.scans,
        "with_any": c.with_any,
        "ages": _rounded(c.ages),
        "log_odds_any": _rounded(c.log_odds),
        "log_odds_any_se": _rounded(c.errors("log_odds")),
        "log_mean": _rounded(c.log_mean),
        "log_mean_se": _rounded(c.errors("log_mean")),
        "log_sd": _rounded(c.log_sd),
        "residuals": _rounded(c.shape),
    }


def _rounded(values: Floats) -> list[float]:
    return [round(float(v), 5) + 0.0 for v in values]
