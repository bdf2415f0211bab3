"""``brainsand diagnose`` and ``explain``: three kinds of file, one ranking, and bad input that is said and survived."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from brainsand.cli.main import main
from brainsand.diagnosis import diagnose
from brainsand.report.record import case_record

PATIENT = """
age_years: 15
sex: F
findings:
- {site: globus_pallidus, side: both, extent: moderate}
- {site: caudate, side: both}
labs:
- {analyte: calcium, value: 1.7, unit: mmol/L}
- {analyte: phosphate, value: 2.4, unit: mmol/L}
- {analyte: pth, flag: high}
phenotype: [{id: HP:0001250}]
"""


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    path = tmp_path / "patient.yaml"
    path.write_text(PATIENT, encoding="utf-8")
    return path


def first(record: dict[str, Any]) -> str:
    return str(record["differential"]["groups"][0]["id"])


def test_a_patient_file_is_ranked_saved_and_told(patient: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    assert main(["diagnose", str(patient), "-o", str(out)]) == 0
    record = json.loads((out / "diagnosis.json").read_text(encoding="utf-8"))
    assert first(record) == "pseudohypoparathyroidism"
    assert record["significance"]["level"] == "urgent"
    page = (out / "diagnosis.html").read_text(encoding="utf-8")
    assert "Pseudohypoparathyroidism" in page
    assert "<script" not in page
    told = capsys.readouterr().out
    assert "Pseudohypoparathyroidism" in told
    assert str(out / "diagnosis.html") in told


def test_the_packet_written_is_ranked_as_the_file_was(patient: Path, tmp_path: Path) -> None:
    one = diagnose(patient, tmp_path / "out", also=["phenopacket"]).record
    other = diagnose(tmp_path / "out" / "phenopacket.json").record
    assert first(one) == first(other)
    assert other["source"]["kind"] == "Phenopacket"


def test_a_case_is_ranked_by_its_deposits(tmp_path: Path) -> None:
    from tests.report.fake_case import fake_case, fake_deposit

    both = [fake_deposit(n, "pineal", "midline") for n in (1,)]
    case = case_record(fake_case(*both), created="2026-11-26T06:00:00+00:00")
    case["patient"]["age_years"] = 50
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case), encoding="utf-8")
    found = diagnose(path)
    assert found.record["source"]["kind"] == "case"
    assert first(found.record) == "physiologic"


def test_a_case_says_of_its_image_what_its_scan_said(tmp_path: Path) -> None:
    from tests.report.fake_case import fake_case, fake_deposit

    case = case_record(fake_case(fake_deposit(1, "pineal", "midline")), created="2026-11-26T06:00:00+00:00")
    case["patient"]["age_years"] = 50
    blood = {"reason": "blood", "centre_lps_mm": [0.0, 0.0, 0.0], "volume_mm3": 900.0, "peak_hu": 80.0}
    levels = []
    for aside in (
        [],
        [blood],
        [{**blood, "words": "mean 65 HU in a venous sinus: flowing or clotted blood"}],
    ):
        path = tmp_path / "case.json"
        path.write_text(json.dumps({**case, "set_aside": aside}), encoding="utf-8")
        levels.append(diagnose(path).record["significance"]["level"])
    assert levels == ["incidental", "urgent", "incidental"]


def test_an_empty_patient_gets_the_prior_and_is_asked_for_more(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("", encoding="utf-8")
    record = diagnose(path).record
    assert "Tell more" in record["differential"]["words"]
    assert record["next_steps"]


def test_bad_words_are_said_and_the_rest_is_used(tmp_path: Path) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text(
        "age_years: 190\n"
        "phenotype: [{id: HP:9999999}, {id: HP:0001250}, {id: HP:0001250, excluded: true}, {id: HP:0001300}]\n"
        "labs: [{analyte: calcium, value: 8.9, unit: mmol/L}]\n"
        "variants: [{gene: SLC20A3}]\n",
        encoding="utf-8",
    )
    record = diagnose(path).record
    assert {c["code"] for c in record["cautions"]} == {
        "age_impossible", "term_unknown", "term_contradiction", "lab_implausible", "gene_unknown",
    }  # fmt: skip
    assert [t["id"] for t in record["patient"]["phenotype"]] == ["HP:0001300"]


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert main(["diagnose", str(tmp_path / "nothing.yaml")]) == 2
    assert main(["explain", "no_such_thing"]) == 2


def test_each_weight_is_traced_to_its_source(patient: Path, tmp_path: Path, capsys: Any) -> None:
    diagnose(patient, tmp_path / "out")
    assert main(["explain", str(tmp_path / "out" / "diagnosis.json"), "pallidus"]) == 0
    assert "calcium: globus pallidus" in capsys.readouterr().out
    assert main(["explain", "tsc", "subependymal"]) == 0
    assert "PMID:" in capsys.readouterr().out


def test_the_same_file_gives_the_same_record_but_for_the_time(patient: Path) -> None:
    one, other = diagnose(patient).record, diagnose(patient).record
    one["program"].pop("created")
    other["program"].pop("created")
    assert one == other
