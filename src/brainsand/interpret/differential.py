"""The differential as ``case.json`` holds it: groups best first, each with what speaks for it, against it, and what is
missing; every weight with its source.

The likelihood ratios of a group multiply with its prior to its probability (before all are made to sum to one): what
is shown is what was counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.advice import LIKELY
from brainsand.interpret.chance import percent
from brainsand.interpret.dials import Dials
from brainsand.interpret.information import Answer, Question, weigh_questions
from brainsand.interpret.rank import UNEXPLAINED_BELOW, Ranking, knows_more_than_the_person
from brainsand.interpret.table import OTHER
from brainsand.interpret.weight import Weight, basis_of

Floats = NDArray[np.float64]
Record = dict[str, Any]

TOLD_IN_FULL: Final = 10
"""So many groups are told with every weight; the rest with name and probability."""
LEAST_TOLD: Final = 0.1
"""A weight under this (natural log of the ratio) is neutral and not told."""
LEAST_BITS: Final = 0.005
MISSING_TOLD: Final = 6
PAIR_LEADS: Final = 0.3
"""From this probability a pair of causes leads, and is said first (expert)."""
PAIR_TOLD: Final = 0.03
OTHER_NAME: Final = "Another cause, not in this list"


def differential_of(
    ranking: Ranking, questions: Sequence[Question], dials: Dials
) -> tuple[Record, list[Answer]]:
    """The record, and every open question with its worth (for the next steps).

    Parameters
    ----------
    ranking : Ranking
        Of one patient.
    questions : sequence of Question
        Of ``interpret.information.make_questions``.
    dials : Dials
        Of the ranking.
    """
    table = ranking.table
    answers = weigh_questions(ranking, questions, dials)
    order = sorted(range(len(table.group_ids)), key=lambda g: (-ranking.groups[g], table.group_ids[g]))
    groups = [_group(ranking, g, answers if rank < TOLD_IN_FULL else None) for rank, g in enumerate(order)]
    record = {
        "groups": groups,
        "together": _together(ranking),
        "unexplained": unexplained(ranking, order[0]),
        "prior": _prior(ranking),
        "other_cause": float(ranking.groups[-1]),
        "words": _words(ranking, groups),
    }
    return record, answers


def group_ratios(ranking: Ranking, group: int) -> Floats:
    """Log likelihood ratio of each weight in a group: mean over its members as probable as they are."""
    members = np.flatnonzero(ranking.table.group_of == group)
    share = ranking.posterior[members]
    share = share / share.sum() if share.sum() > 0 else np.full(len(members), 1 / len(members))
    return np.asarray(ranking.cooled[:, members] @ share)


def evidence_row(weight: Weight, log_ratio: float, column: int) -> Record:
    """One weight as the record holds it."""
    ground = weight.ground(column)
    direction = "for" if log_ratio > 0 else "against"
    return {
        "finding": weight.finding,
        "direction": direction,
        "likelihood_ratio": float(np.exp(log_ratio)),
        "basis": ground.basis,
        "frequency": ground.frequency,
        "source": list(ground.source),
        "words": weight.words,
    }


def unexplained(ranking: Ranking, group: int) -> list[str]:
    """What the leading group (or the leading pair, where two causes are likely) makes less likely than others do.

    Sites of what is benign are explained by the norms for the age, however rare.
    """
    ratios = group_ratios(ranking, group)
    if ranking.pairs and ranking.pairs[0].probability >= PAIR_LEADS:
        ratios = ranking.cooled[:, list(ranking.pairs[0].columns)].max(axis=1)
    limit = np.log(UNEXPLAINED_BELOW)
    telling: tuple[str, ...] = ("lab", "history", "variant", "mass")
    known = ranking.table.knowledge.groups.get(ranking.table.group_ids[group])
    if known is None or not known.benign:
        telling = ("site", *telling)
    rows = list(zip(ranking.weights, ratios, strict=True))
    # What is not in the history is no finding that asks for an explanation.
    found = [w.words for w, r in rows if w.about in telling and w.finding != "history_lacks" and r < limit]
    strange = [
        w.words for w, r in rows if w.about == "term" and r < LEAST_TOLD and w.log_ratio.max() > np.log(4)
    ]
    return [*found, *strange]


def _group(ranking: Ranking, group: int, answers: Sequence[Answer] | None) -> Record:
    table = ranking.table
    name = table.group_ids[group]
    known = table.knowledge.groups.get(name)
    record: Record = {
        "id": name,
        "name": known.name if known else OTHER_NAME,
        "category": known.category if known else "unknown",
        "probability": float(ranking.groups[group]),
        "treatable": known.treatable if known and not known.benign else "not_applicable",
        "severity": known.severity if known else "variable",
        "benign": bool(known.benign) if known else False,
        "members": _members(ranking, group),
        "evidence": [],
        "against": [],
        "missing": [],
        "treatment": [],
    }
    if answers is None:
        return record
    rows = _rows(ranking, group)
    record["evidence"] = [r for r in rows if r["direction"] == "for"]
    record["against"] = [r for r in rows if r["direction"] == "against"]
    record["missing"] = _missing(ranking, answers, group)
    record["treatment"] = _treatment(ranking, group)
    return record


def _treatment(ranking: Ranking, group: int) -> list[Record]:
    """What is done where the likeliest member of a likely group is proven; nothing where the calcium is ordinary."""
    table, column = ranking.table, leading_member(ranking, group)
    if ranking.groups[group] < LIKELY or column >= len(table.conditions) or table.benign[column]:
        return []
    condition = table.conditions[column]
    return [
        {"condition": condition.name, "words": a.text, "basis": basis_of(a.trust), "source": list(a.source)}
        for a in condition.management
    ]


def _members(ranking: Ranking, group: int) -> list[Record]:
    table = ranking.table
    columns = [int(c) for c in np.flatnonzero(table.group_of == group) if c < len(table.conditions)]
    columns.sort(key=lambda c: (-ranking.posterior[c], table.ids[c]))
    return [
        {
            "id": table.ids[c],
            "name": table.conditions[c].name,
            "gene": ", ".join(g.symbol for g in table.conditions[c].genes) or None,
            "omim": list(table.conditions[c].omim),
            "probability": float(ranking.posterior[c]),
        }
        for c in columns
    ]


def leading_member(ranking: Ranking, group: int) -> int:
    """The column of a group's likeliest member."""
    members = np.flatnonzero(ranking.table.group_of == group)
    return int(members[np.argmax(ranking.posterior[members])])


def _rows(ranking: Ranking, group: int) -> list[Record]:
    ratios = group_ratios(ranking, group)
    column = leading_member(ranking, group)
    told = [(w, r) for w, r in zip(ranking.weights, ratios, strict=True) if abs(r) >= LEAST_TOLD]
    told.sort(key=lambda pair: -abs(pair[1]))
    return [evidence_row(w, float(r), column) for w, r in told]


def _missing(ranking: Ranking, answers: Sequence[Answer], group: int) -> list[Record]:
    ranked = sorted(answers, key=lambda a: (-a.group_bits[group], a.question.key))
    return [
        {
            "about": a.question.about,
            "test": a.question.key,
            "words": a.question.words,
            "information_bits": float(a.group_bits[group]),
        }
        for a in ranked[:MISSING_TOLD]
        if a.group_bits[group] >= LEAST_BITS
    ]


def _together(ranking: Ranking) -> list[Record]:
    table = ranking.table
    return [
        {
            "ids": [table.ids[c] for c in pair.columns],
            "names": [table.conditions[c].name for c in pair.columns],
            "probability": float(pair.probability),
        }
        for pair in ranking.pairs
        if pair.probability >= PAIR_TOLD
    ]


def _prior(ranking: Ranking) -> Record:
    table = ranking.table
    weights = np.exp(table.log_prior)
    groups = np.bincount(table.group_of, weights=weights, minlength=len(table.group_ids))
    return {
        "how": "prevalence among people who get a head CT, times how often the condition calcifies, to a power "
        "under one (rare conditions are sent where this is asked); see docs/methods/differential.md",
        "groups": {g: float(p) for g, p in zip(table.group_ids, groups, strict=True)},
    }


def _words(ranking: Ranking, groups: Sequence[Mapping[str, Any]]) -> str:
    """One sentence: what leads, how surely, and what comes next; or that more must be told."""
    if not ranking.weights:
        return (
            "Nothing is known of the patient: this is the prior. Tell more: findings, age, symptoms, calcium."
        )
    if not knows_more_than_the_person(ranking):
        return "Only age and sex are known: scarcely more than the prior. Tell more: findings, symptoms, calcium."
    if ranking.pairs and ranking.pairs[0].probability >= PAIR_LEADS:
        pair = ranking.pairs[0]
        names = " with ".join(ranking.table.conditions[c].name for c in pair.columns)
        return f"Two causes at once: {names} ({percent(pair.probability)})."
    first, second = groups[0], groups[1]
    if first["id"] == OTHER:
        nearest = f"{second['name']} ({percent(second['probability'])})"
        return f"No condition of the list fits well; the nearest is {nearest}."
    sure = "most probable" if first["probability"] >= 0.5 else "leads, far from sure"
    return (
        f"{first['name']}: {sure} ({percent(first['probability'])}); "
        f"next {second['name']} ({percent(second['probability'])})."
    )
