"""Which virtual patients are offered to somebody who has no scan at hand?"""

from __future__ import annotations

from typing import Final

DEMOS: Final = {
    "pfbc": (
        "Familial brain calcification",
        "Deep nuclei and dentate on both sides, 53 years, a parent is affected.",
    ),
    "pallidal_dots": ("Pallidal dots", "Small dots of both pallida, as many elderly have."),
    "hypoparathyroidism": ("Hypoparathyroidism", "Deep nuclei and gray-white junction; a treatable cause."),
    "tuberous_sclerosis": ("Tuberous sclerosis", "Nodules along the ventricles of a child."),
    "neurocysticercosis": ("Neurocysticercosis", "Scattered scars of a parasite."),
    "physiologic": ("Ordinary for the age", "Pineal gland and choroid plexus alone."),
}
"""By preset (``phantom.presets``): a title, and what to expect."""


def title_of(preset: str) -> str:
    """The title of a virtual patient's case.

    >>> title_of("pfbc"), title_of("sturge_weber")
    ('Virtual: familial brain calcification', 'Virtual: sturge weber')
    """
    name = DEMOS[preset][0] if preset in DEMOS else preset.replace("_", " ")
    return f"Virtual: {name[:1].lower()}{name[1:]}"
