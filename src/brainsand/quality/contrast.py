"""Was contrast medium given? What the header says and what the venous sinuses show, held together.

Blood without contrast reads 25 to 68 HU in the sinuses (122 patients 24.7 to 53.7, doi
10.3349/ymj.2013.54.1.28; 244 patients 31 to 68, doi 10.1055/s-0043-1761184), thrombosed ones 60 to 92 (the
latter, 33 patients). So above 90 HU contrast is suspected, and from 120 HU, which no clot reaches, it is
taken as present. The scan's own offset is taken off first. The course of the basal arteries is a second
witness, for an arterial phase that has not reached the veins.

Maps of vessels are wider than vessels, and beside bone everything is bright. So of a map's voxels only those
6 mm and more from bone count, and their upper quartile is taken for blood: 38 to 71 HU in three real scans
and 31 to 59 in eleven virtual ones without contrast (blood of 53), 120 in a virtual one with blood of 180.

It misleads where clot or calcium fills the straight sinus, or the map lies elsewhere than the sinus.
Enhancement of choroid plexus and cortex is not asked: calcium and noise look the same there.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.model.caution import Caution

Mask = NDArray[np.bool_]
Image = NDArray[Any]

PRESENT_FROM_HU: Final = 120.0
_SURELY_PLAIN_HU: Final = 75.0
_BONE_HU: Final = 400.0
_AWAY_MM: Final = 6.0
_FEWEST_VOXELS: Final = 50
_QUARTILE: Final = 75.0


def blood_hu(hu: Image, vessels: Mask, *, step_mm: float) -> float | None:
    """What blood reads, HU: the upper quartile of a map's voxels far from bone; None of fewer than 50.

    Parameters
    ----------
    hu, vessels : arrays (slice, row, column)
        Attenuation, and where the atlas expects the vessels, on one lattice of ``step_mm``. The map must not
        be cut down to the intracranial space: enhanced sinuses are easily taken for bone.

    Examples
    --------
    >>> hu = np.full((5, 5, 5), 50)
    >>> blood_hu(hu, np.ones(hu.shape, bool), step_mm=2.0)
    50.0
    """
    bone = ndimage.binary_dilation(hu > _BONE_HU, iterations=max(1, round(_AWAY_MM / step_mm)))
    values = hu[vessels & ~bone]
    values = values[values > -50]
    return float(np.percentile(values, _QUARTILE)) if values.size >= _FEWEST_VOXELS else None


def contrast_of(
    tag: bool | None, *, sinus_hu: float | None, arteries_hu: float | None = None, suspected_from_hu: float
) -> tuple[str, tuple[Caution, ...]]:
    """``none``, ``suspected``, ``present`` or ``unknown``, and what there is to say of it.

    Parameters
    ----------
    tag : bool or None
        What the header says: given, not given, silent.
    sinus_hu, arteries_hu : float or None
        Blood in the venous sinuses and the basal arteries (:func:`blood_hu`), the scan's offset taken off.
    suspected_from_hu : float
        From here on blood is brighter than any clot.

    Examples
    --------
    >>> contrast_of(None, sinus_hu=55.0, suspected_from_hu=90.0)
    ('none', ())
    >>> contrast_of(False, sinus_hu=150.0, suspected_from_hu=90.0)[0]
    'suspected'
    """
    seen = [h for h in (sinus_hu, arteries_hu) if h is not None]
    brightest = max(seen) if seen else None
    bright = brightest is not None and brightest >= suspected_from_hu
    if tag is True:
        plain = brightest is not None and brightest < _SURELY_PLAIN_HU
        return ("suspected", (_conflict(tag, brightest),)) if plain else ("present", ())
    if not bright:
        return ("none" if tag is False or seen else "unknown", () if seen or tag is False else (_UNSEEN,))
    if tag is False:
        return "suspected", (_conflict(tag, brightest),)
    word = "present" if brightest is not None and brightest >= PRESENT_FROM_HU else "suspected"
    return word, (_bright(brightest, suspected_from_hu),)


def _conflict(tag: bool, hu: float | None) -> Caution:
    said = "was given" if tag else "was not given"
    read = "plain" if tag else "bright"
    words = (
        f"The header says contrast {said}, but the vessels read {hu:.0f} HU and look {read}: header and "
        "image disagree. Bright vessels, sinuses and choroid plexus can hide or imitate calcium."
    )
    return Caution(code="contrast_conflict", words=words)


def _bright(hu: float | None, limit_hu: float) -> Caution:
    words = (
        f"The header is silent on contrast, but the vessels read {hu:.0f} HU (without contrast under "
        f"{limit_hu:.0f}): bright vessels, sinuses and choroid plexus can hide or imitate calcium."
    )
    return Caution(code="contrast_seen", words=words)


_UNSEEN: Final = Caution(
    code="contrast_unknown",
    words="Neither the header nor the vessels, which could not be made out, say whether contrast was given.",
)
