"""What do the deposits of one head mean for this person? Pattern, significance, causes and next steps, from one place.

Another joint of the pipeline, beside ``tally``: whoever has deposits with their kinds, from the scan or from a reader's
corrections, gets their meaning here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from brainsand.interpret.next_steps import URGENCY, next_steps_of
from brainsand.interpret.observed import hidden_sites
from brainsand.interpret.pattern import pattern_of
from brainsand.interpret.reading import Reading, Weigher, make_weigher, read_patient_facts
from brainsand.interpret.significance import significance_of
from brainsand.model.caution import Caution
from brainsand.model.finding import Deposit, SetAside
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meaning:
    """The blocks of ``case.json`` of these names; ``reading`` is None where there is no knowledge to weigh by."""

    pattern: dict[str, Any]
    significance: dict[str, Any]
    differential: dict[str, Any] | None
    next_steps: tuple[dict[str, Any], ...]
    cautions: tuple[Caution, ...]
    reading: Reading | None


def meaning_of(
    rows: Sequence[Deposit],
    *,
    set_aside: Sequence[SetAside],
    patient: Patient,
    missing: Sequence[str],
    norms: Mapping[str, Any],
    weigher: Weigher | None,
) -> Meaning:
    """The meaning of deposits.

    Parameters
    ----------
    rows : sequence of Deposit
        Kinds decided.
    set_aside : sequence of SetAside
        Bright things judged not to be calcium.
    patient : Patient
        Checked facts.
    missing : sequence of str
        Parts of the head the scan does not show (``quality.coverage``).
    norms : mapping
        Of ``read.knowledge.load_norms``.
    weigher : Weigher or None
        Of ``interpret.reading.make_weigher``; without it image and age speak alone.
    """
    scene: dict[str, Any] = {"age_years": patient.age_years, "norms": norms}
    pattern = pattern_of(rows, **scene)
    image = significance_of(rows, set_aside=set_aside, **scene)
    by_image = next_steps_of(rows, set_aside=set_aside, ranked=weigher is not None, **scene)
    if weigher is None:
        return Meaning(
            pattern=pattern,
            significance=image,
            differential=None,
            next_steps=by_image,
            cautions=(),
            reading=None,
        )
    reading = read_patient_facts(
        patient,
        weigher,
        deposits=rows,
        covered=hidden_sites(missing),
        pattern=pattern["words"],
        image=image,
    )
    return Meaning(
        pattern=pattern,
        significance=reading.significance,
        differential=reading.differential,
        next_steps=_all_steps(by_image, reading.next_steps),
        cautions=reading.cautions,
        reading=reading,
    )


def with_weigher(reference: Reference) -> Reference:
    """The reference with what weighing needs made, so that many scans share it."""
    return replace(reference, weigher=weigher_of(reference))


def weigher_of(reference: Reference) -> Weigher | None:
    """What weighs a patient, made where the reference has none; None without knowledge to weigh by."""
    if reference.knowledge is None or reference.terms is None:
        return None
    made: Weigher | None = reference.weigher
    return made or make_weigher(reference.knowledge, reference.terms)


def _all_steps(
    by_image: Sequence[dict[str, Any]], by_ranking: Sequence[dict[str, Any]]
) -> tuple[dict[str, Any], ...]:
    """The steps of the image and of the ranking together, the most urgent first, the image's before equals.

    What both say stands once.
    """
    rows: dict[str, dict[str, Any]] = {}
    for step in (*by_image, *by_ranking):
        rows.setdefault(step["step"], step)
    return tuple(sorted(rows.values(), key=lambda step: URGENCY.index(step["urgency"])))
