"""How often does calcium of the hemispheres lie in which lobe, condition by condition?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.frequency import estimate
from brainsand.model.knowledge import Condition
from brainsand.model.sites import LOBES

Floats = NDArray[np.float64]

SOURCE: Final = "PMC1907421"
#: The lobes' shares of the hemispheres: gliomas by lobe (frontal 40, parietal 14, temporal 29, occipital 3 %) over
#: tumours by volume (4.5, 2.3, 4.8, 1), both of PMC1907421; the insula by an expert's word.
BY_VOLUME: Final = {"frontal": 0.36, "parietal": 0.24, "temporal": 0.24, "occipital": 0.12, "insular": 0.04}
ANY_LOBE: Final = 0.2
LEAST_REST: Final = 0.05
"""Share of cases that lie by volume only; least chance of the lobes no source names together (expert)."""


def lobe_shares(conditions: Sequence[Condition], leave_out: Collection[str] = ()) -> Floats:
    """Share of each lobe, (condition, lobe in the order of ``LOBES``), each row summing to 1."""
    return np.array([_shares(c, leave_out) for c in conditions])


def _shares(condition: Condition, leave_out: Collection[str]) -> list[float]:
    found = {lobe: estimate(facts, leave_out=leave_out) for lobe, facts in condition.lobes.items()}
    known = {lobe: e.mean for lobe, e in found.items() if e is not None}
    if not known:
        return [BY_VOLUME[lobe] for lobe in LOBES]
    others = sum(share for lobe, share in BY_VOLUME.items() if lobe not in known)
    rest = max(LEAST_REST, 1 - sum(known.values())) if others else 0.0
    shares = np.array([known.get(lobe, rest * BY_VOLUME[lobe] / (others or 1.0)) for lobe in LOBES])
    volume = np.array([BY_VOLUME[lobe] for lobe in LOBES])
    return list((1 - ANY_LOBE) * shares / shares.sum() + ANY_LOBE * volume)
