"""Are these Hounsfield units? White matter, gray matter, fluid and air held against where they must lie.

The unit is set by two points, air at -1000 and water at 0 HU; white matter reads 20 to 30 HU, gray matter 35
to 45 (teaching tables), at 120 kV 7 HU apart (50 patients, doi 10.4236/act.2019.82003). The *offset* is the
mean of what white and gray matter read above expectation; its doubt is half of what they differ, 3 HU at
least, as normal heads differ by that much.

A wrong offset shifts every threshold: with values 12 HU too low a deposit of 110 HU falls under 100. It does
not change what is measured against the tissue around (excess, volume, mass).

It misleads where the brain itself is changed: swelling lowers both tissues by up to 10 HU, contrast raises
gray matter by about 5, a young child's white matter reads lower. The words say so. Fluid is told but not
used: narrow furrows are half brain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.errors import InputRefused
from brainsand.model.caution import Caution

Mask = NDArray[np.bool_]
Labels = NDArray[np.uint8]
Image = NDArray[Any]

TISSUES: Final[dict[str, int]] = {"csf": 1, "white_matter": 2, "gray_matter": 3}
AIR_HU: Final = -1000.0
_LEAST_DOUBT_HU: Final = 3.0
_MOST_OFFSET_HU: Final = 40.0
_AIR_OFF_HU: Final = 30.0
_FEWEST_VOXELS: Final = 50
_BONE_FROM_HU: Final = 300
# A windowed picture ends where its window does; skulls, children's too, pass 400 HU; 12-bit CT ends at 3071.
_LEAST_TOP_HU: Final = 400.0
_CLIPPED_UNDER_HU: Final = 2500.0
_CLIPPED_SHARE: Final = 0.005
_SAID_STEP_HU: Final = 2.5
_REFUSED_STEP_HU: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """How much too high (positive) or too low the scan's HU are, with one standard deviation of doubt."""

    hu: float
    pm_hu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What the stored values look like.

    The highest, the share of bone that sits exactly there, the step between neighbouring values in the range
    of brain, and where air lies (None where it was cut off or is not there).
    """

    top_hu: float
    share_at_top: float
    step_hu: float
    air_hu: float | None


def tissue_medians(hu: Image, tissue: Labels) -> dict[str, float | None]:
    """Median attenuation of fluid, white matter and gray matter, HU.

    Voxels whose six neighbours are of the same tissue count, so that borders do not; where too few
    are, all of the tissue's count. None where there are fewer than 50.

    Parameters
    ----------
    hu : array (slice, row, column)
    tissue : uint8 array, same shape
        1 CSF, 2 white matter, 3 gray matter.
    """
    core = tissue * _same_as_neighbours(tissue)
    found: dict[str, float | None] = {}
    for name, number in TISSUES.items():
        values = hu[core == number]
        if values.size < _FEWEST_VOXELS:
            values = hu[tissue == number]
        found[name] = float(np.median(values)) if values.size >= _FEWEST_VOXELS else None
    return found


def offset_of(
    tissue_hu: dict[str, float | None], *, white_matter_hu: float, gray_matter_hu: float
) -> Offset | None:
    """How far the scan's brain reads from where it should; None where a tissue is missing.

    Examples
    --------
    >>> offset_of({"white_matter": 16.0, "gray_matter": 25.0}, white_matter_hu=28, gray_matter_hu=37)
    Offset(hu=-12.0, pm_hu=3.0)
    """
    white, gray = tissue_hu.get("white_matter"), tissue_hu.get("gray_matter")
    if white is None or gray is None:
        return None
    off = (white - white_matter_hu, gray - gray_matter_hu)
    return Offset(hu=(off[0] + off[1]) / 2, pm_hu=max(_LEAST_DOUBT_HU, abs(off[0] - off[1]) / 2))


def values_of(hu: Image, inside: Mask) -> Values:
    """The look of the stored values, from every second slice and every third pixel.

    Parameters
    ----------
    hu : array (slice, row, column)
        The scan's own voxels.
    inside : bool array, same shape
        The intracranial space.
    """
    top = float(hu.max())
    seen = hu[::2, ::3, ::3]
    bone = seen[seen > _BONE_FROM_HU]
    brain = seen[inside[::2, ::3, ::3]]
    return Values(
        top_hu=top,
        share_at_top=float(np.mean(bone == top)) if bone.size else 0.0,
        step_hu=_step(brain[(brain > -20) & (brain < 100)]),
        air_hu=_air(seen),
    )


def refuse_unless_hounsfield(offset: Offset | None, values: Values) -> None:
    """Refuse (InputRefused) what no offset explains: brain 40 HU off, no bone in the range, steps of 15 HU.

    Codes: ``brain_not_in_hu``, ``windowed``, ``too_few_gray_levels``.
    """
    todo = "Give the original CT series in HU, not a windowed or converted copy."
    if offset is not None and abs(offset.hu) > _MOST_OFFSET_HU:
        raise InputRefused(
            f"Brain reads {abs(offset.hu):.0f} HU too {_way(offset.hu)}.",
            needed=f"Hounsfield units, within {_MOST_OFFSET_HU:.0f} HU.",
            todo=todo,
            code="brain_not_in_hu",
        )
    if values.top_hu < _LEAST_TOP_HU:
        raise InputRefused(
            f"The highest value is {values.top_hu:.0f} HU, so bone was cut off with everything above it.",
            needed=f"bone in its own range, above {_LEAST_TOP_HU:.0f} HU.",
            todo=todo,
            code="windowed",
        )
    if values.step_hu >= _REFUSED_STEP_HU:
        raise InputRefused(
            f"Values in the brain lie {values.step_hu:.0f} HU apart.",
            needed=f"steps under {_REFUSED_STEP_HU:.0f} HU.",
            todo=todo,
            code="too_few_gray_levels",
        )


def offset_cautions(
    offset: Offset | None, tissue_hu: dict[str, float | None], *, said_from_hu: float, air_hu: float | None
) -> tuple[Caution, ...]:
    """What to say of an offset of ``said_from_hu`` or more, and of air that is not where air is."""
    found = []
    if offset is None:
        words = "White and gray matter could not be told apart, so a wrong HU offset would go unnoticed."
        found.append(Caution(code="offset_unknown", words=words))
    elif abs(offset.hu) >= said_from_hu:
        found.append(Caution(code="hu_offset", words=_offset_words(offset, tissue_hu, air_hu)))
    if air_hu is not None and abs(air_hu - AIR_HU) >= _AIR_OFF_HU:
        words = (
            f"Air reads {air_hu:.0f} HU and should read {AIR_HU:.0f}: the scale or its zero is off, "
            "and every attenuation with it."
        )
        found.append(Caution(code="air_hu", words=words))
    return tuple(found)


def value_cautions(values: Values) -> tuple[Caution, ...]:
    """What to say of values cut off at the top or rounded to coarse steps."""
    found = []
    if values.top_hu < _CLIPPED_UNDER_HU and values.share_at_top >= _CLIPPED_SHARE:
        words = (
            f"Values end at {values.top_hu:.0f} HU, where {values.share_at_top:.1%} of bone lies: they were "
            "cut off, so peaks and mass of dense deposits come out too low."
        )
        found.append(Caution(code="clipped_hu", words=words))
    if values.step_hu >= _SAID_STEP_HU:
        words = (
            f"Attenuation comes in steps of {values.step_hu:.1f} HU; faint deposits and peaks are as unsure."
        )
        found.append(Caution(code="coarse_steps", words=words))
    return tuple(found)


def _offset_words(offset: Offset, tissue_hu: dict[str, float | None], air_hu: float | None) -> str:
    names = ("white_matter", "gray_matter", "csf")
    said = [f"{n.replace('_', ' ')} {tissue_hu[n]:.0f}" for n in names if tissue_hu.get(n) is not None]
    if air_hu is not None:
        said.append(f"air {air_hu:.0f}")
    way = _way(offset.hu)
    cause = "swelling" if offset.hu < 0 else "contrast medium"
    return (
        f"Attenuation is about {abs(offset.hu):.0f} ± {offset.pm_hu:.0f} HU too {way} ({', '.join(said)} "
        f"HU): calibration or tube voltage may be off, or {cause} changed the brain. Absolute HU, peaks and "
        f"Agatston-like scores are too {way} by as much; volume and excess are measured against the tissue "
        "around and hardly change."
    )


def _way(hu: float) -> str:
    return "low" if hu < 0 else "high"


def _same_as_neighbours(tissue: Labels) -> Mask:
    same = np.ones(tissue.shape, bool)
    for axis in range(3):
        along = np.moveaxis(tissue, axis, 0)
        equal = np.moveaxis(same, axis, 0)
        agree = along[1:] == along[:-1]
        equal[1:] &= agree
        equal[:-1] &= agree
    return same


def _step(brain: Image) -> float:
    """The usual distance between one value that occurs and the next, HU; 0 where hardly any occur."""
    levels = np.unique(brain)
    return float(np.median(np.diff(levels))) if levels.size > 2 else 0.0


def _air(seen: Image) -> float | None:
    """The commonest value of air, HU; the lowest value of all is left out, as it is padding or a cut."""
    air = seen[(seen < -800) & (seen > max(float(seen.min()), -1200.0))]
    if air.size < 1000:
        return None
    counts = np.bincount(((air.astype(np.float32) + 1200) / 4).astype(np.int64), minlength=101)
    smooth = np.convolve(counts, np.ones(5), "same")
    return float(4 * int(smooth.argmax()) + 2 - 1200)
