"""The names of places: sites, sides, lobes, and the numbers of ``sites.nii.gz``.

``index = 3 * position of the site + {left: 1, right: 2, midline: 3}``, so 0 is "no site" and every number
fits in eight bits. The list is only ever added to at its end.
"""

from __future__ import annotations

from typing import Final

SITES: Final[tuple[str, ...]] = (
    "globus_pallidus",
    "putamen",
    "caudate",
    "thalamus",
    "internal_capsule",
    "hippocampus",
    "dentate_nucleus",
    "cerebellum",
    "brainstem",
    "cortex",
    "gray_white_junction",
    "subcortical_white_matter",
    "deep_white_matter",
    "periventricular_white_matter",
    "subependymal",
    "ventricle",
    "choroid_plexus",
    "pineal",
    "habenula",
    "falx",
    "tentorium",
    "dura",
    "vessel_wall",
    "sella_suprasellar",
    "corpus_callosum",
    "unknown",
)
SIDES: Final[tuple[str, ...]] = ("left", "right", "midline")
BASAL_GANGLIA: Final = ("globus_pallidus", "putamen", "caudate")
"""What "basal ganglia" means wherever they are counted undivided."""
LOBES: Final[tuple[str, ...]] = ("frontal", "parietal", "temporal", "occipital", "insular")


def site_index(site: str, side: str) -> int:
    """The number of a site and side in ``sites.nii.gz``.

    >>> site_index("globus_pallidus", "left"), site_index("pineal", "midline")
    (1, 54)
    """
    return 3 * SITES.index(site) + 1 + SIDES.index(side)


def site_of_index(index: int) -> tuple[str, str]:
    """The site and side of a number above 0.

    >>> site_of_index(54)
    ('pineal', 'midline')
    """
    site, side = divmod(index - 1, 3)
    return SITES[site], SIDES[side]
