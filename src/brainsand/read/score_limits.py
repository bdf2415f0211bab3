"""The user's own table of what is ordinary by age, for the Total Calcification Score."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from brainsand.errors import UsageError

Limit = tuple[float, float, float]


def read_score_limits(path: Path) -> tuple[Limit, ...]:
    """Rows of age from, age to (years) and the largest ordinary total (0 to 80), from YAML or JSON.

    The file is a list of mappings, ages from and up to but not including ``age_to``::

        - {age_from: 0, age_to: 40, largest: 3}
        - {age_from: 40, age_to: 60, largest: 8}

    Raises
    ------
    UsageError
        The file cannot be read, a row lacks a number, or ages or totals are out of range or overlap.
    """
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise UsageError(f"{path} cannot be read as a table of limits: {fault}") from fault
    if not isinstance(rows, list) or not rows:
        raise UsageError(
            f"{path} holds no list of rows; a row looks like {{age_from: 0, age_to: 40, largest: 3}}."
        )
    limits = sorted(_limit(row, path) for row in rows)
    for one, other in pairwise(limits):
        if other[0] < one[1]:
            raise UsageError(f"{path}: ages {one[0]:g} to {one[1]:g} and from {other[0]:g} overlap.")
    return tuple(limits)


def _limit(row: Any, path: Path) -> Limit:
    values = [row.get(key) if isinstance(row, dict) else None for key in ("age_from", "age_to", "largest")]
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        raise UsageError(f"{path}: row {row!r} needs the numbers age_from, age_to and largest.")
    low, high, top = (float(v) for v in values if v is not None)
    if not (0 <= low < high and 0 <= top <= 80):
        raise UsageError(f"{path}: row {row!r} needs 0 <= age_from < age_to and largest from 0 to 80.")
    return low, high, top
