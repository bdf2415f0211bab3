"""Where does a site lie in this head? Anatomy as rules on the label map.

Sites that carry a label of their own are that label's inside. The rest follow from their neighbours; each
rule is written at its function. Distances are between voxel centres, so a rule that says "touching" reaches
at least to the next voxel of a coarse map. The anatomy is that of standard neuroanatomy (for example
Nieuwenhuys, Voogd, van Huijzen, The Human Central Nervous System, 4th ed., 2008).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.errors import UsageError
from brainsand.phantom import labels as lab
from brainsand.phantom.labels import numbers
from brainsand.phantom.landmarks import chiasm_mm, habenula_mm, onto_midplane, pineal_mm
from brainsand.phantom.survey import Survey

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

_BOTH: Final = "both"
_LABELLED: Final = {
    "globus_pallidus": ("globus_pallidus",),
    "putamen": ("putamen",),
    "caudate": ("caudate",),
    "thalamus": ("thalamus",),
    "hippocampus": ("hippocampus",),
    "cortex": ("cortex",),
    "cerebellum": ("cerebellar_white_matter", "cerebellar_cortex"),
}


def place(
    survey: Survey, site: str, side: str, *, rng: np.random.Generator, within: Mask | None = None
) -> Floats:
    """A random point (3,) of a site, LPS mm, at least half a voxel from the site's border where it is thick.

    Parameters
    ----------
    site, side : str
        A name of ``model.sites.SITES`` that has a rule here; ``"left"``, ``"right"`` or ``"midline"``.
    within : bool array, optional
        Keeps the point inside this part of the site too.

    Raises
    ------
    UsageError
        When this head has no such place.
    """
    area = region(survey, site, side)
    if within is not None:
        area = area & within
    index = np.argwhere(area)
    if not len(index):
        raise UsageError(f"This head has no voxel of {site} ({side}); choose another head or preset.")
    chosen = index[rng.integers(len(index))] + rng.uniform(-0.5, 0.5, 3)
    return np.asarray(survey.grid.points(chosen)[0])


def region(survey: Survey, site: str, side: str) -> Mask:
    """The voxels (on ``survey.grid``) of a site on a side; ``"midline"`` gives both sides of the plane.

    Raises
    ------
    UsageError
        When there is no rule for the site.
    """
    if (site, side) not in survey.regions:
        survey.regions[site, side] = _region(survey, site, side)
    return survey.regions[site, side]


def _region(survey: Survey, site: str, side: str) -> Mask:
    if site in _LABELLED:
        wanted = [n for name in _LABELLED[site] for n in numbers(name, _side(side))]
        return survey.mask(*wanted)
    if site not in _RULES:
        raise UsageError(f"No rule places {site!r}; sites with one: {', '.join(sites_with_a_place())}.")
    if side == "midline":
        return _RULES[site](survey)
    left = survey.left_mm()
    return np.asarray(region(survey, site, "midline") & ((left > 0) if side == "left" else (left < 0)))


def sites_with_a_place() -> tuple[str, ...]:
    """The sites that :func:`region` knows."""
    return tuple(sorted({*_LABELLED, *_RULES}))


def _side(side: str) -> str:
    return side if side in ("left", "right") else _BOTH


def _ball(survey: Survey, centre_mm: Floats, radius_mm: float) -> Mask:
    offset = [survey.axis_mm(axis) - centre_mm[axis] for axis in range(3)]
    return np.asarray(offset[0] ** 2 + offset[1] ** 2 + offset[2] ** 2 <= radius_mm**2)


def _reach(survey: Survey, limit_mm: float) -> float:
    """A distance that is at least one voxel, so that neighbours touch on a coarse map too."""
    return max(limit_mm, 1.01 * max(survey.grid.spacing_mm))


def _pineal(survey: Survey) -> Mask:
    return _ball(survey, pineal_mm(survey), 3.5)


def _habenula(survey: Survey) -> Mask:
    return _ball(survey, habenula_mm(survey), 2.5)


def _choroid_plexus(survey: Survey) -> Mask:
    """The glomus: plexus (or, where none is labelled, lateral ventricle) behind the back end of the thalami,
    where body, occipital and temporal horn meet: 0 to 16 mm behind it, 8 mm around its height."""
    thalami = survey.points(survey.mask(*numbers("thalamus", _BOTH)))
    back = float(np.percentile(thalami[:, 1], 98))
    height = float(np.median(thalami[thalami[:, 1] > back - 6][:, 2]))
    y, z = survey.axis_mm(1), survey.axis_mm(2)
    atrium = (y > back - 1) & (y < back + 16) & (np.abs(z - height) < 9)
    plexus = atrium & survey.mask(*numbers("glomus", _BOTH))
    hollow = atrium & survey.mask(*numbers("ventricle", _BOTH), *numbers("glomus", _BOTH))
    left = survey.left_mm()
    chosen = np.zeros_like(atrium)
    for half in (left > 0, left < 0):
        part = plexus & half
        chosen |= part if part.sum() * survey.grid.voxel_volumes_mm3[0] >= 60 else hollow & half
    return np.asarray(chosen)


def _ventricle(survey: Survey) -> Mask:
    return survey.mask(*numbers("ventricle", _BOTH), lab.THIRD_VENTRICLE, lab.FOURTH_VENTRICLE)


def _subependymal(survey: Survey) -> Mask:
    """Caudate, thalamus or white matter touching (1.5 mm) the body or frontal horn of a lateral ventricle."""
    wall = survey.mask(
        *numbers("caudate", _BOTH), *numbers("thalamus", _BOTH), *numbers("white_matter", _BOTH)
    )
    z = survey.axis_mm(2)
    thalami = survey.points(survey.mask(*numbers("thalamus", _BOTH)))
    return np.asarray(
        wall
        & (survey.distance_mm(*numbers("lateral_ventricle", _BOTH)) <= _reach(survey, 1.5))
        & (z > thalami[:, 2].mean())
    )


def _gray_white_junction(survey: Survey) -> Mask:
    """Cerebral white matter touching cortex (1.8 mm), further than 12 mm from the lateral ventricles."""
    white = survey.mask(*numbers("white_matter", _BOTH))
    far = survey.distance_mm(*numbers("lateral_ventricle", _BOTH)) > 12
    return np.asarray(white & far & (survey.distance_mm(*numbers("cortex", _BOTH)) <= _reach(survey, 1.8)))


def _subcortical_white_matter(survey: Survey) -> Mask:
    """White matter 2.5 to 6 mm from cortex, more than 15 mm from the ventricles, 8 mm from the deep gray."""
    white = survey.mask(*numbers("white_matter", _BOTH))
    cortex = survey.distance_mm(*numbers("cortex", _BOTH))
    return np.asarray(
        white
        & (cortex >= 2.5)
        & (cortex <= 6)
        & (survey.distance_mm(*numbers("lateral_ventricle", _BOTH)) > 15)
        & (_from_deep_gray(survey) > 8)
    )


def _deep_white_matter(survey: Survey) -> Mask:
    """White matter (centrum semiovale and corona radiata) over 6 mm from cortex and ventricle, over 5 mm
    from the deep gray, over 10 mm from the midplane."""
    white = survey.mask(*numbers("white_matter", _BOTH))
    return np.asarray(
        white
        & (survey.distance_mm(*numbers("cortex", _BOTH)) > 6)
        & (survey.distance_mm(*numbers("lateral_ventricle", _BOTH)) > 7)
        & (_from_deep_gray(survey) > 5)
        & (np.abs(survey.left_mm()) > 10)
    )


def _periventricular_white_matter(survey: Survey) -> Mask:
    """White matter 2 to 5 mm from a lateral ventricle, 8 mm off the midplane, 3 mm from the deep gray, over
    5 mm from cortex (nearer, beside the horns, it is as well subcortical)."""
    white = survey.mask(*numbers("white_matter", _BOTH))
    wall = survey.distance_mm(*numbers("lateral_ventricle", _BOTH))
    outer = (np.abs(survey.left_mm()) > 8) & (_from_deep_gray(survey) > 3)
    deep = survey.distance_mm(*numbers("cortex", _BOTH)) > 5
    return np.asarray(white & (wall >= 2) & (wall <= 5) & outer & deep)


def _from_deep_gray(survey: Survey) -> NDArray[np.float32]:
    names = ("globus_pallidus", "putamen", "caudate", "thalamus")
    return survey.distance_mm(*(n for name in names for n in numbers(name, _BOTH)))


def _internal_capsule(survey: Survey) -> Mask:
    """White matter with the lentiform nucleus within 6 mm on one hand and caudate or thalamus within 6 mm on
    the other, nearer to the midplane than the pallidum's middle."""
    white = survey.mask(*numbers("white_matter", _BOTH), *numbers("ventral_dc", _BOTH))
    lentiform = survey.distance_mm(*numbers("globus_pallidus", _BOTH), *numbers("putamen", _BOTH))
    medial = survey.distance_mm(*numbers("caudate", _BOTH), *numbers("thalamus", _BOTH))
    pallidum = survey.points(survey.mask(*numbers("globus_pallidus", _BOTH)))
    lateral_mm = float(np.abs(survey.left_of(pallidum)).mean()) if len(pallidum) else 20.0
    middle = np.abs(survey.left_mm())
    z = survey.axis_mm(2)
    floor = float(np.percentile(pallidum[:, 2], 25)) if len(pallidum) else -np.inf
    return np.asarray(
        white & (lentiform <= 6) & (medial <= 6) & (middle < lateral_mm + 6) & (middle > 6) & (z > floor)
    )


def _corpus_callosum(survey: Survey) -> Mask:
    """White matter within 4 mm of the midplane, within 10 mm of a lateral ventricle, above the thalami."""
    white = survey.mask(*numbers("white_matter", _BOTH))
    thalami = survey.points(survey.mask(*numbers("thalamus", _BOTH)))
    over = survey.axis_mm(2) > thalami[:, 2].mean()
    near = survey.distance_mm(*numbers("lateral_ventricle", _BOTH)) <= 10
    return np.asarray(white & (np.abs(survey.left_mm()) < 4) & over & near)


def _dentate_nucleus(survey: Survey) -> Mask:
    """Cerebellar white matter within 7 mm of the point 15 mm from the midplane, 12 mm behind the middle of
    the fourth ventricle and level with it.

    The nucleus lies in the white matter beside the fourth ventricle's roof; about (±15, -58, -35) in MNI
    space, where the ventricle's middle is about (0, -46, -33) (Diedrichsen et al., NeuroImage 2011;54:1786).
    """
    fourth = survey.points(survey.mask(lab.FOURTH_VENTRICLE))
    white = survey.mask(*numbers("cerebellar_white_matter", _BOTH))
    if not len(fourth):
        raise UsageError("This head has no fourth ventricle (15), by which the dentate nucleus is found.")
    middle = onto_midplane(survey, np.median(fourth, axis=0))
    area = np.zeros_like(white)
    for sign in (1, -1):
        centre = middle + np.array([0.0, 12.0, 0.0]) + sign * 15.0 * survey.to_left
        area |= _ball(survey, np.asarray(centre), 7.0)
    return np.asarray(white & area)


def _brainstem(survey: Survey) -> Mask:
    """Brainstem above the lower end of the cerebellum (the label goes on into the cord)."""
    bottom = survey.points(survey.mask(*lab.CEREBELLUM))[:, 2].min()
    return np.asarray(survey.mask(lab.BRAINSTEM) & (survey.axis_mm(2) > bottom + 15))


def _falx(survey: Survey) -> Mask:
    """CSF or sinus within 1.2 mm of the midplane, cortex of both hemispheres within 8 mm, over the lateral
    ventricles, in the front two thirds (where 95 % of falx calcification lies, doi 10.35740/EJOR.2019.1.1.1),
    over 6 mm from bone."""
    gap = survey.mask(lab.CSF, lab.VENOUS_SINUS) & (np.abs(survey.left_mm()) < 0.5 * _reach(survey, 2.4))
    sides = [survey.distance_mm(*numbers("cortex", side)) < 8 for side in ("left", "right")]
    front = survey.axis_mm(1) < survey.low_mm[1] + 0.67 * (survey.high_mm[1] - survey.low_mm[1])
    top = survey.points(survey.mask(*numbers("lateral_ventricle", _BOTH)))
    over = survey.axis_mm(2) > (np.percentile(top[:, 2], 95) + 8 if len(top) else -np.inf)
    return np.asarray(gap & sides[0] & sides[1] & front & over & (survey.distance_mm(lab.BONE) > 6))


def _tentorium(survey: Survey) -> Mask:
    """CSF or sinus with cerebellum within 4 mm and cerebrum within 4 mm, over 6 mm from bone and midplane."""
    gap = survey.mask(lab.CSF, lab.VENOUS_SINUS)
    between = (survey.distance_mm(*lab.CEREBELLUM) < 4) & (survey.distance_mm(*lab.CEREBRUM) < 4)
    return np.asarray(gap & between & (survey.distance_mm(lab.BONE) > 6) & (np.abs(survey.left_mm()) > 6))


def _dura(survey: Survey) -> Mask:
    """CSF under the vault: 1 to 2.5 mm from bone, above the lateral ventricles, 10 mm off the midplane."""
    bone = survey.distance_mm(lab.BONE)
    top = survey.points(survey.mask(*numbers("lateral_ventricle", _BOTH)))
    over = survey.axis_mm(2) > top[:, 2].max()
    return np.asarray(
        survey.mask(lab.CSF)
        & (bone >= 1)
        & (bone <= _reach(survey, 2.5))
        & over
        & (np.abs(survey.left_mm()) > 10)
    )


def _vessel_wall(survey: Survey) -> Mask:
    """The carotid siphon: vessel or CSF 6 to 16 mm from the midplane, beside the sella: 0 to 14 mm below the
    optic chiasm and within 12 mm in front of or behind it."""
    chiasm = chiasm_mm(survey)
    away = np.abs(survey.left_mm())
    y, z = survey.axis_mm(1) - chiasm[1], survey.axis_mm(2) - chiasm[2]
    box = (away > 6) & (away < 16) & (np.abs(y) < 12) & (z < 0) & (z > -14)
    vessel = survey.mask(lab.VESSEL) & box
    return np.asarray(vessel if vessel.sum() > 20 else survey.mask(lab.CSF, lab.VESSEL) & box)


def _sella_suprasellar(survey: Survey) -> Mask:
    """CSF within 5 mm of the midplane, 2 to 8 mm below the chiasm."""
    chiasm = chiasm_mm(survey)
    y, z = survey.axis_mm(1) - chiasm[1], survey.axis_mm(2) - chiasm[2]
    return np.asarray(
        survey.mask(lab.CSF) & (np.abs(survey.left_mm()) < 5) & (np.abs(y) < 6) & (z < -2) & (z > -8)
    )


_RULES: Final[dict[str, Callable[[Survey], Mask]]] = {
    "pineal": _pineal,
    "habenula": _habenula,
    "choroid_plexus": _choroid_plexus,
    "ventricle": _ventricle,
    "subependymal": _subependymal,
    "gray_white_junction": _gray_white_junction,
    "subcortical_white_matter": _subcortical_white_matter,
    "deep_white_matter": _deep_white_matter,
    "periventricular_white_matter": _periventricular_white_matter,
    "internal_capsule": _internal_capsule,
    "corpus_callosum": _corpus_callosum,
    "dentate_nucleus": _dentate_nucleus,
    "brainstem": _brainstem,
    "falx": _falx,
    "tentorium": _tentorium,
    "dura": _dura,
    "vessel_wall": _vessel_wall,
    "sella_suprasellar": _sella_suprasellar,
}
