"""What the rules of kind are told of one deposit, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from brainsand.interpret.norm import Norms
from brainsand.model.finding import Kind, KindReason, Morphology, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Another deposit of the same head, as far as a rule needs to know it.

    ``diameter_mm`` less its doubt; without ``site_probabilities`` the site is taken as sure.
    """

    site: str
    side: Side
    volume_mm3: float
    diameter_mm: float = 0.0
    site_probabilities: Mapping[str, float] = field(default_factory=dict)

    def share(self, *sites: str) -> float:
        """How probable it is that it lies at one of these sites."""
        places = self.site_probabilities or {self.site: 1.0}
        return sum(places.get(site, 0.0) for site in sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One deposit as the rules see it. Lengths mm, volume mm3, attenuation HU, age years or None."""

    site: str
    side: Side
    diameter_mm: float
    diameter_pm_mm: float
    volume_mm3: float
    thickness_mm: float
    morphology: Morphology
    peak_hu: float
    age_years: float | None
    norms: Norms
    site_probabilities: Mapping[str, float] = field(default_factory=dict)
    companions: tuple[Companion, ...] = ()

    def surely_over(self, limit_mm: float) -> bool:
        """Whether the diameter exceeds the limit by more than its own doubt (thick slices swell it)."""
        return self.diameter_mm - self.diameter_pm_mm > limit_mm

    def share(self, *sites: str) -> float:
        """How probable it is that the deposit lies at one of these sites."""
        return sum(self.site_probabilities.get(site, 0.0) for site in sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A kind and the reasons for it, the deciding one first."""

    kind: Kind
    reasons: tuple[KindReason, ...]
