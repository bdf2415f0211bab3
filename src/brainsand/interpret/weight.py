"""One thing observed and what it weighs under every condition: the brick of the ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from brainsand.model.frequency import Trust

Floats = NDArray[np.float64]
Basis = Literal["published", "expert"]
About = Literal[
    "site", "absence", "own", "side", "form", "lobe", "extent", "mass", "age", "sex", "term", "excluded", "untold",
    "likeness", "lab", "history", "family", "variant",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a weight rests on in one condition: published or expert, how often, and where that stands."""

    basis: Basis
    frequency: str
    source: tuple[str, ...] = ()


EXPERT_GROUND: Final = Ground(basis="expert", frequency="convention of this project")


def basis_of(trust: Trust) -> Basis:
    """Whether a fact was read in a source (a count, or a class of a curated database) or is an expert's word.

    >>> basis_of("published_class"), basis_of("expert")
    ('published', 'expert')
    """
    return "expert" if trust == "expert" else "published"


def no_ground(column: int) -> Ground:
    """The ground where no fact of the condition itself speaks."""
    return EXPERT_GROUND


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weight:
    """``log_ratio``, one a column: log of the chance of this there against its chance in *another cause*.

    ``ground`` tells what it rests on in one column.
    """

    about: About
    finding: str
    words: str
    log_ratio: Floats
    ground: Callable[[int], Ground] = field(default=no_ground)


def log_ratio(chances: Floats, base: float) -> Floats:
    """The log of chances over a base chance; both are kept off 0.

    >>> log_ratio(np.array([0.4, 0.2]), 0.2).round(2).tolist()
    [0.69, 0.0]
    """
    return np.asarray(np.log(np.maximum(chances, 1e-6) / max(base, 1e-6)))


def either(chances: Floats, base: float | Floats) -> Floats:
    """Chance of something that the condition or mere coincidence may bring.

    >>> either(np.array([0.0, 0.5]), 0.2).round(2).tolist()
    [0.2, 0.6]
    """
    return np.asarray(1 - (1 - chances) * (1 - base))
