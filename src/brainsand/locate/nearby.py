"""Is it the small organ two millimetres away? What calcifies in health, just beside where the map has the deposit.

The choroid plexus of the atrium, the habenula and the arteries of the base are thinner than the doubt of the map, and
ventricles and cisterns differ from head to head: the atlas expects them a few millimetres from where they are. What
lies that near is given a share of the deposit; how large it is says how much else speaks for it:

================  =============================================================  =====  =====
organ             when                                                           reach  share
================  =============================================================  =====  =====
choroid_plexus    the ventricle's wall or white matter, not frontal              2.5    0.35
habenula          a dot (40 mm3) within 4 mm of the midline                        2      0.65
vessel_wall       a thread (6 mm long, a third as wide) in a cistern (15 %)      6      0.85
vessel_wall       a thread on the artery's very course, some cistern (3 %)       2      0.85
================  =============================================================  =====  =====

Reach: mm from the deposit to where the atlas expects the organ by a quarter. All numbers are expert. A share of 0.35
names nothing by itself: age and what else is found decide then (``interpret.atrium``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.crop import crop_round
from brainsand.arrays.distance import distance_to
from brainsand.locate.place import Placed, given_to, side_of
from brainsand.locate.slab import Slab

Bytes = NDArray[np.uint8]
Single = NDArray[np.float32]

EXPECTED: Final = 64
"""Of 255: where the atlas expects an organ."""
SEARCHED_MM: Final = 8
THREAD_MM: Final = 6.0
THREAD_WIDE_MM: Final = 2.6
THREAD_LONG: Final = 3.0
"""A thread is at least so long, at most so wide, and so many times as long as it is wide (expert)."""
CISTERN: Final = 0.15
SOME_CISTERN: Final = 0.03
"""A thread in a cistern has at least this share of places without a site round it; one on the course of an artery, in a
cleft that the map hardly has, this little (expert)."""
DOT_MM3: Final = 40.0
MIDLINE_MM: Final = 4.0
TUFT_MM3: Final = 300.0
"""Threshold volume of one tuft of plexus that dense calcium blooms to (expert)."""
KNOWN: Final = 0.3
"""An organ that has this share already needs no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What an organ may take: from which sites, within which reach (mm), which share of them."""

    organ: str
    sites: tuple[str, ...]
    reach_mm: float
    share: float


PLEXUS: Final = Near(
    organ="choroid_plexus",
    sites=(
        "subependymal",
        "ventricle",
        "periventricular_white_matter",
        "subcortical_white_matter",
        "gray_white_junction",
        "deep_white_matter",
    ),
    reach_mm=2.5,
    share=0.35,
)
HABENULA: Final = Near(
    organ="habenula", sites=("ventricle", "thalamus", "brainstem", "unknown"), reach_mm=2.0, share=0.65
)
ARTERY: Final = Near(
    organ="vessel_wall",
    sites=(
        "cortex",
        "gray_white_junction",
        "hippocampus",
        "brainstem",
        "unknown",
        "dura",
        "sella_suprasellar",
    ),
    reach_mm=6.0,
    share=0.85,
)
ON_COURSE: Final = replace(ARTERY, reach_mm=2.0)


def with_near_organs(
    place: Placed, slab: Slab, *, volume_mm3: float, beliefs: Mapping[str, Bytes], midline_mm: Single
) -> Placed:
    """The place of a deposit, shared with a small organ just beside it; else as it was.

    Parameters
    ----------
    place : Placed
        Of :func:`brainsand.locate.place.place_deposit`.
    slab : Slab
        The deposit's form on the head's grid.
    volume_mm3 : float
        Its threshold volume.
    beliefs : mapping of site to uint8 array on the head's grid (1 mm)
        ``Anatomy.expected``.
    midline_mm : float32 array on the head's grid
        As in ``model.anatomy.Anatomy``.
    """
    for near in _asked(place, slab, volume_mm3):
        if place.site_probabilities.get(near.organ, 0.0) >= KNOWN or near.organ not in beliefs:
            continue
        if _gap_mm(slab, beliefs[near.organ]) <= near.reach_mm:
            return _shared(place, near, slab, midline_mm)
    return place


def _asked(place: Placed, slab: Slab, volume_mm3: float) -> list[Near]:
    """The organs that a deposit of this place, size and form may belong to."""
    asked = []
    if place.site in PLEXUS.sites and place.lobe != "frontal" and volume_mm3 <= TUFT_MM3:
        asked.append(PLEXUS)
    if (
        place.site in HABENULA.sites
        and volume_mm3 <= DOT_MM3
        and abs(place.midline_distance_mm) <= MIDLINE_MM
    ):
        asked.append(HABENULA)
    cistern = place.map_shares.get("unknown", 0.0)
    if place.site in ARTERY.sites and cistern >= SOME_CISTERN and is_thread(slab):
        asked.append(ARTERY if cistern >= CISTERN else ON_COURSE)
    return asked


def is_thread(slab: Slab) -> bool:
    """Whether it is a line: long, thin across in both directions."""
    long, wide, _ = slab.widths_mm
    return long >= max(THREAD_MM, THREAD_LONG * wide) and wide <= THREAD_WIDE_MM


def _gap_mm(slab: Slab, belief: Bytes) -> float:
    """Least distance from the deposit to where the organ is expected; infinite beyond what is searched."""
    crop = crop_round(slab.cells_in(belief.shape), belief.shape, margin=SEARCHED_MM)
    away = distance_to(belief[crop.box] >= EXPECTED, spacing_mm=(1.0, 1.0, 1.0))
    return float(away[crop.own].min())


def _shared(place: Placed, near: Near, slab: Slab, midline_mm: Single) -> Placed:
    place = given_to(place, near.organ, near.sites, near.share, rule=f"near_the_{near.organ}")
    return replace(place, side=side_of(place.site, slab.values_of(midline_mm), slab.weights))
