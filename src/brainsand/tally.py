"""What the deposits come to: sums by site, and the scores of the whole case.

Another joint of the pipeline, beside ``steps``: pure, and between rooms that do not know one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.observed import hidden_sites
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
from brainsand.model.own_norms import TOTAL, OwnNorms
from brainsand.model.patient import Patient
from brainsand.model.sites import SIDES, SITES, site_index
from brainsand.model.volume import Volume
from brainsand.settings import MeasureSettings
from brainsand.steps import Found

Ints = NDArray[np.int64]

VOLUME_COMMON_PM: Final = 0.05
"""What all volumes of one scan may be off by together, as a share: deposits of one disease are alike in how dense
their rims are, which the volume rule takes from bodies at large (lumps with faint rims came out 4 to 9 % too small
on virtual heads)."""


def site_sums(rows: Sequence[Deposit], anatomy: Anatomy, on: Scene) -> tuple[SiteSum, ...]:
    """All deposits of one site and side together, in the order of the sites."""
    places = sorted({(d.site, d.side) for d in rows}, key=lambda p: site_index(*p))
    shared = on.calibration.share_pm if on.calibration else 0.0
    return tuple(_site_sum(p, [d for d in rows if (d.site, d.side) == p], anatomy, shared) for p in places)


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
    counts = np.bincount(anatomy.sites.ravel(), minlength=256)
    places = _locations_mm3(counts)
    pieces_ = [_piece(d, f, volume, anatomy, on) for d, f in zip(rows, found, strict=True)]
    cal = on.calibration
    volume_mm3, volume_pm = _volume_total(rows)
    mass_mg, mass_pm = (
        total(
            [d.mass_mg for d in rows],
            [d.mass_pm_mg for d in rows],
            common_share_pm=cal.share_pm,
        )
        if cal
        else (None, None)
    )
    excess, excess_pm = total([d.excess_hu_mm3 for d in rows], [d.excess_pm_hu_mm3 for d in rows])
    agatston = [d.agatston_like for d in rows]
    made = {
        "total_calcification_score": total_calcification_score(
            pieces_, structure_mm3=places, age_years=age_years, age_limits=settings.score_age_limits
        ),
        "agatston_like": (
            None
            if on.steps_hu is None or None in agatston
            else float(sum(a for a in agatston if a is not None))
        ),
        "volume_mm3": {"total": volume_mm3, "pm": volume_pm},
        "mass_mg": {"total": mass_mg, "pm": mass_pm},
        "excess_hu_mm3": {"total": excess, "pm": excess_pm},
        "threshold_volumes_mm3": _threshold_sums(rows),
        "vessel_wall_volume_130hu_mm3": _threshold_sums([d for d in rows if d.site == "vessel_wall"])["130"],
        "basal_ganglia_scale": basal_ganglia_scale(pieces_, filled=_ganglia_filled(pieces_, counts)),
        "hippocampus_scale": hippocampus_scale(pieces_),
        "calibration": None if cal is None else asdict(cal),
    }
    return made, scan_cautions(on)


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
    place: tuple[str, Any], rows: Sequence[Deposit], anatomy: Anatomy, calibration_pm: float
) -> SiteSum:
    site, side = place
    volume, volume_pm = _volume_total(rows)
    mass, mass_pm = total(
        [d.mass_mg for d in rows], [d.mass_pm_mg for d in rows], common_share_pm=calibration_pm
    )
    scores = [d.agatston_like for d in rows]
    structure = float(np.count_nonzero(anatomy.sites == site_index(site, side)))
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


def _threshold_sums(rows: Sequence[Deposit]) -> dict[str, float]:
    return {str(t): float(sum(d.threshold_volumes_mm3.get(str(t), 0.0) for d in rows)) for t in THRESHOLDS_HU}


def _piece(d: Deposit, f: Found, volume: Volume, anatomy: Anatomy, on: Scene) -> Piece:
    """A deposit as a reader scores it; its threshold volume stands in where no corrected one is known."""
    size = d.threshold_volume_mm3 if d.volume_mm3 is None else d.volume_mm3
    pm = 0.5 * size if d.volume_pm_mm3 is None else d.volume_pm_mm3
    density = (d.density_hu if d.density_hu is not None else d.mean_hu - (d.background_hu or 30.0)) / on.gain
    pixel = volume.grid.voxel_volumes_mm3 / volume.grid.slice_extents_mm
    counts = np.bincount(f.index[:, 0], minlength=volume.grid.shape[0])
    free = size / d.threshold_volume_mm3 if d.threshold_volume_mm3 > 0 else 1.0
    return Piece(
        id=d.id,
        location=location_of(d.site, d.side, depth_share=_stem_depth(d, anatomy)),
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


def _stem_depth(d: Deposit, anatomy: Anatomy) -> float:
    """How far below the brainstem's top a deposit of it lies, as a share of the brainstem's height."""
    if d.site != "brainstem":
        return 0.5
    numbers = [site_index("brainstem", side) for side in SIDES]
    held = np.flatnonzero(np.isin(anatomy.sites, numbers).any(axis=(1, 2)))
    if not len(held):
        return 0.5
    at = float(anatomy.head_grid.index_of([d.centre_lps_mm])[0, 0])
    return float(np.clip((held[-1] - at) / max(held[-1] - held[0], 1), 0, 1))


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


def _ganglia_filled(pieces_: Sequence[Piece], counts: Ints) -> dict[str, float]:
    sites = ("globus_pallidus", "putamen", "caudate")
    shares = {}
    for side in ("left", "right"):
        room = float(sum(counts[site_index(s, side)] for s in sites))
        held = sum(p.volume_mm3 for p in pieces_ if p.site in sites and p.side == side)
        shares[side] = held / room if room > 0 else 0.0
    return shares
