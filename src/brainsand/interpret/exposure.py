"""What does the history say: operations, exposures, known diseases?

A word that is there is what the condition or mere coincidence brings. A word that is not there says nothing, but for
what a condition can hardly be without (radiation vasculopathy without radiation): who tells of a patient tells of that
with some chance even unasked (``Dials.unasked``), and more surely where a history is given at all (``Dials.asked``).
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.dials import Dials
from brainsand.interpret.observed import Observed
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Ground, Weight, basis_of, either
from brainsand.model.frequency import estimate
from brainsand.model.knowledge import Condition, HistoryFact

Floats = NDArray[np.float64]

LEAST_BASE: Final = 0.002


def weigh_history(table: Table, seen: Observed, dials: Dials) -> list[Weight]:
    """The weights of the history words given, and one for what conditions require and the history lacks."""
    words = dict.fromkeys((*seen.history, *_said_by_terms(table, seen)))
    implied = {other for word in words for other in implied_words(table, word)}
    # What another word implies is heard in that one: an operation on the thyroid is no second operation on the neck.
    found = [_given(table, word) for word in words if word not in implied]
    told = seen.sightings or seen.scanned or seen.terms or seen.flags or seen.history
    if (
        told
        and (lacking := _lacking(table, implied | set(words), dials, asked=bool(seen.history))) is not None
    ):
        found.append(lacking)
    return [w for w in found if np.abs(w.log_ratio).max() > 1e-9]


def word_chances(table: Table, word: str) -> Floats:
    """Chance of a history word in each column, coincidence included.

    Where nothing is known of the word itself, the ratio of what it implies stands for its own: whoever lists surgery on
    the neck says something of surgery on the thyroid.
    """
    base = word_base(table, word)
    chances = either(np.array([*(_chance(c, word) for c in table.conditions), 0.0]), base)
    for other in implied_words(table, word):
        ratio = word_chances(table, other) / word_base(table, other)
        silent = np.array([*(_fact(c, word) is None for c in table.conditions), True])
        chances = np.where(silent, np.minimum(np.maximum(chances, base * ratio), 0.98), chances)
    return np.asarray(chances)


def word_base(table: Table, word: str) -> float:
    """How often people who get a head CT have it in their history."""
    known = table.knowledge.history.get(word)
    return max(LEAST_BASE, known.base.middle if known else 0.02)


def word_name(table: Table, word: str) -> str:
    """A history word as people say it."""
    known = table.knowledge.history.get(word)
    return known.name if known else word.replace("_", " ")


def terms_of_history(table: Table) -> dict[str, str]:
    """HPO terms that say the same as a history word."""
    return {term: word.id for word in table.knowledge.history.values() for term in word.hpo}


def implied_words(table: Table, word: str) -> tuple[str, ...]:
    """The words that are true with this one."""
    known = table.knowledge.history.get(word)
    return known.implies if known else ()


def _said_by_terms(table: Table, seen: Observed) -> tuple[str, ...]:
    same = terms_of_history(table)
    return tuple(same[t] for t in seen.terms if t in same)


def _fact(condition: Condition, word: str) -> HistoryFact | None:
    return next((fact for fact in condition.history if fact.word == word), None)


def _chance(condition: Condition, word: str) -> float:
    fact = _fact(condition, word)
    found = None if fact is None else estimate(fact.frequency)
    return 0.0 if found is None else found.mean


def _given(table: Table, word: str) -> Weight:
    return Weight(
        about="history",
        finding=f"history:{word}",
        words=word_name(table, word),
        log_ratio=np.log(word_chances(table, word) / word_base(table, word)),
        ground=partial(_ground, table, word),
    )


def _lacking(table: Table, words: set[str], dials: Dials, *, asked: bool) -> Weight | None:
    """What a condition can hardly be without, and of which nothing is said: more telling where a history was given."""
    ratios = np.ones(table.size)
    for column, condition in enumerate(table.conditions):
        needed = {f.word for f in condition.history if f.required}
        if needed and not words & needed:
            ratios[column] = 1 - (dials.asked if asked else dials.unasked)
    if ratios.min() == 1.0:
        return None
    return Weight(
        about="history",
        finding="history_lacks",
        words="what this condition comes from is not in the history"
        if asked
        else "no word of what this comes from",
        log_ratio=np.log(ratios),
    )


def _ground(table: Table, word: str, column: int) -> Ground:
    words = (word, *implied_words(table, word)) if column < len(table.conditions) else ()
    fact = next((f for w in words if (f := _fact(table.conditions[column], w)) is not None), None)
    found = None if fact is None else estimate(fact.frequency)
    if found is None:
        return Ground(basis="expert", frequency="not tied to this condition: neutral")
    return Ground(
        basis=basis_of(found.trust), frequency="; ".join(f.words for f in found.facts), source=found.sources
    )
