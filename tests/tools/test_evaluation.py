"""The evaluation counts rightly, keeps papers together and never tells the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from brainsand.interpret.dials import Dials
from brainsand.read.knowledge import load_knowledge
from brainsand.read.terms import load_terms
from evaluation.__main__ import PATIENTS
from evaluation.case import SUBSETS, EvaluationCase
from evaluation.packets import read_packets
from evaluation.perturb import perturbations
from evaluation.pheval import write_results
from evaluation.published import facts_of, read_published
from evaluation.ranked import Ranker
from evaluation.score import (
    Outcome,
    brier_of,
    calibration,
    expected_calibration_error,
    interval,
    share_within,
)

EVIDENCE = Path(__file__).parents[3] / "shared" / "evidence"
needs_evidence = pytest.mark.skipif(not EVIDENCE.is_dir(), reason="the shared evidence is not here")
KNOWLEDGE, TERMS = load_knowledge(), load_terms()


def outcome(rank: int | None, chance: float = 0.5, paper: str = "p") -> Outcome:
    return Outcome(
        case="c", paper=paper, group_rank=rank, condition_rank=rank, first_group="g", first_chance=chance,
        true_chance=chance, brier=0.0,
    )  # fmt: skip


def test_top_k_counts_and_a_missing_truth_is_a_miss() -> None:
    rows = [outcome(1), outcome(3), outcome(None), outcome(11)]
    assert [share_within(rows, k) for k in (1, 3, 10)] == [0.25, 0.5, 0.5]


def test_the_interval_keeps_patients_of_one_paper_together() -> None:
    alone = [outcome(1, paper=str(i)) for i in range(10)] + [outcome(9, paper=str(i)) for i in range(10, 20)]
    together = [outcome(1, paper="a")] * 10 + [outcome(9, paper="b")] * 10
    narrow = interval(alone, lambda rows: share_within(rows, 1))
    wide = interval(together, lambda rows: share_within(rows, 1))
    assert wide == (0.0, 1.0)
    assert 0.2 < narrow[0] < narrow[1] < 0.8


def test_calibration_of_a_ranking_that_is_right_half_the_time_and_says_so() -> None:
    rows = [outcome(1 if i % 2 else 2, chance=0.5) for i in range(20)]
    assert expected_calibration_error(rows, bins=1) == pytest.approx(0.0)
    sure = [outcome(2, chance=0.9) for _ in range(4)]
    assert expected_calibration_error(sure, bins=1) == pytest.approx(0.9)
    assert calibration(sure, bins=1) == [(4, pytest.approx(0.9), 0.0)]


def test_several_right_answers_share_the_truth() -> None:
    assert brier_of(np.array([0.5, 0.5]), [0, 1]) == pytest.approx(0.0)


def test_variants_are_in_no_subset() -> None:
    assert all("variants" not in names for names in SUBSETS.values())


def test_words_of_a_published_case_become_words_of_a_patient_file() -> None:
    row = {
        "age_years": 8,
        "sex": "male",
        "calcification": [
            {
                "site": "deep_periventricular_white_matter",
                "side": "bilateral",
                "morphology": "punctate",
                "extent": "unknown",
            }
        ],
        "phenotype": [{"hpo_id": "HP:0001250", "label": "Seizure"}],
        "labs": [{"analyte": "PTH", "flag": "low"}],
        "history": ["cranial irradiation at 3"],
        "family_history": "Consanguineous parents",
    }
    assert facts_of(row) == {
        "age_years": 8,
        "sex": "M",
        "findings": [{"site": "deep_white_matter", "side": "both", "morphology": "punctate"}],
        "phenotype": [{"id": "HP:0001250", "label": "Seizure"}],
        "labs": [{"analyte": "pth", "flag": "low"}],
        "history": ["cranial_irradiation"],
        "family": {"consanguinity": True},
    }


@needs_evidence
def test_every_published_diagnosis_is_known() -> None:
    cases = read_published(EVIDENCE / "published_cases.yaml", KNOWLEDGE)
    assert len(cases) == 40
    assert all(case.groups and case.conditions for case in cases)


def other_rows() -> list[dict[str, Any]]:
    files = sorted(PATIENTS.glob("*.yaml"))
    return [row for file in files for row in yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]]


def test_every_other_patient_has_a_known_diagnosis_and_current_terms() -> None:
    cases = read_published(PATIENTS, KNOWLEDGE)
    assert len({case.id for case in cases}) == len(cases) >= 25
    assert all(case.groups and case.conditions and case.facts["findings"] for case in cases)
    told = [term for case in cases for term in case.facts.get("phenotype", [])]
    assert [t for t in told if TERMS.names.get(t["id"]) != t["label"]] == []


def test_the_paper_of_another_patient_is_silent_under_each_of_its_names() -> None:
    cases = {case.id: case for case in read_published(PATIENTS, KNOWLEDGE)}
    assert {"PMC6804589", "PMID:31645982", "doi:10.1038/s41439-019-0073-7"} < cases["slc20a2_jp64"].silent


@needs_evidence
def test_no_other_patient_is_one_the_ranking_was_set_on() -> None:
    old = read_published(EVIDENCE / "published_cases.yaml", KNOWLEDGE)
    assert not {case.paper for case in old} & {row["source_url"] for row in other_rows()}
    packets = read_packets(EVIDENCE / "phenopackets", KNOWLEDGE, tiers="ABC")
    names = {str(name) for row in other_rows() for name in row.get("source", [])}
    assert not {case.paper for case in packets} & names


def test_a_folder_of_patients_is_read_by_name_of_file(tmp_path: Path) -> None:
    row = {"calcification": [], "diagnosis": {"name": "Meningioma"}, "source_url": "somewhere"}
    for name, id in (("b.yaml", "second"), ("a.yaml", "first")):
        (tmp_path / name).write_text(yaml.safe_dump({"cases": [{"id": id, **row}]}), encoding="utf-8")
    assert [case.id for case in read_published(tmp_path, KNOWLEDGE)] == ["first", "second"]
    assert [case.id for case in read_published(tmp_path / "b.yaml", KNOWLEDGE)] == ["second"]


@needs_evidence
def test_a_packet_is_told_without_variants_and_its_paper_is_silent() -> None:
    cases = read_packets(EVIDENCE / "phenopackets", KNOWLEDGE)
    assert len(cases) == 13
    assert all("variants" not in case.facts for case in cases)
    ranker = Ranker(KNOWLEDGE, TERMS, Dials())
    esam = next(case for case in cases if "ESAM" in case.id)
    silent = ranker.speaking(esam.silent)
    assert silent == {"PMID:36996813"}
    with_paper, without = ranker.table(frozenset()), ranker.table(silent)
    column = with_paper.ids.index("esam_nedihss")
    listed = [sum(column in columns for columns in t.features.values()) for t in (with_paper, without)]
    assert listed[1] < listed[0]


def test_perturbing_is_the_same_every_time_and_a_vaguer_term_lies_above() -> None:
    facts = {"phenotype": [{"id": "HP:0002384"}, {"id": "HP:0001300"}], "age_years": 40}
    changes = perturbations(TERMS)
    for change in changes.values():
        assert change(facts) == change(facts)
    vaguer = changes["symptoms said more vaguely (parent terms)"](facts)["phenotype"]
    assert [t["id"] in TERMS.ancestors(o["id"]) for t, o in zip(vaguer, facts["phenotype"], strict=True)] == [
        True,
        True,
    ]


def test_pheval_files_are_ranked_by_score(tmp_path: Path) -> None:
    ranker = Ranker(KNOWLEDGE, TERMS, Dials())
    case = EvaluationCase(
        id="x", source="made", paper="p", facts={"age_years": 40}, groups=frozenset(), conditions=frozenset()
    )
    write_results(tmp_path, "x", ranker.ranking(case, "+ age and sex"))
    lines = (
        (tmp_path / "pheval_disease_results" / "x-disease_result.tsv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    assert lines[0].split("\t") == ["rank", "score", "disease_name", "disease_identifier"]
    scores = [float(line.split("\t")[1]) for line in lines[1:]]
    assert scores == sorted(scores, reverse=True)


PATIENT_FILES = sorted((Path(__file__).parents[2] / "tools" / "evaluation" / "patients").glob("*.yaml"))


@pytest.mark.parametrize("file", PATIENT_FILES, ids=lambda file: file.stem)
def test_patients_kept_apart_have_a_known_diagnosis_and_current_terms(file: Path) -> None:
    cases = read_published(file, KNOWLEDGE)
    assert len({case.id for case in cases}) == len(cases) > 0
    for case in cases:
        assert case.groups, case.id
        assert case.facts["findings"], case.id
        for term in case.facts.get("phenotype", []):
            assert TERMS.names.get(term["id"]) == term["label"], (case.id, term)
