"""How fast, over three scans or more? The straight line through the amounts by least squares, weighed by their doubt.

Misleads where growth is not straight; the amounts stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from brainsand.model.comparison import Amount, Trend

FEWEST: int = 3


def trend_of(amounts: Sequence[Amount], years: Sequence[float | None], *, share_pm: float) -> Trend | None:
    """The slope with its deviation; None of fewer than three scans, without dates, or where an amount is missing.

    ``share_pm`` is what each scan's protocol adds to its amount, as a share.

    Examples
    --------
    >>> scans = [Amount(ids=(1,), mass_mg=m, mass_pm_mg=1.0) for m in (10.0, 12.0, 14.0)]
    >>> line = trend_of(scans, (0.0, 1.0, 2.0), share_pm=0.0)
    >>> round(line.per_year, 6), round(line.per_year_pm, 4), line.unit
    (2.0, 0.7071, 'mg')
    """
    known = [t for t in years if t is not None]
    if len(amounts) < FEWEST or len(known) < len(amounts) or max(known) <= min(known):
        return None
    for unit, pairs in (
        ("mg", [(a.mass_mg, a.mass_pm_mg) for a in amounts]),
        ("HU mm3", [(a.excess_hu_mm3, a.excess_pm_hu_mm3) for a in amounts]),
    ):
        values = [(v, pm) for v, pm in pairs if v is not None and pm is not None]
        if len(values) == len(amounts):
            slope, pm = _slope(np.array(known), np.array(values), share_pm)
            return Trend(per_year=slope, per_year_pm=pm, unit=unit)
    return None


def _slope(
    t: np.ndarray[tuple[int], np.dtype[np.float64]],
    values: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    share_pm: float,
) -> tuple[float, float]:
    variance = values[:, 1] ** 2 + (share_pm * np.abs(values[:, 0]).mean()) ** 2
    weight = 1 / np.maximum(variance, 1e-12)
    away = t - (weight @ t) / weight.sum()
    spread = float(weight @ away**2)
    return float(weight @ (away * values[:, 0]) / spread), float(1 / np.sqrt(spread))
