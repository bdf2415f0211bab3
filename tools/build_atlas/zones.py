"""Every zone by name."""

from __future__ import annotations

from build_atlas import fluid, meninges, nuclei, vessels
from build_atlas.ground import Ground
from build_atlas.lattice import Single

ZONES = {
    "pineal": nuclei.pineal,
    "habenula": nuclei.habenula,
    "dentate": nuclei.dentate,
    "internal_capsule": nuclei.internal_capsule,
    "corpus_callosum": nuclei.corpus_callosum,
    "choroid_plexus": fluid.choroid_plexus,
    "falx": meninges.falx,
    "tentorium": meninges.tentorium,
    "dura": meninges.dura,
    "sella_suprasellar": meninges.sella,
    "skull_base_hazard": meninges.skull_base_hazard,
    "carotid_siphon": vessels.carotid_siphon,
    "vertebrobasilar": vessels.vertebrobasilar,
    "middle_cerebral": vessels.middle_cerebral,
    "superior_sagittal_sinus": vessels.superior_sagittal_sinus,
    "straight_sinus": vessels.straight_sinus,
    "transverse_sigmoid_sinus": vessels.transverse_sigmoid_sinus,
    "deep_veins": vessels.deep_veins,
}


def drawn(ground: Ground) -> dict[str, Single]:
    """All zones, 0 to 1."""
    return {name: draw(ground) for name, draw in ZONES.items()}
