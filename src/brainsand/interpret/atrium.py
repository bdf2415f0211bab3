"""Calcium between the choroid plexus and the wall beside it, alone in an adult's head: whose is it?

Six adults in ten have calcium in the plexus of the atrium, and a map that is two millimetres off has some of its crumbs
in the wall or the white matter. Nodules of the wall (tuberous sclerosis) and calcium beside it (infection before birth)
come in numbers and are there from childhood. So what lies within the doubt of the plexus, in a grown person, with
nothing in the wall, the white matter or the cortex that does not, is read as the plexus's.

It misleads in an adult whose only calcified nodule, or only cysticercus, lies against the atrium: it is then called
plexus, and the reason says between what the map could not tell.
"""

from __future__ import annotations

from typing import Final

from brainsand.interpret.facts import Companion, Facts
from brainsand.interpret.norm import limit

#: A border counts as near when the neighbour holds this share of the place (expert).
NEAR_SHARE: Final = 0.25
KIN_SITES: Final = (
    "cortex",
    "gray_white_junction",
    "subcortical_white_matter",
    "deep_white_matter",
    "periventricular_white_matter",
    "corpus_callosum",
)
KIN_MM3: Final = 15.0
"""A smaller dot there makes no tuber, and so no nodule of a crumb beside the plexus (expert)."""
WALL: Final = ("subependymal", "ventricle")
LARGEST_MM3: Final = 200.0
"""The most that a tuft of plexus against the wall measures (expert)."""


def lone_at_plexus(f: Facts) -> bool:
    """Whether it lies within the doubt of the plexus, in a grown person, and is no part of something wider."""
    grown = f.age_years is not None and f.age_years >= limit(f.norms, "child_years")
    near = f.share("choroid_plexus") >= NEAR_SHARE
    small = f.volume_mm3 <= LARGEST_MM3 and not f.surely_over(limit(f.norms, "choroid_largest_mm"))
    return grown and near and small and not any(_kin(c) for c in f.companions)


def _kin(c: Companion) -> bool:
    """Whether another deposit says that this one is of a kind that comes in numbers."""
    if c.share("choroid_plexus") >= NEAR_SHARE:
        return False
    return c.site in WALL or (c.site in KIN_SITES and c.volume_mm3 >= KIN_MM3)
