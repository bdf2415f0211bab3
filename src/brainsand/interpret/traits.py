"""What do side, form, extent and a mass around it say beside the place?

Each is a word of a report or of the machine, and each condition has its usual words. Words of several sites of one
head repeat one another, so a trait is weighed once a head, not once a site. Everything here leans on classes of
reviews, hence the small powers (``Dials``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.dials import Dials
from brainsand.interpret.lobes import weigh_lobes
from brainsand.interpret.observed import EXTENTS, PARENCHYMAL, SOMEWHERE, UNPAIRED, Observed, Sighting
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Ground, Weight, log_ratio
from brainsand.model.knowledge import Condition

Floats = NDArray[np.float64]

SIDE_WORDS: Final = ("both", "one", "midline")
#: Chance of calcium on both sides, on one, or in the middle only, by the word a condition has (expert).
SIDES: Final[Mapping[str, tuple[float, float, float]]] = {
    "bilateral_symmetric": (0.93, 0.05, 0.02),
    "bilateral_asymmetric": (0.68, 0.28, 0.04),
    "multifocal_or_unilateral": (0.45, 0.50, 0.05),
    "unilateral": (0.10, 0.82, 0.08),
    "midline": (0.10, 0.15, 0.75),
}
ANY_SIDES: Final = (0.6, 0.33, 0.07)
FORM_WORDS: Final = ("punctate", "nodular", "linear", "gyriform", "band", "rim", "stippled", "confluent")
FORM_BASE: Final = 0.3
"""Share of cases whose word is not one the condition is known by."""
#: How large the calcium of a condition gets, by its forms and weight (expert): punctate, small, moderate, large.
EXTENT_ORDINARY: Final = (0.5, 0.4, 0.08, 0.02)
EXTENT_SMALL: Final = (0.4, 0.34, 0.18, 0.08)
EXTENT_LARGE: Final = (0.14, 0.23, 0.33, 0.3)
EXTENT_ANY: Final = (0.28, 0.29, 0.25, 0.18)
#: How often calcium lies in a mass, by category; where a group says otherwise, that counts (expert).
IN_MASS: Final = {"neoplastic": 0.93, "physiologic": 0.005}
IN_MASS_ELSE: Final = 0.02
IN_MASS_OTHER: Final = 0.15
"""The same in *another cause*."""
MASS_POWER: Final = 0.8


def weigh_traits(table: Table, seen: Observed, ordinary: Mapping[str, float], dials: Dials) -> list[Weight]:
    """The weights of side, form and extent, as far as they are known."""
    telling = [
        s for s in seen.sightings if s.chance >= 0.5 and ordinary.get(s.site, 0.0) < 0.3 and not s.ordinary
    ]
    found = [
        _side(table, telling, dials),
        _form(table, telling, dials),
        weigh_lobes(table, telling, dials),
        _extent(table, [s for s in seen.sightings if s.chance >= 0.5], ordinary, dials),
        _in_mass(table, seen.sightings),
    ]
    return [weight for weight in found if weight is not None]


def _side(table: Table, telling: list[Sighting], dials: Dials) -> Weight | None:
    sides = set().union(*(s.sides for s in telling if s.site not in UNPAIRED))
    word = _side_word(sides)
    if word is None:
        return None
    place = SIDE_WORDS.index(word)
    chances = np.array([_sides_of(c)[place] for c in table.conditions] + [ANY_SIDES[place]])
    words = {
        "both": "on both sides",
        "one": f"on one side ({', '.join(sorted(sides))})",
        "midline": "in the midline",
    }
    return Weight(
        about="side",
        finding=f"side:{word}",
        words=f"calcium {words[word]}",
        log_ratio=dials.side_weight * log_ratio(chances, ANY_SIDES[place]),
        ground=lambda column: _word_ground(table, column, "laterality"),
    )


def _side_word(sides: set[str]) -> str | None:
    if {"left", "right"} <= sides:
        return "both"
    if sides & {"left", "right"}:
        return "one"
    return "midline" if sides else None


def _sides_of(condition: Condition) -> tuple[float, float, float]:
    return SIDES.get(condition.laterality, ANY_SIDES)


def _form(table: Table, telling: list[Sighting], dials: Dials) -> Weight | None:
    forms = sorted(set().union(*(s.forms for s in telling)))
    if not forms:
        return None
    counts = np.array([[form in c.morphology for form in FORM_WORDS] for c in table.conditions], float)
    base = (counts.sum(axis=0) + 2) / (counts.sum() + 2 * len(FORM_WORDS))
    own = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    known = counts.any(axis=1, keepdims=True)
    chances = np.where(known, FORM_BASE * base + (1 - FORM_BASE) * own, base)
    picked = [FORM_WORDS.index(form) for form in forms]
    ratio = np.log(chances[:, picked] / base[picked]).mean(axis=1)
    return Weight(
        about="form",
        finding="form:" + "+".join(forms),
        words=f"form: {', '.join(forms)}",
        log_ratio=dials.form_weight * np.append(ratio, 0.0),
        ground=lambda column: _word_ground(table, column, "morphology"),
    )


def _extent(
    table: Table, sightings: list[Sighting], ordinary: Mapping[str, float], dials: Dials
) -> Weight | None:
    """How much calcium, by the largest word of a site that is not ordinary anyhow; else of any site."""
    sized = [s for s in sightings if s.extent]
    sized = [s for s in sized if s.site in PARENCHYMAL or s.site in ("basal_ganglia", SOMEWHERE)] or sized
    if not sized:
        return None
    word = max((s.extent for s in sized if s.extent), key=EXTENTS.index)
    place = EXTENTS.index(word)
    chances = np.array(
        [
            EXTENT_ORDINARY[place] if benign else _extents_of(c)[place]
            for c, benign in zip(table.conditions, table.benign, strict=False)
        ]
        + [EXTENT_ANY[place]]
    )
    return Weight(
        about="extent",
        finding=f"extent:{word}",
        words=f"extent: {word}",
        # How small the ordinary is, is the rule of kind itself and no class of a review: it counts whole.
        log_ratio=np.where(table.benign, 1.0, dials.extent_weight) * log_ratio(chances, EXTENT_ANY[place]),
        ground=lambda column: _word_ground(table, column, "morphology"),
    )


def _extents_of(condition: Condition) -> tuple[float, float, float, float]:
    large = {"confluent", "gyriform", "rim", "band"} & set(condition.morphology)
    return EXTENT_LARGE if large else EXTENT_SMALL


def _in_mass(table: Table, sightings: Sequence[Sighting]) -> Weight | None:
    """Whether the calcium lies in a mass: told by a person, never concluded from silence."""
    said = [s.in_mass for s in sightings if s.in_mass is not None]
    if not said:
        return None
    inside = any(said)
    chances = np.array([*(_in_mass_of(table, c)[0] for c in table.conditions), IN_MASS_OTHER])
    if not inside:
        chances = 1 - chances
    return Weight(
        about="mass",
        finding="in_mass" if inside else "not:in_mass",
        words="calcium in a mass" if inside else "no mass around the calcium",
        log_ratio=MASS_POWER * log_ratio(chances, IN_MASS_OTHER if inside else 1 - IN_MASS_OTHER),
        ground=lambda column: _mass_ground(table, column),
    )


def _in_mass_of(table: Table, condition: Condition) -> tuple[float, str]:
    """Chance, and the word it comes from."""
    own = table.knowledge.group_of(condition.id).in_mass
    if own is not None:
        return own.middle, own.words
    chance = IN_MASS.get(condition.category, IN_MASS_ELSE)
    return chance, f"{chance:.0%}, by its category"


def _mass_ground(table: Table, column: int) -> Ground:
    if column >= len(table.conditions):
        return Ground(basis="expert", frequency="any")
    return Ground(basis="expert", frequency=_in_mass_of(table, table.conditions[column])[1])


def _word_ground(table: Table, column: int, field: str) -> Ground:
    if column >= len(table.conditions):
        return Ground(basis="expert", frequency="any")
    condition = table.conditions[column]
    value = getattr(condition, field)
    words = value if isinstance(value, str) else ", ".join(value)
    return Ground(basis="expert", frequency=words.replace("_", " "), source=condition.sources[:2])
