"""How much of the calcium is slice thickness? And the amounts as slices of one thickness would have given them.

Within the cohort, the logarithm of the amount (where there is some) and the log odds of any are each put on slice
thickness, with age, sex and scanner held equal: the slope a millimetre is what thickness does. Amounts are carried
to the reference thickness by the slope of the logarithm. What thick slices did not show cannot be brought back, so
the shares are given a second time above a floor that all thicknesses see. Where thickness goes with a scanner or a
place, the slope is theirs as well: how far the others tell thickness is told, and above nine tenths scanners are
not held equal at all.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.covariates import covariates_of
from brainsand.cohort.dictionary import column
from brainsand.cohort.groupdata import Group
from brainsand.cohort.intervals import wilson
from brainsand.cohort.regress import linear, logistic

Floats = NDArray[np.float64]
Bool = NDArray[np.bool_]
LEAST: Final = 50
PARTED: Final = 0.9
"""Where scanner, age and sex tell more of thickness than this, scanners are not held equal: the slope is of both."""


COLUMNS: Final = (
    column("site", "text", "The site; total is the whole brain"),
    column("with_any", "whole", "Scans with calcium there that the slope of the amount is drawn from"),
    column("amount_per_mm", "real", "Factor on the amount for each mm of slice thickness"),
    column("amount_low", "real", "Lower end of its 95 % interval"),
    column("amount_high", "real", "Upper end of it"),
    column("odds_per_mm", "real", "Factor on the odds of any calcium for each mm"),
    column("odds_low", "real", "Lower end of its 95 % interval"),
    column("odds_high", "real", "Upper end of it"),
    column("reference_mm", "real", "Thickness the amounts are carried to", "mm"),
    column(
        "floor", "real", "Amount that slices of every thickness see (5th centile of the thickest quarter's)"
    ),
    column("share_above_floor", "real", "Share of persons above the floor"),
    column("share_low", "real", "Lower end of its 95 % interval (Wilson)"),
    column("share_high", "real", "Upper end of it"),
    column(
        "of_other_covariates", "real", "How much of thickness age, sex and scanner tell (R squared, 0 to 1)"
    ),
    column(
        "scanner_held_equal",
        "yes",
        "false where scanner and thickness go together too closely to be told apart",
    ),
)


def harmonization(group: Group, *, reference_mm: float | None) -> tuple[list[dict[str, Any]], Floats | None]:
    """A row a site, and the amounts (scans, sites) carried to the reference; None where thickness does not vary."""
    thick = group.thickness_mm
    known = np.isfinite(thick)
    if known.sum() < LEAST or float(np.ptp(thick[known])) < 0.1:
        return [], None
    reference = float(np.median(thick[known])) if reference_mm is None else reference_mm
    design, use, parted = _design(group, thick - reference, known)
    if parted > PARTED:
        design, use, _ = _design(group, thick - reference, known, without=("scanner",))
    rows, carried = [], group.amounts[group.measure].copy()
    for k, site in enumerate(group.sites):
        row, slope = _row(group, k, design, use)
        if row is not None:
            rows.append(
                {
                    "site": site,
                    **row,
                    "reference_mm": reference,
                    "of_other_covariates": parted,
                    "scanner_held_equal": parted <= PARTED,
                }
            )
            carried[:, k] = np.where(
                known, carried[:, k] * np.exp(-slope * (np.where(known, thick, 0) - reference)), np.nan
            )
    return rows, carried


def _design(
    group: Group, thick: Floats, known: Bool, *, without: tuple[str, ...] = ()
) -> tuple[Floats, Bool, float]:
    """Constant, thickness and the other covariates; who has all; how much of thickness the others tell."""
    others = covariates_of(group, without=("slice thickness", *without))
    use = known & others.known
    design = np.column_stack([np.ones(len(thick)), np.where(known, thick, 0.0), others.columns])
    return design, use, _told(thick[use], design[use][:, [0, *range(2, design.shape[1])]])


def _told(values: Floats, design: Floats) -> float:
    """R squared of one covariate on the others."""
    residual = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return float(1 - residual.var() / values.var()) if values.var() > 0 else 1.0


def _row(group: Group, k: int, design: Floats, use: Bool) -> tuple[dict[str, Any] | None, float]:
    amount, count = group.amounts[group.measure][:, k], group.count[:, k]
    own = use & np.isfinite(amount)
    some = own & (amount > 0)
    if some.sum() < LEAST:
        return None, 0.0
    e = linear(design[some], np.log(amount[some])).estimate(1)
    row = {"with_any": int(some.sum()), **_factor("amount_per_mm", "amount", e)}
    shown = use & np.isfinite(count)
    any_ = (count[shown] > 0).astype(float)
    if min(any_.sum(), len(any_) - any_.sum()) >= 10:
        row |= _factor("odds_per_mm", "odds", logistic(design[shown], any_).estimate(1))
    return row | _above_floor(group, amount, some), e.value


def _factor(name: str, stem: str, e: Any) -> dict[str, float]:
    return {
        name: math.exp(e.value),
        f"{stem}_low": math.exp(e.low),
        f"{stem}_high": math.exp(min(e.high, 700)),
    }


def _above_floor(group: Group, amount: Floats, some: Bool) -> dict[str, float]:
    thick = group.thickness_mm
    floor = float(np.percentile(amount[some & (thick >= np.quantile(thick[some], 0.75))], 5))
    shown = group.first & np.isfinite(amount)
    e = wilson(int((amount[shown] >= floor).sum()), int(shown.sum()))
    return {"floor": floor, "share_above_floor": e.value, "share_low": e.low, "share_high": e.high}
