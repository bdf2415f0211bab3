"""Every row of the norms has a source or says it is an expert's; the row a reader would take is taken."""

import time
from typing import Any

import pytest

from brainsand.interpret.norm import limit, prevalence
from brainsand.model.sites import SITES
from brainsand.read.knowledge import load_norms


def test_every_prevalence_has_a_source_and_a_sane_percentage(norms: dict[str, Any]) -> None:
    assert len(norms["prevalence"]) > 90
    for row in norms["prevalence"]:
        assert len(row["source"]) > 5, row
        assert 0 <= row["percent"] <= 100, row
        assert row["site"] in {*SITES, "basal_ganglia", "any"}, row
        low, high = row["age"]
        assert low is None or high is None or low <= high, row
        assert low is not None or row["age_text"], row


def test_counts_and_percentages_of_a_row_agree(norms: dict[str, Any]) -> None:
    for row in norms["prevalence"]:
        if "n" in row and "of" in row:
            assert row["percent"] == pytest.approx(100 * row["n"] / row["of"], abs=0.6), row


@pytest.mark.parametrize("table", ["limits", "youngest_years", "calcium_propensity"])
def test_every_limit_names_a_reference_or_says_expert(norms: dict[str, Any], table: str) -> None:
    for row in norms[table].values():
        assert row["cite"] in norms["references"], row
        assert row["cite"] != "house" or row.get("grade") == "expert", row


def test_every_reference_says_how_it_was_seen(norms: dict[str, Any]) -> None:
    for row in norms["references"].values():
        assert row["cite"]
        assert row["seen"] in {"primary", "secondary", "memory", "house"}, row


def test_tube_voltage_steps_fall_as_the_voltage_rises(norms: dict[str, Any]) -> None:
    table = norms["kvp_thresholds"]
    for i in range(4):
        steps = [table[kvp][i] for kvp in sorted(table)]
        assert steps == sorted(steps, reverse=True)


@pytest.mark.parametrize("site, age, percent", [("pineal", 74, 81.5), ("pineal", 9, 35.0), ("falx", 10, 5.9)])
def test_the_narrowest_fitting_band_speaks(
    norms: dict[str, Any], site: str, age: float, percent: float
) -> None:
    row = prevalence(norms, site, age)
    assert row is not None
    assert row["percent"] == percent


def test_no_row_fits_a_site_nobody_counted(norms: dict[str, Any]) -> None:
    assert prevalence(norms, "brainstem", 50) is None


def test_limits_are_numbers(norms: dict[str, Any]) -> None:
    assert limit(norms, "pallidum_ordinary_years") == 40


def test_loading_is_quick() -> None:
    quickest = min(_seconds() for _ in range(3))
    assert quickest < 0.25


def _seconds() -> float:
    start = time.process_time()
    load_norms()
    return time.process_time() - start
