"""One published patient as the evaluation knows him: what may be told to the ranking, and what is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SUBSETS: Final = {
    "findings": ("findings",),
    "+ age and sex": ("findings", "age_years", "sex"),
    "+ phenotype": ("findings", "age_years", "sex", "phenotype"),
    "+ labs and history": ("findings", "age_years", "sex", "phenotype", "labs", "history", "family"),
}
"""What the ranking is told, each more than the one before. Variants are never told: they name the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationCase:
    """``facts`` is a patient file's record; ``groups`` and ``conditions`` hold the true answers (any counts).

    ``paper`` names the publication: patients of one paper are kept together when chance is drawn, and ``silent`` are
    the sources that must not speak when this patient is ranked.
    """

    id: str
    source: str
    paper: str
    facts: Mapping[str, Any]
    groups: frozenset[str]
    conditions: frozenset[str]
    silent: frozenset[str] = field(default_factory=frozenset)

    def told(self, subset: str) -> dict[str, Any]:
        """The record with only what the subset allows."""
        return {name: self.facts[name] for name in SUBSETS[subset] if name in self.facts}
