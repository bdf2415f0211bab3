"""Two or more scans of one person laid upon each other: what changed, and whether more than error can make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from brainsand.model.case import Case
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid

State = Literal["new", "grown", "stable", "shrunk", "gone", "not_comparable"]
Obstacle = Literal[
    "outside_coverage",
    "contrast",
    "metal",
    "blood",
    "voltage",
    "below_detection",
    "no_background",
    "rejected",
]
"""Why something cannot be compared."""
Fate = Literal["split", "merged", "regrouped"]
"""What one body became: several, one of several, several of several."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What one body came to in one scan, measured over the same place in every scan.

    ``ids`` are the deposits of that scan's case it was found as (none: not found there, yet measured).
    ``excess_hu_mm3`` is at 120 kV. Each ``pm`` is one deviation of what differs from scan to scan; the calibration,
    which all scans share, is not in it; of that of the excess, ``excess_noise_pm_hu_mm3`` is what each scan draws anew.
    ``parted``: the share of it (0 to 1) whose ends are not sure (it borders on another body, or is a cloud of dots or a
    thin plate, found in part); of one body 0 or 1.
    ``obstacle`` says why there is no number.
    """

    ids: tuple[int, ...]
    excess_hu_mm3: float | None = None
    excess_pm_hu_mm3: float | None = None
    excess_noise_pm_hu_mm3: float | None = None
    mass_mg: float | None = None
    mass_pm_mg: float | None = None
    volume_mm3: float | None = None
    volume_pm_mm3: float | None = None
    peak_hu: float | None = None
    obstacle: Obstacle | None = None
    parted: float = 0.0

    @property
    def seen(self) -> bool:
        """Whether the excess stands two deviations above nothing."""
        if self.excess_hu_mm3 is None or self.excess_pm_hu_mm3 is None:
            return False
        return self.excess_hu_mm3 > 2 * self.excess_pm_hu_mm3


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Later less earlier. ``pm`` one deviation of it, ``sdc`` the smallest detectable change (1.96 of them) of this
    one number by itself; ``percent`` of the earlier amount (None where nothing was there); rates by year."""

    value: float
    pm: float
    sdc: float
    percent: float | None = None
    percent_pm: float | None = None
    per_year: float | None = None
    per_year_pm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a body, a site or the whole from one scan to another.

    ``state`` is judged by the excess (the mass, where the voltage is known): a change counts from
    ``judged_from_hu_mm3`` on, by which all comparisons of the pair together are wrong once in twenty pairs.
    """

    state: State
    words: str
    obstacle: Obstacle | None = None
    excess_hu_mm3: Difference | None = None
    mass_mg: Difference | None = None
    volume_mm3: Difference | None = None
    judged_from_hu_mm3: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The straight line through three scans or more: mg (or HU mm3) a year, with its deviation."""

    per_year: float
    per_year_pm: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One body followed through the scans: ``amounts`` one a scan, ``changes`` one a pair (``Comparison.pairs``).

    ``number`` from 1, the largest first; ``uid`` a DICOM UID that the same scans give again; ``source`` is that of the
    deposit whose place and kind it has (``machine``, or ``reader`` where a reader said them).
    """

    number: int
    uid: str
    site: str
    side: str
    lobe: str | None
    kind: str
    amounts: tuple[Amount, ...]
    changes: tuple[Change, ...]
    fate: Fate | None = None
    trend: Trend | None = None
    source: str = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class SumTrack:
    """All comparable bodies of one site and side (``None`` both: of the whole) in every scan.

    ``tracks`` are summed, ``left_out`` are not comparable in some scan.
    """

    site: str | None
    side: str | None
    tracks: tuple[int, ...]
    left_out: tuple[int, ...]
    amounts: tuple[Amount, ...]
    changes: tuple[Change, ...]
    trend: Trend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two scans compared: their places in the series, the years between them (None: not known), how their
    protocols differ, the deviation that this adds as a share, and the rule of judgement.

    ``deviations`` of one comparison are enough for a change, and fewer where a change of 30 % stands in doubt
    (``Change.judged_from_hu_mm3``); ``comparisons`` is how many are made.
    """

    earlier: int
    later: int
    years: float | None
    mismatches: tuple[str, ...]
    share_pm: float
    deviations: float
    comparisons: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """A scan laid on the first of the series: ``matrix`` (4, 4) takes LPS mm of the first to LPS mm of this one.

    ``turned_deg`` and ``shifted_mm`` say how differently the head lay; ``skull_gap_mm`` how far the inner tables lie
    apart on average.
    """

    matrix: Floats
    turned_deg: float
    shifted_mm: float
    residual_hu: float
    skull_gap_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aligned:
    """For pictures: every scan on the straightened head of the last (1 mm; ``model.case.Picture``), and the number of
    the track at each place there."""

    grid: Grid
    inside: NDArray[np.bool_]
    hu: tuple[NDArray[np.int16], ...]
    tracks: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """A series of scans of one person, compared. ``years`` counts from the first scan (None: not known)."""

    cases: tuple[Case, ...]
    years: tuple[float | None, ...]
    laid: tuple[Laid, ...]
    pairs: tuple[Pair, ...]
    tracks: tuple[Track, ...]
    sites: tuple[SumTrack, ...]
    whole: SumTrack
    cautions: tuple[Caution, ...]
    aligned: Aligned

    @property
    def overall(self) -> int:
        """The place in ``pairs`` of the first scan against the last."""
        return len(self.pairs) - 1
