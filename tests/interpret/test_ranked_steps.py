"""What is asked and done once conditions are ranked: urgent first, nothing twice, nothing that contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest

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
