"""Sites inside the brain that the label maps do not name: pineal, habenula, dentate, capsule, callosum.

Coordinates are MNI152 2009a symmetric (RAS, mm, x as distance from the midline). Those marked *read* were read on
the template's own T1 image, where the structure can be seen; the literature named gives what to look for.
"""

from __future__ import annotations

import numpy as np
from build_atlas.ground import Ground
from build_atlas.lattice import Single
from build_atlas.shapes import ball, between, soft, within_outline


def pineal(ground: Ground) -> Single:
    """The pineal body, about (0, -30, 1).

    Anatomy: hangs between the habenular commissure above and the posterior commissure (0, -25, -2) below, points
    backwards over the superior colliculi, under the splenium and the internal cerebral veins; 7 to 8 mm long and
    5 mm wide in adults (Sumida et al., AJNR 1996;17:233). Read: grey body from y -26 to -35, z -3 to 4. Drawn a
    little larger than it is, because its calcium may stand at the rim.
    """
    return ball(ground.mni, (0, -30.5, 1), (4, 5.5, 4)) * (1 - ground.of("thal"))


def habenula(ground: Ground) -> Single:
    """The habenulae, (±3.5, -24.5, 2), with the habenular commissure between their hind ends.

    Anatomy: in the back of the wall of the third ventricle, in front of, above and beside the pineal
    (Lawson, Drevets, Roiser, NeuroImage 2013;64:722). Read: bright bulges into the ventricle.
    """
    sides = ball(ground.mni, (3.5, -24.5, 2), (2.2, 2.8, 2.5))
    commissure = ball(ground.mni, (0, -26.3, 2), (3, 1.2, 1.5))
    return np.maximum(sides, 0.7 * commissure)


def dentate(ground: Ground) -> Single:
    """The dentate nuclei, about (±15, -57, -35), in the white matter of the cerebellum.

    Anatomy: a crumpled sheet beside and behind the roof of the fourth ventricle, from (±8, -50) in front to
    (±22, -65) behind, z -43 to -27 (Dimitrova et al., NeuroImage 2002;17:240; Diedrichsen et al., NeuroImage
    2011;54:1786).
    """
    at = ground.mni
    # The long axis runs from medial in front to lateral behind.
    turned_x = np.abs(at.x) - 15 + 0.35 * (at.y + 57)
    radius = np.sqrt((turned_x / 7.5) ** 2 + ((at.y + 57) / 9.5) ** 2 + ((at.z + 35) / 7) ** 2)
    return soft((1 - radius) * 8) * np.clip(1.5 * ground.of("cbwm"), 0, 1)


def internal_capsule(ground: Ground) -> Single:
    """White matter between caudate or thalamus on the inner and putamen or pallidum on the outer side.

    Anatomy: anterior limb, genu, posterior limb to where the lentiform nucleus ends behind, from the level of
    the ventral diencephalon (z about -6) to the corona radiata above the lentiform nucleus (z about 20).
    Drawn from the atlas's own nuclei, no coordinate but the two levels.
    """
    inner, outer = ground.distance_mm("caud", "thal"), ground.distance_mm("put", "pal")
    near = soft(9 - inner) * soft(9 - outer) * soft(13 - inner - outer)
    return near * between(ground.at.z, -6, 20) * np.clip(1.3 * ground.of("wm", "vdc"), 0, 1)


def corpus_callosum(ground: Ground) -> Single:
    """Rostrum, genu, body and splenium, to 14 mm from the midline.

    Read: the outline in the midsagittal T1 image. Sideways it follows the roof of the ventricle, which rises
    a little; beyond 14 mm its fibres are counted to the white matter of the hemisphere.
    """
    outline = [
        (33, 2), (31, 12), (22, 21), (10, 27), (-5, 29), (-20, 27), (-32, 24), (-41, 18), (-43, 12), (-41, 7),
        (-36, 6), (-32, 10), (-30, 16), (-20, 20), (-5, 22), (8, 20), (18, 14), (24, 6), (24, 1), (20, -4),
        (24, -6), (30, -3),
    ]  # fmt: skip
    body = within_outline(ground.mni, outline)
    return body * soft(14 - np.abs(ground.at.x)) * np.clip(1.5 * ground.of("wm"), 0, 1)
