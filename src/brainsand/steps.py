"""The joints of the pipeline: what one room gives, turned into what the next one asks for.

Rooms do not know one another (``docs/decisions``); what has to pass between two of them passes here, in the order in
which ``pipeline`` asks:

===================== ====================== ====================================================================
function              from · to              gives
===================== ====================== ====================================================================
``placed_head``       anatomy · quality      how well the head was found; refused where it was not
``fitness``           anatomy · quality      what the scan is fit for: offset, noise, contrast, cautions
``judged_islands``    quality · find         every bright island, with whether it is calcium and if not, why
``deposits``          measure · interpret    the deposits of the case, each with its kind
``set_aside``         find · case            the bright things that are no calcium of the brain
``deposit_cautions``  measure · case         what lowers trust in single deposits
===================== ====================== ====================================================================

The other joints have a module each: ``locating`` (find · locate: the pieces that are calcium, each with its place) a
floor below; ``measuring``, ``tally``, ``meaning``, ``drawn`` a floor above. Pure, like everything below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.anatomy.carry import bounds
from brainsand.anatomy.lay import expected_inside
from brainsand.anatomy.native import Box, on_native, slow_on_native
from brainsand.anatomy.pose import Pose
from brainsand.anatomy.regions import HALF
from brainsand.find.candidates import Thresholds
from brainsand.find.deposits import Judged, Searched, find
from brainsand.find.judge import Limits
from brainsand.interpret.facts import Companion
from brainsand.interpret.kind import kind_of
from brainsand.locate.place import Placed
from brainsand.locating import Found
from brainsand.measure.form import follows
from brainsand.measure.size import Measured
from brainsand.model.acquisition import Acquisition
from brainsand.model.anatomy import GRAY, WHITE, Anatomy
from brainsand.model.caution import Caution
from brainsand.model.finding import Deposit, Kind, KindReason, SetAside
from brainsand.model.reference import Atlas
from brainsand.model.volume import Volume
from brainsand.quality.fitness import Fitness, HeadMaps, assess, look_at_pose
from brainsand.quality.fitness import Placed as PlacedHead
from brainsand.settings import FindSettings, QualitySettings

Ints = NDArray[np.int64]

NOISE_TISSUE_DEPTH_MM: Final = 5.0
"""Noise is measured on brain at least this far from bone."""
GRAY_SHARE: Final = 0.4
"""The tissue level is a mean of gray and white matter; gray lies this share of their difference above."""
LISTED_FROM_MM3: Final = 4.0
"""Bright things set aside that are smaller than this are not listed one by one."""


def placed_head(pose: Pose, volume: Volume, atlas: Atlas, settings: QualitySettings) -> PlacedHead:
    """How well the head was found, refused where it was not (``quality.fitness``)."""
    return look_at_pose(
        residual_hu=pose.residual_hu,
        stretch=pose.stretch,
        expected=expected_inside(atlas),
        affine=pose.matrix @ atlas.affine,
        grid=volume.grid,
        most_misfit_hu=settings.most_misfit_hu,
        least_covered_share=settings.least_covered_share,
    )


def fitness(
    volume: Volume, acquisition: Acquisition, anatomy: Anatomy, placed: PlacedHead, settings: QualitySettings
) -> Fitness:
    """What the scan is fit for (``quality.fitness.assess``), asked with the anatomy found."""
    head = HeadMaps(
        hu=anatomy.head_hu,
        inside=anatomy.inside,
        tissue=anatomy.tissue,
        step_mm=1.0,
        veins=anatomy.veins >= HALF,
        # Bone of the skull base, which the arteries run along, must not be read as bright blood.
        arteries=(anatomy.expected["vessel_wall"] >= HALF) & (anatomy.depth_mm > 3),
    )
    return assess(
        volume,
        acquisition,
        inside=anatomy.native_inside,
        sites=anatomy.native_sites,
        head=head,
        placed=placed,
        white_matter_hu=settings.white_matter_hu,
        gray_matter_hu=settings.gray_matter_hu,
        offset_said_from_hu=settings.offset_said_from_hu,
        contrast_from_hu=settings.contrast_from_hu,
    )


def judged_islands(volume: Volume, anatomy: Anatomy, fit: Fitness, settings: FindSettings) -> list[Judged]:
    """Every bright island, judged; absolute limits follow the scan's own offset."""
    part = bounds(anatomy.native_inside)
    if part is None:
        return []
    return find(
        volume,
        anatomy,
        _searched(volume, anatomy, part),
        thresholds=Thresholds(
            seed_deviations=settings.seed_deviations,
            seed_excess_hu=settings.seed_excess_hu,
            edge_deviations=settings.edge_deviations,
            edge_excess_hu=settings.edge_excess_hu,
        ),
        limits=_limits(fit, settings),
    )


def _searched(volume: Volume, anatomy: Anatomy, part: Box) -> Searched:
    """Level, depth and tissue laid on the part of the scan that holds the intracranial space."""
    tissue = ((anatomy.tissue == WHITE) | (anatomy.tissue == GRAY)) & (
        anatomy.depth_mm > NOISE_TISSUE_DEPTH_MM
    )
    # Depth and tissue travel in one byte, so that the scan's voxels are looked up once.
    packed = np.ceil(np.minimum(anatomy.depth_mm, 127)).astype(np.uint8) | (tissue.astype(np.uint8) << 7)
    packed = on_native(packed, anatomy.head_grid, volume.grid, part=part)
    return Searched(
        part=part,
        level_hu=_gray_level(volume, anatomy, part),
        depth_mm=packed & np.uint8(127),
        tissue=packed > 127,
    )


def _limits(fit: Fitness, settings: FindSettings) -> Limits:
    """The numbers islands are judged by, those in HU shifted by how much too high the scan reads."""
    shift = fit.offset_hu or 0.0
    return Limits(
        least_volume_mm3=settings.least_volume_mm3,
        faint_hu=settings.faint_from_hu + shift,
        clear_hu=settings.clear_from_hu + shift,
        sure_deviations=settings.sure_deviations,
        alone_deviations=settings.alone_deviations,
        blood_volume_mm3=settings.blood_volume_mm3,
        blood_mean_hu=settings.blood_mean_hu + shift,
        contrast_suspected=fit.contrast in ("suspected", "present"),
        streaks=any(c.code == "metal_streaks" for c in fit.cautions),
    )


def deposits(
    found: Sequence[Found], measures: Sequence[Measured], *, age_years: float | None, norms: Mapping[str, Any]
) -> tuple[Deposit, ...]:
    """The deposits of the case, numbered from the largest, each with its kind and why."""
    companions = [
        Companion(
            site=f.placed.site,
            side=f.placed.side,
            volume_mm3=m.best_volume_mm3,
            diameter_mm=m.form.largest_diameter_mm - m.form.diameter_pm_mm,
            site_probabilities=f.placed.site_probabilities,
        )
        for f, m in zip(found, measures, strict=True)
    ]
    rows = []
    for k, (f, m) in enumerate(zip(found, measures, strict=True)):
        others = (*companions[:k], *companions[k + 1 :])
        kind, reasons = _kind(f.placed, m, others, age_years=age_years, norms=norms)
        rows.append(_deposit(k + 1, f, m, kind, reasons))
    return tuple(rows)


def set_aside(judged: Sequence[Judged]) -> tuple[SetAside, ...]:
    """What was bright and is no calcium of the brain, largest first; crumbs are left out."""
    rows = [
        SetAside(
            reason=j.verdict.reason,
            centre_lps_mm=j.look.centre_lps_mm,
            volume_mm3=j.look.volume_mm3,
            peak_hu=j.island.peak_hu,
            words=j.verdict.words,
            in_vessel=j.verdict.in_vessel,
        )
        for j in judged
        if j.verdict.reason is not None and j.look.volume_mm3 >= LISTED_FROM_MM3
    ]
    return tuple(sorted(rows, key=lambda r: (-r.volume_mm3, r.centre_lps_mm)))


def deposit_cautions(measures: Sequence[Measured]) -> tuple[Caution, ...]:
    """What lowers trust in single deposits, each code once, with how many deposits it is about."""
    said: dict[str, list[str]] = {}
    for number, m in enumerate(measures, start=1):
        for c in m.cautions:
            said.setdefault(c.code, [c.words]).append(str(number))
    return tuple(
        Caution(code=code, words=f"{words} (deposits {_listed(numbers)})")
        for code, (words, *numbers) in sorted(said.items())
    )


def _kind(
    placed: Placed,
    m: Measured,
    companions: tuple[Companion, ...],
    *,
    age_years: float | None,
    norms: Mapping[str, Any],
) -> tuple[Kind, tuple[KindReason, ...]]:
    return kind_of(
        site=placed.site,
        side=placed.side,
        diameter_mm=m.form.largest_diameter_mm,
        diameter_pm_mm=m.form.diameter_pm_mm,
        thickness_mm=m.form.extent_mm[2],
        volume_mm3=m.best_volume_mm3,
        morphology=m.morphology,
        peak_hu=m.peak_hu,
        age_years=age_years,
        norms=norms,
        site_probabilities=placed.site_probabilities,
        companions=companions,
    )


def _deposit(number: int, f: Found, m: Measured, kind: Kind, reasons: tuple[KindReason, ...]) -> Deposit:
    return Deposit(
        id=number,
        site=f.placed.site,
        side=f.placed.side,
        lobe=f.placed.lobe,
        site_probabilities=f.placed.site_probabilities,
        kind=kind,
        kind_reasons=reasons,
        centre_lps_mm=m.centre_lps_mm,
        slices=m.slices,
        voxels=m.voxels,
        volume_mm3=m.volume_mm3,
        volume_pm_mm3=m.volume_pm_mm3,
        threshold_volume_mm3=m.threshold_volume_mm3,
        excess_hu_mm3=m.excess_hu_mm3,
        mass_mg=m.mass_mg,
        mass_pm_mg=m.mass_pm_mg,
        mean_hu=m.mean_hu,
        peak_hu=m.peak_hu,
        background_hu=m.background_hu,
        agatston_like=m.agatston_like,
        morphology=m.morphology,
        largest_diameter_mm=m.form.largest_diameter_mm,
        extent_mm=m.form.extent_mm,
        confidence=f.confidence,
        excess_pm_hu_mm3=m.excess_pm_hu_mm3,
        density_hu=m.density_hu,
        volume_basis=m.volume_basis,
        threshold_volumes_mm3=m.threshold_volumes_mm3,
        elongation=m.form.elongation,
        follows=follows(m.form, site=f.placed.site, morphology=m.morphology, wall_share=f.placed.wall_share),
    )


def _gray_level(volume: Volume, anatomy: Anatomy, part: Box) -> NDArray[np.float32]:
    """Attenuation of gray matter round each voxel of the scan, HU."""
    found = anatomy.tissue_hu
    contrast = found.get("gray_matter", 37.0) - found.get("white_matter", 28.0)
    beyond = found.get("white_matter", 30.0)
    level = slow_on_native(anatomy.level_hu, anatomy.head_grid, volume.grid, part=part, fill=beyond)
    level += np.float32(GRAY_SHARE * max(contrast, 0.0))
    return level


def _listed(numbers: Sequence[str]) -> str:
    return ", ".join(numbers[:8]) + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")
