"""What the zones are drawn on: tissue probabilities, coordinates, distances. Everything symmetric."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from build_atlas.labels import BONE, CLASSES, NUMBERS, attenuation_hu
from build_atlas.lattice import VOXEL_MM, Places, Single
from numpy.typing import NDArray
from scipy import ndimage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """The averaged heads, ready to draw on.

    Parameters
    ----------
    average : float32 array (37, ...)
        Mean probability of each of ``labels.NUMBERS``.
    traced : dict of float32 arrays
        Mean probability of each of ``labels.TRACED``.
    at : Places
        The lattice's own MNI coordinates: for what is drawn beside the atlas's own bone and fissures.
    mni : Places
        Coordinates in the MNI152 template, each voxel carried there by a deformable fit: for what the
        literature gives in MNI coordinates inside the brain.
    """

    average: Single
    traced: dict[str, Single]
    at: Places
    mni: Places
    _distances: dict[str, Single] = field(default_factory=dict)

    def of(self, *names: str) -> Single:
        """Probability of one or several classes together."""
        numbers = [n for name in names for n in CLASSES[name]]
        return np.asarray(self.average[[NUMBERS.index(n) for n in numbers]].sum(0), np.float32)

    def bone(self) -> Single:
        return self.average[NUMBERS.index(BONE)]

    def inside(self) -> Single:
        """Probability of the intracranial space, venous sinuses included."""
        return np.asarray(1 - self.of("out"), np.float32)

    def distance_mm(self, *names: str) -> Single:
        """Distance to where these classes together are more likely than not, in mm of an average head."""
        key = "+".join(names)
        if key not in self._distances:
            self._distances[key] = distance_mm(self.of(*names) > 0.5)
        return self._distances[key]


def distance_mm(mask: NDArray[np.bool_]) -> Single:
    """Distance of every voxel to the nearest voxel of the mask, in mm of an average head; 0 within."""
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=VOXEL_MM), np.float32)


def template_hu(average: Single) -> NDArray[np.int16]:
    """The CT template: each tissue's attenuation weighed by its probability."""
    hu = np.array([attenuation_hu(n) for n in NUMBERS], np.float32)
    return np.tensordot(hu, average, 1).round().astype(np.int16)
