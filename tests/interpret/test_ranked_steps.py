"""What is asked and done once conditions are ranked: urgent first, nothing twice, nothing that contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest

from brainsand.interpret.chemistry import bundle_chances
from brainsand.interpret.reading import Reading, Weigher, make_weigher, read_patient_facts
from brainsand.read.knowledge import load_knowledge
from brainsand.read.patient import patient_of
from brainsand.read.terms import load_terms


@pytest.fixture(scope="module")
def weigher() -> Weigher:
    return make_weigher(load_knowledge(), load_terms())


def told(weigher: Weigher, **facts: Any) -> Reading:
    return read_patient_facts(patient_of(facts)[0], weigher)


def calcium(value: float) -> list[dict[str, Any]]:
    return [{"analyte": "calcium", "value": value, "unit": "mmol/L"}]


PALLIDUM = [{"site": "globus_pallidus", "side": "both"}]


@pytest.mark.parametrize(("value", "urgency", "level"), [(1.6, "now", "urgent"), (2.05, "soon", "work_up")])
def test_very_low_calcium_is_an_emergency_felt_or_not(
    weigher: Weigher, value: float, urgency: str, level: str
) -> None:
    reading = told(weigher, age_years=40, findings=PALLIDUM, labs=calcium(value))
    step = next(s for s in reading.next_steps if s["step"].startswith("Treat low calcium"))
    assert step["urgency"] == urgency
    assert reading.significance["level"] == level


def test_very_high_calcium_is_an_emergency(weigher: Weigher) -> None:
    first = told(weigher, age_years=60, findings=PALLIDUM, labs=calcium(3.8)).next_steps[0]
    assert (first["urgency"], first["step"][:5]) == ("now", "Bring")
    assert told(weigher, age_years=60, findings=PALLIDUM, labs=calcium(3.0)).next_steps[0]["urgency"] != "now"


def test_low_calcium_that_is_felt_in_the_fingers_cannot_wait(weigher: Weigher) -> None:
    facts = {"age_years": 40, "findings": PALLIDUM, "labs": calcium(2.05)}
    reading = told(weigher, **facts, phenotype=[{"id": "HP:0003401"}])
    assert (reading.next_steps[0]["urgency"], reading.significance["level"]) == ("now", "urgent")


def measured(reading: Reading) -> list[str]:
    return [a.question.key for a in reading.answers if a.question.about == "lab"]


def test_of_tests_read_together_only_those_not_done_are_asked_for(weigher: Weigher) -> None:
    labs = [{"analyte": "calcium", "flag": "low"}, {"analyte": "pth", "flag": "low"}]
    reading = told(weigher, age_years=40, findings=PALLIDUM, labs=labs)
    assert "phosphate" in measured(reading)
    assert not any("calcium" in key or "pth" in key for key in measured(reading))
    assert not any("Measure: total calcium" in s["step"] for s in reading.next_steps)


def test_a_test_beside_known_ones_is_expected_as_those_let_expect(weigher: Weigher) -> None:
    labs = [{"analyte": "calcium", "flag": "low"}, {"analyte": "pth", "flag": "low"}]
    answers = told(weigher, age_years=40, findings=PALLIDUM, labs=labs).answers
    asked = next(a.question for a in answers if a.question.key == "phosphate")
    column = weigher.table.ids.index("hypopara_idiopathic_autoimmune")
    flags = {"calcium": "low", "pth": "low", "phosphate": "high"}
    both = bundle_chances(weigher.table, tuple(flags), flags, weigher.dials)[column]
    known = bundle_chances(weigher.table, ("calcium", "pth"), flags, weigher.dials)[column]
    high = asked.chances[asked.outcomes.index("high"), column]
    assert high == pytest.approx(both / known, rel=0.02)
    # Beside low calcium and low parathyroid hormone a high phosphate is expected, and not in others.
    assert high > 3 * asked.chances[asked.outcomes.index("high"), -1]


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"history": ["dialysis"]}, "ckd"),
        ({"history": ["thyroid_surgery"]}, "neck_surgery"),
        ({"phenotype": [{"id": "HP:0001052"}]}, "port_wine_birthmark"),
        ({"phenotype": [{"id": "HP:0001052", "excluded": True}]}, "port_wine_birthmark"),
    ],
)
def test_a_history_that_is_implied_or_said_by_a_symptom_is_not_asked_for(
    weigher: Weigher, facts: dict[str, Any], word: str
) -> None:
    reading = told(weigher, age_years=40, findings=[{"site": "cortex", "side": "left"}], **facts)
    assert word not in [a.question.key for a in reading.answers]


def test_no_test_is_needed_is_not_said_beside_a_test(weigher: Weigher) -> None:
    dots = [{"site": "globus_pallidus", "side": "both", "extent": "punctate"}]
    for age in (80, 95, 120):
        steps = [s["step"] for s in told(weigher, age_years=age, findings=dots).next_steps]
        measured = any(step.startswith("Measure") for step in steps)
        assert ("No further test for the calcium." in steps) != measured


@pytest.mark.parametrize(
    ("facts", "group", "word"),
    [
        ({"phenotype": [{"id": "HP:0001052"}], "age_years": 1}, "sturge_weber", "somatic"),
        ({"history": ["celiac"], "labs": [{"analyte": "ttg", "flag": "positive"}]}, "cec", "susceptibility"),
    ],
)
def test_what_no_panel_shows_is_in_no_panel_and_told_as_what_it_is(
    weigher: Weigher, facts: dict[str, Any], group: str, word: str
) -> None:
    cortex = [{"site": "cortex", "side": "left", "lobe": "occipital", "morphology": "gyriform"}]
    reading = told(weigher, findings=cortex, **facts)
    assert reading.differential["groups"][0]["id"] == group
    assert not any(s["step"].startswith("Gene panel") for s in reading.next_steps)
    assert f"({word}), which no panel" in reading.readers["geneticist"]


def test_what_is_not_in_the_history_is_no_finding_left_unexplained(weigher: Weigher) -> None:
    found = told(weigher, age_years=0, findings=[{"site": "basal_ganglia", "side": "both"}])
    assert any(w.finding == "history_lacks" for w in found.ranking.weights)
    assert found.differential["unexplained"] == []


def test_a_mass_the_first_cause_does_not_bring_is_left_unexplained(weigher: Weigher) -> None:
    mass = {"site": "dura", "side": "left", "in_mass": True}
    found = told(
        weigher, age_years=44, findings=[*PALLIDUM, mass], history=["thyroid_surgery"], labs=calcium(1.6)
    )
    assert found.differential["groups"][0]["id"] == "hypoparathyroidism"
    assert "calcium in a mass" in found.differential["unexplained"]


def test_a_benign_variant_is_no_second_hit(weigher: Weigher) -> None:
    def pfbc(*classes: str) -> float:
        rows = [{"gene": "MYORG", "zygosity": "heterozygous", "acmg": c} for c in classes]
        ranking = told(weigher, age_years=40, findings=PALLIDUM, variants=rows).ranking
        return float(ranking.groups[ranking.table.group_ids.index("pfbc")])

    assert pfbc("P", "B") == pytest.approx(pfbc("P"))
    assert pfbc("P", "LP") > pfbc("P")


def test_age_alone_is_no_reason_to_work_anything_up(weigher: Weigher) -> None:
    reading = told(weigher, age_years=52, sex="M")
    assert reading.significance["level"] == "follow_up"
    assert "Tell more" in reading.differential["words"]


def test_a_site_of_what_is_benign_is_not_left_unexplained(weigher: Weigher) -> None:
    dots = [{"site": "globus_pallidus", "side": "both", "extent": "punctate"}]
    signs = [{"id": "HP:0001300"}, {"id": "HP:0002322"}]
    reading = told(weigher, age_years=76, findings=dots, phenotype=signs)
    assert reading.differential["groups"][0]["benign"]
    assert reading.differential["unexplained"] == []


def test_what_no_relative_needs_is_said_as_that(weigher: Weigher) -> None:
    cortex = [{"site": "cortex", "side": "left", "morphology": "gyriform"}]
    steps = told(weigher, age_years=1, findings=cortex, phenotype=[{"id": "HP:0001052"}]).next_steps
    assert not any(s["step"].startswith("None") for s in steps)
    assert any(s["step"].startswith("No relative need be scanned or tested: a change of GNAQ") for s in steps)


def test_tests_are_named_as_one_says_them(weigher: Weigher) -> None:
    steps = told(weigher, age_years=40, findings=PALLIDUM).next_steps
    first = next(s["step"] for s in steps if s["step"].startswith("Measure"))
    assert first == "Measure: total calcium, inorganic phosphate and intact parathyroid hormone together"


def test_the_radiologist_hears_of_two_causes_and_of_none_that_fits(weigher: Weigher) -> None:
    mass = {"site": "dura", "side": "left", "morphology": "nodular", "in_mass": True}
    pair = told(
        weigher, age_years=44, findings=[*PALLIDUM, mass], history=["thyroid_surgery"], labs=calcium(1.6)
    )
    assert "Two causes at once" in pair.readers["radiologist"]
    strange = [
        {"site": "brainstem", "side": "left", "extent": "large"},
        {"site": "corpus_callosum", "side": "midline"},
        {"site": "hippocampus", "side": "right"},
    ]
    nothing = told(weigher, age_years=30, sex="M", findings=strange).readers["radiologist"]
    assert nothing.startswith("No condition of the list fits well")
    assert "fits Another cause" not in nothing


def test_no_paragraph_ends_a_question_twice(weigher: Weigher) -> None:
    for facts in ({"findings": PALLIDUM}, {"age_years": 83, "findings": PALLIDUM}, {}):
        assert not any("?." in words for words in told(weigher, **facts).readers.values())


def test_what_no_eye_sees_is_tested_for_and_not_looked_for(weigher: Weigher) -> None:
    nodule = [{"site": "dura", "side": "left", "morphology": "nodular", "in_mass": True}]
    steps = [s["step"] for s in told(weigher, age_years=66, sex="F", findings=nodule).next_steps]
    assert "Test for: Chromosomal breakage induced by ionizing radiation" in steps
    assert not any(s.startswith("Look for: Chromosomal") for s in steps)


def test_a_kidney_s_tests_that_are_done_are_not_asked_for(weigher: Weigher) -> None:
    labs = [{"analyte": a, "flag": "high"} for a in ("phosphate", "pth", "creatinine")]
    labs += [{"analyte": "calcium", "flag": "low"}]
    steps = told(weigher, age_years=60, findings=PALLIDUM, labs=labs, history=["dialysis"]).next_steps
    assert not any(s["step"].startswith(("Creatinine", "Ask: Is there chronic kidney")) for s in steps)


@pytest.mark.parametrize(("flag", "urgency"), [("normal", "routine"), ("low", "now")])
def test_a_long_qt_is_looked_for_at_once_only_where_calcium_may_be_low(
    weigher: Weigher, flag: str, urgency: str
) -> None:
    labs = [{"analyte": "calcium", "flag": flag}, {"analyte": "pth", "flag": "low"}]
    known = ["hypoparathyroidism_known", "thyroid_surgery"]
    steps = told(weigher, age_years=50, findings=PALLIDUM, labs=labs, history=known).next_steps
    assert next(s["urgency"] for s in steps if s["step"] == "ECG for a long QT") == urgency
