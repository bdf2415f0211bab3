"""The vocabulary that ships: whole, as released, and found by the words people use."""

from __future__ import annotations

import json

import pytest

from brainsand.model.sites import SITES
from brainsand.read.search import index_of, search
from brainsand.read.terms import load_terms, site_terms


@pytest.fixture(scope="module")
def terms():
    return load_terms()


@pytest.fixture(scope="module")
def index(terms):
    return index_of(terms)


def test_every_parent_is_a_term_and_every_term_hangs_on_the_root(terms):
    loose = [id for id in terms.names if "HP:0000001" not in terms.ancestors(id)]
    assert len(terms.names) > 19_000
    assert loose == []


def test_an_alternative_id_never_hides_a_term(terms):
    assert not set(terms.alternative) & set(terms.names)
    assert set(terms.alternative.values()) <= set(terms.names)


def test_the_overlay_holds_what_hpo_keeps_apart_from_intracranial_calcification(terms):
    apart = ["HP:0007352", "HP:0002461", "HP:0025041", "HP:0031627", "HP:0012682", "HP:0031306", "HP:0002504"]
    assert [id for id in apart if terms.is_a(id, "HP:0430048")] == []
    assert [id for id in apart if not terms.calcified_sites(id)] == []


def test_the_overlay_speaks_of_our_sites_and_of_terms_in_use(terms):
    overlay = site_terms()
    assert set(overlay) == set(SITES) - {"unknown"}
    assert {id for row in overlay.values() for id in (*row.exact, *row.wider)} <= set(terms.names)


@pytest.mark.parametrize(
    "words, name",
    [
        ("basal ganglia calcification", "Basal ganglia calcification"),
        ("calcified basal ganglia", "Basal ganglia calcification"),
        ("parkinsonsim", "Parkinsonism"),
        ("seizures", "Seizure"),
        ("deafness", "Hearing impairment"),
        ("mental retardation", "Intellectual disability"),
        ("port wine stain", "Nevus flammeus"),
        ("stroke like episodes", "Stroke-like episode"),
        ("hoarse voice", "Hoarse voice"),
        ("tremour", "Tremor"),
        ("Parkinson", "Parkinsonism"),
        ("naevus flammeus", "Nevus flammeus"),
        ("clumsy", "Clumsiness"),
        ("HP:0001250", "Seizure"),
        ("hp 0001250", "Seizure"),
    ],
)
def test_the_words_people_use_find_the_term_first(index, words, name):
    assert search(index, words)[0].term.name == name


@pytest.mark.parametrize(
    "words, name",
    [("haemorrhage in the brain", "Cerebral hemorrhage"), ("gait unsteadiness", "Unsteady gait"),
     ("low calcium", "Hypocalcemia"), ("fits", "Seizure")],
)  # fmt: skip
def test_everyday_words_find_the_term_among_the_first_five(index, words, name):
    assert name in [hit.term.name for hit in search(index, words, most=5)]


def test_the_very_name_scores_one_and_order_is_of_no_account(index):
    assert search(index, "Parkinsonism")[0].score == pytest.approx(1.0)
    assert search(index, "ganglia calcification basal")[0].term.id == "HP:0002135"


def test_each_term_is_found_once_and_no_more_than_asked_for(index):
    hits = search(index, "seizure", most=7)
    assert len({hit.term.id for hit in hits}) == len(hits) == 7


@pytest.mark.parametrize("words", ["xyzzyq", "", "of the", "???"])
def test_words_that_mean_nothing_find_nothing(index, words):
    assert search(index, words) == ()


def test_the_command_gives_the_version_and_the_acknowledgement(capsys):
    from brainsand.cli.main import main

    assert main(["terms", "seizure", "--most", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["hpo_version"] == "2025-01-16"
    assert "Human Phenotype Ontology" in found["source"]
    assert [row["id"] for row in found["terms"]] == ["HP:0001250"]


def test_the_command_refuses_to_find_less_than_one():
    from brainsand.cli.main import main

    assert main(["terms", "seizure", "--most", "0"]) == 2
