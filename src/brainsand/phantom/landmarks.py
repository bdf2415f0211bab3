"""Where do the points lie that a label map does not name? Pineal, habenula, chiasm, and the lobes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brainsand.errors import UsageError
from brainsand.phantom import labels as lab
from brainsand.phantom.survey import Survey

Floats = NDArray[np.float64]

BROKEN_OFF_MM = 8.0
"""A third ventricle whose label ends so far in front of where the pineal must be has lost its back end."""


def lobe_of(survey: Survey, point_mm: Floats) -> str | None:
    """The lobe of a point of the cerebrum where no border is near, else None.

    The cerebrum's box is measured from its front (0) to its back (1) and from its floor (0) to its top (1).
    Frontal: in front of 0.35 and above 0.35. Occipital: behind 0.87. Parietal: 0.62 to 0.80 and above 0.62.
    Temporal: 0.25 to 0.60, below 0.28, more than 20 mm from the midplane. Between these no name is given.
    """
    share = (np.asarray(point_mm, float) - survey.low_mm) / (survey.high_mm - survey.low_mm)
    back, up = float(share[1]), float(share[2])
    away = abs(float(survey.left_of(point_mm)[0]))
    if not (0 <= back <= 1 and 0 <= up <= 1):
        return None
    if back < 0.35 and up > 0.35:
        return "frontal"
    if back > 0.87:
        return "occipital"
    if 0.62 < back < 0.80 and up > 0.62:
        return "parietal"
    if 0.25 < back < 0.60 and up < 0.28 and away > 20:
        return "temporal"
    return None


def pineal_mm(survey: Survey) -> Floats:
    """The pineal's centre: in the midplane, 5 mm behind the third ventricle's back end, 2 mm above the roof
    of the midbrain under it.

    The gland hangs from the back wall of the third ventricle (pineal recess) and lies on the superior
    colliculi; it is 7 to 8 mm long, so its middle is about half of that behind the recess. Where the label of a
    narrow ventricle breaks off before its back end, the thalami stand in: in twelve drawn heads the gland lay 1 mm in
    front of their back end (3 behind to 1) and 2 mm above their floor.
    """
    third = survey.points(survey.mask(lab.THIRD_VENTRICLE))
    if not len(third):
        raise UsageError("This head has no third ventricle (14), by which the pineal is found.")
    near = np.abs(survey.left_of(third)) < 3
    back = float(np.percentile((third[near] if near.any() else third)[:, 1], 99))
    tail = third[third[:, 1] > back - 4]
    guess = np.array([0.0, back + 5.0, float(tail[:, 2].mean())])
    thalami = survey.points(survey.mask(*lab.numbers("thalamus", "both")))
    end = float(np.percentile(thalami[:, 1], 95)) if len(thalami) else guess[1]
    if guess[1] < end - BROKEN_OFF_MM:
        return onto_midplane(
            survey, np.array([0.0, end - 1.0, float(np.percentile(thalami[:, 2], 10)) + 2.0])
        )
    roof = _midbrain_roof_mm(survey, back)
    if roof is not None:
        guess[2] = min(max(guess[2], roof + 2.0), roof + 5.0)
    return onto_midplane(survey, guess)


def habenula_mm(survey: Survey) -> Floats:
    """The habenular commissure: in the midplane, 5 mm in front of the pineal's centre and 1 mm above it.

    It is the front edge of the pineal's stalk, at the back end of the third ventricle.
    """
    return onto_midplane(survey, pineal_mm(survey) + np.array([0.0, -5.0, 1.0]))


def _midbrain_roof_mm(survey: Survey, back_mm: float) -> float | None:
    """Height of the brainstem's top within 6 mm of the midplane, 2 to 10 mm behind the third ventricle."""
    stem = survey.points(survey.mask(lab.BRAINSTEM))
    if not len(stem):
        return None
    behind = stem[:, 1] - back_mm
    roof = stem[(np.abs(survey.left_of(stem)) < 6) & (behind > 2) & (behind < 10)]
    return float(np.percentile(roof[:, 2], 98)) if len(roof) else None


def onto_midplane(survey: Survey, point_mm: Floats) -> Floats:
    """The midplane's point at about the depth (y) and height (z) of a point, LPS mm."""
    point = np.array(point_mm, float)
    point[0] = survey.midpoint_mm[0]
    return np.asarray(point - float(survey.left_of(point)[0]) * survey.to_left)


def chiasm_mm(survey: Survey) -> Floats:
    """The optic chiasm, or where it is not labelled, the lowest front part of the third ventricle."""
    chiasm = survey.points(survey.mask(lab.CHIASM))
    if len(chiasm) > 20:
        return np.asarray(np.median(chiasm, axis=0))
    third = survey.points(survey.mask(lab.THIRD_VENTRICLE))
    if not len(third):
        raise UsageError(
            "This head has neither optic chiasm (85) nor third ventricle (14); no sella is found."
        )
    return np.asarray(third[np.argsort(third[:, 2] + third[:, 1])[: max(1, len(third) // 50)]].mean(axis=0))
