"""What else moves with burden: age, sex, scanner, slice thickness, as columns of a regression.

Age stands with its square, in decades from 50; a scanner has a column where at least ten scans are its own, the
rest are one; a covariate that does not vary, or is not known of half the scans, is left out and told. Who lacks one
that is kept is left out of the model, and counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.groupdata import Group

Floats = NDArray[np.float64]
Bool = NDArray[np.bool_]
OWN_COLUMN_FROM: Final = 10
KNOWN_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covariates:
    """``columns`` (n, k) without a constant, ``names`` (k), ``known`` (n): none is missing; ``left_out`` in words."""

    columns: Floats
    names: tuple[str, ...]
    known: Bool
    left_out: tuple[str, ...]

    def words(self) -> str:
        """For a caption."""
        used = ", ".join(dict.fromkeys(n.split("=")[0] for n in self.names)) or "nothing"
        return used + (f" (left out: {'; '.join(self.left_out)})" if self.left_out else "")


def covariates_of(group: Group, *, without: tuple[str, ...] = ()) -> Covariates:
    """The covariates of every scan; those named in ``without`` are not used."""
    n = len(group.first)
    blocks: list[tuple[str, Floats, Bool]] = []
    left_out: list[str] = []
    for name, (values, known) in _candidates(group).items():
        if name in without:
            continue
        why = _useless(values, known)
        if why:
            left_out.append(f"{name} {why}")
        else:
            blocks.append((name, values, known))
    names = [f"{name}={k}" for name, values, _ in blocks for k in range(values.shape[1])]
    columns = np.hstack([np.where(k[:, None], v, 0.0) for _, v, k in blocks]) if blocks else np.zeros((n, 0))
    known = np.all([k for _, _, k in blocks], axis=0) if blocks else np.ones(n, bool)
    return Covariates(columns=columns, names=tuple(names), known=known, left_out=tuple(left_out))


def _candidates(group: Group) -> dict[str, tuple[Floats, Bool]]:
    age = (group.real["age_years"] - 50) / 10
    thick = (
        group.thickness_mm - np.nanmedian(group.thickness_mm)
        if np.isfinite(group.thickness_mm).any()
        else (group.thickness_mm)
    )
    sex = group.text["sex"].astype(str)
    scanner, with_scanner = _scanners(group.scanner)
    return {
        "age": (np.column_stack([age, age**2]), np.isfinite(age)),
        "sex": ((sex == "M").astype(float)[:, None], np.isin(sex, ("F", "M"))),
        "scanner": (scanner, with_scanner),
        "slice thickness": (thick[:, None], np.isfinite(thick)),
    }


def _scanners(names: NDArray[np.object_]) -> tuple[Floats, Bool]:
    counts = Counter(n for n in names if n is not None)
    own = sorted(n for n, c in counts.items() if c >= OWN_COLUMN_FROM)
    usual = max(own, key=lambda n: (counts[n], n), default=None)
    others = [n for n in own if n != usual]
    columns = [np.array([n == o for n in names], float) for o in others]
    rare = np.array([n is not None and n not in own for n in names], float)
    if usual is not None and rare.sum() >= OWN_COLUMN_FROM:
        columns.append(rare)
    known = np.array([n is not None for n in names], bool)
    return (np.column_stack(columns) if columns else np.zeros((len(names), 0))), known


def _useless(values: Floats, known: Bool) -> str | None:
    if known.mean() < KNOWN_SHARE:
        return f"is not known of {1 - known.mean():.0%} of scans"
    if values.shape[1] == 0 or float(np.ptp(values[known], axis=0).max()) == 0:
        return "is the same in all"
    return None


def dummies(levels: list[str], cells: Any) -> Floats:
    """A column for each level but the first."""
    return np.column_stack([np.array([c == level for c in cells], float) for level in levels[1:]])
