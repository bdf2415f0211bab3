"""Phenopackets: what is read, what is never read, what is said of another version."""

from __future__ import annotations

from typing import Any

import pytest

from brainsand.read.patient import patient_of
from brainsand.read.phenopacket import is_phenopacket, patient_record

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
