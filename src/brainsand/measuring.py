"""The joint to the measuring room: what it is handed, and the measures of every piece.

Above ``locating``, which gives the pieces. Pure, like everything below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.find.deposits import Judged
from brainsand.locating import Found
from brainsand.measure.background import TissueMap
from brainsand.measure.calibration import calibration_at, gain_at
from brainsand.measure.excess import Scene
from brainsand.measure.score import steps_at
from brainsand.measure.size import Measured, measure_deposit, measure_whole
from brainsand.measure.splinters import Piece, forms_together
from brainsand.measure.texture import texture_of
from brainsand.model.anatomy import CSF, GRAY, SINUS, WHITE, Anatomy
from brainsand.model.volume import Volume
from brainsand.settings import MeasureSettings

SHEETS: Final = ("falx", "tentorium")
"""Plates of these lie along the cortex and are no splinters of its ribbons."""
NOBODYS: Final = 32767
"""In the map of owners: a bright thing set aside."""
SINUS_ABOVE_GRAY_HU: Final = 13.0
"""Blood in a sinus over gray matter, HU (55 against 42 in teaching tables; it varies with the haematocrit)."""


def scene(
    found: Sequence[Found],
    judged: Sequence[Judged],
    volume: Volume,
    anatomy: Anatomy,
    *,
    kvp: float | None,
    thickness_mm: float | None,
    noise_hu: float | None,
    norms: Mapping[str, Any],
    settings: MeasureSettings,
) -> Scene:
    """What measuring is handed: the scan, whose voxels are whose, its tissue, noise and calibration."""
    table = norms["calibration"]
    return Scene(
        volume=volume,
        inside=anatomy.native_inside,
        owner=_owners(found, judged, volume),
        volume_rule=norms["volume_rule"],
        noise_hu=noise_hu,
        texture=texture_of(volume.hu, anatomy.native_inside, pixel_mm=volume.grid.spacing_mm[1]),
        tissue=_tissue_map(anatomy),
        calibration=calibration_at(
            kvp,
            table=table,
            own_hu_per_mg_cm3=settings.own_hu_per_mg_cm3,
            own_share_pm=settings.own_share_pm,
        ),
        steps_hu=steps_at(kvp, table=norms["kvp_thresholds"]),
        gain=gain_at(kvp, table=table),
        kvp=kvp,
        thickness_mm=thickness_mm,
    )


def measured(found: Sequence[Found], on: Scene) -> list[Measured]:
    """The measures of each piece; ``on`` is from :func:`scene` for the same pieces."""
    wholes = {}
    for island in {f.island for f in found if f.island}:
        pieces_ = [(n, f.index) for n, f in enumerate(found, start=1) if f.island == island]
        wholes[island] = measure_whole(on, pieces_) if len(pieces_) > 1 else None
    alone = [
        measure_deposit(
            on,
            f.index,
            number=number,
            whole=wholes.get(f.island),
            cortex_share=f.placed.cortex_share,
            wall_share=f.placed.wall_share,
        )
        for number, f in enumerate(found, start=1)
    ]
    return _ribbons_whole(found, alone, on.volume)


def _ribbons_whole(found: Sequence[Found], alone: Sequence[Measured], volume: Volume) -> list[Measured]:
    """The measures, the splinters of a ribbon called by the form of the whole."""
    pieces = [
        Piece(
            points_mm=volume.grid.points(f.index),
            cortex_share=0.0 if f.placed.site in SHEETS else f.placed.cortex_share,
            volume_mm3=m.threshold_volume_mm3,
            form=m.morphology,
        )
        for f, m in zip(found, alone, strict=True)
    ]
    return [replace(m, morphology=form) for m, form in zip(alone, forms_together(pieces), strict=True)]


def _owners(found: Sequence[Found], judged: Sequence[Judged], volume: Volume) -> NDArray[np.int16]:
    """The number (from 1) of the piece that each voxel belongs to, ``NOBODYS`` for all set aside, else 0."""
    owner = np.zeros(volume.hu.shape, np.int16)
    for j in judged:
        if j.verdict.reason is not None:
            owner[tuple(j.island.index.T)] = NOBODYS
    for number, f in enumerate(found, start=1):
        owner[tuple(f.index.T)] = number
    return owner


def _tissue_map(anatomy: Anatomy) -> TissueMap:
    """Tissue on the straightened head with what each reads in this scan; a sinus a little above gray matter."""
    known = anatomy.tissue_hu
    gray = known.get("gray_matter", 37.0)
    hu = {
        CSF: known.get("csf", 6.0),
        WHITE: known.get("white_matter", 28.0),
        GRAY: gray,
        SINUS: gray + SINUS_ABOVE_GRAY_HU,
    }
    return TissueMap(labels=anatomy.tissue, grid=anatomy.head_grid, hu=hu)
