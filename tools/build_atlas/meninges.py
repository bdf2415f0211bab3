"""Folds of dura, the dura along the skull, and the skull base that looks like calcium."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from build_atlas.ground import Ground, distance_mm
from build_atlas.labels import AIR, NUMBERS
from build_atlas.lattice import Single
from build_atlas.shapes import below, between, soft, tube, within_outline

SKULL_FLOOR = [(100, -4), (60, -10), (30, -14), (12, -18), (-8, -20), (-35, -23), (-60, -38), (-110, -42)]
"""(y, z) of a line in side view: bone under it is skull base, bone above it is vault. Read on the atlas."""


def falx(ground: Ground) -> Single:
    """A sheet 3 mm wide in the midsagittal plane between the hemispheres.

    Anatomy: from the crista galli (0, 60, -16) to the straight sinus; its free edge lies well above the genu
    and comes down on the splenium, so the callosum and what is under it are left free.
    """
    free = [
        (66, -22), (57, -16), (48, 8), (38, 26), (22, 38), (0, 42), (-20, 39), (-34, 31), (-46, 16), (-52,
        10), (-75, -10), (-95, -20), (-120, -20), (-120, 110), (100, 110), (100, -22),
    ]  # fmt: skip
    sheet = np.exp(-0.5 * (ground.at.x / 1.6) ** 2)
    return sheet * within_outline(ground.at, free) * ground.inside()


def tentorium(ground: Ground) -> Single:
    """The sheet between cerebellum and cerebrum, its free edge, and the petroclinoid ligament.

    Anatomy: attached along transverse sinus and petrous ridge; the free edge sweeps from the straight sinus
    (0, -48, 10) round the midbrain (±15, -28, -16) to the petrous apex (±14, -10, -28) and on to the clinoids
    (±9, 2, -25). The sheet is where cerebellum and cerebrum are equally near in the atlas.
    """
    under = ground.distance_mm("cbcx", "cbwm")
    over = ground.distance_mm("cortex", "wm", "hip")
    middle = np.exp(-0.5 * ((under - over) / 2.2) ** 2) * soft(7 - under) * soft(7 - over)
    edge = [(0.0, -48.0, 10.0), (4.0, -45.0, 4.0), (12.0, -37.0, -8.0), (15.0, -28.0, -16.0)]
    edge += [(16.0, -19.0, -23.0), (14.0, -10.0, -28.0), (9.0, 2.0, -25.0)]
    return np.maximum(middle * ground.inside(), 0.8 * tube(ground.at, edge, 2.0))


def dura(ground: Ground) -> Single:
    """The inner 3 mm along the skull: dura over convexity and base, walls of the sinuses included."""
    outside = ground.of("out")
    depth = distance_mm(outside > 0.5)
    return np.exp(-0.5 * (np.maximum(depth - 1, 0) / 1.3) ** 2) * np.clip(2 * ground.inside(), 0, 1)


def skull_base_hazard(ground: Ground) -> Single:
    """Where bone's partial volume and beam hardening look like calcium: falling from 1 at the bones of the
    base to
    0 at 6 mm from them.

    Petrous ridges, clinoids, dorsum sellae, orbital roofs, crista galli, jugular tubercles: all bone under
    ``SKULL_FLOOR`` on its inner side. The belt between the petrous bones, where beam hardening crosses the
    pons, is left to the scan itself.
    """
    bone, inside = ground.bone(), ground.inside()
    base = ndimage.gaussian_filter((below(ground.at, SKULL_FLOOR) > 0).astype(np.float32), 1.5)
    near_bone = np.clip(1 - distance_mm((bone > 0.4) & (base > 0.5)) / 6, 0, 1)
    near_inside = np.clip(1 - distance_mm(inside > 0.5) / 6, 0, 1)
    return near_bone * np.sqrt(near_inside)


def sella(ground: Ground) -> Single:
    """The pituitary fossa (0, 7, -31) and the cistern above it to the optic chiasm (0, 2, -17).

    Read on the atlas: the fossa between tuberculum (y 15) and dorsum sellae (y -2).
    """
    fossa = between(ground.at.y, -2, 16) * between(ground.at.z, -35, -24) * soft(8 - np.abs(ground.at.x))
    cistern = between(ground.at.y, -6, 14) * between(ground.at.z, -25, -12) * soft(10 - np.abs(ground.at.x))
    solid = ground.of("cortex", "wm", "bs") + ground.average[NUMBERS.index(AIR)] + 0.5 * ground.bone()
    return np.maximum(fossa, cistern) * np.clip(1 - solid, 0, 1)
