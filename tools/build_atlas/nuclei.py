"""Sites inside the brain that the label maps do not name: pineal, habenula, dentate, capsule, callosum.

Coordinates are MNI152 2009a symmetric (RAS, mm, x as distance from the midline). Those marked *read* were
read on the template's own T1 image, where the structure can be seen; the literature named gives what to look
for.
"""

from __future__ import annotations

import numpy as np

from build_atlas.ground import Ground
from build_atlas.lattice import Places, Single
from build_atlas.shapes import ball, between, soft, within_outline


def pineal(ground: Ground) -> Single:
    """The pineal body, about (0, -31.5, 0).

    Anatomy: hangs between the habenular commissure above and the posterior commissure (0, -25, -2) below,
    points backwards over the superior colliculi, under the splenium and the internal cerebral veins; 7 to 8
    mm long and 5 mm wide in adults (Sumida et al., AJNR 1996;17:233). Read: gray body from y -26 to -35, z
    -3 to 4. Drawn a little wider than it is, because its calcium may stand at the rim; in front it gives way
    to the habenular commissure.
    """
    return ball(ground.at, (0, -31.5, 0), (4, 5, 4)) * (1 - ground.of("thal"))


def habenula(ground: Ground) -> Single:
    """The habenulae, (±3.5, -24.5, 2), and the habenular commissure (0, -26, 1) between their hind ends.

    Anatomy: in the back of the wall of the third ventricle, in front of, above and beside the pineal
    (Lawson, Drevets, Roiser, NeuroImage 2013;64:722). Read: bright bulges into the ventricle, y -22 to -26.
    Calcium there is often a short curved line across the midline, some millimetres before the pineal's.
    """
    sides = ball(ground.at, (3.5, -24.5, 2), (2.2, 2.8, 2.5))
    commissure = ball(ground.at, (0, -25.8, 1), (3.5, 1.6, 2.2))
    return np.maximum(sides, commissure)


def dentate(ground: Ground) -> Single:
    """The dentate nuclei, about (±14, -56, -36), in the white matter of the cerebellum.

    Centre of mass (±13.8, -55.8, -36.4) in 38 healthy adults (He et al., Cerebellum 2017,
    doi:10.1007/s12311-017-0872-7). A crumpled sheet beside and behind the roof of the fourth ventricle, its
    long axis running outwards and back, some 15 by 19 by 14 mm (expert; Dimitrova et al., NeuroImage
    2002;17:240; Diedrichsen et al., NeuroImage 2011;54:1786).
    """
    at = ground.at
    turned_x = np.abs(at.x) - 14 + 0.35 * (at.y + 56)
    radius = np.sqrt((turned_x / 7.5) ** 2 + ((at.y + 56) / 9.5) ** 2 + ((at.z + 36) / 7) ** 2)
    return soft((1 - radius) * 8) * np.clip(1.5 * ground.of("cbwm"), 0, 1)


def internal_capsule(ground: Ground) -> Single:
    """White matter between caudate or thalamus on the inner and putamen or pallidum on the outer side.

    Anatomy: anterior limb, genu, posterior limb to where the lentiform nucleus ends behind, from the level of
    the ventral diencephalon (z about -6) to the corona radiata above the lentiform nucleus (z about 20).
    Drawn from the atlas's own nuclei, no coordinate but the two levels.
    """
    inner, outer = ground.distance_mm("caud", "thal"), ground.distance_mm("put", "pal")
    near = soft(8 - inner) * soft(8 - outer) * soft(11 - inner - outer) * soft(20 - ground.at.y)
    return near * between(ground.at.z, -6, 20) * np.clip(1.3 * ground.of("wm", "vdc"), 0, 1)


def corpus_callosum(ground: Ground) -> Single:
    """Rostrum, genu, body and splenium, to 14 mm from the midline.

    Read: the outline in the midsagittal T1 image. Sideways it follows the roof of the ventricle, which rises
    a little (3 mm at 16 mm); beyond 14 mm its fibres are counted to the white matter of the hemisphere.
    """
    outline = [
        (33, 2), (31, 12), (22, 21), (10, 27), (-5, 29), (-20, 27), (-32, 24), (-41, 18), (-43, 12), (-41, 7),
        (-36, 6), (-32, 10), (-30, 16), (-20, 20), (-5, 22), (8, 20), (18, 14), (24, 6), (24, 1), (20, -4),
        (24, -6), (30, -3),
    ]  # fmt: skip
    at = ground.at
    body = within_outline(Places(x=at.x, y=at.y, z=at.z - 0.012 * at.x**2), outline)
    return body * soft(14 - np.abs(at.x)) * np.clip(1.5 * ground.of("wm"), 0, 1)
