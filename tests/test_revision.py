"""A corrected case: what a person says is taken, what follows from it is made anew, and nothing else moves."""

from __future__ import annotations

from typing import Any

import pytest

from brainsand.errors import PatientFileError
from brainsand.model.correction import Correction
from brainsand.report.record import case_record
from brainsand.revision import Ground, Revision, load_ground, revised
from brainsand.viewing import view_record


@pytest.fixture(scope="module")
def ground() -> Ground:
    return load_ground()


@pytest.fixture(scope="module")
def machine(virtual, reference) -> tuple[dict[str, Any], dict[str, Any]]:
    case = virtual("pfbc").case
    return case_record(case, created="2026-11-26T06:00:00+00:00"), view_record(case, reference)


@pytest.fixture(scope="module")
def again(machine, ground):
    def of(**said: Any) -> dict[str, Any]:
        return whole(**said).record

    def whole(**said: Any) -> Revision:
        return revised(*machine, ground, **said)

    of.whole = whole
    return of


def close(a: Any, b: Any) -> bool:
    """Equal but for the last of six figures."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, float) and isinstance(b, int | float):
        return a == pytest.approx(b, rel=2e-3, abs=2e-3)
    return a == b


def chance(record: dict[str, Any], group: str) -> float:
    return next(g["probability"] for g in record["differential"]["groups"] if g["id"] == group)


@pytest.mark.parametrize(
    "part", ["deposits", "sites", "scores", "pattern", "significance", "cautions", "patient"]
)
def test_a_case_that_nobody_corrected_comes_out_as_the_machine_made_it(part, machine, again):
    assert close(again()[part], machine[0][part])


def test_the_ranking_of_an_uncorrected_case_is_the_machines(machine, again):
    order = [g["id"] for g in machine[0]["differential"]["groups"][:5]]
    assert [g["id"] for g in again()["differential"]["groups"][:5]] == order


def test_a_rejected_deposit_leaves_sums_and_scores_and_is_kept_beside(machine, again):
    first = machine[0]["deposits"][0]
    record = again(corrections={1: Correction(rejected=True, note="a clip")})
    assert [d["id"] for d in record["rejected"]] == [1]
    assert record["rejected"][0]["note"] == "a clip"
    assert 1 not in [d["id"] for d in record["deposits"]]
    less = machine[0]["scores"]["volume_mm3"]["total"] - record["scores"]["volume_mm3"]["total"]
    assert less == pytest.approx(first["volume_mm3"], rel=1e-3)


def test_all_rejected_leaves_a_head_without_calcium(machine, again):
    everything = {d["id"]: Correction(rejected=True) for d in machine[0]["deposits"]}
    record = again(corrections=everything)
    assert record["pattern"]["names"] == ["none"]
    assert record["scores"]["total_calcification_score"]["total"] == 0
    assert chance(record, "pfbc") < chance(machine[0], "pfbc") / 3


def test_a_deposit_put_elsewhere_is_judged_by_the_rule_of_its_new_site(again):
    record = again(corrections={1: Correction(site="choroid_plexus", side="right")})
    moved = next(d for d in record["deposits"] if d["id"] == 1)
    assert (moved["site"], moved["source"]) == ("choroid_plexus", "reader")
    assert moved["site_probabilities"] == {"choroid_plexus": 1.0}
    assert moved["kind_reasons"][0]["rule"].startswith("choroid_plexus")
    assert 1 in record["scores"]["total_calcification_score"]["not_counted"]


def test_a_kind_that_a_reader_gave_stands_before_the_rules(again):
    record = again(corrections={2: Correction(kind="physiologic", note="seen in 2019 already")})
    told = next(d for d in record["deposits"] if d["id"] == 2)
    assert told["kind"] == "physiologic"
    assert told["kind_reasons"][0] == {
        "rule": "reader", "words": "seen in 2019 already", "source": "corrected by a reader",
    }  # fmt: skip


def test_facts_of_the_patient_move_the_ranking(machine, again):
    facts = {
        "age_years": 53,
        "phenotype": [{"id": "HP:0001300"}],
        "labs": [{"analyte": "calcium", "flag": "low"}],
    }
    record = again(patient=facts)
    assert chance(record, "hypoparathyroidism") > 2 * chance(machine[0], "hypoparathyroidism")
    assert record["patient"]["phenotype"][0]["label"] == "Parkinsonism"


def test_the_question_that_tells_most_comes_first(again):
    asked = again.whole().questions
    assert [a.bits for a in asked] == sorted((a.bits for a in asked), reverse=True)
    assert asked[0].bits > 0.1


def test_facts_that_cannot_be_are_refused_with_the_word_that_was_meant(again):
    with pytest.raises(PatientFileError, match="calcium"):
        again(patient={"labs": [{"analyte": "calcum", "flag": "low"}]})
