"""How probable is each condition, given everything observed of one patient?

Prior (how often among people whose head CT shows calcium) times the likelihood ratio of every observation, each
against *another cause*; the ratios are cooled by one temperature, because facts of one patient repeat one another, and
summed within clinical groups. Two causes at once are weighed too: a pair explains what either explains, and pays the
plain prevalence of the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.chemistry import weigh_labs
from brainsand.interpret.dials import Dials
from brainsand.interpret.exposure import terms_of_history, weigh_history
from brainsand.interpret.heredity import weigh_heredity
from brainsand.interpret.labs import FLAG_OF_TERM
from brainsand.interpret.observed import BASAL_GANGLIA, Observed
from brainsand.interpret.ordinary import ordinary_rates
from brainsand.interpret.person import weigh_person
from brainsand.interpret.plainly import plainly_told, quiet, unreferred
from brainsand.interpret.scatter import weigh_scatter
from brainsand.interpret.symptoms import weigh_symptoms
from brainsand.interpret.table import Table
from brainsand.interpret.traits import weigh_traits
from brainsand.interpret.weight import Weight
from brainsand.interpret.where import weigh_places
from brainsand.model.knowledge import Condition

Floats = NDArray[np.float64]

PAIRED_WITH: Final = 8
"""As many of the likeliest conditions are tried in pairs."""
UNEXPLAINED_BELOW: Final = 0.7
"""A finding is left unexplained by a cause that makes it less likely than another cause would, by this factor."""
OF_IMAGE: Final = ("site", "absence", "own", "side", "form", "lobe", "extent", "mass")
TELLS_ABSENCE: Final = ("absence", "excluded", "untold", "age", "sex")
"""What both causes of a pair have to bear; anything else need be explained by one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two conditions at once, by column, and how probable that is."""

    columns: tuple[int, int]
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """The result: ``posterior`` a column each, ``groups`` a group each, and what each observation weighed.

    ``cooled`` holds the log likelihood ratios as they counted, (weight, column). ``ordinary_only``: ordinary calcium of
    a grown person, and nothing told that speaks for more.
    """

    table: Table
    seen: Observed
    weights: tuple[Weight, ...]
    cooled: Floats
    posterior: Floats
    groups: Floats
    pairs: tuple[Pair, ...]
    next_sites: Floats
    ordinary_only: bool = False


def rank(
    table: Table,
    seen: Observed,
    dials: Dials,
    *,
    lab_words: Mapping[str, str] | None = None,
    plain: bool = False,
) -> Ranking:
    """Weigh one patient against every condition.

    Parameters
    ----------
    table : Table
        Of ``interpret.table.make_table``.
    seen : Observed
        The patient.
    dials : Dials
        The same that the table was made with.
    lab_words : mapping, optional
        Words for each laboratory flag, of ``interpret.labs``.
    plain : bool
        Whether all calcium of a scan is ordinary for a grown person (``significance.plainly_ordinary``).
    """
    healthy = ordinary_rates(table.knowledge, seen.age_years, seen.sex)
    places = weigh_places(table, seen, healthy, dials)
    told_elsewhere = {*FLAG_OF_TERM, *terms_of_history(table)}
    weights = (
        *places.weights,
        *weigh_scatter(table, seen, dials),
        *weigh_traits(table, seen, healthy, dials),
        *weigh_person(table, seen, dials),
        *weigh_symptoms(table, _without(seen, told_elsewhere), dials),
        *weigh_labs(table, seen, lab_words or {}, dials),
        *weigh_history(table, seen, dials),
        *weigh_heredity(table, seen),
    )
    cooled = _centred(weights, table) / dials.temperature
    of_image = np.array([w.about in (*OF_IMAGE, "age", "sex") for w in weights], bool)
    ordinary = plain or plainly_told(table, seen)
    silence = quiet(table, cooled, of_image) if ordinary else 0.0
    if silence > 0:
        regained = (unreferred(table, dials.unreferred**silence),)
        weights = (*weights, *regained)
        cooled = np.concatenate([cooled, _centred(regained, table) / dials.temperature])
    joint = table.log_prior + cooled.sum(axis=0)
    pairs, single = _with_pairs(table, weights, cooled, joint)
    posterior = single.copy()
    for pair in pairs:
        posterior[list(pair.columns)] += pair.probability / 2
    posterior = _ordinary_members(table, seen, posterior)
    groups = np.bincount(table.group_of, weights=posterior, minlength=len(table.group_ids))
    return Ranking(
        table=table,
        seen=seen,
        weights=weights,
        cooled=cooled,
        posterior=posterior,
        groups=np.asarray(groups, float),
        pairs=tuple(sorted(pairs, key=lambda p: -p.probability)),
        next_sites=places.next_chances,
        ordinary_only=silence == 1.0,
    )


def knows_more_than_the_person(ranking: Ranking) -> bool:
    """Whether anything but age and sex is known: an image, a finding, a symptom, a result, a word of the history."""
    seen = ranking.seen
    image = (seen.scanned, seen.sightings, seen.absent)
    told = (seen.terms, seen.excluded, seen.flags, seen.history, seen.family, seen.variants)
    return any((*image, *told))


def _centred(weights: tuple[Weight, ...], table: Table) -> Floats:
    """The log ratios; those of the image against the mean of all causes as the prior has them.

    *Another cause* may lie anywhere, so against it alone every condition would gain by its own few sites. A constant a
    row changes no probability. Symptoms, results and history stay against coincidence: there 1 means neutral.
    """
    rows = np.array([w.log_ratio for w in weights]).reshape(-1, table.size)
    mean = np.log((np.exp(rows) * np.exp(table.log_prior)).sum(axis=1) / np.exp(table.log_prior).sum())
    image = np.array([w.about in OF_IMAGE for w in weights], bool)
    return np.asarray(rows - np.where(image, mean, 0.0)[:, None]) if len(weights) else rows


def _ordinary_members(table: Table, seen: Observed, posterior: Floats) -> Floats:
    """Within a benign group the members are not rivals: its probability goes to those whose site was seen."""
    sites = {s.site for s in seen.sightings}
    sites |= set(BASAL_GANGLIA) if "basal_ganglia" in sites else set()
    for place in {int(table.group_of[c]) for c in np.flatnonzero(table.benign[:-1])}:
        members = np.flatnonzero(table.group_of == place)
        fits = np.array([_typical(table.conditions[m]) & sites != set() for m in members], float) + 1e-3
        posterior[members] = posterior[members].sum() * fits / fits.sum()
    return posterior


def _typical(condition: Condition) -> set[str]:
    """The sites a benign condition is about."""
    means = {s: e.mean for s in condition.sites if (e := condition.site(s)) is not None}
    return {s for s, mean in means.items() if mean >= 0.5 * max(means.values())}


def _without(seen: Observed, told_elsewhere: set[str]) -> Observed:
    """The patient without terms that are weighed as laboratory results or history."""
    return replace(seen, terms=tuple(t for t in seen.terms if t not in told_elsewhere))


def _with_pairs(
    table: Table, weights: tuple[Weight, ...], cooled: Floats, joint: Floats
) -> tuple[list[Pair], Floats]:
    """Probabilities of single conditions, and of the pairs worth naming."""
    best = [int(c) for c in np.argsort(-joint) if not table.benign[c]][:PAIRED_WITH]
    both = np.array([w.about in TELLS_ABSENCE for w in weights], bool)
    # With nothing observed there is nothing a second cause could explain.
    tried = {(*sorted(p),) for p in (*combinations(best, 2), *_partners(table, cooled, both, best[0]))}
    pairs = [(a, b) for a, b in sorted(tried) if weights and table.group_of[a] != table.group_of[b]]
    together = [_pair_joint(table, cooled, both, p) for p in pairs]
    top = max(float(joint.max()), *together, -np.inf) if together else float(joint.max())
    whole = float(np.exp(joint - top).sum() + sum(np.exp(t - top) for t in together))
    chances = [float(np.exp(t - top)) / whole for t in together]
    told = [Pair(columns=p, probability=c) for p, c in zip(pairs, chances, strict=True)]
    return told, np.asarray(np.exp(joint - top) / whole)


def _partners(table: Table, cooled: Floats, both: NDArray[np.bool_], leader: int) -> list[tuple[int, int]]:
    """The leader with those that explain best a finding it leaves: alone they may be among the least likely."""
    one = cooled[:, [leader]]
    explains = ((one < np.log(UNEXPLAINED_BELOW)) & ~both[:, None] & (cooled > 0)).any(axis=0)
    gained = np.where(both[:, None], one + cooled, np.maximum(one, cooled)).sum(axis=0)
    gained += np.maximum(table.log_prior[leader] + table.log_rate, table.log_prior + table.log_rate[leader])
    ranked = [int(c) for c in np.argsort(-gained) if explains[c] and not table.benign[c]]
    return [(leader, c) for c in ranked if table.group_of[c] != table.group_of[leader]][:PAIRED_WITH]


def _pair_joint(table: Table, cooled: Floats, both: NDArray[np.bool_], pair: tuple[int, int]) -> float:
    one, other = cooled[:, pair[0]], cooled[:, pair[1]]
    gained = np.where(both, one + other, np.maximum(one, other)).sum()
    first, second = pair
    chances = (
        table.log_prior[first] + table.log_rate[second],
        table.log_prior[second] + table.log_rate[first],
    )
    return float(max(chances) + gained)
