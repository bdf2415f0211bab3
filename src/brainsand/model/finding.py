"""What was found: deposits believed to be calcium, and bright things set aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Side = Literal["left", "right", "midline"]
Kind = Literal["physiologic", "age_related", "vascular", "ectopic", "indeterminate"]
Morphology = Literal["punctate", "nodular", "linear", "gyriform", "band", "rim", "stippled", "confluent"]
Reason = Literal["bone", "blood", "contrast", "metal", "artefact", "noise", "skull_base"]

Follows = Literal["ventricle_wall", "vessel", "cortex"]
"""What a deposit runs along."""

ORDINARY_KINDS: Final[tuple[Kind, ...]] = ("physiologic", "age_related", "vascular")
"""Kinds that need no explanation by a disease."""
IN_SINUS: Final = "in a venous sinus"
"""In the words of what was set aside as blood where blood belongs; a case record tells it by these alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindReason:
    """Why a deposit was called what it was: the rule that fired, in words, and where the rule comes from."""

    rule: str
    words: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """One connected piece of calcium at one site. Field by field as in ``case.json`` (``docs/reference``)."""

    id: int
    site: str
    side: Side
    lobe: str | None
    site_probabilities: dict[str, float]
    kind: Kind
    kind_reasons: tuple[KindReason, ...]
    centre_lps_mm: tuple[float, float, float]
    slices: tuple[int, int]
    voxels: int
    volume_mm3: float | None
    volume_pm_mm3: float | None
    threshold_volume_mm3: float
    excess_hu_mm3: float | None
    mass_mg: float | None
    mass_pm_mg: float | None
    mean_hu: float
    peak_hu: float
    background_hu: float | None
    agatston_like: float | None
    morphology: Morphology
    largest_diameter_mm: float
    extent_mm: tuple[float, float, float]
    confidence: float
    source: str = field(default="machine")
    excess_pm_hu_mm3: float | None = None
    density_hu: float | None = None
    volume_basis: str | None = None
    threshold_volumes_mm3: dict[str, float] = field(default_factory=dict)
    elongation: float | None = None
    follows: Follows | None = None

    @property
    def best_volume_mm3(self) -> float:
        """The corrected volume, or the threshold volume where none could be measured."""
        return self.threshold_volume_mm3 if self.volume_mm3 is None else self.volume_mm3


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A bright thing judged not to be calcium in the brain, and why. ``in_vessel``: blood where blood belongs."""

    reason: Reason
    centre_lps_mm: tuple[float, float, float]
    volume_mm3: float
    peak_hu: float
    words: str = ""
    in_vessel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSum:
    """All deposits of one site and side together; ``filled`` is the structure's share (0 to 1) or None."""

    site: str
    side: Side
    count: int
    volume_mm3: float | None
    mass_mg: float | None
    peak_hu: float
    filled: float | None
    volume_pm_mm3: float | None = None
    mass_pm_mg: float | None = None
    filled_pm: float | None = None
    agatston_like: float | None = None
