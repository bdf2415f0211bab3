"""The numbers of the label maps, what they are called here, and what they weigh on CT."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.orientations import (
    apply_orientation,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)
from numpy.typing import NDArray

AVERAGED = (1, 3, 4, 5, 6, 8, 9, 10, 12)
"""Heads the atlas is made of."""
HELD_OUT = (2, 7, 11)
"""Heads never used here, so that placing can be judged on heads the atlas has not seen."""

SOFT, SINUS, BONE, EYE, AIR = 600, 514, 515, 506, 0
BRAIN_PAIRS = (
    (2, 41),
    (3, 42),
    (4, 43),
    (5, 44),
    (7, 46),
    (8, 47),
    (10, 49),
    (11, 50),
    (12, 51),
    (13, 52),
    (17, 53),
    (18, 54),
    (26, 58),
    (28, 60),
)
NUMBERS = (
    0, 2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 26, 28,
    41, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 54, 58, 60, SINUS, BONE, EYE, SOFT,
)  # fmt: skip
"""FreeSurfer's numbers for the brain; 514 venous sinus, 515 bone, 506 eye, 600 other soft tissue."""

GATHERED = {
    BONE: (516,),
    2: (136, 25, 30, 163),
    41: (137, 57, 62, 164),
    28: (85,),
    4: (72,),
}
"""Small labels counted to a larger one: white matter lesions and perivascular spaces (25, 57, 30, 62),
choroid plexus and hippocampal fissure (136, 137, 163, 164; the sides even out as the average is made
symmetric), optic chiasm (85), fifth ventricle (72)."""

CLASSES: dict[str, tuple[int, ...]] = {
    "out": (AIR, BONE, EYE, SOFT),
    "csf": (24,),
    "wm": (2, 41),
    "cortex": (3, 42),
    "lv": (4, 43, 5, 44),
    "cbwm": (7, 46),
    "cbcx": (8, 47),
    "thal": (10, 49),
    "caud": (11, 50, 26, 58),
    "put": (12, 51),
    "pal": (13, 52),
    "v3": (14,),
    "v4": (15,),
    "bs": (16,),
    "hip": (17, 53),
    "amy": (18, 54),
    "vdc": (28, 60),
    "sinus": (SINUS,),
}
"""The parcellation's classes, sides merged, in the parcellation network's order."""

TRACED = {
    "choroid": (136, 163),
    "choroid_temporal": (137, 164),
    "vessel": (502,),
    "optic": (530, 85),
}
"""Small labels followed on their own beside the average, because zones are drawn from them. 136 and 163 hold
the choroid plexus of the lateral ventricle (their neighbours are ventricle, thalamus and fimbria) and, in
the midline in front, the septum pellucidum; 137 and 164 that of the temporal horn."""

_CSF_HU, _GREY_HU, _WHITE_HU = 6, 37, 28
_HU = {AIR: -1000, BONE: 900, SINUS: 55, EYE: 10, SOFT: 30, 16: 31, 28: 31, 60: 31}


def attenuation_hu(number: int) -> int:
    """What a tissue typically weighs on an unenhanced CT at 120 kVp, in HU.

    Grey matter 37, white matter 28 and CSF 6 are in the middle of the ranges textbooks give (37 to 41, 20 to
    30, 0 to 15); brainstem and ventral diencephalon mix grey and white; 55 is flowing venous blood.
    """
    if number in _HU:
        return _HU[number]
    if number in (24, 4, 43, 5, 44, 14, 15):
        return _CSF_HU
    return _WHITE_HU if number in (2, 41, 7, 46) else _GREY_HU


def load_head(folder: Path, head: int) -> tuple[NDArray[np.uint16], NDArray[np.float64]]:
    """One label map in the house's axes, and its affine from (slice, row, column, 1) to LPS mm."""
    image = nib.load(folder / f"head_{head:02d}.nii.gz")
    return turned(np.asarray(image.dataobj).astype(np.uint16), image.affine)


def turned(array: NDArray, affine_ras: NDArray[np.float64]) -> tuple[NDArray, NDArray[np.float64]]:
    """An array of any axes turned to (up, back, left), with its affine to LPS mm."""
    turn = ornt_transform(io_orientation(affine_ras), axcodes2ornt(("S", "P", "L")))
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine_ras @ inv_ornt_aff(turn, array.shape)
    return apply_orientation(array, turn), affine


def compact(labels: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Label numbers as positions in ``NUMBERS``; what has no place of its own is soft tissue."""
    place = np.full(int(labels.max()) + 1, NUMBERS.index(SOFT), np.uint8)
    for position, number in enumerate(NUMBERS):
        for member in (number, *GATHERED.get(number, ())):
            if member < len(place):
                place[member] = position
    return place[labels]


def sides_swapped() -> NDArray[np.intp]:
    """For each position in ``NUMBERS``, the position of its fellow on the other side."""
    swap = np.arange(len(NUMBERS))
    for left, right in BRAIN_PAIRS:
        a, b = NUMBERS.index(left), NUMBERS.index(right)
        swap[a], swap[b] = b, a
    return swap
