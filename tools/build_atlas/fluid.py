"""Choroid plexus: where the ventricles hold it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from build_atlas.ground import Ground
from build_atlas.lattice import Single
from build_atlas.shapes import ball, soft, tube


def choroid_plexus(ground: Ground) -> Single:
    """All choroid plexus: both lateral, the third and the fourth ventricle."""
    parts = (lateral(ground), temporal(ground), third(ground), fourth(ground))
    return np.maximum.reduce(parts)


def lateral(ground: Ground) -> Single:
    """From the foramen of Monro over the floor of the body to the glomus in the atrium.

    Drawn from the label maps (136, 163), which in front also hold the septum pellucidum: taken off before the
    foramen of Monro (y 3) within 5 mm of the midline. The glomus is added at (±25, -42, 9): the bulk of the
    plexus, and of its calcium, lies in the atrium.
    """
    at = ground.at
    before = soft(4 - np.abs(at.x)) * soft(at.z - 4) * soft(at.y + 4)
    fornix = soft(3.5 - np.abs(at.x)) * soft(at.z - 13) * soft(at.y + 24)
    septum = np.maximum(before, fornix)
    traced = ground.traced["choroid"] * (1 - septum) * soft(4 - at.y)
    glomus = ball(at, (25, -42, 9), (5, 7, 7)) * np.clip(2 * ground.of("lv") + 3 * traced, 0, 1)
    return np.maximum(_widened(traced), glomus)


def temporal(ground: Ground) -> Single:
    """Along the choroid fissure of the temporal horn, drawn from the label maps (137, 164)."""
    return _widened(ground.traced["choroid_temporal"])


def third(ground: Ground) -> Single:
    """In the roof of the third ventricle, from the foramen of Monro to the suprapineal recess.

    Read on the template's T1 image: the roof under the fornix, (0, 1, 6), (0, -8, 13), (0, -16, 13),
    (0, -24, 7).
    """
    course = [(0.0, 1.0, 6.0), (0.0, -8.0, 13.0), (0.0, -16.0, 13.0), (0.0, -24.0, 7.0)]
    return 0.8 * tube(ground.at, course, 2.0)


def fourth(ground: Ground) -> Single:
    """In the lower roof of the fourth ventricle and out through the foramina of Luschka.

    Anatomy: beside the nodulus (0, -50, -42), through the lateral recesses (±12, -45, -43) into the
    cerebellopontine angle in front of the flocculus (±20, -40, -44), "Bochdalek's flower basket". Read on the
    template's T1 image.
    """
    course = [(0.0, -50.0, -42.0), (7.0, -48.0, -42.0), (13.0, -45.0, -43.0), (21.0, -40.0, -44.0)]
    fluid = np.clip(3 * ground.of("v4", "csf") + 0.6, 0, 1)
    return tube(ground.at, course, 2.5) * fluid


def _widened(traced: Single) -> Single:
    """A mean of traced labels as degree of belonging: as wide as the place where it may lie."""
    smooth = ndimage.gaussian_filter(traced, 0.7)
    return np.clip(smooth / 0.25, 0, 1)
