"""How the image was made, as far as the headers say. No patient identity is kept here."""

from __future__ import annotations

from dataclasses import dataclass, field

from brainsand.model.caution import Caution


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """The scan's own facts; ``None`` where the input does not say.

    ``contrast_tag`` is what the header says: True (given), False (said to be none), None (silent).
    ``sha256`` is over the pixel bytes and geometry that were read, so equal scans have equal sums.
    ``source_frames`` names, for each slice of the volume, the SOP Instance UID and frame number it came from
    (empty for NIfTI); SEG and SR need it. ``deidentified``: names, numbers, dates and UIDs were taken off or replaced
    on request.
    """

    source: str
    format: str
    sha256: str
    series_uid: str | None = None
    study_uid: str | None = None
    frame_of_reference_uid: str | None = None
    kvp: float | None = None
    kernel: str | None = None
    sharp_kernel: bool | None = None
    thickness_mm: float | None = None
    manufacturer: str | None = None
    model_name: str | None = None
    description: str | None = None
    contrast_tag: bool | None = None
    age_years: float | None = None
    sex: str | None = None
    patient_position: str | None = None
    source_frames: tuple[tuple[str, int], ...] = ()
    cautions: tuple[Caution, ...] = field(default=())
    deidentified: bool = False
