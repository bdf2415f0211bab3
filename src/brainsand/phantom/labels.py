"""Which number is which tissue? The label numbers of a virtual head.

Numbers below 500 are FreeSurfer's (``FreeSurferColorLUT.txt``: left structures 2-31, right ones 41-63); the
choroid plexus of the SynthSeg training maps is 136, 137 (left) and 163, 164 (right) beside FreeSurfer's own
31 and 63. Numbers from 500 on are the extracerebral labels of the same maps: 502 vessel, 506 eye, 507 soft
tissue, 508 eye muscle, 509 mucosa, 511 skin, 512 spinal cord, 514 venous sinus, 515 cortical bone, 516 bone
marrow, 530 optic nerve.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEFT: Final[dict[str, tuple[int, ...]]] = {
    "white_matter": (2,),
    "cortex": (3,),
    "ventricle": (4, 5),
    "lateral_ventricle": (4,),
    "cerebellar_white_matter": (7,),
    "cerebellar_cortex": (8,),
    "thalamus": (10,),
    "caudate": (11,),
    "putamen": (12,),
    "globus_pallidus": (13,),
    "hippocampus": (17,),
    "amygdala": (18,),
    "accumbens": (26,),
    "ventral_dc": (28,),
    "choroid_plexus": (31, 136, 137),
    "glomus": (31, 136),
    "lesion": (25,),
}
"""Left structures by name, in the numbers of the maps."""

_RIGHT_OF: Final[dict[int, int]] = {
    2: 41,
    3: 42,
    4: 43,
    5: 44,
    7: 46,
    8: 47,
    10: 49,
    11: 50,
    12: 51,
    13: 52,
    17: 53,
    18: 54,
    25: 57,
    26: 58,
    28: 60,
    30: 62,
    31: 63,
    136: 163,
    137: 164,
}

THIRD_VENTRICLE: Final = 14
FOURTH_VENTRICLE: Final = 15
BRAINSTEM: Final = 16
CSF: Final = 24
CHIASM: Final = 85
VESSEL: Final = 502
EYE: Final = 506
SOFT_TISSUE: Final = 507
SKIN: Final = 511
VENOUS_SINUS: Final = 514
BONE: Final = 515
MARROW: Final = 516

CEREBRUM: Final = (2, 3, 41, 42)
CEREBELLUM: Final = (7, 8, 46, 47)


def numbers(structure: str, side: str) -> tuple[int, ...]:
    """The label numbers of a structure on one side, or on both.

    Parameters
    ----------
    structure : str
        A key of ``LEFT``.
    side : str
        ``"left"``, ``"right"`` or ``"both"``.

    Examples
    --------
    >>> numbers("putamen", "left"), numbers("putamen", "right"), numbers("ventricle", "both")
    ((12,), (51,), (4, 5, 43, 44))
    """
    left = LEFT[structure]
    right = tuple(_RIGHT_OF[n] for n in left)
    return {"left": left, "right": right, "both": left + right}[side]


def mirrored(labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The same array with left and right numbers exchanged (the voxels stay where they are).

    >>> mirrored(np.array([13, 52, 24], np.uint16)).tolist()
    [52, 13, 24]
    """
    swap = np.arange(max(1024, int(labels.max(initial=0)) + 1), dtype=np.uint16)
    for left, right in _RIGHT_OF.items():
        swap[left], swap[right] = right, left
    return swap[labels]


def from_bytes(packed: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Label numbers from eight bits: up to 199 they stand for themselves, from 200 on for 300 more.

    >>> from_bytes(np.array([13, 163, 202, 215], np.uint8)).tolist()
    [13, 163, 502, 515]
    """
    wide = packed.astype(np.uint16)
    return np.where(wide >= 200, wide + 300, wide).astype(np.uint16)


def to_bytes(labels: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The inverse of :func:`from_bytes`, for an atlas that keeps eight bits a voxel.

    Refuses (``ValueError``) numbers that have no place: 200 to 499, and 556 or more.

    >>> to_bytes(np.array([13, 163, 502, 515], np.uint16)).tolist()
    [13, 163, 202, 215]
    """
    strange = (labels >= 200) & ((labels < 500) | (labels > 555))
    if strange.any():
        raise ValueError(f"labels {np.unique(labels[strange])[:8].tolist()} do not fit: 0-199 and 500-555 do")
    return np.where(labels >= 500, labels - 300, labels).astype(np.uint8)
