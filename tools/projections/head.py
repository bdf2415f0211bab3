"""Which head is scanned, and where may deposits lie in it? One slice of a label map, repeated along z.

Tissues have the attenuation that the image-domain scanner gives them (``phantom.tissue``), read as mixtures of
substances at 70 keV: up to 80 HU brain of more or less density, above it brain and cortical bone by volume
(1.92 g/cm3 of bone is pure cortical bone). Each slice runs on unchanged along z, so nothing of what is seen
comes from partial volume of the skull base across slices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.model.anatomy import CSF, GRAY, SINUS, WHITE
from brainsand.phantom import labels as lab
from brainsand.phantom.head import VirtualHead, head_from_atlas, head_from_labels
from brainsand.phantom.tissue import attenuation_hu
from brainsand.read.atlas import load_atlas
from projections.places import deep_places, petrous_places
from projections.substances import BONE_G_CM3, mass_attenuation

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

PIXEL_MM: Final = 0.5
SIZE: Final = 500
BORDER_MM: Final = 1.2
"""Where the inside as brainsand finds it begins: its skull ends where smoothed bone falls to 130 HU."""
_REFERENCE_KEV: Final = 70.0
_MIXED_FROM_HU: Final = 80.0
_PALLIDUM: Final = (13, 52)
_PETROUS_MM: Final = 45.0
_SEED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """One slice through a head on square pixels of :data:`PIXEL_MM`, its middle the isocentre.

    ``hu`` is what the image-domain scanner would show without blur; ``inside`` the space within the skull;
    ``places`` are points (x, y in mm) for balls of the radius they were chosen for.
    """

    name: str
    hu: Floats32
    inside: Mask
    to_bone_mm: Floats32
    tissue: NDArray[np.uint8]
    places: Mapping[str, tuple[float, float]]

    @property
    def clear(self) -> tuple[str, ...]:
        """Places at least 6 mm off bone."""
        return tuple(p for p in self.places if not p.startswith(("1 mm", "3 mm")))

    def densities(self) -> dict[str, Floats32]:
        """Partial density (g/cm3) of brain and of bone in each pixel."""
        return densities(self.hu)

    def sampled(self, points_mm: Floats) -> Mask:
        """Whether points (n, 2) lie inside the skull and :data:`BORDER_MM` off its bone (nearest pixel)."""
        return np.asarray((self.inside & (self.to_bone_mm > BORDER_MM))[_pixels(points_mm)])

    def tissue_at(self, points_mm: Floats) -> NDArray[np.uint8]:
        """Tissue (``model.anatomy``) at points (n, 2), nearest pixel."""
        return np.asarray(self.tissue[_pixels(points_mm)])


def densities(hu: Floats32) -> dict[str, Floats32]:
    """Partial density (g/cm3) of brain and of bone that attenuate as these HU do at 70 keV.

    Examples
    --------
    Air is nothing, and cortical bone of 1.92 g/cm3 holds no brain.

    >>> made = densities(np.array([-1000.0, 5000.0], np.float32))
    >>> made["brain"].tolist(), [round(float(b), 2) for b in made["bone"]]
    ([0.0, 0.0], [0.0, 1.92])
    """
    water, brain, bone = (float(mass_attenuation(s, _REFERENCE_KEV)) for s in ("water", "brain", "bone"))
    cortical_hu = 1000 * (bone * BONE_G_CM3 / water - 1)
    share = np.clip((hu - _MIXED_FROM_HU) / (cortical_hu - _MIXED_FROM_HU), 0, 1)
    soft = np.clip(1 + np.minimum(hu, _MIXED_FROM_HU) / 1000, 0, None) * water / brain
    return {"brain": (soft * (1 - share)).astype(np.float32), "bone": (share * BONE_G_CM3).astype(np.float32)}


def load_head(labels: Path | None) -> VirtualHead:
    """The head of a stored label map, or the atlas's own where no file is given."""
    if labels is None:
        return head_from_atlas(load_atlas(), rng=np.random.default_rng(_SEED), deform_mm=0.0)
    stored = nib.load(labels)
    return head_from_labels(stored.dataobj, stored.affine)


def levels_of(head: VirtualHead, *, radius_mm: float) -> tuple[Level, Level]:
    """The slice with most of the pallidum, and the one with most bone around the brainstem."""
    hu = attenuation_hu(head, rng=np.random.default_rng(_SEED))
    deep = int(np.isin(head.labels, _PALLIDUM).sum(axis=(1, 2)).argmax())
    petrous = _most_bone_about_brainstem(head)
    return (
        _level("deep", head, hu, deep, radius_mm=radius_mm),
        _level("petrous", head, hu, petrous, radius_mm=radius_mm),
    )


def _most_bone_about_brainstem(head: VirtualHead) -> int:
    """Bone within 45 mm of the brainstem's middle and not behind it, counted slice by slice."""
    _, row_mm, column_mm = head.grid.spacing_mm
    counts = np.zeros(len(head.labels))
    for k, plane in enumerate(head.labels):
        stem = np.argwhere(plane == lab.BRAINSTEM)
        if len(stem) * row_mm * column_mm < 300 or not np.isin(plane, lab.CEREBELLUM).any():
            continue
        bone = np.argwhere(plane == lab.BONE) - stem.mean(axis=0)
        away = np.hypot(bone[:, 0] * row_mm, bone[:, 1] * column_mm)
        counts[k] = ((away < _PETROUS_MM) & (bone[:, 0] * row_mm < 10)).sum()
    return int(counts.argmax())


def _level(name: str, head: VirtualHead, hu: Floats32, k: int, *, radius_mm: float) -> Level:
    _, row_mm, column_mm = head.grid.spacing_mm
    plane = head.labels[k]
    filled = np.argwhere(plane > 0)
    middle = (filled.min(axis=0) + filled.max(axis=0)) / 2
    factor = np.array([PIXEL_MM / row_mm, PIXEL_MM / column_mm])
    offset = middle - factor * (SIZE - 1) / 2
    moved = ndimage.affine_transform(hu[k], factor, offset, (SIZE, SIZE), order=1, cval=-1000.0)
    numbers = ndimage.affine_transform(plane, factor, offset, (SIZE, SIZE), order=0, cval=0)
    brain = (numbers > 0) & (numbers < 500) | np.isin(numbers, (lab.VENOUS_SINUS, lab.VESSEL))
    inside = ndimage.binary_fill_holes(brain)
    bone = np.isin(numbers, (lab.BONE, lab.MARROW))
    to_bone = ndimage.distance_transform_edt(~bone, sampling=PIXEL_MM).astype(np.float32)
    choose = deep_places if name == "deep" else petrous_places
    places = choose(numbers, inside, to_bone, radius_mm=radius_mm, pixel_mm=PIXEL_MM)
    return Level(
        name=name, hu=moved, inside=inside, to_bone_mm=to_bone, tissue=_tissue(numbers), places=places
    )


def _pixels(points_mm: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns nearest to points (n, 2)."""
    at = np.rint(points_mm / PIXEL_MM + (SIZE - 1) / 2).astype(np.int64).clip(0, SIZE - 1)
    return at[:, 1], at[:, 0]


def _tissue(numbers: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Label numbers as the tissues of ``model.anatomy``; what is none of them is 0."""
    tissue = np.where((numbers > 0) & (numbers < 500), GRAY, 0).astype(np.uint8)
    tissue[np.isin(numbers, (2, 41, 7, 46, lab.BRAINSTEM, 28, 60))] = WHITE
    tissue[np.isin(numbers, (4, 5, 43, 44, 14, 15, lab.CSF))] = CSF
    tissue[numbers == lab.VENOUS_SINUS] = SINUS
    return tissue
