"""Courses of the large arteries, and the venous sinuses by name."""

from __future__ import annotations

import numpy as np
from build_atlas.ground import Ground
from build_atlas.lattice import Single
from build_atlas.shapes import between, soft, tube
from scipy import ndimage


def carotid_siphon(ground: Ground) -> Single:
    """Cavernous and supraclinoid carotid beside the sella, drawn from the vessels of the label maps (502).

    From the petrous apex (z -44) through the cavernous sinus to the fork (±10, 2, -18); the stated course fills
    what the average thins out: (±10, -6, -42), (±12, 0, -36), (±12, 10, -32), (±10, 12, -27), (±9, 6, -24),
    (±11, 2, -18).
    """
    course = [(10.0, -6.0, -42.0), (12.0, 0.0, -36.0), (12.0, 10.0, -32.0)]
    course += [(10.0, 12.0, -27.0), (9.0, 6.0, -24.0), (11.0, 2.0, -18.0)]
    at = ground.at
    box = between(np.abs(at.x), 4, 19) * between(at.y, -10, 18) * between(at.z, -44, -16)
    return np.maximum(_likely(ground.traced["vessel"]) * box, 0.8 * tube(at, course, 3.0))


def vertebrobasilar(ground: Ground) -> Single:
    """Both vertebral arteries inside the dura and the basilar artery before the pons.

    Course: from the foramen magnum (±12, -38, -66) beside the medulla, joining at the lower border of the pons
    (0, -20, -50), up in front of it to the fork (0, -13, -20).
    """
    vertebral = [(14.0, -42.0, -72.0), (10.0, -32.0, -62.0), (0.0, -22.0, -50.0)]
    basilar = [(0.0, -22.0, -50.0), (0.0, -16.0, -36.0), (0.0, -13.0, -20.0)]
    drawn = np.maximum(tube(ground.at, vertebral, 3.0), tube(ground.at, basilar, 3.0))
    return drawn * (1 - ground.of("bs", "cbcx"))


def middle_cerebral(ground: Ground) -> Single:
    """First part of the middle cerebral artery, from the carotid fork (±10, 2, -18) to the island (±32, 4, -16)."""
    course = [(10.0, 2.0, -18.0), (20.0, 4.0, -16.0), (32.0, 4.0, -16.0)]
    return np.maximum(0.7 * tube(ground.at, course, 2.5), _likely(ground.traced["vessel"]) * _m1_box(ground))


def _m1_box(ground: Ground) -> Single:
    at = ground.at
    return between(np.abs(at.x), 12, 34) * between(at.y, -6, 14) * between(at.z, -21, -6)


def _likely(traced: Single) -> Single:
    return np.clip(ndimage.gaussian_filter(traced, 0.6) / 0.3, 0, 1)


def superior_sagittal_sinus(ground: Ground) -> Single:
    """Sinus of the midline from the forehead over the vertex to the torcula."""
    at = ground.at
    return ground.of("sinus") * soft(10 - np.abs(at.x)) * soft(at.z + 14) * (1 - _deep(ground))


def straight_sinus(ground: Ground) -> Single:
    """From the vein of Galen's mouth (0, -46, 12) down the tentorium to the torcula."""
    at = ground.at
    return ground.of("sinus") * _deep(ground) * soft(-42 - at.y) * soft(10 - np.abs(at.x))


def deep_veins(ground: Ground) -> Single:
    """Internal cerebral veins, vein of Galen, basal veins."""
    return ground.of("sinus") * _deep(ground) * soft(ground.at.y + 46)


def transverse_sigmoid_sinus(ground: Ground) -> Single:
    """Torcula, transverse and sigmoid sinuses to the jugular bulb."""
    at = ground.at
    side = soft(np.abs(at.x) - 10)
    return ground.of("sinus") * np.maximum(side, soft(-14 - at.z)) * soft(-18 - at.y) * (1 - _deep(ground))


def _deep(ground: Ground) -> Single:
    """1 well inside the head, in front of the vault: under a line that keeps clear of the sagittal sinus."""
    at = ground.at
    return soft(at.y + 86) * soft(30 - at.z) * soft(at.z + 20) * soft(24 - np.abs(at.x))
