"""What is known of the patient beside the image. Nothing here names anybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Patient facts as of the contract's patient file; every field may be missing.

    ``findings``, ``phenotype``, ``labs``, ``variants`` hold plain mappings, already checked by
    ``read.patient``. ``age_years`` is a float; ``sex`` one of F, M, U or None.
    """

    age_years: float | None = None
    sex: str | None = None
    findings: tuple[dict[str, Any], ...] = ()
    phenotype: tuple[dict[str, Any], ...] = ()
    labs: tuple[dict[str, Any], ...] = ()
    history: tuple[str, ...] = ()
    family: dict[str, Any] = field(default_factory=dict)
    variants: tuple[dict[str, Any], ...] = ()
