"""What does the place of the calcium say? Sites that are calcified, free, or not known, as one joint likelihood.

Sites of one head are not counted as if each were a witness of its own: how the calcium of a condition spreads is one
latent variable a head, summed over (``interpret.spread``). Sites that calcify in health (pineal, plexus, falx, vessel
wall, an old person's pallidum) may do so under every condition, at the rate of the norms for the age; so they are
explained beside any disease.

Whoever has a disease that calcifies has calcium *of the disease*: where all that was seen is what health shows too,
the disease's own calcium would have had to be missed. So each condition is asked for the part of its likelihood in
which at least one named site is its own doing, and only a small share of the rest counts (``Dials.own_missed``).

The chain rule makes the joint likelihood a sum of one weight a site, each given the sites before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.dials import Dials
from brainsand.interpret.observed import BASAL_GANGLIA, PARENCHYMAL, SOMEWHERE, Observed, Sighting
from brainsand.interpret.ordinary import NODES, WEIGHTS
from brainsand.interpret.spread import leaning
from brainsand.interpret.table import Table, shared_with_neighbours
from brainsand.interpret.weight import EXPERT_GROUND, Ground, Weight, basis_of
from brainsand.model.knowledge import PARENCHYMA
from brainsand.model.sites import SITES

Floats = NDArray[np.float64]

_AS_WORDS: Final = {"unknown": "somewhere in the brain's tissue", "basal_ganglia": "basal ganglia"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """The weights of the sites, and for later questions: chance of each site in each column given all seen."""

    weights: tuple[Weight, ...]
    next_chances: Floats


def place_words(site: str) -> str:
    """A site as people say it.

    >>> place_words("gray_white_junction"), place_words("unknown")
    ('gray white junction', "somewhere in the brain's tissue")
    """
    return _AS_WORDS.get(site, site.replace("_", " "))


def weigh_places(table: Table, seen: Observed, ordinary: Mapping[str, float], dials: Dials) -> Places:
    """Weigh every site that was seen, seen to be free, or left unnamed.

    Parameters
    ----------
    table : Table
        Of the knowledge.
    seen : Observed
        The patient.
    ordinary : mapping of site to chance
        How often healthy persons of this age hold calcium there (``interpret.ordinary``).
    dials : Dials
        Of the ranking.
    """
    base = _by_health(ordinary, dials)
    own = np.concatenate([table.own] * base.shape[1], axis=1)
    # Every value of the disease's own latent variable goes with every value of health's.
    base = np.repeat(base, table.own.shape[1], axis=1)[:, :, None]
    chances = np.asarray(np.clip(1 - (1 - own) * (1 - base), 1e-4, 0.995))
    health = np.broadcast_to(base, own.shape)
    state = np.concatenate([table.own_log_weights + w for w in np.log(WEIGHTS)])
    by_health = state.copy()
    weights = []
    for sighting in seen.sightings:
        there = _likelihood(sighting, chances, seen.scanned, dials)
        state, ratio = _step(state, there)
        by_health, _ = _step(by_health, _likelihood(sighting, health, seen.scanned, dials))
        weights.append(_site_weight(table, sighting, ratio, ordinary))
    named = {s.site for s in seen.sightings} | _parts(seen.sightings)
    for site, surely in seen.absent.items():
        if site not in named and site in SITES:
            factor = 1 - surely * (1 - seen.maybe.get(site, 0.0)) * chances[SITES.index(site)]
            by_health, _ = _step(by_health, factor)
            state, ratio = _step(state, factor)
            weights.append(_absence_weight(table, site, ratio))
    state, by_health, weights = _the_rest(
        table, seen, chances, named, state, by_health, weights, dials.unnamed_power
    )
    if seen.sightings or seen.scanned:
        weights.append(_own_weight(table, state, by_health, dials))
    share = np.exp(state - _summed(state))
    return Places(weights=tuple(weights), next_chances=np.einsum("zh,szh->sh", share, chances))


def _by_health(ordinary: Mapping[str, float], dials: Dials) -> Floats:
    """Chance of ordinary calcium (site, value) at each value of how much of it this person has.

    Health is told by the same words as disease: falx, tentorium and dura are often one.
    """
    plain = np.array([[ordinary.get(site, 0.0)] for site in SITES])
    told = np.clip(shared_with_neighbours(plain, dials.neighbour)[:, 0], 1e-9, 0.995)
    return leaning(told, np.full(len(told), dials.ordinary_spread), NODES)


def _likelihood(sighting: Sighting, chances: Floats, scanned: bool, dials: Dials) -> Floats:
    """Chance of what was seen at a site, the doubt whether it is there weighed in."""
    there = _chance_there(sighting, chances)
    if scanned and sighting.among:
        # Now and then the map is wrong by more than it says: then the deposit lies anywhere the head may hold one.
        there = (1 - dials.misplaced) * there + dials.misplaced * _chance_somewhere(chances)
    missed = 1 - dials.seen * there if scanned else 1 - there
    return np.asarray(sighting.chance * there + (1 - sighting.chance) * missed)


def _own_weight(table: Table, state: Floats, by_health: Floats, dials: Dials) -> Weight:
    """Whether the condition's own calcium is among what was seen; benign conditions need none."""
    whole, health = _summed(state), _summed(by_health)
    share = np.exp(np.minimum(health - whole, 0.0))
    none_at_all = (np.exp(table.own_log_weights) * (1 - table.own).prod(axis=0)).sum(axis=0)
    ratio = np.log(np.maximum(1 - (1 - dials.own_missed) * share, 1e-3)) - np.log(1 - none_at_all)
    ratio = np.where(table.health, 0.0, ratio)
    return Weight(
        about="own",
        finding="own_calcium",
        words="how far it goes beyond what health shows at this age",
        log_ratio=ratio - ratio[-1],
    )


def _chance_there(sighting: Sighting, chances: Floats) -> Floats:
    if sighting.among:
        return np.asarray(sum(p * chances[SITES.index(site)] for site, p in sighting.among.items()))
    vague: dict[str, tuple[str, ...]] = {SOMEWHERE: PARENCHYMAL, "basal_ganglia": BASAL_GANGLIA}
    if sighting.site not in vague:
        return np.asarray(chances[SITES.index(sighting.site)])
    parts = vague[sighting.site]
    rows = chances[[SITES.index(part) for part in parts]]
    # Between "one implies the other" and "each by itself": sites of one head agree.
    return np.asarray((rows.max(axis=0) + (1 - (1 - rows).prod(axis=0))) / 2)


def _chance_somewhere(chances: Floats) -> Floats:
    rows = chances[[SITES.index(site) for site in SITES if site != SOMEWHERE]]
    return np.asarray(1 - (1 - rows).prod(axis=0))


def _parts(sightings: tuple[Sighting, ...]) -> set[str]:
    """Sites that a vaguer word covers, and so does not leave free."""
    covered: set[str] = set()
    for sighting in sightings:
        covered |= set(BASAL_GANGLIA) if sighting.site == "basal_ganglia" else set()
        covered |= set(PARENCHYMAL) if sighting.site == SOMEWHERE else set()
    return covered


def _step(state: Floats, factor: Floats) -> tuple[Floats, Floats]:
    """One link of the chain: the new state, and the log chance of the link against *another cause*."""
    after = state + np.log(np.maximum(factor, 1e-6))
    gained = _summed(after) - _summed(state)
    return after, gained - gained[-1]


def _summed(state: Floats) -> Floats:
    top = state.max(axis=0)
    return np.asarray(top + np.log(np.exp(state - top).sum(axis=0)))


def _the_rest(
    table: Table,
    seen: Observed,
    chances: Floats,
    named: set[str],
    state: Floats,
    by_health: Floats,
    weights: list[Weight],
    power: float,
) -> tuple[Floats, Floats, list[Weight]]:
    """All other sites: free on a scan, merely unnamed in a report, and then weighed as one."""
    if not seen.else_seen or not (seen.sightings or seen.scanned):
        return state, by_health, weights
    rest = [i for i, site in enumerate(SITES) if site not in named | set(seen.absent) and site != SOMEWHERE]
    if seen.scanned:
        for i in rest:
            factor = 1 - seen.else_seen * (1 - seen.maybe.get(SITES[i], 0.0)) * chances[i]
            by_health, _ = _step(by_health, factor)
            state, ratio = _step(state, factor)
            weights.append(_absence_weight(table, SITES[i], ratio))
        return state, by_health, weights
    factor = np.prod(1 - seen.else_seen * chances[rest], axis=0) ** power
    by_health, _ = _step(by_health, factor)
    state, ratio = _step(state, factor)
    words = "no other site is named, though reports name most of what they see"
    weights.append(Weight(about="absence", finding="unnamed_sites", words=words, log_ratio=ratio))
    return state, by_health, weights


def _site_weight(table: Table, sighting: Sighting, ratio: Floats, ordinary: Mapping[str, float]) -> Weight:
    parts = BASAL_GANGLIA if sighting.site == "basal_ganglia" else (sighting.site,)
    parts = (PARENCHYMA,) if sighting.site == SOMEWHERE else parts
    return Weight(
        about="site",
        finding=f"site:{sighting.site}",
        words=f"calcium: {place_words(sighting.site)}",
        log_ratio=ratio,
        ground=partial(_site_ground, table, parts, ordinary),
    )


def _absence_weight(table: Table, site: str, ratio: Floats) -> Weight:
    return Weight(
        about="absence",
        finding=f"no_site:{site}",
        words=f"no calcium: {place_words(site)}",
        log_ratio=ratio,
        ground=partial(_site_ground, table, (site,), {}),
    )


def _site_ground(table: Table, parts: tuple[str, ...], ordinary: Mapping[str, float], column: int) -> Ground:
    """The facts behind a site's chance in one condition; the convention where no source names it."""
    if column >= len(table.site_estimates):
        return EXPERT_GROUND
    curve = max((p for p in parts if p in ordinary), key=lambda p: ordinary[p], default=None)
    if table.benign[column] and curve is not None:
        known_curve = table.knowledge.ordinary[curve]
        words = f"{ordinary[curve]:.0%} of healthy persons of this age"
        return Ground(basis=basis_of(known_curve.trust), frequency=words, source=known_curve.source)
    known = table.site_estimates[column]
    found = next((known[p] for p in (*parts, PARENCHYMA) if p in known), None)
    if found is None:
        return Ground(basis="expert", frequency="not reported for this condition: taken as a stray chance")
    words = "; ".join(dict.fromkeys(f.words for f in found.facts)) or f"{found.mean:.0%}"
    return Ground(basis=basis_of(found.trust), frequency=words, source=found.sources)
