"""What the deposits come to: sums by site, and the scores of the whole case.

Another joint of the pipeline, beside ``steps``: pure, and between rooms that do not know one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.observed import hidden_sites
from brainsand.locating import Found
from brainsand.measure.centile import MEASURES, Amount
from brainsand.measure.centile import own_centiles as centiles_of
from brainsand.measure.excess import Scene
from brainsand.measure.size import THRESHOLDS_HU, scan_cautions
from brainsand.measure.sums import total
from brainsand.measure.visual import (
    LEVELS,
    LOCATIONS,
    Piece,
    basal_ganglia_scale,
    hippocampus_scale,
    location_of,
    total_calcification_score,
)
from brainsand.model.anatomy import Anatomy
from brainsand.model.caution import Caution
from brainsand.model.finding import Deposit, SiteSum
from brainsand.model.grid import Grid
from brainsand.model.own_norms import TOTAL, OwnNorms
from brainsand.model.patient import Patient
from brainsand.model.sites import BASAL_GANGLIA, SIDES, SITES, site_index
from brainsand.model.volume import Volume
from brainsand.settings import MeasureSettings

Ints = NDArray[np.int64]

VOLUME_COMMON_PM: Final = 0.05
"""What all volumes of one scan may be off by together, as a share: deposits of one disease are alike in how dense
their rims are, which the volume rule takes from bodies at large (lumps with faint rims came out 4 to 9 % too small
on virtual heads)."""


def site_sums(rows: Sequence[Deposit], anatomy: Anatomy, on: Scene) -> tuple[SiteSum, ...]:
    """All deposits of one site and side together, in the order of the sites."""
    shared = on.calibration.share_pm if on.calibration else 0.0
    return sums_by_site(rows, structures_mm3(anatomy.sites), calibration_pm=shared)


def sums_by_site(
    rows: Sequence[Deposit], structures: Mapping[tuple[str, str], float], *, calibration_pm: float
) -> tuple[SiteSum, ...]:
    """As :func:`site_sums`, with the size (mm3) of each structure and the calibration's doubt as a share."""
    places = sorted({(d.site, d.side) for d in rows}, key=lambda p: site_index(*p))
    return tuple(
        _site_sum(p, [d for d in rows if (d.site, d.side) == p], structures.get(p, 0.0), calibration_pm)
        for p in places
    )


def structures_mm3(head_sites: NDArray[np.uint8]) -> dict[tuple[str, str], float]:
    """Size of every site and side on the straightened head, whose voxels are of 1 mm3."""
    counts = np.bincount(head_sites.ravel(), minlength=256)
    return {(site, side): float(counts[site_index(site, side)]) for site in SITES for side in SIDES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What the scores are counted from beside the deposits, so that they can be counted anew after a correction.

    ``pieces`` the deposits as a reader scores them · ``places_mm3`` size of each location of the Total
    Calcification Score · ``ganglia_mm3`` room of the basal ganglia by side · ``depth_shares`` how far below the
    brainstem's top each deposit would lie, were it of the brainstem, by its number.
    """

    pieces: tuple[Piece, ...]
    places_mm3: Mapping[str, float]
    ganglia_mm3: Mapping[str, float]
    depth_shares: Mapping[int, float]


def scores(
    rows: Sequence[Deposit],
    found: Sequence[Found],
    volume: Volume,
    anatomy: Anatomy,
    on: Scene,
    *,
    age_years: float | None,
    settings: MeasureSettings,
) -> tuple[dict[str, Any], tuple[Caution, ...]]:
    """Every score of the case (``docs/methods/scores.md``), and what is missing for some."""
    slices = {
        d.id: np.bincount(f.index[:, 0], minlength=volume.grid.shape[0])
        for d, f in zip(rows, found, strict=True)
    }
    made = counted(
        rows,
        grounds_of(rows, slices, volume.grid, anatomy.sites, anatomy.head_grid, gain=on.gain),
        calibration=asdict(on.calibration) if on.calibration else None,
        age_years=age_years,
        age_limits=settings.score_age_limits,
        agatston=on.steps_hu is not None,
    )
    return made, scan_cautions(on)


def grounds_of(
    rows: Sequence[Deposit],
    slices: Mapping[int, Ints],
    grid: Grid,
    head_sites: NDArray[np.uint8],
    head_grid: Grid,
    *,
    gain: float,
) -> Grounds:
    """What the scores of these deposits are counted from.

    Parameters
    ----------
    rows : sequence of Deposit
    slices : mapping
        Voxels of each deposit in each slice of the scan, by its number.
    grid, head_grid : Grid
        Of the scan, and of the straightened head on which ``head_sites`` lies.
    gain : float
        Brightness of calcium at the scan's voltage over that at 120 kVp.
    """
    counts = np.bincount(head_sites.ravel(), minlength=256)
    stem = _stem_span(head_sites)
    depths = {d.id: _stem_depth(d, stem, head_grid) for d in rows}
    return Grounds(
        pieces=tuple(_piece(d, slices[d.id], grid, gain=gain, depth_share=depths[d.id]) for d in rows),
        places_mm3=_locations_mm3(counts),
        ganglia_mm3=_ganglia_mm3(counts),
        depth_shares=depths,
    )


def counted(
    rows: Sequence[Deposit],
    grounds: Grounds,
    *,
    calibration: Mapping[str, Any] | None,
    age_years: float | None,
    age_limits: Sequence[tuple[float, float, float]],
    agatston: bool,
) -> dict[str, Any]:
    """Every score of these deposits; ``agatston``: whether the scan's voltage allows that one."""
    volume_mm3, volume_pm = _volume_total(rows)
    mass_mg, mass_pm = _mass_total(rows, calibration["share_pm"]) if calibration else (None, None)
    excess, excess_pm = total([d.excess_hu_mm3 for d in rows], [d.excess_pm_hu_mm3 for d in rows])
    parts = [d.agatston_like for d in rows]
    whole = agatston and None not in parts
    return {
        "total_calcification_score": total_calcification_score(
            grounds.pieces, structure_mm3=grounds.places_mm3, age_years=age_years, age_limits=age_limits
        ),
        "agatston_like": float(sum(a for a in parts if a is not None)) if whole else None,
        "volume_mm3": {"total": volume_mm3, "pm": volume_pm},
        "mass_mg": {"total": mass_mg, "pm": mass_pm},
        "excess_hu_mm3": {"total": excess, "pm": excess_pm},
        "threshold_volumes_mm3": _threshold_sums(rows),
        "vessel_wall_volume_130hu_mm3": _threshold_sums([d for d in rows if d.site == "vessel_wall"])["130"],
        "basal_ganglia_scale": basal_ganglia_scale(
            grounds.pieces, filled=_ganglia_filled(grounds.pieces, grounds.ganglia_mm3)
        ),
        "hippocampus_scale": hippocampus_scale(grounds.pieces),
        "calibration": calibration,
    }


def own_centiles(
    norms: OwnNorms | None,
    made: Mapping[str, Any],
    rows: Sequence[Deposit],
    *,
    patient: Patient,
    thickness_mm: float | None,
    missing: Sequence[str],
) -> tuple[dict[str, Any], tuple[Caution, ...]]:
    """The score ``own_norms`` (``measure.centile``) where the user gave norms, and what to say of it."""
    if norms is None:
        return {}, ()
    amounts = {m: _amounts(m, made, rows, missing) for m in MEASURES if made[m]["total"] is not None}
    record, cautions = centiles_of(
        norms, amounts, age_years=patient.age_years, sex=patient.sex, thickness_mm=thickness_mm
    )
    return {"own_norms": record}, cautions


def _amounts(
    measure: str, made: Mapping[str, Any], rows: Sequence[Deposit], missing: Sequence[str]
) -> dict[str, Amount]:
    """What each imaged site holds, both sides together, and the whole; a site with an unknown amount is left out."""
    hidden = hidden_sites(missing)
    found = {}
    for site in SITES:
        own = [(getattr(d, measure), getattr(d, _PM[measure])) for d in rows if d.site == site]
        value, pm = total([v for v, _ in own], [p for _, p in own]) if own else (0.0, 0.0)
        if value is not None and site not in hidden:
            found[site] = Amount(value=value, pm=pm or 0.0)
    whole = made[measure]
    return {**found, **({} if missing else {TOTAL: Amount(value=whole["total"], pm=whole["pm"] or 0.0)})}


_PM: Final = {"mass_mg": "mass_pm_mg", "volume_mm3": "volume_pm_mm3"}


def _site_sum(
    place: tuple[str, Any], rows: Sequence[Deposit], structure: float, calibration_pm: float
) -> SiteSum:
    site, side = place
    volume, volume_pm = _volume_total(rows)
    mass, mass_pm = _mass_total(rows, calibration_pm)
    scores = [d.agatston_like for d in rows]
    whole = volume is not None and structure > 0
    return SiteSum(
        site=site,
        side=side,
        count=len(rows),
        volume_mm3=volume,
        volume_pm_mm3=volume_pm,
        mass_mg=mass,
        mass_pm_mg=mass_pm,
        peak_hu=max(d.peak_hu for d in rows),
        filled=min(1.0, (volume or 0.0) / structure) if whole else None,
        filled_pm=(volume_pm or 0.0) / structure if whole else None,
        agatston_like=None if None in scores else float(sum(a for a in scores if a is not None)),
    )


def _volume_total(rows: Sequence[Deposit]) -> tuple[float | None, float | None]:
    return total(
        [d.volume_mm3 for d in rows], [d.volume_pm_mm3 for d in rows], common_share_pm=VOLUME_COMMON_PM
    )


def _mass_total(rows: Sequence[Deposit], calibration_pm: float) -> tuple[float | None, float | None]:
    return total([d.mass_mg for d in rows], [d.mass_pm_mg for d in rows], common_share_pm=calibration_pm)


def _threshold_sums(rows: Sequence[Deposit]) -> dict[str, float]:
    return {str(t): float(sum(d.threshold_volumes_mm3.get(str(t), 0.0) for d in rows)) for t in THRESHOLDS_HU}


def _piece(d: Deposit, counts: Ints, grid: Grid, *, gain: float, depth_share: float) -> Piece:
    """A deposit as a reader scores it; its threshold volume stands in where no corrected one is known."""
    size = d.best_volume_mm3
    pm = 0.5 * size if d.volume_pm_mm3 is None else d.volume_pm_mm3
    density = (d.density_hu if d.density_hu is not None else d.mean_hu - (d.background_hu or 30.0)) / gain
    pixel = grid.voxel_volumes_mm3 / grid.slice_extents_mm
    free = size / d.threshold_volume_mm3 if d.threshold_volume_mm3 > 0 else 1.0
    return Piece(
        id=d.id,
        location=location_of(d.site, d.side, depth_share=depth_share),
        site=d.site,
        side=d.side,
        sure=d.site_probabilities.get(d.site, 1.0),
        volume_mm3=size,
        pm_mm3=pm,
        density_hu=density,
        density_pm_hu=density * min(1.0, pm / size) if size > 0 else 0.0,
        diameter_mm=d.largest_diameter_mm,
        morphology=d.morphology,
        follows=d.follows,
        areas_mm2={int(k): float(counts[k] * pixel[k] * free) for k in np.flatnonzero(counts)},
    )


def _stem_span(head_sites: NDArray[np.uint8]) -> tuple[int, int] | None:
    """The lowest and highest slice of the straightened head that hold brainstem; None where it is not imaged."""
    numbers = [site_index("brainstem", side) for side in SIDES]
    held = [k for k, plane in enumerate(head_sites) if np.isin(plane, numbers).any()]
    return (held[0], held[-1]) if held else None


def _stem_depth(d: Deposit, stem: tuple[int, int] | None, head_grid: Grid) -> float:
    """How far below the brainstem's top a deposit lies, as a share of the brainstem's height."""
    if stem is None:
        return 0.5
    at = float(head_grid.index_of([d.centre_lps_mm])[0, 0])
    return float(np.clip((stem[1] - at) / max(stem[1] - stem[0], 1), 0, 1))


def _locations_mm3(counts: Ints) -> dict[str, float]:
    """Volume of each location of the Total Calcification Score, from the voxels (1 mm3) of each site's number."""
    sizes = dict.fromkeys(LOCATIONS, 0.0)
    for site in SITES:
        for side in SIDES:
            name = location_of(site, side)
            if name is not None and site != "brainstem":
                sizes[name] += float(counts[site_index(site, side)])
    stem = float(sum(counts[site_index("brainstem", s)] for s in SIDES))
    below = 0.0
    for end, name in LEVELS:
        sizes[name] = stem * (min(end, 1.0) - below)
        below = end
    return sizes


def _ganglia_mm3(counts: Ints) -> dict[str, float]:
    return {
        side: float(sum(counts[site_index(s, side)] for s in BASAL_GANGLIA)) for side in ("left", "right")
    }


def _ganglia_filled(pieces_: Sequence[Piece], room_mm3: Mapping[str, float]) -> dict[str, float]:
    shares = {}
    for side, room in room_mm3.items():
        held = sum(p.volume_mm3 for p in pieces_ if p.site in BASAL_GANGLIA and p.side == side)
        shares[side] = held / room if room > 0 else 0.0
    return shares
