"""Rules for sites that a map cannot tell apart, on shares made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from brainsand.locate.neighbours import in_cistern


def test_a_small_deposit_in_a_cistern_by_an_artery_is_the_artery_s() -> None:
    shares = {"hippocampus": 0.4, "unknown": 0.3, "cortex": 0.2, "thalamus": 0.1}
    moved, rules = in_cistern(shares, (), cistern=0.3, beliefs={"vessel_wall": 0.05}, depth_mm=8.0)
    assert moved == pytest.approx({"vessel_wall": 0.9, "thalamus": 0.1})
    assert rules == ("in_cistern_by_an_artery",)


@pytest.mark.parametrize(
    "other",
    [
        {"cistern": 0.1},
        {"beliefs": {"vessel_wall": 0.01}},
        {"beliefs": {"vessel_wall": 0.06, "pineal": 0.2}},
        {"depth_mm": 1.0},
        {"shares": {"unknown": 0.5, "tentorium": 0.3, "cortex": 0.2}},
    ],
    ids=["hardly any cistern", "no artery near", "the pineal expected more", "on bone", "at a sheet"],
)
def test_and_else_it_stays_where_it_was(other: dict[str, Any]) -> None:
    shares = {"unknown": 0.6, "hippocampus": 0.4}
    asked: dict[str, Any] = {
        "shares": shares,
        "cistern": 0.3,
        "beliefs": {"vessel_wall": 0.06},
        "depth_mm": 8.0,
    }
    asked |= other
    before = asked.pop("shares")
    assert in_cistern(before, ("said",), **asked) == (before, ("said",))
