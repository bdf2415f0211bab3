"""Deposits made by hand, and the norms as they ship."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from brainsand.model.finding import Deposit, KindReason
from brainsand.read.knowledge import load_norms


@pytest.fixture(scope="session")
def norms() -> dict[str, Any]:
    return load_norms()


def made(
    site: str, side: str, *, kind: str = "ectopic", volume: float = 40.0, rule: str = "r", **more: Any
) -> Deposit:
    """A deposit of one site and side; everything else ordinary."""
    facts: dict[str, Any] = {
        "id": 1,
        "lobe": None,
        "site_probabilities": {site: 1.0},
        "kind_reasons": (KindReason(rule=rule, words=f"because of {rule}", source="a paper"),),
        "centre_lps_mm": (0.0, 0.0, 0.0),
        "slices": (1, 2),
        "voxels": 10,
        "volume_mm3": volume,
        "volume_pm_mm3": 1.0,
        "threshold_volume_mm3": volume,
        "excess_hu_mm3": volume * 100,
        "mass_mg": None,
        "mass_pm_mg": None,
        "mean_hu": 150.0,
        "peak_hu": 200.0,
        "background_hu": 30.0,
        "agatston_like": None,
        "morphology": "nodular",
        "largest_diameter_mm": 5.0,
        "extent_mm": (5.0, 4.0, 3.0),
        "confidence": 1.0,
    }
    return Deposit(site=site, side=side, kind=kind, **{**facts, **more})  # type: ignore[arg-type]


@pytest.fixture
def deposit() -> Callable[..., Deposit]:
    return made
