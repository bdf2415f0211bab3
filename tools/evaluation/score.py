"""How good, and how sure is that? Top-k with intervals clustered by paper, Brier score, calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
BINS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One patient ranked: ``rank`` of the best right group (None: not in the list), of the right condition, and the
    probabilities of the group put first and of the right groups together. ``treatable``: the truth is."""

    case: str
    paper: str
    group_rank: int | None
    condition_rank: int | None
    first_group: str
    first_chance: float
    true_chance: float
    brier: float
    treatable: bool = False
    true_groups: tuple[str, ...] = ()


def share_within(outcomes: Sequence[Outcome], k: int, *, of: str = "group_rank") -> float:
    """Share of patients whose truth stands among the first k.

    >>> one = Outcome(case="a", paper="p", group_rank=2, condition_rank=None, first_group="x", first_chance=0.5,
    ...               true_chance=0.3, brier=0.7)
    >>> share_within([one], 1), share_within([one], 3)
    (0.0, 1.0)
    """
    ranks = [getattr(o, of) for o in outcomes]
    return float(np.mean([r is not None and r <= k for r in ranks])) if ranks else float("nan")


def interval(
    outcomes: Sequence[Outcome], figure: Callable[[Sequence[Outcome]], float]
) -> tuple[float, float]:
    """95 % interval by bootstrap over papers (patients of one paper are drawn together)."""
    papers: dict[str, list[Outcome]] = {}
    for o in outcomes:
        papers.setdefault(o.paper, []).append(o)
    names = sorted(papers)
    rng = np.random.default_rng(0)
    drawn = [
        figure([o for i in rng.integers(len(names), size=len(names)) for o in papers[names[i]]])
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def calibration(outcomes: Sequence[Outcome], bins: int = BINS) -> list[tuple[int, float, float]]:
    """Reliability of the first group's probability: patients, mean probability, share right, in bins of equal count."""
    rows = sorted((o.first_chance, o.group_rank == 1) for o in outcomes)
    parts = np.array_split(np.array(rows, float).reshape(-1, 2), bins)
    return [(len(p), float(p[:, 0].mean()), float(p[:, 1].mean())) for p in parts if len(p)]


def expected_calibration_error(outcomes: Sequence[Outcome], bins: int = BINS) -> float:
    """Mean distance of probability and share right over the bins, weighted by patients."""
    rows = calibration(outcomes, bins)
    whole = sum(n for n, _, _ in rows)
    return float(sum(n * abs(chance - right) for n, chance, right in rows) / whole)


def brier_of(groups: NDArray[np.float64], right: Sequence[int]) -> float:
    """Squared distance of the groups' probabilities from the truth, 0 to 2 (several right answers share it).

    >>> brier_of(np.array([1.0, 0.0]), [0]), brier_of(np.array([0.5, 0.5]), [0])
    (0.0, 0.5)
    """
    truth = np.zeros_like(groups)
    if len(right):
        truth[list(right)] = groups[list(right)] / max(groups[list(right)].sum(), 1e-12)
    return float(((groups - truth) ** 2).sum())
