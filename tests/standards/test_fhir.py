"""FHIR bundles written here are read by fhir.resources without a fault, and what points in them points to something."""

from __future__ import annotations

import base64
import json
import uuid
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from brainsand.exports import FORMATS
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference
from brainsand.read.knowledge import load_knowledge
from brainsand.report.fhir_patient import VERIFIED_LOINC
from brainsand.report.fhir_values import Names

from .conftest import CREATED, export_of

bundles = pytest.importorskip("fhir.resources.R4B.bundle", reason="fhir.resources is not installed")

KNOWLEDGE = load_knowledge()
PATIENT = Patient(
    age_years=47.5,
    sex="F",
    phenotype=(
        {"id": "HP:0001300", "label": "Parkinsonism", "excluded": False, "onset_years": 40.0},
        {"id": "HP:0001250", "label": "Seizure", "excluded": True},
    ),
    labs=(
        {"analyte": "calcium", "value": 6.5, "unit": "mg/dL", "ref_low": 8.5, "ref_high": 10.5},
        {"analyte": "calcium", "value": 1.62, "unit": "mmol/L"},
        {"analyte": "pth", "flag": "low"},
        {"analyte": "tsh", "value": 2.0, "unit": "mU/L"},
        {"analyte": "copper_urine", "value": 40.0, "unit": "ug/24h"},
    ),
    history=("neck_surgery",),
    variants=(
        {"gene": "SLC20A2", "hgvs": "NM_006749.5:c.1507G>A", "zygosity": "heterozygous", "acmg": "LP"},
    ),
)
RANKED = {
    "words": "PFBC leads.",
    "groups": [
        {
            "id": "pfbc",
            "name": "Primary familial brain calcification",
            "probability": 0.36,
            "members": [{"omim": ["OMIM:213600"], "name": "PFBC 1"}],
            "evidence": [{"words": "calcium: putamen"}],
        }
    ],
}


def parsed(files: Any) -> dict[str, Any]:
    return json.loads(files["fhir.json"])


def of_kind(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def observation(bundle: dict[str, Any], text: str) -> dict[str, Any]:
    """The one observation whose code says this."""
    found = [
        o
        for o in of_kind(bundle, "Observation")
        if text in (o["code"].get("text"), *(c.get("display") for c in o["code"].get("coding", [])))
    ]
    assert len(found) == 1, text
    return found[0]


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["reference"]] if "reference" in node else []
        return own + [r for value in node.values() for r in references(value)]
    return [r for value in node for r in references(value)] if isinstance(node, list) else []


@pytest.fixture
def bundle(written) -> dict[str, Any]:
    """The bundle of a small DICOM scan with three deposits and a patient of whom much is known."""
    made = written(also=(), changes={"patient": PATIENT, "differential": RANKED})
    export = export_of(made.scan, made.case)
    reference = Reference(
        atlas=None,
        network=None,
        norms={},
        version="x",
        knowledge=KNOWLEDGE,
        terms=None,  # type: ignore[arg-type]
    )
    return parsed(FORMATS["fhir"](replace(export, reference=reference, page="<p>page</p>")))


def test_the_reference_reader_finds_no_fault(bundle):
    read = bundles.Bundle.model_validate(bundle)
    assert read.type == "collection"
    assert Counter(e.resource.__class__.__name__ for e in read.entry) == {
        "Patient": 1,
        "ImagingStudy": 1,
        "Device": 1,
        "DiagnosticReport": 1,
        "RiskAssessment": 1,
        "Provenance": 1,
        "Condition": 2,
        "BodyStructure": 3,
        # age; whole, two scores; three sites, three deposits; five results, a history word, a variant
        "Observation": 1 + 3 + 6 + 7,
    }


def test_everything_that_points_points_into_the_bundle(bundle):
    urls = [e["fullUrl"] for e in bundle["entry"]]
    assert len(urls) == len(set(urls))
    assert all(e["fullUrl"] == f"urn:uuid:{e['resource']['id']}" for e in bundle["entry"])
    assert set(references(bundle)) <= set(urls)


def test_every_observation_is_reached_from_the_report_or_stands_by_itself(bundle):
    report = of_kind(bundle, "DiagnosticReport")[0]
    whole = next(
        o
        for o in of_kind(bundle, "Observation")
        if o.get("bodySite", {}).get("text") == "Brain" and "hasMember" in o
    )
    assert report["result"][0]["reference"] == f"urn:uuid:{whole['id']}"
    sites = {r["reference"] for r in whole["hasMember"]}
    members = {r for o in of_kind(bundle, "Observation") for r in references(o.get("hasMember", []))}
    assert sites <= members
    assert members | {f"urn:uuid:{whole['id']}"} == {r["reference"] for r in report["result"]}


def test_the_report_is_preliminary_with_finding_codes_and_document(bundle):
    report = of_kind(bundle, "DiagnosticReport")[0]
    assert report["status"] == "preliminary"
    assert report["code"]["coding"] == [
        {"system": "http://loinc.org", "code": "24725-4", "display": "CT Head"}
    ]
    assert "calcification" in report["conclusion"]
    assert [c["coding"][0]["code"] for c in report["conclusionCode"]] == ["129748009", "502"]
    form = report["presentedForm"][0]
    assert (form["contentType"], base64.b64decode(form["data"])) == ("text/html", b"<p>page</p>")


def test_the_pdf_goes_along_where_it_was_made_too(written):
    made = written(also=())
    export = replace(export_of(made.scan, made.case), made={"report.pdf": b"%PDF-1.7 x"})
    form = of_kind(parsed(FORMATS["fhir"](export)), "DiagnosticReport")[0]["presentedForm"][0]
    assert (form["contentType"], base64.b64decode(form["data"])) == ("application/pdf", b"%PDF-1.7 x")


def test_what_is_not_known_has_a_reason_and_is_never_a_number(bundle):
    speck = next(
        o
        for o in of_kind(bundle, "Observation")
        if "falx" in o.get("bodySite", {}).get("text", "").lower() and "identifier" in o
    )
    parts = {c["code"].get("text"): c for c in speck["component"]}
    mass = parts["Calcium Mass"]
    assert "valueQuantity" not in mass
    assert mass["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    numbers = [c["valueQuantity"]["value"] for c in speck["component"] if "valueQuantity" in c]
    assert all(value > 0 for value in numbers)


def test_quantities_carry_ucum_units_and_their_doubt(bundle):
    left = next(
        o
        for o in of_kind(bundle, "Observation")
        if o.get("bodySite", {}).get("text") == "Left globus pallidus" and "identifier" in o
    )
    volume = next(c for c in left["component"] if c["code"]["text"] == "Volume corrected for partial volume")
    assert volume["valueQuantity"] == {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/iso21090-uncertainty", "valueDecimal": 10.0}
        ],
        "value": 100.0,
        "system": "http://unitsofmeasure.org",
        "code": "mm3",
        "unit": "mm³",
    }
    units = {
        c["valueQuantity"]["code"]
        for o in of_kind(bundle, "Observation")
        for c in o.get("component", [])
        if "valueQuantity" in c
    }
    assert units == {"mm3", "mg", "[hnsf'U]", "[hnsf'U].mm3", "mm", "1", "{deposits}"}


def test_a_body_structure_says_site_and_side_in_codes(bundle):
    left = next(
        b for b in of_kind(bundle, "BodyStructure") if b["location"]["text"] == "Left globus pallidus"
    )
    assert left["location"]["coding"][0] == {
        "system": "http://snomed.info/sct",
        "code": "14738005",
        "display": "Globus pallidus",
    }
    assert left["locationQualifier"][0]["coding"][0]["code"] == "7771000"
    falx = next(b for b in of_kind(bundle, "BodyStructure") if "falx" in b["location"]["text"].lower())
    systems = [c["system"] for c in falx["location"]["coding"]]
    assert systems == ["urn:oid:2.25.85162700296539276760356146415613614415", "http://snomed.info/sct"]


def test_the_study_is_the_scans_own(bundle, written):
    made = written(also=())
    study = of_kind(bundle, "ImagingStudy")[0]
    assert study["identifier"][0]["value"] == f"urn:oid:{made.scan.acquisition.study_uid}"
    series = study["series"][0]
    assert series["uid"] == made.scan.acquisition.series_uid
    assert [i["uid"] for i in series["instance"]] == [s.sop_uid for s in made.scan.slices]
    assert study["numberOfInstances"] == len(made.scan.slices)


def test_a_scan_without_dicom_has_no_study_and_stays_valid(written):
    made = written(also=())
    scan = replace(made.scan, slices=())
    found = parsed(FORMATS["fhir"](export_of(scan, made.case)))
    bundles.Bundle.model_validate(found)
    assert of_kind(found, "ImagingStudy") == []
    assert set(references(found)) <= {e["fullUrl"] for e in found["entry"]}


def test_the_patient_has_a_sex_and_nothing_that_names(bundle):
    patient = of_kind(bundle, "Patient")[0]
    assert set(patient) == {"resourceType", "id", "gender"}
    assert patient["gender"] == "female"
    assert observation(bundle, "Age")["valueQuantity"]["value"] == 47.5
    assert "Doe" not in json.dumps(bundle)


def test_results_are_coded_where_the_code_was_looked_up_and_said_in_words_elsewhere(bundle):
    labs = [
        o
        for o in of_kind(bundle, "Observation")
        if o["status"] == "unknown" and "category" in o and o["code"].get("text")
    ]
    coded = {
        (o["code"]["text"], o.get("valueQuantity", {}).get("code")): [
            c["code"] for c in o["code"].get("coding", [])
        ]
        for o in labs
    }
    assert coded == {
        ("Calcium, total", "mg/dL"): ["17861-6"],
        ("Calcium, total", "mmol/L"): ["2000-8"],
        ("Parathyroid hormone, intact", None): [],
        ("Thyrotropin", "m[IU]/L"): [],
        ("Copper, 24-hour urine", "ug/(24.h)"): [],
    }
    low = next(o for o in labs if o["code"]["text"].startswith("Parathyroid"))
    assert low["interpretation"][0]["coding"][0]["code"] == "L"
    assert low["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_only_codes_of_known_analytes_count_as_looked_up():
    assert {code for a in KNOWLEDGE.analytes.values() for code in a.loinc} >= VERIFIED_LOINC


def test_symptoms_are_confirmed_or_refuted(bundle):
    told = {c["code"]["coding"][0]["code"]: c for c in of_kind(bundle, "Condition")}
    assert told["HP:0001300"]["verificationStatus"]["coding"][0]["code"] == "confirmed"
    assert told["HP:0001300"]["onsetAge"]["value"] == 40.0
    assert told["HP:0001250"]["verificationStatus"]["coding"][0]["code"] == "refuted"
    assert "clinicalStatus" not in told["HP:0001250"]


def test_the_ranking_is_a_risk_assessment_with_chances(bundle):
    risk = of_kind(bundle, "RiskAssessment")[0]
    assert risk["prediction"] == [
        {
            "outcome": {
                "coding": [{"system": "http://www.omim.org", "code": "213600"}],
                "text": "Primary familial brain calcification",
            },
            "probabilityDecimal": 0.36,
            "rationale": "calcium: putamen",
        }
    ]


def test_provenance_names_the_program_the_study_and_the_pixels(bundle):
    told = of_kind(bundle, "Provenance")[0]
    made = {f"urn:uuid:{r['id']}" for k in ("DiagnosticReport", "RiskAssessment") for r in of_kind(bundle, k)}
    assert made <= {t["reference"] for t in told["target"]}
    assert told["entity"][0]["what"]["type"] == "ImagingStudy"
    assert len(told["entity"][1]["what"]["identifier"]["value"]) == 64
    assert of_kind(bundle, "Device")[0]["version"][0]["type"]["text"] == "software"


def test_the_same_case_has_the_same_identifiers_and_another_others(written):
    made = written(also=())
    one, two = (
        parsed(FORMATS["fhir"](export_of(made.scan, made.case, t))) for t in (CREATED, "2026-05-05T00:00:00Z")
    )
    other = parsed(FORMATS["fhir"](export_of(made.scan, replace(made.case, settings_hash="e" * 64))))
    ids = [[e["fullUrl"] for e in b["entry"]] for b in (one, two, other)]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])
    assert json.dumps(one).replace(CREATED, "T") == json.dumps(two).replace("2026-05-05T00:00:00Z", "T")


def test_an_identifier_is_a_name_based_uuid():
    made = Names(case="one").id("Observation", 7)
    assert made == str(uuid.uuid5(uuid.NAMESPACE_URL, "brainsand/one/Observation/7"))


def test_a_head_without_calcium_says_so(written):
    made = written(also=(), deposits=())
    found = parsed(FORMATS["fhir"](export_of(made.scan, made.case)))
    bundles.Bundle.model_validate(found)
    whole = next(o for o in of_kind(found, "Observation") if "hasMember" in o)
    assert whole["valueCodeableConcept"]["coding"][0]["code"] == "272519000"
