"""Was contrast medium given? What the header says and what the venous sinuses show, held together.

Blood without contrast reads 25 to 68 HU in the sinuses (122 patients 24.7 to 53.7, doi
10.3349/ymj.2013.54.1.28; 244 patients 31 to 68, doi 10.1055/s-0043-1761184), thrombosed ones 60 to 92 (the
latter, 33 patients). So above 90 HU contrast is suspected, and from 120 HU, which no clot reaches, it is
taken as present. The scan's own offset is taken off first. The course of the basal arteries is a second
witness, for an arterial phase that has not reached the veins.

It misleads where the sinuses' map lies on bone (too high) or the sinuses are calcified. Enhancement of
choroid plexus and cortex is not asked: calcium and noise look the same there.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.caution import Caution

Mask = NDArray[np.bool_]
Image = NDArray[Any]

PRESENT_FROM_HU: Final = 120.0
_SURELY_PLAIN_HU: Final = 75.0
_FEWEST_VOXELS: Final = 50
_NOT_BONE_HU: Final = 600.0


def blood_hu(hu: Image, vessels: Mask) -> float | None:
    """Median attenuation of vessels, HU, bone (above 600) left out; None of fewer than 50 voxels."""
    values = hu[vessels]
    values = values[(values < _NOT_BONE_HU) & (values > -50)]
    return float(np.median(values)) if values.size >= _FEWEST_VOXELS else None


def contrast_of(
    tag: bool | None, *, sinus_hu: float | None, arteries_hu: float | None = None, suspected_from_hu: float
) -> tuple[str, tuple[Caution, ...]]:
    """``none``, ``suspected``, ``present`` or ``unknown``, and what there is to say of it.

    Parameters
    ----------
    tag : bool or None
        What the header says: given, not given, silent.
    sinus_hu, arteries_hu : float or None
        Median attenuation of the venous sinuses and of the basal arteries' course, the scan's offset taken
        off.
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
