"""Phenopackets: what is read, what is never read, what is said of another version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from brainsand.errors import PatientFileError
from brainsand.read.facts import read_facts
from brainsand.read.knowledge import load_knowledge
from brainsand.read.patient import patient_of
from brainsand.read.phenopacket import is_phenopacket, patient_record
from brainsand.read.terms import load_terms

LOINC = {"17861-6": ("calcium", "mg/dL"), "2731-8": ("pth", "pg/mL")}


def packet(**more: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "id": "x",
        "subject": {
            "id": "Jane Doe",
            "sex": "FEMALE",
            "timeAtLastEncounter": {"age": {"iso8601duration": "P47Y6M"}},
        },
        "phenotypicFeatures": [
            {
                "type": {"id": "HP:0001300", "label": "Parkinsonism"},
                "onset": {"age": {"iso8601duration": "P40Y"}},
            },
            {"type": {"id": "HP:0001250", "label": "Seizure"}, "excluded": True},
            {
                "type": {"id": "HP:0002135", "label": "Basal ganglia calcification"},
                "modifiers": [{"id": "HP:0012832", "label": "Bilateral"}],
            },
        ],
        "metaData": {"phenopacketSchemaVersion": "2.0.2"},
    }
    return whole | more


def test_a_packet_becomes_a_patient() -> None:
    record, cautions = patient_record(packet(), LOINC)
    patient, more = patient_of(record)
    assert (cautions, more) == ((), ())
    assert (patient.age_years, patient.sex) == (47.5, "F")
    assert [(t["id"], t["excluded"]) for t in patient.phenotype] == [
        ("HP:0001300", False),
        ("HP:0001250", True),
        ("HP:0002135", False),
    ]
    assert patient.phenotype[0]["onset_years"] == 40
    assert patient.phenotype[2]["modifiers"] == ["HP:0012832"]
    assert "Doe" not in repr(patient)


def test_measurements_are_read_by_loinc_with_their_range() -> None:
    quantity = {
        "unit": {"id": "UCUM:mg/dL", "label": "mg/dL"},
        "value": 6.5,
        "referenceRange": {"low": 8.5, "high": 10.5},
    }
    rows = [
        {"assay": {"id": "LOINC:17861-6", "label": "Calcium"}, "value": {"quantity": quantity}},
        {"assay": {"id": "LOINC:2731-8", "label": "PTH"}, "value": {"ontologyClass": {"label": "Low"}}},
        {"assay": {"id": "LOINC:1-1", "label": "Moon phase"}, "value": {"quantity": quantity}},
    ]
    record, cautions = patient_record(packet(measurements=rows), LOINC)
    assert record["labs"] == [
        {"analyte": "calcium", "value": 6.5, "unit": "mg/dL", "ref_low": 8.5, "ref_high": 10.5},
        {"analyte": "pth", "flag": "low"},
    ]
    assert [c.code for c in cautions] == ["measurement_unknown"]


def test_variants_are_findings_and_the_diagnosis_is_never_read() -> None:
    told = {
        "acmgPathogenicityClassification": "LIKELY_PATHOGENIC",
        "variationDescriptor": {
            "geneContext": {"symbol": "SLC20A2"},
            "expressions": [{"syntax": "hgvs.c", "value": "NM_006749.5:c.1507G>A"}],
            "allelicState": {"id": "GENO:0000135"},
        },
    }
    diagnosis = {
        "disease": {"id": "OMIM:213600", "label": "THE ANSWER"},
        "genomicInterpretations": [{"interpretationStatus": "CAUSATIVE", "variantInterpretation": told}],
    }
    whole = packet(interpretations=[{"diagnosis": diagnosis}], diseases=[{"term": {"label": "THE ANSWER"}}])
    record, _ = patient_record(whole, LOINC)
    assert record["variants"] == [
        {"gene": "SLC20A2", "hgvs": "NM_006749.5:c.1507G>A", "zygosity": "heterozygous", "acmg": "LP"}
    ]
    assert "THE ANSWER" not in repr(record)


@pytest.mark.parametrize("meta", [{"phenopacketSchemaVersion": "1.0.0"}, {}])
def test_another_version_is_said_and_what_both_share_is_used(meta: dict[str, str]) -> None:
    older = packet(metaData=meta)
    older["subject"] = {"ageAtCollection": {"age": "P3Y"}, "sex": "MALE"}
    older["phenotypicFeatures"] = [{"type": {"id": "HP:0001250"}, "negated": True}]
    record, cautions = patient_record(older, LOINC)
    assert [c.code for c in cautions] == ["phenopacket_version"]
    assert (record["age_years"], record["sex"]) == (3, "M")
    assert record["phenotype"] == [{"id": "HP:0001250", "excluded": True}]


def test_broken_parts_are_left_out_and_the_rest_is_used() -> None:
    broken = packet(measurements="none", interpretations=[{"diagnosis": 3}])
    broken["phenotypicFeatures"] += [{"type": {"id": "SNOMED:1"}}, "no object"]
    record, cautions = patient_record(broken, LOINC)
    assert len(record["phenotype"]) == 3
    assert {c.code for c in cautions} == {"phenopacket_field", "feature_not_hpo"}


def test_a_date_of_birth_is_dropped_and_that_is_said() -> None:
    whole = packet()
    whole["subject"]["dateOfBirth"] = "1970-01-01T00:00:00Z"
    record, cautions = patient_record(whole, LOINC)
    assert [c.code for c in cautions] == ["identity_removed"]
    assert "1970" not in repr(record)


def test_a_patient_file_is_no_packet() -> None:
    assert not is_phenopacket({"age_years": 3, "phenotype": []})
    assert is_phenopacket(packet())


def test_what_is_there_and_not_read_is_said() -> None:
    _, cautions = patient_record(packet(diseases=[{"term": {"id": "OMIM:213600"}}], medicalActions=[]), LOINC)
    assert [c.words for c in cautions] == ["Not read of the Phenopacket: diseases."]


def test_a_packet_in_protobuf_s_own_spelling_is_read() -> None:
    snake = {
        "subject": {"time_at_last_encounter": {"age": {"iso8601duration": "P52Y"}}},
        "phenotypic_features": [{"type": {"id": "HP:0002135"}}],
        "meta_data": {"phenopacket_schema_version": "2.0"},
    }
    record, cautions = patient_record(snake, LOINC)
    assert is_phenopacket(snake)
    assert (record["age_years"], record["phenotype"][0]["id"], cautions) == (52, "HP:0002135", ())


def test_a_measurement_without_a_readable_value_and_an_age_that_is_none_are_said() -> None:
    rows = [{"assay": {"id": "LOINC:17861-6"}, "complexValue": {}}]
    subject = {"timeAtLastEncounter": {"age": {"iso8601duration": "fifty"}}}
    record, cautions = patient_record(packet(measurements=rows, subject=subject), LOINC)
    assert "labs" not in record
    assert "age_years" not in record
    assert {c.code for c in cautions} == {"measurement_unreadable", "phenopacket_age"}


@pytest.mark.parametrize("odd", [["c.1A>G"], True, 5, None])
def test_a_variant_described_by_something_odd_is_read_as_far_as_it_goes(odd: Any) -> None:
    described = {
        "geneContext": {"symbol": "PDGFB"},
        "expressions": odd,
        "allelicState": "heterozygous",
    }
    rows = [
        {"diagnosis": {"genomicInterpretations": [{"variantInterpretation": {"variationDescriptor": described}}]}}
    ]  # fmt: skip
    record, _ = patient_record(packet(interpretations=rows), LOINC)
    assert record["variants"] == [{"gene": "PDGFB"}]


def test_a_cohort_is_refused_with_what_to_give() -> None:
    cohort = {"members": [packet()], "metaData": {}}
    assert is_phenopacket(cohort)
    with pytest.raises(PatientFileError, match="Cohort"):
        patient_record(cohort, LOINC)


def test_an_entry_that_cannot_be_used_is_left_out_and_the_rest_is_used(tmp_path: Path) -> None:
    quantity = {"value": 2.4, "unit": {"label": "mmol/L"}, "referenceRange": {"low": 3.0, "high": 2.0}}
    whole = packet(
        phenotypicFeatures=[{"type": {"id": "HP:0002135x"}}, {"type": {"id": "HP:0001300"}}],
        measurements=[{"assay": {"id": "LOINC:2000-8"}, "value": {"quantity": quantity}}],
    )
    path = tmp_path / "packet.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    facts = read_facts(path, load_knowledge(), load_terms())
    assert [t["id"] for t in facts.patient.phenotype] == ["HP:0001300"]
    assert facts.patient.labs == ()
    assert [c.code for c in facts.cautions] == ["phenopacket_entry", "phenopacket_entry"]


def test_a_file_nested_without_end_is_refused_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"a":' + "[" * 50_000, encoding="utf-8")
    with pytest.raises(PatientFileError):
        read_facts(path, load_knowledge(), load_terms())
