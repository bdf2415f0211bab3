"""The differential on paper: bars that are as long as their weight, links that lead to the source."""

from __future__ import annotations

import re
from typing import Any

import pytest

from brainsand.report.differential import differential_html, differential_text, link_of


def weight(words: str, ratio: float, **more: Any) -> dict[str, Any]:
    return {
        "finding": words, "words": words, "likelihood_ratio": ratio, "basis": "published", "frequency": "3 of 4",
        "source": ["PMID:1"], "direction": "for" if ratio > 1 else "against", **more,
    }  # fmt: skip


def group(**more: Any) -> dict[str, Any]:
    return {
        "id": "g", "name": "A group", "probability": 0.6, "treatable": "yes", "members": [],
        "evidence": [weight("speaks for", 10.0)], "against": [weight("speaks against", 0.1)], "missing": [], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("PMID:22327515", "https://pubmed.ncbi.nlm.nih.gov/22327515/"),
        ("PMC2912527", "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC2912527/"),
        ("doi:10.1038/gim.2017.210", "https://doi.org/10.1038/gim.2017.210"),
        ("OMIM:213600", "https://omim.org/entry/213600"),
        ("ORPHA:1980", "https://www.orpha.net/en/disease/detail/1980"),
        ("https://example.org/x", "https://example.org/x"),
        ("javascript:alert(1)", None),
        ("expert", None),
    ],
)
def test_a_source_leads_where_it_can_be_looked_up(source: str, address: str | None) -> None:
    assert link_of(source) == address


def test_for_goes_right_and_against_goes_left_by_the_same_length() -> None:
    text = differential_html({"groups": [group()]})
    bars = re.findall(r"left:([\d.]+)%;width:([\d.]+)%", text)
    # log 10 is half of log 100, so a quarter of the track, which is half of one side.
    assert bars == [("50.0", "25.0"), ("25.0", "25.0")]


def test_expert_and_published_are_drawn_apart() -> None:
    text = differential_html({"groups": [group(evidence=[weight("x", 2.0, basis="expert")])]})
    assert 'class="expert"' in text
    assert 'class="published"' in text


def test_three_groups_are_told_and_more_are_barred() -> None:
    groups = [group(name=f"Group {n}") for n in range(8)]
    text = differential_html({"groups": groups})
    assert text.count("<h3>") == 3
    assert "Group 5" in text
    assert "Group 6" not in text


def test_nothing_ranked_is_said() -> None:
    assert "No condition was ranked" in differential_html({"groups": []})


def test_the_terminal_says_the_same() -> None:
    text = differential_text({"words": "A group: most probable.", "groups": [group()]})
    assert "60.0 %  A group" in text
    assert "x 10      speaks for  [3 of 4; PMID:1]" in text


@pytest.mark.parametrize(
    ("missing", "end"),
    [(["total calcium", "Is there lupus?"], "lupus?</p>"), (["total calcium"], "total calcium.</p>")],
)
def test_what_would_change_it_most_ends_in_one_stop(missing: list[str], end: str) -> None:
    assert end in differential_html({"groups": [group(missing=missing)]})
