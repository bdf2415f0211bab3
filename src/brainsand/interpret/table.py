"""The knowledge as arrays: one column a condition, so that one patient is weighed against all of them at once.

Made once from the knowledge that is handed in; ``leave_out`` keeps chosen papers silent (a published patient must not
be judged by the paper that described him). The last column is *another cause*: what is known of none in particular.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.ages import age_means
from brainsand.interpret.dials import Dials
from brainsand.interpret.likeness import Portraits, make_portraits
from brainsand.interpret.lobe_shares import lobe_shares
from brainsand.interpret.masses import signs_of_a_mass
from brainsand.interpret.observed import PARENCHYMAL
from brainsand.interpret.spread import NEIGHBOURS, spread_out
from brainsand.model.frequency import Estimate, Frequency, estimate
from brainsand.model.knowledge import PARENCHYMA, Condition, Feature, Knowledge
from brainsand.model.sites import SITES
from brainsand.model.terms import Terms

Floats = NDArray[np.float64]
Parents = Mapping[str, tuple[str, ...]]

OTHER: Final = "other_cause"
#: Sites that many reports name by one word, so that which of them is meant tells little.
ONE_WORD: Final = (
    ("deep_white_matter", "periventricular_white_matter"),
    ("gray_white_junction", "subcortical_white_matter"),
    ("falx", "dura"),
    ("tentorium", "dura"),
    ("falx", "tentorium"),
)
SAME: Final = 0.5
#: How often a condition calcifies of which nobody says it (expert); from so many patients on a share is counted.
UNCOUNTED: Final = 0.3
COUNTED_FROM: Final = 15.0
#: Groups whose calcium is a bystander, beside those marked benign.
INCIDENTAL: Final = ("neurodegeneration_incidental", "hypothyroidism")
INCIDENTAL_POWER: Final = 0.8
#: Groups whose prevalence the same national registers counted (PMID:23661265, PMID:26387561), so that their ratio is
#: known better than to a power of ten: together they weigh what they would apart, and share it by a power (expert).
COUNTED_TOGETHER: Final = (("hypoparathyroidism", "pseudohypoparathyroidism"),)
TOGETHER_POWER: Final = 0.65
WELL_KNOWN: Final = 60.0
"""Patients of whom enough are known that a site no source names is a stray one."""
MOST_STRAY: Final = 3.0
"""So many times likelier is a stray site in a condition hardly described (expert)."""
OTHER_AT: Final = 0.12
STRAY_OTHER: Final = 0.05
"""Least chance of *another cause* at a site of the brain's tissue, and outside it: it may lie anywhere (expert)."""
STRAY_ORDINARY: Final = 0.003
"""Chance of calcium at a site that does not calcify in health, in a person with ordinary calcium only (expert)."""
#: Share of its prior that a group keeps which names a sign rather than a disease (expert).
CATCH_ALL: Final = 0.15
#: What a condition is by definition, by category: term, label, chance.
DEFINITION: Final = {"neoplastic": ("HP:0100006", "Neoplasm of the central nervous system", 0.95)}
#: HPO's trunk: terms so general that sharing them says nothing.
TRUNK: Final = frozenset({"HP:0000001", "HP:0000118", "HP:0000707", "HP:0012638", "HP:0012639"})
MOST_STEPS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """The columns.

    ``log_prior`` as tempered for the first cause, ``log_rate`` untempered for a second one. ``sites`` (site, column)
    chance of calcium given some; ``own`` (site, value, column) the same at each value of the latent variable of
    ``interpret.spread``, whose log weights are ``own_log_weights`` (value, column). ``features`` {term: {column:
    (chance, feature)}}; ``below`` and ``above`` say which of these terms lie below, above a term; ``portraits`` are the
    features of all conditions side by side; ``lobes`` (condition, lobe) as in ``interpret.lobe_shares``.
    """

    knowledge: Knowledge
    conditions: tuple[Condition, ...]
    ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    group_of: NDArray[np.int64]
    log_prior: Floats
    log_rate: Floats
    sites: Floats
    own: Floats
    own_log_weights: Floats
    lobes: Floats
    site_estimates: tuple[Mapping[str, Estimate], ...]
    features: Mapping[str, Mapping[int, tuple[float, Feature]]]
    below: Mapping[str, tuple[str, ...]]
    above: Mapping[str, Mapping[str, int]]
    known_below: Mapping[str, tuple[str, ...]]
    portraits: Portraits
    terms: Terms
    benign: NDArray[np.bool_]
    age_means: Floats

    @property
    def health(self) -> NDArray[np.bool_]:
        """Which columns are ordinary calcium; *another cause*, which ``benign`` counts in, is none."""
        return np.append(self.benign[:-1], False)

    @property
    def size(self) -> int:
        """How many columns there are, *another cause* included."""
        return len(self.ids)


def make_table(knowledge: Knowledge, terms: Terms, dials: Dials, *, leave_out: Collection[str] = ()) -> Table:
    """The table of all conditions.

    Parameters
    ----------
    knowledge : Knowledge
        Of ``read.conditions.load_knowledge``.
    terms : Terms
        Of ``read.terms.load_terms``.
    dials : Dials
        How facts of few patients are pooled.
    leave_out : collection of str
        Sources that must not speak.
    """
    conditions = tuple(knowledge.conditions.values())
    groups = (*knowledge.groups, OTHER)
    estimates = tuple(_site_estimates(c, leave_out) for c in conditions)
    benign = np.array([knowledge.group_of(c.id).benign for c in conditions])
    features = _features(conditions, dials, leave_out)
    above: dict[str, Mapping[str, int]] = {term: steps_up(term, terms.parents) for term in features}
    sites = _without_own(_site_chances(conditions, estimates, dials), benign)
    own, logs = _spread(conditions, sites, dials)
    return Table(
        knowledge=knowledge,
        conditions=conditions,
        ids=(*(c.id for c in conditions), OTHER),
        group_ids=groups,
        group_of=np.array([*(groups.index(c.group) for c in conditions), len(groups) - 1]),
        log_prior=_log_prior(knowledge, conditions, dials, leave_out),
        log_rate=_log_rate(conditions, leave_out),
        sites=sites,
        own=own,
        own_log_weights=logs,
        lobes=lobe_shares(conditions, leave_out),
        site_estimates=estimates,
        features=features,
        below=_below(above),
        portraits=make_portraits(features, terms),
        known_below=_below({t: steps_up(t, terms.parents) for t in knowledge.background}),
        above=above,
        terms=terms,
        benign=np.append(benign, True),
        age_means=age_means(conditions, knowledge.population),
    )


def steps_up(term: str, parents: Parents) -> dict[str, int]:
    """The terms above a term, itself included, with the least number of steps to each.

    >>> steps_up("c", {"c": ("b",), "b": ("a",)})
    {'c': 0, 'b': 1, 'a': 2}
    """
    found = {term: 0}
    layer, steps = [term], 0
    while layer:
        steps += 1
        layer = [p for t in layer for p in parents.get(t, ()) if p not in found]
        found |= dict.fromkeys(layer, steps)
    return found


def _log_prior(
    knowledge: Knowledge, conditions: tuple[Condition, ...], dials: Dials, leave_out: Collection[str]
) -> Floats:
    """Log chance of each cause among people whose head CT shows calcium, before anything else is known.

    The power is taken of a whole group and shared out by prevalence, so that a group gains nothing by being told
    apart into many genes.
    """
    some = [c.any_calcium(leave_out=leave_out) for c in conditions]
    rates = [
        max(1e-4, c.prior.per_100000 * _calcifying(s, dials)) for c, s in zip(conditions, some, strict=True)
    ]
    names = [c.group for c in conditions]
    group_rate = {name: sum(r for r, n in zip(rates, names, strict=True) if n == name) for name in names}
    group_weight = _group_weights(knowledge, group_rate, dials)
    weights = np.array([r / group_rate[n] * group_weight[n] for r, n in zip(rates, names, strict=True)])
    # A sign in place of a disease is what is left to say, not a rival.
    weights *= np.array([CATCH_ALL if knowledge.groups[n].catch_all else 1.0 for n in names])
    weights *= (1 - dials.other_share) / weights.sum()
    return np.asarray(np.log(np.append(weights, dials.other_share)))


def _calcifying(share: Estimate | None, dials: Dials) -> float:
    """How often a condition calcifies, to the power for what was counted or for what is an expert's word."""
    if share is None:
        return float(UNCOUNTED**dials.calcium_power)
    counted = share.trust == "published" and share.patients >= COUNTED_FROM
    return float(share.mean ** (dials.counted_power if counted else dials.calcium_power))


def _group_weights(knowledge: Knowledge, rates: Mapping[str, float], dials: Dials) -> dict[str, float]:
    """The groups' rates to the power; what is incidental is one family with a share of its own, less tempered within.

    The power stands for referral: rare diseases are sent where this is asked, and the incidental is sent far less
    often than it is met.
    """
    family = {name: r for name, r in rates.items() if knowledge.groups[name].benign or name in INCIDENTAL}
    shared = sum(r**INCIDENTAL_POWER for r in family.values())
    rest = {name: r**dials.prior_power for name, r in rates.items() if name not in family}
    for names in COUNTED_TOGETHER:
        rest |= _shared_out({n: rates[n] for n in names if n in rest}, sum(rest.get(n, 0.0) for n in names))
    scale = (1 - dials.benign_share - dials.other_share) / sum(rest.values())
    return {
        name: dials.benign_share * r**INCIDENTAL_POWER / shared if name in family else rest[name] * scale
        for name, r in rates.items()
    }


def _shared_out(rates: Mapping[str, float], weight: float) -> dict[str, float]:
    """One weight shared among groups by their rates to ``TOGETHER_POWER``."""
    total = sum(r**TOGETHER_POWER for r in rates.values())
    return {name: weight * r**TOGETHER_POWER / total for name, r in rates.items()}


def _log_rate(conditions: tuple[Condition, ...], leave_out: Collection[str]) -> Floats:
    """Log chance that a person who gets a head CT has the condition and its calcium, as it is; for second causes."""
    some = [c.any_calcium(leave_out=leave_out) for c in conditions]
    rates = [
        c.prior.per_100000 / 1e5 * (UNCOUNTED if s is None else s.mean)
        for c, s in zip(conditions, some, strict=True)
    ]
    return np.asarray(np.log(np.maximum([*rates, 1e-9], 1e-9)))


def _site_estimates(condition: Condition, leave_out: Collection[str]) -> dict[str, Estimate]:
    found = {site: condition.site(site, leave_out=leave_out) for site in condition.sites}
    return {site: e for site, e in found.items() if e is not None}


def _site_chances(
    conditions: tuple[Condition, ...], estimates: tuple[Mapping[str, Estimate], ...], dials: Dials
) -> Floats:
    """Chance of calcium at each site given some, facts of few patients drawn to what conditions share."""
    named = np.full((len(SITES), len(conditions)), np.nan)
    weight = np.zeros_like(named)
    for column, known in enumerate(estimates):
        anywhere = known.get(PARENCHYMA)
        for row, site in enumerate(SITES):
            e = known.get(site) or (anywhere if site in PARENCHYMAL else None)
            if e is not None:
                share = 1.0 if site in known else 0.3
                named[row, column], weight[row, column] = e.mean * share, e.patients
    pool = _pool(named, dials)[:, None]
    chances = (np.nan_to_num(named) * weight + pool * dials.site_pool) / (weight + dials.site_pool)
    chances = np.where(np.isnan(named), _strays(estimates, dials)[None, :], chances)
    anywhere_else = np.maximum(pool[:, 0], [OTHER_AT if s in PARENCHYMAL else STRAY_OTHER for s in SITES])
    chances = np.column_stack([chances, anywhere_else])
    return np.clip(shared_with_neighbours(chances, dials.neighbour), 0.002, 0.98)


def _spread(conditions: tuple[Condition, ...], sites: Floats, dials: Dials) -> tuple[Floats, Floats]:
    """Own calcium (site, value, column) and log weights (value, column); *another cause* may be of any spread."""
    kinds = [*(c.spread for c in conditions), "systemic"]
    parts = [spread_out(sites[:, i], kind, dials.burden) for i, kind in enumerate(kinds)]
    return np.stack([own for own, _ in parts], axis=2), np.stack([logs for _, logs in parts], axis=1)


def _without_own(chances: Floats, benign: NDArray[np.bool_]) -> Floats:
    """What is ordinary calcifies at the rate of the norms for the age (``interpret.ordinary``) and nowhere else."""
    columns = np.flatnonzero(benign)
    chances[:, columns] = np.minimum(chances[:, columns], STRAY_ORDINARY)
    return chances


def _strays(estimates: tuple[Mapping[str, Estimate], ...], dials: Dials) -> Floats:
    """Chance of calcium at a site no source names: less the more patients were described, for they were looked at."""
    patients = np.array([max((e.patients for e in known.values()), default=1.0) for known in estimates])
    return np.asarray(dials.stray_site * np.clip(np.sqrt(WELL_KNOWN / patients), 1.0, MOST_STRAY))


def _pool(named: Floats, dials: Dials) -> Floats:
    """What is known of none in particular: the mean over conditions, a stray chance where a site is not named."""
    filled = np.where(np.isnan(named), dials.stray_site, named)
    return np.asarray(filled.mean(axis=1))


def shared_with_neighbours(chances: Floats, share: float) -> Floats:
    """Chances (site, column) with a share of each neighbour's, because readers name borders differently."""
    spread = chances.copy()
    pairs = [*((*pair, share) for pair in NEIGHBOURS), *((*pair, SAME) for pair in ONE_WORD)]
    for one, other, share in pairs:
        a, b = SITES.index(one), SITES.index(other)
        spread[a] = 1 - (1 - spread[a]) * (1 - share * chances[b])
        spread[b] = 1 - (1 - spread[b]) * (1 - share * chances[a])
    return spread


def _features(
    conditions: tuple[Condition, ...], dials: Dials, leave_out: Collection[str]
) -> dict[str, dict[int, tuple[float, Feature]]]:
    found: dict[str, dict[int, tuple[float, Feature]]] = {}
    for column, condition in enumerate(conditions):
        for feature in (*condition.phenotype, *signs_of_a_mass(condition)):
            e = feature_estimate(feature, leave_out) if feature.used else None
            if e is not None:
                chance = e.a / (e.patients + dials.feature_pool)
                found.setdefault(feature.id, {})[column] = (min(chance, 0.97), feature)
        if condition.category in DEFINITION:
            term, label, chance = DEFINITION[condition.category]
            fact = Frequency(trust="expert", word="always", note="by definition")
            found.setdefault(term, {})[column] = (chance, Feature(id=term, label=label, frequency=(fact,)))
    return found


def feature_estimate(feature: Feature, leave_out: Collection[str] = ()) -> Estimate | None:
    """How often a feature is met; a database's class and an expert's word, where both speak, are halved between.

    Classes of databases are of all who have the condition, an expert's of those whose head is scanned.
    """
    found = estimate(feature.frequency, leave_out=leave_out)
    if found is None or found.trust != "published_class":
        return found
    expert = estimate((f for f in feature.frequency if f.trust == "expert"), leave_out=leave_out)
    if expert is None:
        return found
    return Estimate(
        a=(found.a + expert.a) / 2,
        b=(found.b + expert.b) / 2,
        trust=found.trust,
        facts=(*found.facts, *expert.facts),
    )


def _below(above: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for term, over in above.items():
        for general in over:
            found.setdefault(general, []).append(term)
    return {general: tuple(terms) for general, terms in found.items()}
