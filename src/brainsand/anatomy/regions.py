"""Which site and side is each place of the head? Structures of the network, zones of the atlas, distances.

Structures that show on CT (nuclei, ventricles, cortex) come from this scan. Sites that do not show, or that
no label map has (pineal, habenula, dentate, internal capsule, falx ...), come from the atlas bent onto this
head, within the tissue they belong to. White matter is divided by distance:

============================  ============================================================
subependymal                  within 2 mm of the lateral ventricle's wall
gray_white_junction           within 1.5 mm of the cortex, and the cortex within 0.8 mm of white matter
subcortical_white_matter      within 5 mm of the cortex (the U-fibres)
periventricular_white_matter  within 7 mm of the lateral ventricle, and nearer to it than to the cortex
corpus_callosum               the atlas's, and what lies within 3 mm of the midline
deep_white_matter             the rest
============================  ============================================================

The distances are conventions, not measurements of a paper: subcortical (U-fibres) and periventricular white
matter have no agreed width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.sites import site_index

Bytes = NDArray[np.uint8]
Single = NDArray[np.float32]

SUBEPENDYMAL_MM: Final = 2.0
JUNCTION_MM: Final = 1.5
RIBBON_FLOOR_MM: Final = 0.8
SUBCORTICAL_MM: Final = 5.0
PERIVENTRICULAR_MM: Final = 7.0
CALLOSAL_HALF_MM: Final = 3.0
HALF: Final = 128
"""A zone holds where the atlas gives it at least even odds (of 255)."""

ZONES: Final = {
    "pineal": ("pineal",),
    "habenula": ("habenula",),
    "dentate": ("dentate",),
    "falx": ("falx",),
    "tentorium": ("tentorium",),
    "internal_capsule": ("internal_capsule",),
    "corpus_callosum": ("corpus_callosum",),
    "sella": ("sella_suprasellar",),
    "vessel": ("carotid_siphon", "vertebrobasilar", "middle_cerebral"),
}
"""What :func:`site_map` asks of the atlas, and which of its zones are joined for it."""

VEINS: Final = ("superior_sagittal_sinus", "straight_sinus", "transverse_sigmoid_sinus", "deep_veins")
"""The atlas's zones where blood flows in veins."""

_STRUCTURES: Final = {
    "csf": "unknown",
    "cortex": "cortex",
    "lv": "ventricle",
    "chor": "choroid_plexus",
    "cbwm": "cerebellum",
    "cbcx": "cerebellum",
    "thal": "thalamus",
    "caud": "caudate",
    "put": "putamen",
    "pal": "globus_pallidus",
    "v3": "ventricle",
    "v4": "ventricle",
    "bs": "brainstem",
    "hip": "hippocampus",
    # Evidence files speak of "hippocampus_mesial_temporal", which the amygdala belongs to.
    "amy": "hippocampus",
    "vdc": "brainstem",
    # No site of its own, and no caudate either.
    "acc": "unknown",
    "sinus": "dura",
}
_MIDLINE_HALF_MM: Final = {
    "ventricle": 0.0,
    "brainstem": 2.5,
    "cerebellum": 5.0,
    "pineal": 99.0,
    "habenula": 2.0,
    "falx": 99.0,
    "corpus_callosum": 4.0,
    "sella_suprasellar": 8.0,
    "vessel_wall": 5.0,
    "tentorium": 4.0,
    "dura": 4.0,
    "unknown": 4.0,
}
"""Half the width, mm, of what is called midline at a site; sites not named have sides only."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distances:
    """How far each place lies, mm: below the edge of the inside (half a millimetre at least, 0 outside), and from the
    lateral ventricle, the cerebral cortex, the cerebral white matter."""

    depth_mm: Single
    wall_mm: Single
    cortex_mm: Single
    white_mm: Single


def site_map(
    classes: Bytes,
    *,
    names: tuple[str, ...],
    zones: Mapping[str, Bytes],
    away: Distances,
    midline_mm: Single,
) -> Bytes:
    """Site and side (``model.sites.site_index``) of every place inside; 0 outside.

    All arrays lie on one lattice.

    Parameters
    ----------
    classes : uint8 array
        Index in ``names`` of the most probable class; 0 outside.
    zones : mapping of name to uint8 array
        Probability, 0 to 255, of each zone of the atlas.
    away : Distances
        Of every place.
    midline_mm : float32 array
        Signed distance from the midline, positive to the left.
    """
    number = {name: names.index(name) for name in names}
    out = np.zeros(classes.shape, np.uint8)
    for name, site in _STRUCTURES.items():
        _put(out, classes == number[name], site, midline_mm)
    for name in ("v3", "v4"):
        out[classes == number[name]] = site_index("ventricle", "midline")
    floor = (classes == number["cortex"]) & (away.white_mm <= RIBBON_FLOOR_MM)
    _put(out, floor, "gray_white_junction", midline_mm)
    _white_matter(out, classes == number["wm"], zones, away, midline_mm)
    fluid = (classes == number["csf"]) | (classes == number["sinus"])
    _put(out, fluid & (away.depth_mm < 3.0), "dura", midline_mm)
    soft = fluid | (classes == number["cortex"])
    _put(out, fluid & (zones["vessel"] >= HALF), "vessel_wall", midline_mm)
    _put(out, fluid & (zones["sella"] >= HALF), "sella_suprasellar", midline_mm)
    _put(out, soft & (zones["tentorium"] >= HALF), "tentorium", midline_mm)
    _put(out, soft & (zones["falx"] >= HALF), "falx", midline_mm)
    _put(out, (classes == number["cbwm"]) & (zones["dentate"] >= HALF), "dentate_nucleus", midline_mm)
    within = classes > 0
    _put(out, within & (zones["habenula"] >= HALF), "habenula", midline_mm)
    _put(out, within & (zones["pineal"] >= HALF), "pineal", midline_mm)
    return out


def _white_matter(
    out: Bytes,
    white: NDArray[np.bool_],
    zones: Mapping[str, Bytes],
    away: Distances,
    midline_mm: Single,
) -> None:
    wall_mm, cortex_mm = away.wall_mm, away.cortex_mm
    _put(out, white, "deep_white_matter", midline_mm)
    _put(out, white & (cortex_mm <= SUBCORTICAL_MM), "subcortical_white_matter", midline_mm)
    beside = (wall_mm <= PERIVENTRICULAR_MM) & (wall_mm <= cortex_mm)
    _put(out, white & beside, "periventricular_white_matter", midline_mm)
    _put(out, white & (cortex_mm <= JUNCTION_MM), "gray_white_junction", midline_mm)
    _put(out, white & (zones["internal_capsule"] >= HALF), "internal_capsule", midline_mm)
    _put(out, white & (wall_mm <= SUBEPENDYMAL_MM), "subependymal", midline_mm)
    # What crosses the midline in cerebral white matter is the callosum, but for the fornix and the commissures.
    callosum = (zones["corpus_callosum"] >= HALF) & (wall_mm > SUBEPENDYMAL_MM)
    _put(out, white & (callosum | (np.abs(midline_mm) <= CALLOSAL_HALF_MM)), "corpus_callosum", midline_mm)


def _put(out: Bytes, where: NDArray[np.bool_], site: str, midline_mm: Single) -> None:
    """Write a site into ``out`` at ``where``, its side by the midline."""
    x = midline_mm[where]
    half = _MIDLINE_HALF_MM.get(site, 0.0)
    left, right = site_index(site, "left"), site_index(site, "right")
    sides = np.where(x >= 0, left, right)
    if half:
        sides = np.where(np.abs(x) <= half, site_index(site, "midline"), sides)
    out[where] = sides
