"""Terms and genes that are not known are replaced, asked back or said, and the rest is used."""

from __future__ import annotations

import pytest

from brainsand.model.patient import Patient
from brainsand.read.knowledge import load_knowledge
from brainsand.read.known import with_known_words
from brainsand.read.terms import load_terms

TERMS, KNOWLEDGE = load_terms(), load_knowledge()


def said_of(*terms: str, genes: tuple[str, ...] = ()) -> tuple[Patient, list[tuple[str, str]]]:
    patient = Patient(
        phenotype=tuple({"id": t, "excluded": False} for t in terms),
        variants=tuple({"gene": g} for g in genes),
    )
    found, cautions = with_known_words(patient, TERMS, KNOWLEDGE)
    return found, [(c.code, c.words) for c in cautions]


def test_a_current_term_gets_its_name() -> None:
    patient, said = said_of("HP:0001300")
    assert patient.phenotype[0]["label"] == "Parkinsonism"
    assert said == []


def test_an_obsolete_term_is_read_as_its_successor() -> None:
    old = next(t for t, gone in TERMS.obsolete.items() if len(gone.replaced_by) == 1)
    patient, said = said_of(old)
    assert patient.phenotype[0]["id"] == TERMS.current(old)
    assert said[0][0] == "term_replaced"
    assert str(TERMS.current(old)) in said[0][1]


def test_a_successor_that_stands_already_counts_once() -> None:
    old = next(t for t, gone in TERMS.obsolete.items() if len(gone.replaced_by) == 1)
    patient, said = said_of(old, str(TERMS.current(old)))
    assert len(patient.phenotype) == 1
    assert [code for code, _ in said] == ["term_replaced", "duplicate_term"]


def test_an_id_that_is_none_is_left_out_with_a_suggestion() -> None:
    # Two digits of HP:0001300 swapped.
    patient, said = said_of("HP:0003100", "HP:9999999")
    assert all(t["id"] in TERMS.names for t in patient.phenotype)
    assert said[-1][0] == "term_unknown"
    assert "brainsand terms" in said[-1][1]


@pytest.mark.parametrize(("gene", "meant"), [("SLC20A3", "SLC20A2"), ("PDGFRBB", "PDGFRB")])
def test_a_misspelt_gene_is_asked_back_and_kept(gene: str, meant: str) -> None:
    patient, said = said_of(genes=(gene,))
    assert patient.variants[0]["gene"] == gene
    assert said[0][0] == "gene_unknown"
    assert meant in said[0][1]


def test_an_exclusion_above_an_observed_term_is_left_out() -> None:
    patient = Patient(
        phenotype=({"id": "HP:0007359", "excluded": False}, {"id": "HP:0001250", "excluded": True}),
    )
    found, cautions = with_known_words(patient, TERMS, KNOWLEDGE)
    assert [t["id"] for t in found.phenotype] == ["HP:0007359"]
    assert [c.code for c in cautions] == ["term_contradiction"]


def test_an_onset_after_the_age_is_left_out_and_the_term_stays() -> None:
    term = {"id": "HP:0001250", "excluded": False, "onset": "P30Y", "onset_years": 30.0}
    found, cautions = with_known_words(Patient(age_years=10.0, phenotype=(term,)), TERMS, KNOWLEDGE)
    assert "onset_years" not in found.phenotype[0]
    assert [c.code for c in cautions] == ["onset_after_age"]


def test_an_id_of_too_few_digits_is_left_out_with_the_one_meant() -> None:
    patient, said = said_of("HP:1250", "HP:0001300")
    assert [t["id"] for t in patient.phenotype] == ["HP:0001300"]
    assert said[0][0] == "term_unknown"
    assert "HP:0001250 (Seizure)" in said[0][1]


def test_two_genes_that_are_as_near_are_both_named() -> None:
    assert "PDGFB or PDGFRB" in said_of(genes=("PDGFBR",))[1][0][1]


@pytest.mark.parametrize(
    "family", [{"affected_relatives": ["other"]}, {"inheritance": "sporadic"}, {"inheritance": "de_novo"}]
)
def test_a_word_of_the_family_that_weighs_nothing_is_said(family: dict[str, object]) -> None:
    _, cautions = with_known_words(Patient(family=family), TERMS, KNOWLEDGE)
    assert [c.code for c in cautions] == ["family_weighs_nothing"]
    weighed = Patient(family={"affected_relatives": ["other", "mother"], "inheritance": "unknown"})
    assert with_known_words(weighed, TERMS, KNOWLEDGE)[1] == ()
