"""The likeness of lists of terms, on an ontology small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.interpret.likeness import likeness, make_portraits
from brainsand.model.terms import Terms

#: root (0 bits) over a (1 bit) and b (1 bit); a over c (2 bits) and d (2 bits); b over e (2 bits).
PARENTS = {"root": (), "a": ("root",), "b": ("root",), "c": ("a",), "d": ("a",), "e": ("b",)}
COUNTS = {"root": 8, "a": 4, "b": 4, "c": 2, "d": 2, "e": 2}


@pytest.fixture(scope="module")
def terms() -> Terms:
    return Terms(
        version="by hand",
        names={t: t for t in PARENTS},
        parents=PARENTS,
        synonyms={},
        diseases=COUNTS,
        alternative={},
        obsolete={},
        total_diseases=8,
    )


def test_the_same_list_is_wholly_alike_and_a_stranger_not_at_all(terms: Terms) -> None:
    portraits = make_portraits({"c": [0], "e": [1]}, terms)
    assert likeness(portraits, ["c"], terms, 2).tolist() == [1.0, 0.0]


def test_siblings_share_what_lies_above_them(terms: Terms) -> None:
    # c and d: their parent's 1 bit of 2 + 1 + 2 bits in all.
    portraits = make_portraits({"d": [0]}, terms)
    assert likeness(portraits, ["c"], terms, 1).tolist() == pytest.approx([1 / 5])


def test_both_ways_count_the_same(terms: Terms) -> None:
    # There: c is met (1). Back: c is met (1), e is not (0). Mean of 1 and 1/2.
    portraits = make_portraits({"c": [0], "e": [0]}, terms)
    assert likeness(portraits, ["c"], terms, 1).tolist() == pytest.approx([0.75])


def test_a_rare_sign_that_is_met_counts_more_than_a_common_one(terms: Terms) -> None:
    # Told c (2 bits) and b (1 bit). There: of 3 bits told, c meets 2 and b meets 1. Back: each lists one, met (1).
    portraits = make_portraits({"c": [0], "b": [1]}, terms)
    found = likeness(portraits, ["c", "b"], terms, 2).tolist()
    assert found == pytest.approx([(2 / 3 + 1) / 2, (1 / 3 + 1) / 2])


def test_a_condition_without_features_has_no_likeness(terms: Terms) -> None:
    found = likeness(make_portraits({"c": [1]}, terms), ["c"], terms, 3)
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] == 1.0


def test_no_symptom_is_like_nothing(terms: Terms) -> None:
    assert likeness(make_portraits({"c": [0]}, terms), [], terms, 1).tolist() == [0.0]


def test_agrees_with_a_plain_reckoning_of_sets(terms: Terms) -> None:
    bits = {t: -np.log2(n / 8) for t, n in COUNTS.items()}
    above = {t: terms.ancestors(t) for t in PARENTS}

    def alike(one: str, other: str) -> float:
        return sum(bits[t] for t in above[one] & above[other]) / sum(
            bits[t] for t in above[one] | above[other]
        )

    told, own = ["c", "b"], ["d", "e", "a"]
    best = [max(alike(t, f) for f in own) for t in told]
    there = sum(bits[t] * b for t, b in zip(told, best, strict=True)) / sum(bits[t] for t in told)
    back = np.mean([max(alike(t, f) for t in told) for f in own])
    portraits = make_portraits({name: [0] for name in own}, terms)
    assert likeness(portraits, told, terms, 1)[0] == pytest.approx((there + back) / 2)
