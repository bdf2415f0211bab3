"""Do groups of people differ in calcium? Shares, amounts and how large the difference is, site by site.

Each group is held against the largest. Difference of shares with Newcombe's interval; Cliff's delta of the amounts
(zeros included; free of any scale) with its interval; odds ratio of any calcium with age, sex, scanner and slice
thickness held equal; q over the sites. One scan a person, the first.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.covariates import Covariates, covariates_of
from brainsand.cohort.dictionary import column
from brainsand.cohort.groupdata import Group
from brainsand.cohort.intervals import cliffs_delta, false_discovery, share_difference
from brainsand.cohort.regress import logistic
from brainsand.errors import UsageError

Floats = NDArray[np.float64]
Bool = NDArray[np.bool_]
MOST_GROUPS: Final = 8
LEAST: Final = 10


COLUMNS: Final = (
    column("column", "text", "The column of the table of people"),
    column("group", "text", "The group"),
    column("against", "text", "The group it is held against: the largest"),
    column("site", "text", "The site; total is the whole brain"),
    column("persons", "whole", "Persons of the group"),
    column("with_any", "whole", "Of them, with any calcium there"),
    column("persons_against", "whole", "Persons of the other group"),
    column("with_any_against", "whole", "Of them, with any calcium there"),
    column("difference", "real", "Share of the group less share of the other"),
    column("difference_low", "real", "Lower end of its 95 % interval (Newcombe)"),
    column("difference_high", "real", "Upper end of it"),
    column("delta", "real", "Cliff's delta of the amounts, -1 to 1"),
    column("delta_low", "real", "Lower end of its 95 % interval"),
    column("delta_high", "real", "Upper end of it"),
    column("p", "real", "Mann and Whitney's p of the amounts"),
    column("q", "real", "Benjamini and Hochberg's q over sites and groups of this column"),
    column("odds_ratio", "real", "Odds of any calcium against the other group, covariates held equal"),
    column("odds_low", "real", "Lower end of its 95 % interval"),
    column("odds_high", "real", "Upper end of it"),
    column("covariates", "text", "What is held equal"),
)


def comparison_rows(group: Group, name: str) -> list[dict[str, Any]]:
    """A row for every group but the largest, and every site.

    Raises
    ------
    UsageError
        There is no such column, or it does not part people into two to eight groups.
    """
    cells = _cells(group, name)
    counts = Counter(c for c in cells[group.first] if c is not None)
    levels = sorted(counts, key=lambda level: (-counts[level], level))
    if not 2 <= len(levels) <= MOST_GROUPS:
        raise UsageError(
            f"--compare {name}: the column holds {len(levels)} groups; needed are 2 to {MOST_GROUPS}."
        )
    covariates = covariates_of(
        group, without=("scanner",) if name.lower() in ("scanner", "manufacturer") else ()
    )
    rows = [
        _row(group, name, level, levels[0], cells, k, covariates)
        for level in levels[1:]
        for k in range(len(group.sites))
    ]
    # Where nobody of either holds any there is no question, and none to share the q with.
    rows = [
        r for r in rows if r["persons"] and r["persons_against"] and r["with_any"] + r["with_any_against"]
    ]
    q = false_discovery([row["p"] if row["p"] is not None else np.nan for row in rows])
    return [{**row, "q": float(v) if math.isfinite(v) else None} for row, v in zip(rows, q, strict=True)]


def _cells(group: Group, name: str) -> NDArray[np.object_]:
    own = {"scanner": group.scanner, "manufacturer": group.text["manufacturer"], "sex": group.text["sex"]}
    found = group.phenotypes.get(name.lower(), own.get(name.lower()))
    if found is None:
        known = ", ".join([*group.phenotypes, *own])
        raise UsageError(f"--compare {name}: there is no such column; there is: {known}.")
    return found


def _row(
    group: Group,
    name: str,
    level: str,
    other: str,
    cells: NDArray[np.object_],
    k: int,
    covariates: Covariates,
) -> dict[str, Any]:
    count, amount = group.count[:, k], group.amounts[group.measure][:, k]
    shown = group.first & np.isfinite(count)
    a, b = shown & (cells == level), shown & (cells == other)
    some_a, some_b = int((count[a] > 0).sum()), int((count[b] > 0).sum())
    row: dict[str, Any] = {
        "column": name, "group": level, "against": other, "site": group.sites[k],
        "persons": int(a.sum()), "with_any": some_a, "persons_against": int(b.sum()), "with_any_against": some_b,
        "p": None, "covariates": covariates.words(),
    }  # fmt: skip
    if not a.any() or not b.any():
        return row
    d = share_difference(some_a, int(a.sum()), some_b, int(b.sum()))
    delta = cliffs_delta(amount[a & np.isfinite(amount)], amount[b & np.isfinite(amount)])
    row |= {"difference": d.value, "difference_low": d.low, "difference_high": d.high}
    row |= {"delta": _known(delta.value), "delta_low": _known(delta.low), "delta_high": _known(delta.high)}
    return row | {"p": delta.p} | _odds(count, a, b, covariates)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _odds(count: Floats, a: Bool, b: Bool, covariates: Covariates) -> dict[str, float | None]:
    use = (a | b) & covariates.known
    some = (count[use] > 0).astype(float)
    if min(some.sum(), len(some) - some.sum()) < LEAST or not (a & use).any() or not (b & use).any():
        return {"odds_ratio": None, "odds_low": None, "odds_high": None}
    design = np.column_stack([np.ones(len(some)), a[use].astype(float), covariates.columns[use]])
    found = logistic(design, some).estimate(1)
    return {
        "odds_ratio": math.exp(found.value),
        "odds_low": math.exp(found.low),
        "odds_high": math.exp(min(found.high, 700.0)),
    }
