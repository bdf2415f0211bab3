"""What would a reader score? The Total Calcification Score and other visual scales, by written rules.

**Total Calcification Score** (Nicolas 2013, Brain 136:3395, doi 10.1093/brain/awt255): 0 to 5 at each of
sixteen locations "by area and density", 0 to 80 in all. Readers' words for the grades (none, one dot, faint or
several dots, moderate, severe, severe and confluent) are from memory of the paper, not seen in it; where each
ends is not in any text at hand. The rule here is therefore ours, in two steps.

By *area*. Nuclei, vermis and the parts of the brainstem are small: their share filled counts. Hemispheric
white matter, cortex and cerebellum are large: the largest area in one slice counts.

=====  ======================================  =====================
grade  small location                          large location
=====  ======================================  =====================
0      no deposit                              no deposit
1      one punctate deposit                    one punctate deposit
2      less than a tenth                       less than 1 cm2
3      a tenth to a third                      1 to 4 cm2
4      a third and more                        4 cm2 and more
=====  ======================================  =====================

By *density* (mean attenuation above the tissue around, at 120 kVp): a faint location (under 60 HU) of grade 3 or
4 goes one down; a dense one (200 HU and more) of grade 3 goes one up; one of grade 4 that is dense, or whose
largest deposit is confluent, is 5.

The *doubt* of a grade is the lowest and highest that the rule gives when volume and density are moved by one
deviation, and when deposits whose site is less than two thirds sure are left out.

Not settled by the literature at hand, and how it is done here: the internal capsule is read with the
lenticular nucleus; the dentate nucleus within its cerebellar hemisphere; the gray-white junction, deep and
periventricular white matter as subcortical white matter; hippocampus, corpus callosum, subependymal and
physiologic sites (pineal, choroid plexus, habenula, membranes, vessels) count nowhere. The brainstem is cut by
its height: the upper quarter is midbrain, the next third pons, the rest medulla.

Age limits (the 99th centile of controls) are not in any text at hand: a user's own table says whether a total
is above its age's limit, else nothing is said.

**Other scales**: basal ganglia by side (de Brouwer, DUST, doi 10.1016/j.neurad.2019.04.002: absent, mild: a dot,
moderate: several dots or one artery, severe: confluent), hippocampus by side (the same four words, the more
severe side kept; PMC6096610), punctate or patchy basal ganglia (Yamada, PMID 23279700).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from brainsand.model.sites import BASAL_GANGLIA

SMALL: Final = ("lenticular", "caudate", "thalamus", "vermis", "midbrain", "pons", "medulla")
LOCATIONS: Final = (
    *(
        f"{name}_{side}"
        for name in (
            "lenticular",
            "caudate",
            "thalamus",
            "subcortical_white_matter",
            "cortex",
            "cerebellar_hemisphere",
        )
        for side in ("left", "right")
    ),
    *("vermis", "midbrain", "pons", "medulla"),
)
"""The sixteen locations, in the order they are listed."""
LOCATION_OF: Final = {
    "globus_pallidus": "lenticular",
    "putamen": "lenticular",
    "internal_capsule": "lenticular",
    "caudate": "caudate",
    "thalamus": "thalamus",
    "gray_white_junction": "subcortical_white_matter",
    "subcortical_white_matter": "subcortical_white_matter",
    "deep_white_matter": "subcortical_white_matter",
    "periventricular_white_matter": "subcortical_white_matter",
    "cortex": "cortex",
    "cerebellum": "cerebellar_hemisphere",
    "dentate_nucleus": "cerebellar_hemisphere",
}
LEVELS: Final = ((0.25, "midbrain"), (0.58, "pons"), (1.01, "medulla"))
"""Parts of the brainstem by depth below its top, as a share of its height."""
SHARES: Final = (0.10, 0.33)
AREAS_MM2: Final = (100.0, 400.0)
FAINT_HU: Final = 60.0
DENSE_HU: Final = 200.0
SURE_SITE: Final = 2 / 3
BASIS: Final = (
    "graded by brainsand's own rule (area, then density; docs/methods/scores.md): the published grades are a "
    "reader's words"
)
WORDS: Final = ("none", "one dot", "faint or small", "moderate", "severe", "severe and confluent")
DUST: Final = ("absent", "mild", "moderate", "severe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A deposit as a reader scores it.

    ``location`` is one of :data:`LOCATIONS` or None; ``density_hu`` mean attenuation above the tissue, at
    120 kVp; ``areas_mm2`` its area in each slice it touches (index: mm2), free of blur as its volume is.
    """

    id: int
    location: str | None
    site: str
    side: str
    sure: float
    volume_mm3: float
    pm_mm3: float
    density_hu: float
    density_pm_hu: float
    diameter_mm: float
    morphology: str
    follows: str | None
    areas_mm2: Mapping[int, float]


def location_of(site: str, side: str, *, depth_share: float = 0.5) -> str | None:
    """The score's location of a deposit, None where none counts it.

    ``depth_share`` is how far below the brainstem's top it lies, as a share of the brainstem's height.

    >>> location_of("putamen", "left"), location_of("cerebellum", "midline"), location_of("pineal", "midline")
    ('lenticular_left', 'vermis', None)
    >>> location_of("brainstem", "midline", depth_share=0.1)
    'midbrain'
    """
    if site == "brainstem":
        return next(name for end, name in LEVELS if depth_share <= end or end > 1)
    if side == "midline":
        return "vermis" if site == "cerebellum" else None
    name = LOCATION_OF.get(site)
    return f"{name}_{side}" if name else None


def total_calcification_score(
    pieces: Sequence[Piece],
    *,
    structure_mm3: Mapping[str, float],
    age_years: float | None = None,
    age_limits: Sequence[tuple[float, float, float]] = (),
) -> dict[str, Any]:
    """The score with its grades, their doubt and the slices that show them.

    Parameters
    ----------
    pieces : sequence of Piece
    structure_mm3 : mapping
        Volume of each location in the scan; 0 or missing where it was not imaged, which makes its grade None.
    age_years, age_limits
        The user's own table: rows of age from, age to (years) and the largest ordinary total.

    Returns
    -------
    dict
        ``total``, ``low``, ``high`` (0 to 80; None where a location was not imaged), ``by_site`` {location:
        grade, low, high, words, share_filled, area_mm2, density_hu, deposits, slice}, ``not_counted`` (ids),
        ``above_age_limit``, ``age_limit``, ``basis``.
    """
    rows = {
        name: graded([p for p in pieces if p.location == name], name, structure_mm3.get(name, 0.0))
        for name in LOCATIONS
    }
    whole = all(row["grade"] is not None for row in rows.values())
    sums = {
        key: sum(row[key] for row in rows.values()) if whole else None for key in ("grade", "low", "high")
    }
    limit = next(
        (top for low, high, top in age_limits if age_years is not None and low <= age_years < high), None
    )
    return {
        "total": sums["grade"],
        "low": sums["low"],
        "high": sums["high"],
        "by_site": rows,
        "not_counted": [p.id for p in pieces if p.location is None],
        "age_limit": limit,
        "above_age_limit": None if limit is None or sums["grade"] is None else sums["grade"] > limit,
        "basis": BASIS,
    }


def graded(pieces: Sequence[Piece], location: str, structure_mm3: float) -> dict[str, Any]:
    """One location's row (see :func:`total_calcification_score`)."""
    if structure_mm3 <= 0:
        return {"grade": None, "low": None, "high": None, "words": "not imaged", "deposits": []}
    grade = _grade(pieces, location, structure_mm3)
    moved = [[_moved(p, by) for p in pieces] for by in (-1.0, 1.0)]
    sure = [p for p in pieces if p.sure >= SURE_SITE]
    others = [_grade(m, location, structure_mm3) for m in moved] + [_grade(sure, location, structure_mm3)]
    areas = _areas(pieces)
    slice_ = max(areas, key=lambda k: areas[k]) if areas else None
    volume = sum(p.volume_mm3 for p in pieces)
    return {
        "grade": grade,
        "low": min(grade, *others),
        "high": max(grade, *others),
        "words": WORDS[grade],
        "share_filled": min(1.0, volume / structure_mm3),
        "area_mm2": max(areas.values(), default=0.0),
        "density_hu": _density(pieces),
        "deposits": [p.id for p in pieces],
        "slice": slice_,
    }


def _grade(pieces: Sequence[Piece], location: str, structure_mm3: float) -> int:
    if not pieces:
        return 0
    if len(pieces) == 1 and pieces[0].morphology == "punctate":
        return 1
    name = location.removesuffix("_left").removesuffix("_right")
    if name in SMALL:
        size, ends = sum(p.volume_mm3 for p in pieces) / structure_mm3, SHARES
    else:
        size, ends = max(_areas(pieces).values(), default=0.0), AREAS_MM2
    grade = 2 + sum(size >= end for end in ends)
    density = _density(pieces) or 0.0
    if grade >= 3 and density < FAINT_HU:
        return grade - 1
    if grade == 3 and density >= DENSE_HU:
        return 4
    largest = max(pieces, key=lambda p: p.volume_mm3)
    return 5 if grade == 4 and (density >= DENSE_HU or largest.morphology == "confluent") else grade


def _areas(pieces: Sequence[Piece]) -> dict[int, float]:
    areas: dict[int, float] = {}
    for p in pieces:
        for k, area in p.areas_mm2.items():
            areas[k] = areas.get(k, 0.0) + area
    return areas


def _density(pieces: Sequence[Piece]) -> float | None:
    """Mean over volume."""
    volume = sum(p.volume_mm3 for p in pieces)
    return sum(p.density_hu * p.volume_mm3 for p in pieces) / volume if volume > 0 else None


def _moved(piece: Piece, by: float) -> Piece:
    """The piece larger (and denser) by so many deviations."""
    factor = max(0.05, 1 + by * piece.pm_mm3 / piece.volume_mm3) if piece.volume_mm3 > 0 else 1.0
    return replace(
        piece,
        volume_mm3=piece.volume_mm3 * factor,
        density_hu=max(1.0, piece.density_hu + by * piece.density_pm_hu),
        areas_mm2={k: a * factor for k, a in piece.areas_mm2.items()},
    )


def basal_ganglia_scale(pieces: Sequence[Piece], *, filled: Mapping[str, float]) -> dict[str, Any]:
    """The four words of the DUST study for each side, and whether the basal ganglia are punctate or patchy.

    ``filled`` is the share (0 to 1) of the basal ganglia filled on ``left`` and ``right``.
    """
    own = [p for p in pieces if p.site in BASAL_GANGLIA]
    sides = {
        side: _four_words([p for p in own if p.side == side], filled.get(side, 0.0))
        for side in ("left", "right")
    }
    form = None if not own else "punctate" if all(p.morphology == "punctate" for p in own) else "patchy"
    return {**sides, "form": form, "basis": "de Brouwer (DUST); form: Yamada, PMID 23279700; rules ours"}


def hippocampus_scale(pieces: Sequence[Piece]) -> dict[str, Any]:
    """The four words for each hippocampus; ``worst`` is the more severe side."""
    sides = {
        side: _four_words([p for p in pieces if p.site == "hippocampus" and p.side == side], 0.0)
        for side in ("left", "right")
    }
    worst = max(sides.values(), key=DUST.index)
    return {**sides, "worst": worst, "basis": "de Brouwer, PMC6096610; rules ours"}


def _four_words(pieces: Sequence[Piece], filled: float) -> str:
    """Absent; mild: one dot; severe: one confluent deposit, or a third filled; moderate: the rest."""
    if not pieces:
        return "absent"
    if any(p.morphology == "confluent" for p in pieces) or filled >= SHARES[1]:
        return "severe"
    return "mild" if len(pieces) == 1 and pieces[0].morphology == "punctate" else "moderate"
