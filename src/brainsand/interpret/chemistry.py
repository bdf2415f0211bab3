"""What do the laboratory results say, weighed jointly?

A condition has signatures: results that go together (untreated, treated, early). The chance of all results at once is
a sum over its signatures, so calcium, phosphate and parathyroid hormone speak as one witness and not as three. An
analyte that no signature of a condition names comes as often as among others who get a head CT. Unrelated analytes
(a lactate beside a calcium) are weighed apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.dials import Dials
from brainsand.interpret.observed import Observed
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Ground, Weight, basis_of
from brainsand.model.knowledge import Condition

Floats = NDArray[np.float64]

#: Analytes of calcium metabolism: one joint reading.
MINERAL: Final = (
    "calcium", "ionized_calcium", "phosphate", "pth", "magnesium", "vitamin_d_25oh", "vitamin_d_1_25oh", "alp",
    "creatinine",
)  # fmt: skip
USUAL: Final[Mapping[str, float]] = {
    "low": 0.05,
    "normal": 0.9,
    "high": 0.05,
    "positive": 0.05,
    "negative": 0.95,
}
"""How common a result is where the vocabulary does not say (expert)."""
LEAST_BASE: Final = 0.003
MOST_LOG: Final = float(np.log(1000.0))
"""The most one set of results may weigh either way, as a log ratio (expert)."""


def weigh_labs(table: Table, seen: Observed, words: Mapping[str, str], dials: Dials) -> list[Weight]:
    """The weights of all results: minerals as one, every other analyte by itself."""
    minerals = tuple(name for name in seen.flags if name in MINERAL)
    bundles = ([minerals] if minerals else []) + [(name,) for name in seen.flags if name not in MINERAL]
    found = [_bundle(table, bundle, seen.flags, words, dials) for bundle in bundles]
    return [w for w in found if np.abs(w.log_ratio).max() > 1e-9]


def base_chance(table: Table, analyte: str, flag: str) -> float:
    """How often a result is so in others who get a head CT."""
    known = table.knowledge.analytes.get(analyte)
    share = known.usual_share(flag) if known is not None and known.usual else USUAL.get(flag, 0.05)
    return max(LEAST_BASE, share)


def bundle_chances(table: Table, bundle: Sequence[str], flags: Mapping[str, str], dials: Dials) -> Floats:
    """Chance of these results together in each column."""
    usual = {name: {flag: base_chance(table, name, flag) for flag in USUAL} for name in bundle}
    base = float(np.prod([usual[name][flags[name]] for name in bundle]))
    return np.array([*(_joint(usual, c, bundle, flags, base, dials) for c in table.conditions), base])


def _bundle(
    table: Table, bundle: tuple[str, ...], flags: Mapping[str, str], words: Mapping[str, str], dials: Dials
) -> Weight:
    chances = bundle_chances(table, bundle, flags, dials)
    said = ", ".join(words.get(name, f"{name.replace('_', ' ')} {flags[name]}") for name in bundle)
    return Weight(
        about="lab",
        finding="labs:" + "+".join(f"{name}={flags[name]}" for name in bundle),
        words=said,
        log_ratio=_bounded(np.log(chances / chances[-1])),
        ground=partial(_ground, table, bundle),
    )


def _bounded(log_ratios: Floats) -> Floats:
    """No more than the most either way; those in favour keep their proportions, so that the best still stands out."""
    most = max(float(log_ratios.max()), MOST_LOG)
    return np.asarray(
        np.where(log_ratios > 0, log_ratios * MOST_LOG / most, np.maximum(log_ratios, -MOST_LOG))
    )


def _joint(
    usual: Mapping[str, Mapping[str, float]],
    condition: Condition,
    bundle: Sequence[str],
    flags: Mapping[str, str],
    base: float,
    dials: Dials,
) -> float:
    signatures = [s for s in condition.labs if any(name in s.results for name in bundle)]
    if not signatures:
        return base
    shares = [s.share.middle for s in signatures]
    whole = sum(shares)
    total = min(0.97, whole)
    chances = [_of_signature(usual, s.results, bundle, flags, dials) for s in signatures]
    mixed = sum(share / whole * chance for share, chance in zip(shares, chances, strict=True))
    return mixed * total + (1 - total) * base


def _of_signature(
    usual: Mapping[str, Mapping[str, float]],
    results: Mapping[str, Sequence[str]],
    bundle: Sequence[str],
    flags: Mapping[str, str],
    dials: Dials,
) -> float:
    chance = 1.0
    for name in bundle:
        base, allowed = usual[name][flags[name]], results.get(name)
        if allowed:
            own = _by_order(tuple(allowed)).get(flags[name], 0.0)
            chance *= dials.lab_truth * own + (1 - dials.lab_truth) * base
        else:
            chance *= base
    return chance


@cache
def _by_order(allowed: tuple[str, ...]) -> Mapping[str, float]:
    """Chance of each result of a signature: the first named is the typical one, each further half as likely.

    >>> {flag: round(share, 2) for flag, share in _by_order(("high", "normal")).items()}
    {'high': 0.67, 'normal': 0.33}
    """
    shares = 0.5 ** np.arange(len(allowed))
    return dict(zip(allowed, map(float, shares / shares.sum()), strict=True))


def _ground(table: Table, bundle: tuple[str, ...], column: int) -> Ground:
    if column >= len(table.conditions):
        return Ground(basis="expert", frequency="as in others")
    named = [s for s in table.conditions[column].labs if any(name in s.results for name in bundle)]
    if not named:
        return Ground(basis="expert", frequency="no signature of this condition names it: neutral")
    share = named[0].share
    words = "; ".join(
        f"{s.name}: " + ", ".join(f"{n.replace('_', ' ')} {' or '.join(s.results[n])}" for n in s.results)
        for s in named
    )
    return Ground(basis=basis_of(share.trust), frequency=words, source=share.source)
