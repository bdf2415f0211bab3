"""Lobes: cortex and white matter shared out by stated planes.

0 is none, else 1 + index in ``model.sites.LOBES``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from build_atlas.ground import Ground
from build_atlas.lattice import Places, Single

FRONTAL, PARIETAL, TEMPORAL, OCCIPITAL, INSULAR = 1, 2, 3, 4, 5


def lobes(ground: Ground) -> NDArray[np.uint8]:
    """The lobe of every voxel of the cerebral hemispheres; none in deep nuclei and ventricles.

    Planes in MNI mm (expert: drawn through landmarks that agree in Talairach and Tournoux 1988 and Mai,
    Majtanik and Paxinos 2016):

    - central sulcus: from (±8, -28, 75) at the vertex to (±60, -2, 12) above the Sylvian fissure;
    - Sylvian fissure: from (±35, 12, -12) backwards and upwards to (±58, -38, 20), and from its end down
      to the preoccipital notch;
    - parieto-occipital sulcus: from (0, -76, 40) down to (0, -58, 12); sideways to the preoccipital notch
      (±52, -62, -10);
    - island: 30 to 43 mm from the midline, y -26 to 24, z -14 to 18, under the opercula.
    """
    at = ground.at
    x = np.abs(at.x)
    lobe = np.where(_before_central(at, x) > 0, FRONTAL, PARIETAL)
    lobe = np.where(_under_sylvian(at, x), TEMPORAL, lobe)
    lobe = np.where(_behind_occipital(at, x) > 0, OCCIPITAL, lobe)
    lobe = np.where(_island(at, x), INSULAR, lobe)
    nuclei = ground.of("thal", "caud", "put", "pal", "lv", "v3", "vdc", "bs", "cbcx", "cbwm") > 0.5
    far = ground.distance_mm("cortex", "wm", "hip", "amy") > 4
    lobe[nuclei | far | (ground.inside() < 0.5)] = 0
    return lobe.astype(np.uint8)


def _before_central(at: Places, x: Single) -> Single:
    """Millimetres in front of the plane of the central sulcus."""
    line = -28 + 26 * (x - 8) / 52 - 0.12 * (at.z - 75 + 63 * (x - 8) / 52)
    return at.y - line


def _under_sylvian(at: Places, x: Single) -> NDArray[np.bool_]:
    height = np.minimum(-12 + (12 - at.y) * 0.64, 20 + 1.25 * (at.y + 38))
    lateral = (x > 26) & (at.z < height) & (at.y < 24)
    basal = (at.z < -8) & (at.y < 8) & (x > 14)
    inner = (at.z < 2) & (at.y < -4) & (x > 14)
    return lateral | basal | inner


def _behind_occipital(at: Places, x: Single) -> Single:
    """Millimetres behind the plane of the parieto-occipital sulcus and the preoccipital notch."""
    line = -58 - 18 * (at.z - 12) / 28 * (at.z > 12) - 6 * x / 52
    return line - at.y


def _island(at: Places, x: Single) -> NDArray[np.bool_]:
    floor = -14 + 0.25 * (14 - at.y)
    return (x > 30) & (x < 43) & (at.y > -26) & (at.y < 24) & (at.z > floor) & (at.z < 18)
