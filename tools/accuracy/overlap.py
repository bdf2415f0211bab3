"""How well do the structures lie? Dice of the sites found and the label map the scan was made from.

Dice = 2 |A and B| / (|A| + |B|), on the scan's own voxels, each voxel's truth being the label nearest its
centre (Dice, Ecology 1945;26:297-302, doi 10.2307/1932409).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.sites import site_index
from brainsand.phantom.labels import numbers, to_bytes

Counts = NDArray[np.int64]

STRUCTURES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "thalamus": (("thalamus",), ("thalamus",)),
    "putamen": (("putamen",), ("putamen",)),
    "caudate": (("caudate",), ("caudate",)),
    "pallidum": (("globus_pallidus",), ("globus_pallidus",)),
    "ventricle": (("ventricle", "choroid_plexus"), ("ventricle",)),
    "ventricle, body": (("ventricle", "choroid_plexus"), ("lateral_ventricle",)),
    "ventricle, choroid": (("ventricle", "choroid_plexus"), ("ventricle", "choroid_plexus")),
}
"""Sites found, and structures of the label map they are held against (``phantom.labels.LEFT``).

The lateral ventricle is sites ventricle and choroid plexus of a side, against labels 4, 5 / 43, 44 (with the
temporal horn), against 4 / 43 alone, and against all of these with the choroid plexus (31, 136, 137 / 63,
163, 164).
"""
_KINDS: Final = 256


def joint_counts(truth: NDArray[np.uint16], sites: NDArray[np.uint8]) -> Counts:
    """How many voxels carry each label (packed to eight bits) and each site number: (256, 256).

    >>> counts = joint_counts(np.array([[[12, 12, 13]]], np.uint16), np.array([[[4, 1, 1]]], np.uint8))
    >>> int(counts[12, 4]), int(counts[12, 1]), int(counts[13, 1])
    (1, 1, 1)
    """
    counts = np.zeros((_KINDS, _KINDS), np.int64)
    for plane, found in zip(truth, sites, strict=True):
        both = to_bytes(plane).astype(np.int32) * _KINDS + found
        counts += np.bincount(both.ravel(), minlength=_KINDS**2).reshape(_KINDS, _KINDS)
    return counts


def dice(counts: Counts) -> dict[tuple[str, str], float]:
    """Dice by structure and side; a structure that is neither in the map nor found is left out.

    One of two true voxels found, nothing false: 2 x 1 / (2 + 1).

    >>> counts = joint_counts(np.array([[[12, 12, 2]]], np.uint16), np.array([[[4, 0, 0]]], np.uint8))
    >>> dice(counts)
    {('putamen', 'left'): 0.6666666666666666}
    """
    scores = {}
    for name, (sites, structures) in STRUCTURES.items():
        for side in ("left", "right"):
            rows = [n for s in structures for n in numbers(s, side)]
            columns = [site_index(s, side) for s in sites]
            both = int(counts[np.ix_(rows, columns)].sum())
            either = int(counts[rows].sum() + counts[:, columns].sum())
            if either:
                scores[name, side] = 2 * both / either
    return scores
