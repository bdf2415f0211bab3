"""From facts to a reading: everything brainsand says of one patient by weighing, in one call.

Both doors come here: a scan (``pipeline.analyze``) and facts alone (``diagnose``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from brainsand.interpret.advice import steps_of_ranking
from brainsand.interpret.bearing import bearing_of
from brainsand.interpret.dials import Dials
from brainsand.interpret.differential import differential_of
from brainsand.interpret.heredity import not_inherited
from brainsand.interpret.information import Answer, Question, make_questions
from brainsand.interpret.labs import Panel
from brainsand.interpret.patient import observe
from brainsand.interpret.rank import Ranking, rank
from brainsand.interpret.readers import paragraphs_of
from brainsand.interpret.table import Table, make_table
from brainsand.model.caution import Caution
from brainsand.model.finding import Deposit
from brainsand.model.knowledge import Knowledge
from brainsand.model.patient import Patient
from brainsand.model.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weigher:
    """What is made once from the knowledge, and used for every patient."""

    table: Table
    questions: tuple[Question, ...]
    dials: Dials


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What weighing gave: records ready for ``case.json``, the ranking behind them, cautions, and open questions."""

    differential: dict[str, Any]
    significance: dict[str, Any]
    next_steps: tuple[dict[str, Any], ...]
    readers: dict[str, str]
    ranking: Ranking
    panel: Panel
    cautions: tuple[Caution, ...]
    answers: tuple[Answer, ...]


def make_weigher(knowledge: Knowledge, terms: Terms, dials: Dials | None = None) -> Weigher:
    """The table and the questions of a knowledge base (some 90 ms of CPU time)."""
    dials = dials or Dials()
    table = make_table(knowledge, terms, dials)
    return Weigher(table=table, questions=make_questions(table, dials), dials=dials)


def read_patient_facts(
    patient: Patient,
    weigher: Weigher,
    *,
    deposits: Sequence[Deposit] | None = None,
    covered: Mapping[str, float] | None = None,
    pattern: str | None = None,
    image: Mapping[str, Any] | None = None,
    plain: bool = False,
) -> Reading:
    """Weigh one patient.

    Parameters
    ----------
    patient : Patient
        Checked facts.
    weigher : Weigher
        Of :func:`make_weigher`.
    deposits, covered : optional
        Of the scan, where there is one (``interpret.patient.observe``).
    pattern : str, optional
        The scan's pattern in words.
    image : mapping, optional
        The significance that the image alone has.
    plain : bool
        Whether all calcium of the image is ordinary for a grown person (``significance.plainly_ordinary``).
    """
    table = weigher.table
    seen, panel = observe(
        patient, table.knowledge, table.terms, weigher.dials, deposits=deposits, covered=covered
    )
    ranking = rank(table, seen, weigher.dials, lab_words=panel.words, plain=plain)
    differential, answers = differential_of(ranking, weigher.questions, weigher.dials)
    steps = steps_of_ranking(ranking, answers)
    differential["readers"] = paragraphs_of(
        differential,
        steps,
        pattern=pattern,
        lab_notes=panel.notes,
        not_inherited=not_inherited(table.knowledge),
    )
    return Reading(
        differential=differential,
        significance=bearing_of(ranking, steps, image),
        next_steps=steps,
        readers=differential["readers"],
        ranking=ranking,
        panel=panel,
        cautions=panel.cautions,
        answers=tuple(answers),
    )
