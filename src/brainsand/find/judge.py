"""Is it calcium in the brain? Readable rules, the first that fits decides; each says why.

The order is that of a reader: is it metal, is it bone, does it lie where bone deceives, is it blood in a
vessel or outside one, is it a streak, does it stand out enough at all. What is left is believed, with a
confidence that falls towards each of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from brainsand.find.candidates import Island
from brainsand.find.look import Look
from brainsand.model.finding import IN_SINUS, Reason

HAZARD: Final = 0.25
"""From here on (0 to 1) the atlas's hazard of skull base is heeded."""
SHALLOW_MM: Final = 3.0
"""At the convexity no bone reaches deeper than this with half of its voxels (three heads in six views without
calcium); what does is calcium that touches the skull."""
FORAMEN_MM2: Final = 2000.0
"""Where the intracranial space is no wider than this, it is the foramen magnum or the canal below it."""
ON_COURSE: Final = 0.1
"""From here on (0 to 1) the atlas's course of an artery is heeded."""
ROOF_HAZARD, ROOF_MM3, ROOF_CLEAR = 0.5, 100.0, 2.0
"""Where bone is this likely, what is smaller, less than so many times clearly bright, and in one or two slices alone,
is the roof of an orbit or the tip of a ridge, of which a thick slice takes a part (expert)."""
SPUR_HAZARD, SPUR_MM3, SPUR_MM = 0.3, 30.0, 6.5
"""Where bone is this likely, what is smaller and no deeper than this is a spur that the slices cut off (expert)."""
CLINOID_HAZARD: Final = 0.4
CLINOID_MM3: Final = 150.0
CLINOID_HU: Final = 500.0
"""A clinoid process that a slice cuts off from its root is larger and denser than calcium of one siphon (expert)."""
STREAKY_BROAD: Final = 1.15
"""The same for what is broad: a band of streaks is quieter than its edges."""
BONE_PEAK_HU: Final = 1000.0
"""Calcified brain seldom reaches this; bone does (160 to 600 HU in reported cases, cortical bone above 1000)."""
LARGE_MM3: Final = 300.0
GYRAL_MM: Final = 6.0
GYRAL_MEAN_HU, GYRAL_PEAK_HU = 150.0, 600.0
"""What touches the skull, is larger, reaches deeper and is as dense as this throughout, but nowhere denser, is a
calcified gyrus: bone of three heads in six views that was as large and deep peaked above 1100 HU, veils of partial
volume had means under 130 HU; gyri of virtual heads 176 to 205 HU, with peaks of 294 to 388 (expert)."""
ON_BONE_MM, SURE_ON_BONE = 5.0, 12.0
NEAR_BONE_MM, SURE_NEAR_BONE = 8.0, 8.0
TOUCHED: Final = 0.05
"""Nearer to bone than this, so many deviations are asked for: the tip of a ridge looks like a small deposit."""
OUT_OF_STREAKS: Final = 8.0
"""So many deviations of the streaks themselves above the tissue, a thing is no streak."""
COMPACT_MM: Final = 5.0
DEEP_MM: Final = 15.0
STREAKY: Final = 1.4
"""Noise this many times the usual of the head is streaks."""
METAL_HU: Final = 2500.0
"""Above every calcification: cortical bone ends near 2000 HU, surgical metal begins above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers of the rules; see ``settings.FindSettings`` for where each comes from."""

    least_volume_mm3: float
    faint_hu: float
    clear_hu: float
    sure_deviations: float
    alone_deviations: float
    blood_volume_mm3: float
    blood_mean_hu: float
    contrast_suspected: bool
    streaks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``reason`` is None when the island is believed; ``confidence`` (0 to 1) is then how firmly."""

    reason: Reason | None
    words: str
    confidence: float
    in_vessel: bool = False


Rule = Callable[[Island, Look, Limits], tuple[Reason, str] | None]


def judge(island: Island, look: Look, limits: Limits) -> Verdict:
    """The verdict on one island."""
    for rule in RULES:
        hit = rule(island, look, limits)
        if hit:
            return Verdict(reason=hit[0], words=hit[1], confidence=0.0, in_vessel=rule is _sinus)
    return Verdict(reason=None, words="", confidence=_confidence(island, look, limits))


def _metal(i: Island, k: Look, n: Limits) -> tuple[Reason, str] | None:
    if i.peak_hu > METAL_HU:
        return "metal", f"peak {i.peak_hu:.0f} HU, above every calcification"
    return None


def _bone(i: Island, k: Look, n: Limits) -> tuple[Reason, str] | None:
    if _reaches_in(i, k, n):
        return None
    if k.deepest_mm < 2.5:
        return "bone", f"within {k.deepest_mm:.1f} mm of the inner table"
    dense_or_low = i.peak_hu > BONE_PEAK_HU or k.room_mm2 < FORAMEN_MM2
    shallow = k.depth_mm < SHALLOW_MM or k.hazard > HAZARD / 2 or dense_or_low
    if k.rooted and shallow:
        return "bone", "goes over into bone"
    if k.brain_round < 0.45:
        return "bone", f"brain on only {100 * k.brain_round:.0f} % of its rim"
    if k.bone_share > 0.5 and k.brain_round < 0.75 and shallow:
        return "bone", f"bone beside, above or below {100 * k.bone_share:.0f} % of it"
    if k.depth_mm < 5 and k.bone_share > 0.3 and k.brain_round < 0.85:
        return "bone", f"on the inner table, bone beside {100 * k.bone_share:.0f} % of it"
    if i.peak_hu < n.clear_hu and k.depth_mm < 10 and k.brain_round < 0.8:
        return "bone", "faint, on the inner table"
    if k.bone_share > 0.25 and i.mean_hu < n.blood_mean_hu and k.volume_mm3 > n.blood_volume_mm3:
        return "bone", "a broad faint veil beside bone"
    return None


def _reaches_in(i: Island, k: Look, n: Limits) -> bool:
    """Whether it is large and dense and reaches from the inner table into the brain, as calcified gyri do.

    Either far in, or as far as a gyrus is thick, dense throughout, of one side alone, and nowhere as dense as bone.
    """
    far_in = k.deepest_mm > 8 and k.depth_mm > SHALLOW_MM
    dense = i.mean_hu > GYRAL_MEAN_HU and i.peak_hu < GYRAL_PEAK_HU
    gyral = k.deepest_mm > GYRAL_MM and dense and not k.twin
    calcium_like = n.clear_hu < i.mean_hu and i.peak_hu < BONE_PEAK_HU and k.brain_round > 0.5
    return k.volume_mm3 > LARGE_MM3 and (far_in or gyral) and calcium_like and k.hazard < HAZARD / 2


def _skull_base(i: Island, k: Look, n: Limits) -> tuple[Reason, str] | None:
    if k.room_mm2 < FORAMEN_MM2 and k.artery < ON_COURSE:
        return (
            "skull_base",
            "at the foramen magnum, where the vertebrae and the odontoid fill part of a slice",
        )
    if k.hazard <= HAZARD:
        return None
    if k.hazard > CLINOID_HAZARD and k.volume_mm3 > CLINOID_MM3 and i.peak_hu > CLINOID_HU:
        return (
            "skull_base",
            f"{k.volume_mm3:.0f} mm3 of up to {i.peak_hu:.0f} HU beside the sella: a clinoid process",
        )
    beside = k.bone_share > 0.15 or k.depth_mm < 4.0
    if k.bone_share > 0.3 or (beside and k.brain_round < 0.9):
        return "skull_base", "where the skull base fills part of a slice"
    if i.peak_hu < n.clear_hu:
        return "skull_base", "faint, between the bones of the skull base"
    if k.artery > ON_COURSE:
        return None
    partial = k.volume_mm3 < ROOF_MM3 and k.slices <= 2 and i.peak_hu < ROOF_CLEAR * n.clear_hu
    spur = k.volume_mm3 < SPUR_MM3 and k.depth_mm < SPUR_MM
    if (k.hazard > ROOF_HAZARD and partial) or (k.hazard > SPUR_HAZARD and spur):
        return (
            "skull_base",
            f"{k.volume_mm3:.0f} mm3 over the bones of the skull base: a spur or a part of a slice",
        )
    return None


def _sinus(i: Island, k: Look, n: Limits) -> tuple[Reason, str] | None:
    if k.sinus_share > 0.5 and i.mean_hu < n.clear_hu:
        if n.contrast_suspected:
            return "contrast", f"mean {i.mean_hu:.0f} HU {IN_SINUS}, contrast given or suspected"
        return "blood", f"mean {i.mean_hu:.0f} HU {IN_SINUS}: flowing or clotted blood"
    return None


def _blood(i: Island, k: Look, n: Limits) -> tuple[Reason, str] | None:
    large = k.volume_mm3 > n.blood_volume_mm3 and k.depth_mm > 4 and k.bone_share < 0.25
    if large and i.mean_hu < n.blood_mean_hu and i.peak_hu < 1.5 * n.blood_mean_hu and not k.twin:
        return "blood", f"{k.volume_mm3:.0f} mm3 of even {i.mean_hu:.0f} HU without a twin on the other side"
    return None


def _streak(i: Island, k: Look, n: Limits) -> tuple[Reason, str] | None:
    broad = k.volume_mm3 > n.blood_volume_mm3
    if broad and n.streaks and i.mean_hu < n.blood_mean_hu:
        return (
            "artefact",
            f"{k.volume_mm3:.0f} mm3, faint, in a scan crossed by metal streaks: a streak or blood, look at it",
        )
    # A compact body deep in the brain is no band of streaks; it makes the noise round it itself.
    if broad and k.thin_mm > COMPACT_MM and k.long_mm < 3 * k.thin_mm and k.depth_mm > DEEP_MM:
        return None
    streaky = STREAKY_BROAD if broad else STREAKY
    faint = i.mean_hu < n.clear_hu and i.height < OUT_OF_STREAKS
    if k.unrest > streaky and faint and k.depth_mm > 4:
        return (
            "artefact",
            f"faint, where streaks make the noise {k.unrest:.1f} times the usual",
        )
    if k.slices <= 2 and k.long_mm > 20 and k.thin_mm < 4 and i.mean_hu < n.clear_hu:
        return "artefact", f"a line of {k.long_mm:.0f} mm in {k.slices} slices, faint"
    return None


def _noise(i: Island, k: Look, n: Limits) -> tuple[Reason, str] | None:
    if i.peak_hu < n.faint_hu:
        return "noise", f"peak {i.peak_hu:.0f} HU, as bright as tissue can be"
    sure = SURE_ON_BONE if k.depth_mm < ON_BONE_MM else SURE_NEAR_BONE
    if k.depth_mm < NEAR_BONE_MM and k.bone_share > TOUCHED and i.height < sure:
        return "noise", f"{i.height:.1f} deviations above the tissue, {k.depth_mm:.0f} mm from bone"
    if i.peak_hu >= n.clear_hu and i.height >= n.sure_deviations:
        return None
    if k.volume_mm3 < n.least_volume_mm3:
        return "noise", f"{k.volume_mm3:.1f} mm3, peak {i.peak_hu:.0f} HU: too little to tell from noise"
    needed = n.sure_deviations if k.twin else n.alone_deviations
    if i.height < needed:
        alone = "" if k.twin else ", alone"
        return "noise", f"{i.height:.1f} deviations of the noise above the tissue{alone}"
    return None


RULES: Final[tuple[Rule, ...]] = (_metal, _bone, _skull_base, _sinus, _streak, _blood, _noise)


def _confidence(i: Island, k: Look, n: Limits) -> float:
    """A product of shares, each near 1 where the rule that could have set the island aside is far off."""
    clear = min(1.0, max(0.0, (i.peak_hu - n.faint_hu) / (n.clear_hu - n.faint_hu)))
    stands_out = min(1.0, i.height / (2 * n.sure_deviations))
    free = 1.0 - 0.5 * k.bone_share * (1 - k.brain_round)
    base = 1.0 - 0.5 * k.hazard
    faint = 0.6 + 0.4 * max(clear, 0.5 if k.twin else 0.0)
    return round(min(0.99, faint * (0.5 + 0.5 * stands_out) * free * base), 2)
