"""Five terms a reader can hold in the head."""

from __future__ import annotations

import math

import pytest

from brainsand.model.terms import Obsolete, SiteTerms, Terms

#       root
#        |
#     abnormal
#      /    \
#  seizure  thalamus_calcium
#     |
#   focal
TERMS = Terms(
    version="2025-01-16",
    names={"root": "All", "abnormal": "Phenotypic abnormality", "seizure": "Seizure", "focal": "Focal seizure",
           "thal": "Thalamic calcification"},
    parents={"root": (), "abnormal": ("root",), "seizure": ("abnormal",), "focal": ("seizure",),
             "thal": ("abnormal",)},
    synonyms={"seizure": ("Fit",)},
    diseases={"root": 8, "abnormal": 8, "seizure": 4, "focal": 1, "thal": 0},
    alternative={"old_seizure": "seizure"},
    obsolete={
        "gone": Obsolete(name="Fits", replaced_by=("seizure",), consider=()),
        "torn": Obsolete(name="Attacks", replaced_by=(), consider=("seizure", "focal")),
    },
    total_diseases=8,
    sites={
        "thalamus": SiteTerms(site="thalamus", exact=("thal",), wider=("abnormal",)),
        "putamen": SiteTerms(site="putamen", exact=(), wider=("abnormal",)),
    },
)  # fmt: skip


def test_everything_above_a_term_is_its_ancestor_and_so_is_it_itself():
    assert TERMS.ancestors("focal") == {"focal", "seizure", "abnormal", "root"}
    assert TERMS.is_a("focal", "seizure")
    assert not TERMS.is_a("seizure", "focal")
    assert TERMS.ancestors("nonsense") == frozenset()


def test_a_term_of_half_the_diseases_tells_one_bit_and_one_of_no_disease_counts_as_half_a_disease():
    assert TERMS.information_bits("seizure") == 1.0
    assert TERMS.information_bits("root") == 0.0
    assert TERMS.information_bits("thal") == math.log2(16)


def test_similarity_is_twice_what_is_shared_over_what_both_tell():
    # seizure tells 1 bit, focal 3 bits, they share seizure: 2 * 1 / (1 + 3).
    assert TERMS.similarity("seizure", "focal") == pytest.approx(0.5)
    assert TERMS.similarity("focal", "thal") == 0.0
    assert TERMS.similarity("focal", "nonsense") == 0.0


def test_an_alternative_id_is_its_main_term():
    assert TERMS.get("old_seizure").id == "seizure"
    assert TERMS.get("seizure").alternative == ("old_seizure",)
    assert TERMS.current("old_seizure") == "seizure"


def test_an_obsolete_id_names_what_takes_its_place():
    term = TERMS.get("gone")
    assert (term.obsolete, term.name, term.replaced_by) == (True, "Fits", ("seizure",))
    assert TERMS.current("gone") == "seizure"


def test_an_obsolete_id_that_fell_apart_has_no_one_replacement_but_two_to_consider():
    assert TERMS.current("torn") is None
    assert TERMS.get("torn").replaced_by == ("seizure", "focal")


def test_an_unknown_id_is_none():
    assert TERMS.get("nonsense") is None
    assert TERMS.current("nonsense") is None


def test_a_broader_term_goes_where_a_narrower_one_stands():
    assert TERMS.broadest_removed(["seizure", "focal", "thal", "focal"]) == ("focal", "thal")


def test_the_overlay_names_the_site_and_falls_back_on_wider_places():
    assert TERMS.calcified_sites("thal") == ("thalamus",)
    assert TERMS.calcified_sites("abnormal") == ("thalamus", "putamen")
    assert TERMS.calcified_sites("seizure") == ()
