"""Where does the border between two tissues run? Read from the scan at 1 mm, within what the network says.

The network says where a structure lies to about its lattice's 2 mm; where exactly its border runs is in the
attenuation: each share is weighed by how well the attenuation there fits the class's tissue (Bayes, with the
share as prior and normal noise). What a tissue reads is measured on this scan, slowly varying, for brain near
the skull reads higher than brain in the middle. Structures large enough to have a sure core are held against that
core's own median: a thalamus, half white matter, reads lower than the putamen beside it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.anatomy.carry import Box, Carrier, bounds
from brainsand.anatomy.parcel import CLASSES
from brainsand.model.anatomy import CSF, GRAY, SINUS, WHITE

Single = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Bool = NDArray[np.bool_]

BLUR_MM: Final = 0.6
SPREAD_HU: Final = 5.0
"""Spread of a tissue's attenuation after that blur: noise of some 3 HU and real variation."""
OWN_MEAN: Final = ("thal", "hip", "amy", "bs", "vdc", "cbwm", "cbcx")
"""Classes that mix gray and white matter. Caudate and pallidum are too thin for a core that blur does not reach."""
SURE: Final = 230
"""A place is sure from this share (of 255) on ..."""
LEAST_SURE: Final = 100
"""... and so many sure places make a median."""
MOST_AWAY_HU: Final = 6.0
"""Further from its tissue no structure reads by nature."""
LEVEL_BLUR_MM: Final = 9.0
"""Tissue level is a mean over this width: wide against a deposit, narrow against cupping under the skull."""
_TISSUE: Final = {
    CSF: ("csf", "lv", "v3", "v4", "chor"),
    WHITE: ("wm", "cbwm", "bs", "vdc"),
    GRAY: ("cortex", "cbcx", "thal", "caud", "put", "pal", "hip", "amy", "acc"),
    SINUS: ("sinus",),
}


def tissue_of(classes: Bytes) -> Bytes:
    """The tissue (``model.anatomy``) of each class; 0 outside."""
    table = np.zeros(len(CLASSES), np.uint8)
    for value, members in _TISSUE.items():
        table[[CLASSES.index(n) for n in members]] = value
    return np.asarray(table[classes])


def levels(hu: Single, shares: Bytes, spacing: tuple[float, float, float]) -> tuple[Single, dict[str, float]]:
    """Slow mean of brain tissue round each place (HU), and the median of each tissue.

    Parameters
    ----------
    hu : float32 array
        The scan on the network's box.
    shares : uint8 array (classes, ...)
        Of the network, 0 to 255.
    spacing : tuple of float
        Size of a cell, mm.
    """
    found = {}
    share = {}
    for key, value in (("csf", CSF), ("white_matter", WHITE), ("gray_matter", GRAY)):
        share[key] = shares[[CLASSES.index(n) for n in _TISSUE[value]]].sum(axis=0, dtype=np.uint16)
        sure = (share[key] > 0.9 * 255) & (hu > -40) & (hu < 90)
        if sure.sum() > 200:
            found[key] = float(np.median(hu[sure]))
    brain = (
        (share["white_matter"] + share["gray_matter"] > 0.8 * 255)
        & (hu > found.get("csf", 0.0))
        & (hu < found.get("gray_matter", 40.0) + 20)
    )
    blur = [LEVEL_BLUR_MM / s for s in spacing]
    weight = ndimage.gaussian_filter(brain.astype(np.float32), blur, truncate=2)
    total = ndimage.gaussian_filter(np.where(brain, hu, 0).astype(np.float32), blur, truncate=2)
    middle = np.float32(np.median(hu[brain])) if brain.any() else np.float32(32.0)
    return (total + 0.01 * middle) / (weight + np.float32(0.01)), found


def means(level_hu: Single, tissue_hu: dict[str, float]) -> dict[int, Single | float]:
    """What each tissue reads at each place: fluid the same everywhere, brain following its slow level."""
    white, gray = tissue_hu.get("white_matter", 28.0), tissue_hu.get("gray_matter", 37.0)
    half = np.float32(max(gray - white, 4.0) / 2)
    return {CSF: tissue_hu.get("csf", 6.0), WHITE: level_hu - half, GRAY: level_hu + half}


def most_probable(
    shares: Bytes,
    carry: Carrier,
    within: Bool,
    head_hu: NDArray[np.int16],
    means_hu: dict[int, Single | float],
) -> Bytes:
    """Index of the likeliest class at each place within (class 0, outside, never wins there).

    Calcium and blood fit no tissue and weigh nothing.

    Parameters
    ----------
    shares : uint8 array (classes, ...)
        Of the network, 0 to 255, on its box; ``carry`` takes them to the lattice of the other arrays.
    within : bool array
        The intracranial space.
    head_hu : int16 array
        The scan.
    means_hu : mapping
        Of :func:`means`.
    """
    brain = bounds(within)
    best = np.zeros(within.shape, np.uint8)
    if brain is None:
        return best
    smooth = ndimage.gaussian_filter(head_hu[brain].astype(np.float32), BLUR_MM, truncate=2)
    means_hu = {t: m if isinstance(m, float) else m[brain] for t, m in means_hu.items()}
    fits = tissue_fits(smooth, means_hu)
    tissue = {name: tissue for tissue, names in _TISSUE.items() for name in names}
    largest = np.zeros(within.shape, np.float32)
    for k, share in enumerate(shares[1:], start=1):
        box, values = carry.part(share)
        here, there, cut = overlap(box, brain)
        kind = tissue[CLASSES[k]]
        if CLASSES[k] in OWN_MEAN:
            fit: Single | np.float32 = own_fit(values[cut], smooth[there], kind, _part(means_hu, there))
        else:
            fit = fits[kind][there] if kind in fits else np.float32(0.5)
        likely = values[cut] * fit
        more = likely > largest[here]
        best[here][more] = k
        largest[here][more] = likely[more]
    best[(best == 0) & within] = 1
    best[~within] = 0
    return best


def own_fit(share: Bytes, smooth: Single, tissue: int, means_hu: dict[int, Single | float]) -> Single:
    """How well the attenuation fits a structure, whose own mean is read where it surely lies; 0 to 1."""
    sure = (share >= SURE) & (smooth < _ordinary_below(means_hu))
    away = np.float32(0)
    if np.count_nonzero(sure) >= LEAST_SURE:
        mean = means_hu[tissue]
        away = np.median((smooth - mean)[sure]).clip(-MOST_AWAY_HU, MOST_AWAY_HU)
    return tissue_fits(smooth - np.float32(away), {tissue: means_hu[tissue], GRAY: means_hu[GRAY]})[tissue]


def _part(means_hu: dict[int, Single | float], there: Box) -> dict[int, Single | float]:
    return {tissue: mean if isinstance(mean, float) else mean[there] for tissue, mean in means_hu.items()}


def _ordinary_below(means_hu: dict[int, Single | float]) -> Single | np.float32:
    return np.asarray(means_hu[GRAY] + np.float32(3 * SPREAD_HU))


def tissue_fits(smooth: Single, means_hu: dict[int, Single | float]) -> dict[int, Single]:
    """How well the attenuation fits each tissue, 0 to 1; all the same where it fits none.

    >>> fits = tissue_fits(np.array([[[28.0, 400.0]]], np.float32), {CSF: 6.0, WHITE: 28.0, GRAY: 37.0})
    >>> [round(float(fits[tissue][0, 0, 0]), 2) for tissue in (CSF, WHITE, GRAY)]
    [0.0, 1.0, 0.2]
    >>> [round(float(fits[tissue][0, 0, 1]), 2) for tissue in (CSF, WHITE, GRAY)]
    [1.0, 1.0, 1.0]
    """
    ordinary = smooth < _ordinary_below(means_hu)
    scale = np.float32(-0.5 / SPREAD_HU**2)
    return {
        tissue: np.where(ordinary, np.exp(scale * np.square(smooth - mean)) + np.float32(1e-3), np.float32(1))
        for tissue, mean in means_hu.items()
    }


def overlap(box: Box, frame: Box) -> tuple[Box, Box, Box]:
    """What a box shares with a frame: in the whole, counted from the frame, counted from the box.

    >>> one = slice(0, 1)
    >>> [spans[2] for spans in overlap((one, one, slice(2, 7)), (one, one, slice(4, 9)))]
    [slice(4, 7, None), slice(0, 3, None), slice(2, 5, None)]
    """
    spans = [
        (max(a.start, f.start), max(min(a.stop, f.stop), max(a.start, f.start)))
        for a, f in zip(box, frame, strict=True)
    ]
    here = [slice(a, b) for a, b in spans]
    there = [slice(a - f.start, b - f.start) for (a, b), f in zip(spans, frame, strict=True)]
    cut = [slice(a - o.start, b - o.start) for (a, b), o in zip(spans, box, strict=True)]
    return (here[0], here[1], here[2]), (there[0], there[1], there[2]), (cut[0], cut[1], cut[2])
