"""Is it fit to read? Every check in one call, in two steps as the analysis goes.

:func:`look_at_pose` comes when the head was found in the scan: no head, or too little of one, goes no
further. :func:`assess` comes when anatomy is known: refusals first, then cautions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.model.acquisition import Acquisition
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume
from brainsand.quality.contrast import blood_hu, contrast_of
from brainsand.quality.coverage import Coverage, coverage_cautions, coverage_of, refuse_if_cut
from brainsand.quality.fit import (
    pose_cautions,
    refuse_if_filled,
    refuse_unless_brain,
    refuse_unless_head,
    texture_cautions,
    texture_hu,
)
from brainsand.quality.metal import metal_cautions, metal_of, refuse_if_drowned
from brainsand.quality.motion import motion_cautions
from brainsand.quality.noise import noise_of
from brainsand.quality.plausible import (
    Offset,
    offset_cautions,
    offset_of,
    refuse_unless_hounsfield,
    tissue_medians,
    value_cautions,
    values_of,
)
from brainsand.quality.thickness import protocol_cautions

Mask = NDArray[np.bool_]
_STEP: Final = 2
_FINE_MM: Final = 1.2
# Of a scan that reads badly and holds little of the head, the second is the better word.
_CUT_RATHER: Final = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A head that was found: how much of it the scan holds, and what there is to say of the way it lies."""

    coverage: Coverage
    cautions: tuple[Caution, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadMaps:
    """The head put straight, as ``anatomy`` gives it: arrays on one lattice of ``step_mm``, axes as ever.

    ``tissue``: 1 CSF, 2 white matter, 3 gray matter. ``veins`` and ``arteries`` say where the atlas expects
    the venous sinuses and the basal arteries, whether inside or not (None where it does not say).
    """

    hu: NDArray[Any]
    inside: Mask
    tissue: NDArray[np.uint8]
    step_mm: float
    veins: Mask | None = None
    arteries: Mask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness:
    """What the scan is fit for.

    ``contrast`` is none, suspected, present or unknown. ``offset_hu`` is how much too high the values are,
    None where that is not known; ``tissue_hu`` holds medians by tissue as read, the offset not taken off.
    """

    cautions: tuple[Caution, ...]
    noise_hu: float | None
    noise_by_region_hu: dict[str, float | None]
    contrast: str
    coverage: dict[str, Any]
    offset_hu: float | None
    offset_pm_hu: float | None
    tissue_hu: dict[str, float | None]


def look_at_pose(
    *,
    residual_hu: float,
    stretch: tuple[float, float, float],
    expected: Mask,
    affine: ArrayLike,
    grid: Grid,
    most_misfit_hu: float,
    least_covered_share: float,
) -> Placed:
    """Refuse (NotAHead) what is no head or too little of one; else its coverage and cautions.

    Parameters
    ----------
    residual_hu, stretch : of the pose
        Misfit in HU and the three principal scales.
    expected : bool array
        The atlas's intracranial space; ``affine`` (4, 4) takes its indices to LPS mm of the scan.
    grid : Grid
        Of the scan.
    most_misfit_hu, least_covered_share : float
        From the settings: the largest misfit of a head, the least share of it that can be read.
    """
    coverage = coverage_of(expected, affine, grid)
    if residual_hu <= _CUT_RATHER * most_misfit_hu:
        refuse_if_cut(coverage, least_share=least_covered_share)
    refuse_unless_head(residual_hu, stretch, most_misfit_hu=most_misfit_hu)
    cautions = pose_cautions(residual_hu, stretch, most_misfit_hu=most_misfit_hu)
    return Placed(coverage=coverage, cautions=(*coverage_cautions(coverage), *cautions))


def assess(
    volume: Volume,
    acquisition: Acquisition,
    *,
    inside: Mask,
    sites: NDArray[np.uint8] | None,
    head: HeadMaps,
    placed: Placed,
    white_matter_hu: float,
    gray_matter_hu: float,
    offset_said_from_hu: float,
    contrast_from_hu: float,
) -> Fitness:
    """What the scan is fit for.

    Parameters
    ----------
    volume, acquisition
        The scan as read.
    inside : bool array on the volume's grid
        The intracranial space.
    sites : uint8 array on the volume's grid, or None
        Site and side of each voxel, for the noise of the posterior fossa.
    head : HeadMaps
        The head put straight; every second voxel is looked at.
    placed : Placed
        Of :func:`look_at_pose`.
    white_matter_hu, gray_matter_hu, offset_said_from_hu, contrast_from_hu : float
        From the settings.

    Refuses with a child of :class:`~brainsand.errors.InputRefused`: no brain in the skull, values that are no
    HU, a brain drowned in streaks.
    """
    small = _thinned(head)
    refuse_unless_brain(
        small.hu, small.inside, voxel_mm3=small.step_mm**3, imaged_share=placed.coverage.fraction
    )
    tissue_hu = tissue_medians(small.hu, small.tissue)
    offset = offset_of(tissue_hu, white_matter_hu=white_matter_hu, gray_matter_hu=gray_matter_hu)
    texture = texture_hu(small.hu, small.inside, step_mm=small.step_mm)
    refuse_if_filled(texture, offset.hu if offset else None)
    values = values_of(volume.hu, inside)
    refuse_unless_hounsfield(offset, values)
    grid = volume.grid
    metal = metal_of(volume.hu, inside, voxel_mm3=grid.voxel_volumes_mm3, pixel_mm=grid.spacing_mm[1])
    refuse_if_drowned(metal)
    noise = noise_of(volume.hu, inside, pixel_mm=grid.spacing_mm[1], sites=sites)
    blood = [_blood(small, vessels) for vessels in (small.veins, small.arteries)]
    contrast, of_contrast = _contrast(blood, acquisition, offset, suspected_from_hu=contrast_from_hu)
    return Fitness(
        noise_hu=noise.hu,
        noise_by_region_hu=noise.by_region,
        contrast=contrast,
        coverage=placed.coverage.as_record(),
        offset_hu=offset.hu if offset else None,
        offset_pm_hu=offset.pm_hu if offset else None,
        tissue_hu={**tissue_hu, "venous_sinus": blood[0]},
        cautions=(
            *placed.cautions,
            *offset_cautions(offset, tissue_hu, said_from_hu=offset_said_from_hu, air_hu=values.air_hu),
            *_unsaid(value_cautions(values), acquisition),
            *of_contrast,
            *metal_cautions(metal),
            *motion_cautions(inside, grid),
            *texture_cautions(texture),
            *protocol_cautions(acquisition, grid, noise_hu=noise.hu),
        ),
    )


def _contrast(
    blood: Sequence[float | None],
    acquisition: Acquisition,
    offset: Offset | None,
    *,
    suspected_from_hu: float,
) -> tuple[str, tuple[Caution, ...]]:
    """Whether contrast was given, by the header and by how bright blood is in sinuses and arteries, HU as read."""
    shift = offset.hu if offset else 0.0
    sinus, arteries = (None if hu is None else hu - shift for hu in blood)
    return contrast_of(
        acquisition.contrast_tag, sinus_hu=sinus, arteries_hu=arteries, suspected_from_hu=suspected_from_hu
    )


def _blood(head: HeadMaps, vessels: Mask | None) -> float | None:
    return None if vessels is None else blood_hu(head.hu, vessels, step_mm=head.step_mm)


def _thinned(head: HeadMaps) -> HeadMaps:
    """Every second voxel along each axis of a fine lattice: an eighth of the work, the same medians."""
    if head.step_mm > _FINE_MM:
        return head
    every = (slice(None, None, _STEP),) * 3
    return HeadMaps(
        hu=head.hu[every],
        inside=head.inside[every],
        tissue=head.tissue[every],
        step_mm=head.step_mm * _STEP,
        veins=None if head.veins is None else head.veins[every],
        arteries=None if head.arteries is None else head.arteries[every],
    )


def _unsaid(cautions: tuple[Caution, ...], acquisition: Acquisition) -> tuple[Caution, ...]:
    """Without the steps of eight-bit data where the reader has said them."""
    said = {c.code for c in acquisition.cautions}
    return tuple(c for c in cautions if not (c.code == "coarse_steps" and "eight_bit" in said))
