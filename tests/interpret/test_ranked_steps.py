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
    assert not any("Calcium, total, Phosphate" in s["step"] for s in reading.next_steps)


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
