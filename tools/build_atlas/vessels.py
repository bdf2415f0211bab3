"""Courses of the large arteries, and the venous sinuses by name."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from build_atlas.ground import Ground
from build_atlas.lattice import Single
from build_atlas.shapes import between, soft, tube


def carotid_siphon(ground: Ground) -> Single:
    """Cavernous and supraclinoid carotid beside the sella, drawn from the vessels of the label maps (502).

    From the petrous apex (z -44) through the cavernous sinus to the fork (±10, 2, -18); the stated course
    fills what the average thins out: (±10, -6, -42), (±12, 0, -36), (±12, 10, -32), (±10, 12, -27), (±9, 6,
    -24), (±11, 2, -18).
    """
    course = [(10.0, -6.0, -42.0), (12.0, 0.0, -36.0), (12.0, 10.0, -32.0)]
    course += [(10.0, 12.0, -27.0), (9.0, 6.0, -24.0), (11.0, 2.0, -18.0)]
    at = ground.at
    box = between(np.abs(at.x), 4, 19) * between(at.y, -10, 18) * between(at.z, -44, -16)
    return np.maximum(_likely(ground.traced["vessel"]) * box, 0.8 * tube(at, course, 3.0))


def vertebrobasilar(ground: Ground) -> Single:
    """Both vertebral arteries inside the dura and the basilar artery before the pons.

    Course: from the foramen magnum (±12, -41, -68) before the medulla, joining at the lower border of the
    pons (0, -26, -53), up in front of it to the fork (0, -13, -18). Read on the atlas, in the fluid before
    the brainstem, where the vessels of the label maps (502) have their faint crest.
    """
    vertebral = [(15.0, -47.0, -75.0), (11.0, -39.0, -66.0), (6.0, -31.0, -58.0), (0.0, -26.0, -53.0)]
    basilar = [(0.0, -26.0, -53.0), (0.0, -18.0, -46.0), (0.0, -14.0, -40.0), (0.0, -11.5, -32.0)]
    basilar += [(0.0, -11.0, -26.0), (0.0, -13.0, -18.0)]
    drawn = np.maximum(tube(ground.at, vertebral, 3.0), tube(ground.at, basilar, 3.0))
    return drawn * (1 - 0.6 * ground.of("bs", "cbcx"))


def middle_cerebral(ground: Ground) -> Single:
    """First part of the middle cerebral artery, from the carotid fork (±10, 2, -18) to the island (±32, 4,
    -16).
    """
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
    return _filled(ground) * soft(10 - np.abs(at.x)) * soft(at.z + 14) * (1 - _deep(ground))


def straight_sinus(ground: Ground) -> Single:
    """From the vein of Galen's mouth (0, -46, 12) down the tentorium to the torcula."""
    at = ground.at
    return _filled(ground) * _deep(ground) * soft(-42 - at.y) * soft(10 - np.abs(at.x))


def deep_veins(ground: Ground) -> Single:
    """Internal cerebral veins, vein of Galen, basal veins."""
    return _filled(ground) * _deep(ground) * soft(ground.at.y + 46)


def transverse_sigmoid_sinus(ground: Ground) -> Single:
    """Torcula, transverse and sigmoid sinuses to the jugular bulb."""
    at = ground.at
    side = soft(np.abs(at.x) - 10)
    return _filled(ground) * np.maximum(side, soft(-14 - at.z)) * soft(-18 - at.y) * (1 - _deep(ground))


def _filled(ground: Ground) -> Single:
    """Sinus as degree of belonging: surely, where half of the heads or more have it."""
    return np.clip(2 * ground.of("sinus"), 0, 1)


def _deep(ground: Ground) -> Single:
    """1 well inside the head, clear of the sinuses along the vault."""
    at = ground.at
    return between(at.y, -86, 0) * soft(30 - at.z) * soft(at.z + 20) * soft(24 - np.abs(at.x))
