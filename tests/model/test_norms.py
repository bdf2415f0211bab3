"""Ordinary calcium by age: on a straight line a reader can follow, and against the papers it was drawn through."""

from __future__ import annotations

import pytest

from brainsand.model.norms import NormCurve
from brainsand.read.knowledge import load_knowledge

#: Log odds rise by 1 every ten years: 12 % at 20, 27 % at 30, 50 % at 40.
CURVE = NormCurve(
    site="falx", ages=(0.0, 40.0), log_odds=(-4.0, 0.0), log_odds_sd=0.6, male_log_odds=0.5, trust="expert",
    source=("PMID:1",), basis="",
)  # fmt: skip


@pytest.fixture(scope="module")
def knowledge():
    return load_knowledge()


def test_the_share_follows_the_line_and_holds_at_its_end():
    assert CURVE.at(20.0).share == pytest.approx(0.1192, abs=1e-4)
    assert CURVE.at(40.0).share == 0.5
    assert CURVE.at(90.0).share == 0.5


def test_the_interval_holds_the_share_and_never_leaves_zero_to_one():
    found = CURVE.at(40.0)
    assert 0.0 < found.low < found.share < found.high < 1.0
    assert found.low == pytest.approx(0.2715, abs=1e-3)


def test_men_and_women_part_only_when_grown():
    assert CURVE.at(10.0, "M").share == CURVE.at(10.0, "F").share
    assert CURVE.at(40.0, "M").share > 0.5 > CURVE.at(40.0, "F").share


@pytest.mark.parametrize(
    "site, age, sex, percent",
    [
        ("pineal", 45.0, "M", 82.6),
        ("pineal", 45.0, "F", 68.0),
        ("pineal", 75.0, None, 81.5),
        ("pineal", 3.0, None, 1.1),
        ("vessel_wall", 69.6, None, 82.2),
        ("globus_pallidus", 67.4, None, 29.7),
        ("globus_pallidus", 62.0, None, 7.3),
        ("habenula", 50.0, None, 20.1),
        ("choroid_plexus", 45.0, None, 66.2),
        ("falx", 50.0, None, 34.0),
        ("hippocampus", 85.0, None, 45.0),
        ("dentate_nucleus", 55.0, None, 0.22),
    ],
)
def test_the_interval_holds_what_the_paper_counted(knowledge, site, age, sex, percent):
    found = knowledge.ordinary_at(site, age, sex)
    assert found.low <= percent / 100.0 <= found.high


def test_an_old_womans_pallidal_dots_are_ordinary_and_a_childs_are_not(knowledge):
    assert knowledge.ordinary_at("globus_pallidus", 80.0).share > 0.2
    assert knowledge.ordinary_at("globus_pallidus", 10.0).high < 0.01


def test_no_age_or_no_ordinary_calcium_gives_none(knowledge):
    assert knowledge.ordinary_at("pineal", None) is None
    assert knowledge.ordinary_at("cortex", 50.0) is None


def test_every_curve_names_its_sources_and_never_falls_with_age(knowledge):
    for curve in knowledge.ordinary.values():
        assert curve.source
        assert list(curve.log_odds) == sorted(curve.log_odds)
        assert list(curve.ages) == sorted(curve.ages)
