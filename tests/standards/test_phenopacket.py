"""Phenopackets written here are read by the reference implementation, and by our own reader with nothing lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brainsand.read.facts import loinc_of
from brainsand.read.knowledge import load_knowledge
from brainsand.read.patient import patient_of
from brainsand.read.phenopacket import patient_record
from brainsand.read.terms import load_terms
from brainsand.report.phenopacket import phenopacket_of

phenopackets = pytest.importorskip("phenopackets", reason="the phenopackets package is not installed")
json_format = pytest.importorskip("google.protobuf.json_format")

KNOWLEDGE, TERMS = load_knowledge(), load_terms()
PATIENT: dict[str, Any] = {
    "age_years": 47.5,
    "sex": "F",
    "phenotype": [
        {"id": "HP:0001300", "excluded": False, "onset_years": 40.0},
        {"id": "HP:0001250", "excluded": True},
    ],
    "labs": [
        {"analyte": "calcium", "value": 6.5, "unit": "mg/dL", "ref_low": 8.5, "ref_high": 10.5},
        {"analyte": "pth", "flag": "low"},
    ],
    "variants": [
        {"gene": "SLC20A2", "hgvs": "NM_006749.5:c.1507G>A", "zygosity": "heterozygous", "acmg": "LP"}
    ],
}
FINDINGS = [
    {"site": "globus_pallidus", "side": "left"},
    {"site": "globus_pallidus", "side": "right"},
    {"site": "dentate_nucleus", "side": "left"},
    {"site": "thalamus", "absent": True},
]
DIFFERENTIAL = {"groups": [{"members": [{"omim": ["OMIM:213600"], "name": "PFBC 1"}]}]}


def written() -> dict[str, Any]:
    return phenopacket_of(
        PATIENT,
        findings=FINDINGS,
        differential=DIFFERENTIAL,
        terms=TERMS,
        analytes=KNOWLEDGE.analytes,
        created="2026-11-26T06:00:00+00:00",
    )


def test_the_reference_implementation_reads_it_and_loses_nothing() -> None:
    packet = json_format.Parse(json.dumps(written()), phenopackets.Phenopacket())
    back = json_format.MessageToDict(packet)
    assert back["subject"]["timeAtLastEncounter"]["age"]["iso8601duration"] == "P47Y6M"
    assert len(back["phenotypicFeatures"]) == 5
    assert back["measurements"][0]["value"]["quantity"]["value"] == 6.5
    assert back["interpretations"][0]["progressStatus"] == "IN_PROGRESS"
    assert "diseases" not in back


def test_sides_are_modifiers() -> None:
    features = {f["type"]["id"]: f for f in written()["phenotypicFeatures"]}
    assert [m["id"] for m in features["HP:0031627"]["modifiers"]] == ["HP:0012832"]
    assert [m["id"] for m in features["HP:0002461"]["modifiers"]] == ["HP:0012835"]
    assert features["HP:0025041"]["excluded"] is True


def test_our_own_reader_gets_the_same_patient_back() -> None:
    record, cautions = patient_record(written(), loinc_of(KNOWLEDGE))
    patient, more = patient_of(record)
    assert (cautions, more) == ((), ())
    assert (patient.age_years, patient.sex) == (47.5, "F")
    told = {t["id"]: t["excluded"] for t in patient.phenotype}
    assert told["HP:0001300"] is False
    assert told["HP:0001250"] is True
    assert {lab["analyte"]: lab.get("value", lab.get("flag")) for lab in patient.labs} == {
        "calcium": 6.5,
        "pth": "low",
    }
    assert patient.variants == tuple(PATIENT["variants"])
