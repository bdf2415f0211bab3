"""Rows picked, and numbers as words: what the tables share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from projections.study import Row


def kept(rows: Iterable[Row], **wanted: object) -> list[Row]:
    return [r for r in rows if all(getattr(r, name) == value for name, value in wanted.items())]


def percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{100 * share:+.0f}"


def median_range(shares: Sequence[float]) -> str:
    """Median and range in %.

    >>> median_range([0.01, -0.02, 0.04])
    '+1.0 (-2.0 to +4.0)'
    """
    if not shares:
        return ""
    return f"{100 * np.median(shares):+.1f} ({100 * min(shares):+.1f} to {100 * max(shares):+.1f})"
