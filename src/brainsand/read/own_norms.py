"""The user's own norms (``brainsand.norms/1``, written by ``brainsand cohort ... group``), checked on the way in."""

from __future__ import annotations

import hashlib
import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from brainsand.errors import UsageError
from brainsand.model.own_norms import OwnCurve, OwnNorms

SCHEMA: Final = "brainsand.norms/1"
_ROWS: Final = ("ages", "log_odds_any", "log_odds_any_se", "log_mean", "log_mean_se", "log_sd")


def read_own_norms(path: Path) -> OwnNorms:
    """The curves of a norms file.

    Raises
    ------
    UsageError
        The file cannot be read, is of another schema, or a curve is not whole: numbers missing, ages or quantiles
        that do not rise, a deviation that is not above 0.
    """
    try:
        data = path.read_bytes()
        record = json.loads(data)
    except (OSError, ValueError) as fault:
        raise UsageError(f"--norms {path} cannot be read: {fault}") from fault
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        found = record.get("schema") if isinstance(record, dict) else type(record).__name__
        raise UsageError(f"--norms {path} is no norms file: it says {found!r}, needed is {SCHEMA!r}.")
    try:
        return _norms(record, name=path.name, sha256=hashlib.sha256(data).hexdigest())
    except (KeyError, TypeError, ValueError) as fault:
        raise UsageError(
            f"--norms {path} cannot be used: {fault!r}. Make it anew from the cohort."
        ) from fault


def _norms(record: dict[str, Any], *, name: str, sha256: str) -> OwnNorms:
    curves = [_curve(raw) for raw in record["curves"]]
    sample, thickness = record["sample"], record["protocol"].get("thickness_mm")
    return OwnNorms(
        name=name,
        sha256=sha256,
        population=str(sample["population"]),
        persons=int(sample["persons"]),
        scans=int(sample["scans"]),
        thickness_mm=None if thickness is None else (float(thickness["p5"]), float(thickness["p95"])),
        curves={(c.site, c.measure, c.sex): c for c in curves},
        program=dict(record["program"]),
    )


def _curve(raw: dict[str, Any]) -> OwnCurve:
    rows = {name: tuple(float(v) for v in raw[name]) for name in (*_ROWS, "residuals")}
    words = f"{raw['site']}, {raw['measure']}, {raw['sex']}"
    if len({len(rows[name]) for name in _ROWS}) != 1 or len(rows["ages"]) < 2 or len(rows["residuals"]) < 2:
        raise ValueError(f"{words}: its rows are not of one length")
    if not all(math.isfinite(v) for row in rows.values() for v in row):
        raise ValueError(f"{words}: a number is missing")
    rising = all(a < b for a, b in pairwise(rows["ages"])) and all(
        a <= b for a, b in pairwise(rows["residuals"])
    )
    if not rising or min(rows["log_sd"]) <= 0:
        raise ValueError(f"{words}: ages and residuals must rise, deviations be above 0")
    return OwnCurve(site=str(raw["site"]), measure=str(raw["measure"]), sex=str(raw["sex"]), **rows)
