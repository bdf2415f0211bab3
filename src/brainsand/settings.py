"""Which numbers may be turned? Every one of them stands here, with where it comes from.

One small frozen group a room. ``pipeline.py`` unpacks the groups and hands single numbers on, so no room
knows this file. A number without a source does not belong here, and neither does one that nothing reads.
The whole tree is written into ``case.json`` with its hash, so that two results can be told to come from the
same settings.

To try another number::

    settings = Settings(find=FindSettings(clear_from_hu=90.0))
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class QualitySettings:
    """Is the scan fit to read?"""

    # Attenuation of normal tissue, against which the scan's own is held to notice a wrong offset. Textbook
    # values (white matter 20 to 30, gray matter 37 to 41 HU are usual on head CT), not one paper's figures.
    white_matter_hu: float = 28.0
    gray_matter_hu: float = 37.0
    # From here on a shift of both tissues is said. Normal means spread by about 3 HU from head to head, so 7
    # is beyond two of them; a real scan some 12 HU too low is noticed, others (4 low, 4 high) are not.
    offset_said_from_hu: float = 7.0
    # Without contrast, thrombosed venous sinuses read at most 92 HU and normal ones 68
    # (doi 10.1055/s-0043-1761184).
    contrast_from_hu: float = 90.0
    # Misfit of the atlas at its best: three real heads 61 to 80 HU, virtual ones 43 to 56, a skull phantom
    # 208, a head of which the scan held a fifth 132.
    most_misfit_hu: float = 120.0
    # Of the intracranial space; a scan of less holds the deep nuclei without cortex and cerebellum (expert).
    least_covered_share: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSettings:
    """What is bright enough to be looked at?"""

    # Above 100 HU on single-energy CT is called calcified, below it indeterminate against blood
    # (Thieme abstract a-1556-4801).
    clear_from_hu: float = 100.0
    # Physiologic pineal calcium of children has a median of 67 HU, interquartile range 50 to 110, so a fixed
    # 100 HU misses it; below 60 HU acute clot begins (haematoma mean 61 to 69 HU, intracerebral haemorrhage
    # cohorts). Faint candidates are looked for from here on and need more than brightness.
    faint_from_hu: float = 60.0
    # A seed stands this far out of gray matter: under white noise of a million places of a cubic millimetre,
    # 4.5 deviations let two or three through, which the later, stricter rules stop.
    seed_deviations: float = 4.5
    seed_excess_hu: float = 14.0
    # An island goes on to three deviations of noise at least, half its height at most, never above 45 HU over
    # gray matter, where dense calcium and its blur part (half height: where the edge of a blurred body lies).
    edge_deviations: float = 3.0
    edge_excess_hu: float = 45.0
    # What is faint must stand out by this where it has a twin on the other side (5.2 deviations in a million
    # places is one chance in ten) ...
    sure_deviations: float = 5.2
    # ... and by this where it is alone: real noise has longer tails than white noise (measured on virtual and
    # real heads without calcium).
    alone_deviations: float = 6.5
    # Smaller than this and faint is not told from noise.
    least_volume_mm3: float = 2.0
    # An even haematoma: mean 61 to 69 HU in cohorts, below 95 by haematocrit; small ones are told by other
    # rules.
    blood_volume_mm3: float = 200.0
    blood_mean_hu: float = 85.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSettings:
    """How is a deposit measured?"""

    # A hydroxyapatite phantom scanned on the user's own scanner at the voltage of this scan: HU that one mg/cm3
    # adds, and its deviation as a share. None takes the published table by voltage (norms.yaml, calibration).
    own_hu_per_mg_cm3: float | None = None
    own_share_pm: float = 0.05
    # The user's own age limits of the Total Calcification Score: rows of age from, age to (years), largest
    # ordinary total. None was found in the literature at hand, so none is built in.
    score_age_limits: tuple[tuple[float, float, float], ...] = ()
    # SHA-256 of the user's own norms file (`--norms`), the curves of which are handed in with the reference.
    own_norms_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may be turned, one group a room.

    >>> Settings().find.clear_from_hu
    100.0
    """

    quality: QualitySettings = field(default_factory=QualitySettings)
    find: FindSettings = field(default_factory=FindSettings)
    measure: MeasureSettings = field(default_factory=MeasureSettings)


def settings_record(settings: Settings) -> dict[str, Any]:
    """The settings as plain nested mappings of numbers, strings and lists, as ``case.json`` writes them.

    >>> settings_record(Settings())["measure"]
    {'own_hu_per_mg_cm3': None, 'own_norms_sha256': None, 'own_share_pm': 0.05, 'score_age_limits': []}
    """
    record: dict[str, Any] = json.loads(_canonical(settings))
    return record


def settings_hash(settings: Settings) -> str:
    """SHA-256 (64 hexadecimal digits) of the settings' canonical JSON: equal settings, equal hash.

    >>> settings_hash(Settings()) == settings_hash(Settings(find=FindSettings()))
    True
    >>> settings_hash(Settings()) == settings_hash(Settings(find=FindSettings(clear_from_hu=90.0)))
    False
    """
    return hashlib.sha256(_canonical(settings).encode()).hexdigest()


def _canonical(settings: Settings) -> str:
    """JSON with sorted keys and no spaces; a NaN is refused (ValueError), as JSON has none."""
    return json.dumps(asdict(settings), sort_keys=True, separators=(",", ":"), allow_nan=False)
