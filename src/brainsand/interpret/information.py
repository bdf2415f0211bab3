"""Which question or test would change the ranking most? Expected information, in bits, computed and not listed.

Every question has outcomes and, in each condition, a chance for each outcome. Before it is asked the groups have an
entropy; the outcome expected leaves another; the difference is what the question tells (mutual information). A
question all conditions answer alike tells nothing, however often it stands in textbooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.chemistry import MINERAL, bundle_chances
from brainsand.interpret.dials import Dials
from brainsand.interpret.exposure import implied_words, terms_of_history, word_chances, word_name
from brainsand.interpret.heredity import mode_of
from brainsand.interpret.labs import FLAG_OF_TERM
from brainsand.interpret.observed import BASAL_GANGLIA, SOMEWHERE, Observed
from brainsand.interpret.rank import Ranking
from brainsand.interpret.symptoms import base_rate
from brainsand.interpret.table import Table, steps_up
from brainsand.interpret.weight import either
from brainsand.interpret.where import place_words
from brainsand.model.sites import SITES

Floats = NDArray[np.float64]

MINERALS: Final = ("calcium", "phosphate", "pth")
NUMBER: Final = ("low", "normal", "high")
VERDICT: Final = ("negative", "positive")
YIELD: Final = 0.85
"""Chance that sequencing finds the variant of a gene that is the cause (expert)."""
STRAY_VARIANT: Final = 0.01
ANSWERS: Final = ("HP:0000828", "HP:0002664")
"""Terms that are diagnoses themselves: disorders of the parathyroid glands, neoplasms."""
TERMS_OF_BEST: Final = 8
"""Features are asked for that belong to this many of the likeliest conditions."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """Something that could be asked. ``chances`` (outcome, column); ``about`` lab, history, symptom, site or gene."""

    about: str
    key: str
    words: str
    outcomes: tuple[str, ...]
    chances: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What a question is worth: ``bits`` over all groups, and ``group_bits`` for each group alone."""

    question: Question
    bits: float
    group_bits: Floats


def make_questions(table: Table, dials: Dials) -> tuple[Question, ...]:
    """The questions that do not depend on the patient: laboratory tests, history, genes. Made once."""
    return (*_labs(table, dials), *_history(table), *_genes(table))


def weigh_questions(ranking: Ranking, ready: Sequence[Question], dials: Dials) -> list[Answer]:
    """Every open question with what it is worth, the best first."""
    history = _told_history(ranking)
    open_ = [_beside_known(q, ranking, dials) for q in ready if not _known(q, ranking, history)]
    open_ += [*_symptoms(ranking), *_sites(ranking)]
    shares = _memberships(ranking.table)
    answers = [_answer(q, ranking, shares) for q in open_]
    return sorted(answers, key=lambda a: (-a.bits, a.question.key))


def entropy_bits(chances: Floats) -> float:
    """Entropy of a distribution, bits.

    >>> entropy_bits(np.array([0.5, 0.5]))
    1.0
    """
    some = chances[chances > 1e-12]
    return float(-(some * np.log2(some)).sum())


def _memberships(table: Table) -> Floats:
    shares = np.zeros((table.size, len(table.group_ids)))
    shares[np.arange(table.size), table.group_of] = 1.0
    return shares


def _answer(question: Question, ranking: Ranking, shares: Floats) -> Answer:
    joint = (question.chances * ranking.posterior) @ shares
    outcome = joint.sum(axis=1)
    given = joint / np.maximum(outcome[:, None], 1e-12)
    before = ranking.groups
    after = sum(float(p) * entropy_bits(g) for p, g in zip(outcome, given, strict=True))
    alone = _binary_bits(before) - (outcome[:, None] * _binary_bits(given)).sum(axis=0)
    return Answer(
        question=question, bits=max(0.0, entropy_bits(before) - after), group_bits=np.maximum(alone, 0.0)
    )


def _binary_bits(chances: Floats) -> Floats:
    p = np.clip(chances, 1e-12, 1 - 1e-12)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))


def _known(question: Question, ranking: Ranking, history: set[str]) -> bool:
    seen = ranking.seen
    if question.about == "lab":
        return not _unmeasured(question, seen)
    if question.about == "history":
        return question.key in history
    return question.about == "gene" and question.key in {str(v["gene"]).upper() for v in seen.variants}


def _told_history(ranking: Ranking) -> set[str]:
    """The history words that are answered: given, implied by one given, or said by a symptom observed or excluded."""
    table, seen = ranking.table, ranking.seen
    same = terms_of_history(table)
    given = {*seen.history, *(same[t] for t in seen.terms if t in same)}
    implied = {other for word in given for other in implied_words(table, word)}
    return given | implied | {same[t] for t in seen.excluded if t in same}


def _unmeasured(question: Question, seen: Observed) -> tuple[str, ...]:
    """The tests of a question that have no result yet."""
    told = set(seen.flags) | ({"ionized_calcium"} if "calcium" in seen.flags else set())
    return tuple(name for name in question.key.split("+") if name not in told)


def _beside_known(question: Question, ranking: Ranking, dials: Dials) -> Question:
    """A question of calcium metabolism beside what is measured of it: the rest of it, given that."""
    if question.about != "lab" or not set(question.key.split("+")) & set(MINERAL):
        return question
    known = {name: flag for name, flag in ranking.seen.flags.items() if name in MINERAL}
    rest = _unmeasured(question, ranking.seen)
    return _lab(ranking.table, rest, dials, known=known) if known else question


def _labs(table: Table, dials: Dials) -> list[Question]:
    named = {name for c in table.conditions for s in c.labs for name in s.results}
    singles = [(name,) for name in sorted(named) if name not in MINERALS]
    return [_lab(table, bundle, dials) for bundle in [MINERALS, *singles]]


def _lab(
    table: Table, bundle: tuple[str, ...], dials: Dials, *, known: Mapping[str, str] | None = None
) -> Question:
    """Tests read together, beside ``known`` {test: flag} that are read with them."""
    known = known or {}
    analytes = table.knowledge.analytes
    kinds = [VERDICT if n in analytes and analytes[n].kind == "verdict" else NUMBER for n in bundle]
    outcomes = list(product(*kinds))
    flags = [{**known, **dict(zip(bundle, o, strict=True))} for o in outcomes]
    rows = [bundle_chances(table, tuple(f), f, dials) for f in flags]
    chances = np.array(rows)
    names = [analytes[n].spoken if n in analytes else n.replace("_", " ") for n in bundle]
    words = f"{', '.join(names[:-1])} and {names[-1]} together" if len(names) > 1 else names[0]
    return Question(
        about="lab",
        key="+".join(bundle),
        words=words,
        outcomes=tuple(" ".join(o) for o in outcomes),
        chances=chances / chances.sum(axis=0),
    )


def _history(table: Table) -> list[Question]:
    words = sorted({fact.word for c in table.conditions for fact in c.history})
    return [_yes_or_no("history", word, _asked(table, word), word_chances(table, word)) for word in words]


def _asked(table: Table, word: str) -> str:
    known = table.knowledge.history.get(word)
    return known.asks if known and known.asks else word_name(table, word)


def _yes_or_no(about: str, key: str, words: str, yes: Floats) -> Question:
    return Question(
        about=about, key=key, words=words, outcomes=("no", "yes"), chances=np.array([1 - yes, yes])
    )


def _genes(table: Table) -> list[Question]:
    """A gene panel a group: what is asked is whether any of the group's genes holds the cause."""
    found = []
    for place, group in enumerate(table.group_ids[:-1]):
        members = [c for c in table.conditions if c.group == group]
        genes = [g.symbol for c in members for g in c.genes if mode_of(g) != "none"]
        if genes:
            has = np.array([bool(c.genes) and c.group == group for c in table.conditions] + [False])
            yes = np.where(has, YIELD, STRAY_VARIANT)
            names = ", ".join(dict.fromkeys(genes))
            found.append(_yes_or_no("gene", table.group_ids[place], f"Genes: {names}", yes))
    return found


def _symptoms(ranking: Ranking) -> list[Question]:
    """Features of the likeliest conditions that nobody has spoken of."""
    table, seen = ranking.table, ranking.seen
    best = {int(c) for c in np.argsort(-ranking.posterior)[:TERMS_OF_BEST]}
    told = {t for term in (*seen.terms, *seen.excluded) for t in steps_up(term, table.terms.parents)}
    told |= {t for term in (*seen.terms, *seen.excluded) for t in table.below.get(term, ())}
    told |= set(FLAG_OF_TERM) | set(terms_of_history(table))
    wanted = [
        t
        for t, columns in table.features.items()
        if best & set(columns) and t not in told and not _is_answer(t, table)
    ]
    found = []
    for term in wanted:
        own = np.zeros(table.size)
        for column, (chance, _) in table.features[term].items():
            own[column] = chance
        yes = either(own, base_rate(table, term, table.above[term], seen.age_years))
        found.append(_yes_or_no("symptom", term, table.terms.names.get(term, term), yes))
    return found


def _is_answer(term: str, table: Table) -> bool:
    """Whether a term names a disease of the list, or a whole region of findings, and nothing one can see or ask."""
    if table.terms.names.get(term, "").startswith("Abnormal"):
        return True
    return any(table.terms.is_a(term, answer) for answer in ANSWERS)


def _sites(ranking: Ranking) -> list[Question]:
    """Sites of which nothing is known yet: only where there is no scan."""
    if ranking.seen.scanned:
        return []
    named = {s.site for s in ranking.seen.sightings} | set(ranking.seen.absent) | {SOMEWHERE}
    named |= set(BASAL_GANGLIA) if "basal_ganglia" in named else set()
    return [
        _yes_or_no(
            "site", site, f"is there calcium at this site: {place_words(site)}?", ranking.next_sites[i]
        )
        for i, site in enumerate(SITES)
        if site not in named
    ]
