"""Which virtual patients are there? Each preset: who the person is, and what lies in the head.

Physiologic deposits of the age (``phantom.background``) are added to each but the last four, which are for
checking: ``none``, ``blood``, ``every_site`` and ``scattered``.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from brainsand.errors import UsageError
from brainsand.phantom import recipes
from brainsand.phantom.background import background
from brainsand.phantom.recipes import Planted
from brainsand.phantom.survey import Survey

Recipe = Callable[[Survey, np.random.Generator], Planted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A kind of virtual patient: ages from and to in years, sexes to draw from, facts of the patient file."""

    name: str
    ages: tuple[int, int]
    sexes: str
    recipe: Recipe
    facts: dict[str, Any] = field(default_factory=dict)
    always: tuple[str, ...] = ()
    with_background: bool = True


def presets() -> tuple[str, ...]:
    """The names of the presets.

    >>> "pfbc" in presets()
    True
    """
    return tuple(_PRESETS)


def preset(name: str) -> Preset:
    """The preset of a name; refuses (``UsageError``) other names."""
    if name not in _PRESETS:
        raise UsageError(f"There is no preset {name!r}; choose one of {', '.join(_PRESETS)}.")
    return _PRESETS[name]


def patient_facts(chosen: Preset, *, rng: np.random.Generator) -> dict[str, Any]:
    """A patient file's content (``age_years``, ``sex`` and the preset's facts) drawn for one person."""
    age = int(rng.integers(chosen.ages[0], chosen.ages[1] + 1))
    return {"age_years": age, "sex": str(rng.choice(list(chosen.sexes))), **deepcopy(chosen.facts)}


def planted_for(chosen: Preset, survey: Survey, age_years: float, *, rng: np.random.Generator) -> Planted:
    """All deposits of one person: the preset's own, then those of the age."""
    own = chosen.recipe(survey, rng)
    extra = background(survey, age_years, rng=rng, always=chosen.always) if chosen.with_background else []
    return own + extra


def _of_history(name: str, recipe: Recipe, *, ages: tuple[int, int], history: list[str]) -> Preset:
    """A preset of either sex whose patient file holds a history."""
    return Preset(name=name, ages=ages, sexes="FM", recipe=recipe, facts={"history": history})


_LOW_CALCIUM: Final = [
    {"analyte": "calcium", "flag": "low"},
    {"analyte": "phosphate", "flag": "high"},
    {"analyte": "pth", "flag": "low"},
]

_PRESETS: Final[dict[str, Preset]] = {
    p.name: p
    for p in (
        Preset(
            name="physiologic",
            ages=(35, 75),
            sexes="FM",
            recipe=recipes.none,
            always=("pineal", "choroid_plexus"),
        ),
        Preset(name="pallidal_dots", ages=(65, 85), sexes="FM", recipe=recipes.pallidal_dots),
        Preset(
            name="pfbc",
            ages=(38, 62),
            sexes="FM",
            recipe=recipes.pfbc,
            facts={"family": {"affected_relatives": ["parent"], "inheritance": "autosomal_dominant"}},
        ),
        Preset(
            name="hypoparathyroidism",
            ages=(25, 50),
            sexes="FM",
            recipe=recipes.hypoparathyroidism,
            facts={"labs": _LOW_CALCIUM},
        ),
        _of_history(
            "tuberous_sclerosis",
            recipes.tuberous_sclerosis,
            ages=(8, 25),
            history=["facial_angiofibroma", "hypomelanotic_macules"],
        ),
        _of_history("sturge_weber", recipes.sturge_weber, ages=(5, 20), history=["port_wine_birthmark"]),
        _of_history(
            "neurocysticercosis", recipes.neurocysticercosis, ages=(20, 55), history=["endemic_cysticercosis"]
        ),
        _of_history(
            "congenital_infection",
            recipes.congenital_infection,
            ages=(2, 6),
            history=["congenital_cmv_proven"],
        ),
        _of_history("radiation", recipes.radiation, ages=(8, 20), history=["cranial_irradiation"]),
        Preset(name="none", ages=(18, 40), sexes="FM", recipe=recipes.none, with_background=False),
        Preset(name="blood", ages=(50, 80), sexes="FM", recipe=recipes.blood, with_background=False),
        Preset(
            name="every_site", ages=(40, 60), sexes="FM", recipe=recipes.every_site, with_background=False
        ),
        Preset(name="scattered", ages=(30, 70), sexes="FM", recipe=recipes.scattered, with_background=False),
    )
}
