"""What the zones are drawn on: tissue probabilities, coordinates, distances. Everything symmetric."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from build_atlas.labels import AIR, BONE, CLASSES, NUMBERS, SOFT, attenuation_hu
from build_atlas.lattice import VOXEL_MM, Places, Single


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
        MNI coordinates of every voxel. The heads were laid on the template affinely and then averaged about
        their middle, so the literature's coordinates hold within about 2 mm: the ends of the callosum, the
        colliculi, the fastigium and the posterior commissure were compared on the template's T1 image.
    """

    average: Single
    traced: dict[str, Single]
    at: Places
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
    """The CT template: each tissue's attenuation weighed by its probability.

    Inside the head a share of air up to one in twenty is a hole in one of the label maps; it weighs as fluid.
    """
    air, csf = average[NUMBERS.index(AIR)], attenuation_hu(24)
    hu = np.tensordot(np.array([attenuation_hu(n) for n in NUMBERS], np.float32), average, 1)
    outside = average[[NUMBERS.index(n) for n in CLASSES["out"]]].sum(0)
    hole = (outside < 0.5) & (air < 0.05)
    return (hu + hole * air * (csf - attenuation_hu(AIR))).round().astype(np.int16)


def most_likely(average: Single) -> NDArray[np.uint8]:
    """The most probable number of each voxel, in eight bits: from 500 on less 300, 600 (soft tissue) as
    207.
    """
    best = np.array(NUMBERS)[np.argmax(average, axis=0)]
    best[best == SOFT] = 507
    return np.where(best >= 500, best - 300, best).astype(np.uint8)
