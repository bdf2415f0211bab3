"""What do the symptoms say? HPO terms, observed and excluded, through the ontology.

An observed term is what the condition or mere coincidence brings (the base rate among people who get a head CT), so a
term no source names for a condition has likelihood ratio 1 there: neutral is neutral (LIRICAL #534). A term is met by
a condition that lists it or anything more special below it; where only a more general term is listed, that term's
ratio counts, less at every step. Symptoms of one organ system repeat one another and count less the more there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.dials import Dials
from brainsand.interpret.likeness import likeness
from brainsand.interpret.observed import Observed
from brainsand.interpret.table import MOST_STEPS, TRUNK, Table, feature_estimate, steps_up
from brainsand.interpret.weight import Ground, Weight, basis_of, either
from brainsand.model.knowledge import Feature

Floats = NDArray[np.float64]
Rate = Callable[[str], float]

LEAST_BASE: Final = 0.01
"""Base rate of a feature nobody counted: rare (expert)."""
OF_DISEASES: Final = 0.6
"""Base rate of a feature that every annotated disease has (expert)."""
SPECIAL_POWER: Final = 0.7
"""How much rarer a special term is than the one above it: its share of that one's diseases to this power (expert)."""
TOLD_HALF: Final = 30.0
"""A list of this many symptoms tells half of what there is to tell (expert)."""
LEAST_UNTOLD: Final = 20.0
"""The most that silence may weigh, as a log ratio (expert)."""
LIKENESS_SOURCE: Final = "doi:10.1186/1471-2105-9-S5-S4"
PHENOTYPIC: Final = "HP:0000118"


def weigh_symptoms(table: Table, seen: Observed, dials: Dials) -> list[Weight]:
    """The weights of the terms observed and excluded; calcium's own terms are not among them."""
    above = {t: steps_up(t, table.terms.parents) for t in (*seen.terms, *seen.excluded)}
    # What no condition lists is neutral: it neither weighs nor crowds what does.
    listed = [t for t in seen.terms if _is_listed(table, t, above[t])]
    crowds = _crowds(table, listed, above)
    alone = 1 - (1 - dials.list_power) * _length(listed, dials)
    found = [
        _observed(table, term, above[term], seen, dials, alone / (1 + dials.crowd * crowds[term]))
        for term in listed
    ]
    crowds = _crowds(table, seen.excluded, above)
    found += [
        _excluded(table, term, above[term], seen, dials, 1 / (1 + dials.excluded_crowd * crowds[term]))
        for term in seen.excluded
    ]
    if listed:
        found.append(_untold(table, above, len(listed), dials, alone))
        found.append(_whole_list(table, listed, dials))
    return [w for w in found if np.abs(w.log_ratio).max() > 1e-9]


def base_rate(table: Table, term: str, above: Mapping[str, int], age_years: float | None) -> float:
    """How often people who get a head CT have this anyway.

    The term's own rate where it is known. Else that of the nearest known term above it, less the more special it is
    (by the share of annotated diseases that have it, to a power); where none is known, a small share of how many
    diseases have it. Never less than a known term below it.
    """
    rates = table.knowledge.background
    if term in rates:
        return max(LEAST_BASE, rates[term].at(age_years))
    diseases = table.terms.diseases
    count = max(diseases.get(term, 0), 1)
    found = max(LEAST_BASE, OF_DISEASES * count / table.terms.total_diseases)
    for general, _ in sorted(above.items(), key=lambda item: item[1]):
        if general in rates and general not in TRUNK:
            share = min(1.0, count / max(diseases.get(general, 1), 1))
            found = max(LEAST_BASE, rates[general].at(age_years) * share**SPECIAL_POWER)
            break
    return max([found, *(rates[t].at(age_years) for t in table.known_below.get(term, ()))])


def chances_of(table: Table, term: str, above: Mapping[str, int], base_of: Rate, dials: Dials) -> Floats:
    """Chance of a term by each condition's own doing, a column each (0 where no source names anything near it)."""
    chances = np.zeros(table.size)
    for special in table.below.get(term, ()):
        for column, (chance, _) in table.features[special].items():
            chances[column] = max(chances[column], chance)
    base = base_of(term)
    for general, steps in sorted(above.items(), key=lambda item: item[1]):
        if not 0 < steps <= MOST_STEPS or general in TRUNK:
            continue
        for column, (chance, _) in table.features.get(general, {}).items():
            if chances[column] == 0.0:
                ratio = 1 + (chance / max(base_of(general), base) - 1) * dials.decay**steps
                chances[column] = min(0.9, max(0.0, (ratio - 1) * base / (1 - base)))
    return chances


def feature_behind(table: Table, term: str, column: int) -> Feature | None:
    """The feature of a condition that a term was met by: the likeliest at or below it, else the nearest above."""
    below = [
        table.features[t][column] for t in table.below.get(term, ()) if column in table.features.get(t, {})
    ]
    if below:
        return max(below, key=lambda pair: pair[0])[1]
    for general, steps in sorted(steps_up(term, table.terms.parents).items(), key=lambda item: item[1]):
        if steps <= MOST_STEPS and general not in TRUNK and column in table.features.get(general, {}):
            return table.features[general][column][1]
    return None


def _crowds(table: Table, told: Sequence[str], above: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """With how many others of the list each term shares an organ system, the fullest one counting."""
    systems = Counter(system for t in told for system in _systems(above[t], table))
    return {t: max((systems[s] for s in _systems(above[t], table)), default=1) - 1 for t in told}


def _systems(above: Mapping[str, int], table: Table) -> tuple[str, ...]:
    return tuple(t for t in above if PHENOTYPIC in table.terms.parents.get(t, ()))


def _observed(
    table: Table, term: str, above: Mapping[str, int], seen: Observed, dials: Dials, power: float
) -> Weight:
    base_of = _base_of(table, seen)
    base = base_of(term)
    ratios = either(chances_of(table, term, above, base_of, dials), base) / base
    label = seen.labels.get(term, term)
    return Weight(
        about="term",
        finding=term,
        words=label,
        log_ratio=power * np.clip(np.log(ratios), -np.log(dials.most_ratio), np.log(dials.most_ratio)),
        ground=partial(_ground, table, term),
    )


def _excluded(
    table: Table, term: str, above: Mapping[str, int], seen: Observed, dials: Dials, power: float
) -> Weight:
    """What was looked for and not found: only what conditions list at or below the term is missed."""
    chances = chances_of(table, term, {term: 0}, _base_of(table, seen), dials)
    label = seen.labels.get(term, term)
    return Weight(
        about="excluded",
        finding=f"not:{term}",
        words=f"no {label[:1].lower()}{label[1:]}",
        log_ratio=power * np.log(np.maximum(1 - chances, dials.least_excluded)),
        ground=partial(_ground, table, term),
    )


def _is_listed(table: Table, term: str, above: Mapping[str, int]) -> bool:
    near = (t for t, steps in above.items() if steps <= MOST_STEPS and t not in TRUNK)
    return term in table.below or any(t in table.features for t in near)


def _length(listed: Sequence[str], dials: Dials) -> float:
    """How long a list is, 0 to 1: a handful of symptoms is no picture, thirty are one."""
    return len(listed) ** 2 / (len(listed) ** 2 + dials.long_list**2)


def _whole_list(table: Table, listed: Sequence[str], dials: Dials) -> Weight:
    """The likeness of the list to each condition's picture, over what is usual; less than usual is neutral.

    Where a condition lists no feature (what is incidental), symptoms are coincidence: neutral.
    """
    alike = likeness(table.portraits, listed, table.terms, table.size)
    usual = float(np.nanmedian(alike)) if np.isfinite(alike).any() else 0.0
    above_usual = np.nan_to_num(np.maximum(alike - usual, 0.0))

    def ground(column: int) -> Ground:
        said = f"likeness {alike[column]:.2f} of 1, to most conditions {usual:.2f}"
        return Ground(basis="expert", frequency=said, source=(LIKENESS_SOURCE,))

    return Weight(
        about="likeness",
        finding="likeness_of_symptoms",
        words="the symptoms as a whole resemble its picture",
        log_ratio=dials.likeness * _length(listed, dials) * above_usual,
        ground=ground,
    )


def _untold(
    table: Table, above: Mapping[str, Mapping[str, int]], count: int, dials: Dials, power: float
) -> Weight:
    """What a condition usually brings and a list of symptoms does not name: little by little, it adds up.

    Without this a condition with a long list of features would gain by chance from any long list of symptoms.
    """
    told = dials.told * count / (count + TOLD_HALF)
    met = {t for term in above for t in (*above[term], *table.below.get(term, ()))}
    sums = np.zeros(table.size)
    for term, columns in table.features.items():
        if term not in met:
            for column, (chance, _) in columns.items():
                sums[column] += np.log(1 - told * chance)
    return Weight(
        about="untold",
        finding="untold_features",
        words="its other features are not named among the symptoms",
        log_ratio=power * np.maximum(sums, -LEAST_UNTOLD),
    )


def _base_of(table: Table, seen: Observed) -> Rate:
    known: dict[str, float] = {}

    def rate(term: str) -> float:
        if term not in known:
            known[term] = base_rate(table, term, steps_up(term, table.terms.parents), seen.age_years)
        return known[term]

    return rate


def _ground(table: Table, term: str, column: int) -> Ground:
    feature = feature_behind(table, term, column)
    found = None if feature is None else feature_estimate(feature)
    if feature is None or found is None:
        return Ground(basis="expert", frequency="not listed for this condition: neutral")
    words = "; ".join(dict.fromkeys(f.words for f in found.facts))
    other = "" if feature.id == term else f"{feature.label}: "
    return Ground(basis=basis_of(found.trust), frequency=other + words, source=found.sources)
