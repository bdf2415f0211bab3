"""What any growing mass in the head may bring, whatever it is.

Series of a tumour list what is peculiar to it, and the next list is of other signs; a sign that one list has and the
other lacks would then tell two tumours apart that bring it alike. So these signs belong to every tumour, as often as
stands here, where its own list is silent. All are an expert's round numbers.
"""

from __future__ import annotations

from typing import Final

from brainsand.model.frequency import Frequency
from brainsand.model.knowledge import Condition, Feature

CATEGORY: Final = "neoplastic"
SIGNS: Final[tuple[tuple[str, str, float], ...]] = (
    ("HP:0002315", "Headache", 40.0),
    ("HP:0001250", "Seizure", 20.0),
    ("HP:0002013", "Vomiting", 20.0),
    ("HP:0002516", "Increased intracranial pressure", 20.0),
    ("HP:0001085", "Papilledema", 20.0),
    ("HP:0001269", "Hemiparesis", 15.0),
    ("HP:0000505", "Visual impairment", 12.0),
    ("HP:0100543", "Cognitive impairment", 12.0),
    ("HP:0001288", "Gait disturbance", 12.0),
    ("HP:0000238", "Hydrocephalus", 10.0),
    ("HP:0001289", "Confusion", 8.0),
    ("HP:0002329", "Drowsiness", 8.0),
    ("HP:0001254", "Lethargy", 8.0),
    ("HP:0001251", "Ataxia", 8.0),
    ("HP:0000651", "Diplopia", 8.0),
    ("HP:0002354", "Memory impairment", 8.0),
    ("HP:0002381", "Aphasia", 5.0),
    ("HP:0000726", "Dementia", 4.0),
)
"""Term, label, percent."""


def signs_of_a_mass(condition: Condition) -> tuple[Feature, ...]:
    """The signs of any mass that a tumour's own list does not have; none for what is no tumour."""
    if condition.category != CATEGORY:
        return ()
    own = {feature.id for feature in condition.phenotype}
    return tuple(
        Feature(id=term, label=label, frequency=(_expert(percent),))
        for term, label, percent in SIGNS
        if term not in own
    )


def _expert(percent: float) -> Frequency:
    return Frequency(trust="expert", percent=percent, note="any mass in the head")
