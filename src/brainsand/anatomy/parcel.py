"""Which structure is each voxel? A small convolutional network, trained on virtual CTs of real anatomy.

The head comes in on the atlas's lattice, so the network sees every head in the same place, size and
direction, and a little of it is enough: a U-Net of half a million weights. It was trained on virtual scans of
nine label maps (``docs/methods/anatomy.md``): deformed, with varied attenuation, noise, slice thickness,
cupping, infarcts and calcium, so that none of these makes it lose a structure.

Sides are merged (the network cannot tell left from right, and need not: the midline does).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Single = NDArray[np.float32]

BOX: Final = (slice(10, 90), slice(8, 112), slice(3, 91))
"""The part of the atlas's lattice that holds the brain; the network was trained on this."""


CLASSES: Final = (
    "out",
    "csf",
    "wm",
    "cortex",
    "lv",
    "cbwm",
    "cbcx",
    "thal",
    "caud",
    "put",
    "pal",
    "v3",
    "v4",
    "bs",
    "hip",
    "amy",
    "vdc",
    "sinus",
    "chor",
    "acc",
)
"""What the network tells apart, in its order: outside, CSF, white matter, cortex, lateral ventricle, cerebellar
white matter and cortex, thalamus, caudate, putamen, pallidum, third and fourth ventricle,
brainstem, hippocampus, amygdala, ventral diencephalon, venous sinus, choroid plexus, accumbens."""


BRIGHT_HU: Final = 40.0
"""So much above the middle of the brain, tissue is no longer ordinary."""
FILL_CELLS: Final = 2.0


def probabilities(hu: Single, network: Any, *, box: tuple[slice, slice, slice]) -> NDArray[np.uint8]:
    """Probability of each class, 0 to 255, within the box.

    Parameters
    ----------
    hu : float32 array
        The scan on the atlas's lattice, -1024 where there is none.
    network : callable
        Takes float32 (1, 5, s, r, c) and gives float32 (1, classes, s, r, c) logits.
    box : three slices
        The part of the lattice the network was trained on.
    """
    logits = network(network_input(hu[box]))[0]
    logits -= logits.max(axis=0)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=0)
    return np.asarray(logits * 255 + 0.5).astype(np.uint8)


def without_calcium(hu: Single, inside: NDArray[np.bool_]) -> Single:
    """The head with everything bright inside it replaced by the mean of the ordinary tissue round it.

    A structure full of calcium is still that structure: what is dense must not make the network take a
    pallidum for a sinus. Bone outside the intracranial space stays.

    Parameters
    ----------
    hu : float32 array
        The scan on the atlas's lattice.
    inside : bool array, same shape
        The intracranial space.
    """
    bright = inside & (hu > middle_hu(hu[BOX]) + BRIGHT_HU)
    bright = ndimage.binary_dilation(bright, iterations=1) & inside
    ordinary = (inside & ~bright).astype(np.float32)
    weight = ndimage.gaussian_filter(ordinary, FILL_CELLS, truncate=3)
    mean = ndimage.gaussian_filter(
        np.where(inside & ~bright, hu, 0).astype(np.float32), FILL_CELLS, truncate=3
    )
    out = hu.copy()
    known = bright & (weight > 0.005)
    out[known] = mean[known] / weight[known]
    return out


def network_input(hu: Single) -> Single:
    """The five channels (1, 5, s, r, c): soft tissue, bone, and the place in the head.

    Attenuation is read against the median of the middle of the brain, so a scan whose whole scale is off by
    ten Hounsfield units is parcelled like any other.
    """
    away = hu - middle_hu(hu)
    soft = np.clip(away / 15, -3, 3)
    bone = np.clip((away - 40) / 150, 0, 4)
    s, r, c = (np.linspace(-1, 1, n, dtype=np.float32) for n in hu.shape)
    place = np.broadcast_arrays(s[:, None, None], r[None, :, None], np.abs(c)[None, None, :])
    return np.stack([soft, bone, *place]).astype(np.float32)[None]


def middle_hu(hu: Single) -> float:
    """Median of what is between 0 and 70 HU in the middle of the box; 32 where there is nothing."""
    a, b, c = (slice(int(n * lo), int(n * hi)) for n, (lo, hi) in zip(hu.shape, _MIDDLE, strict=True))
    core = hu[a, b, c]
    core = core[(core > 0) & (core < 70)]
    return float(np.median(core)) if core.size else 32.0


_MIDDLE = ((0.25, 0.8126), (0.1443, 0.8174), (0.2046, 0.7955))
