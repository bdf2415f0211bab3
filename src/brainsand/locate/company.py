"""A nodule at the surface of the caudate, where the ventricle's wall has others: whose is it?

Taken alone it is the nucleus's, which makes the wall there and may calcify anywhere. But nodules of the wall come in
numbers (in tuberous sclerosis several are usual, the groove between caudate and thalamus their favourite place), and
beside several of them one that stands in the fluid as they do is one more. Not so where the caudate holds calcium away
from its surface: then the nucleus calcifies, and what lies at the surface is as likely its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from brainsand.locate.place import Placed, given_to
from brainsand.locate.wall import likely

NUMEROUS: Final = 3
"""So many others (expert)."""
LEAST_WALL: Final = 0.5
FROM: Final = 0.28
"""The score of contact from which it is then as likely the wall's (alone: 0.4)."""
SURFACE: Final = 0.05
"""Under this score a deposit lies within the nucleus."""
RULE: Final = "with_others_of_the_wall"


def in_company(places: Sequence[Placed]) -> list[Placed]:
    """The places, those at the surface of the caudate shared with the wall where it has nodules enough of its own."""
    others = sum(p.site_probabilities.get("subependymal", 0.0) >= LEAST_WALL for p in places)
    if others < NUMEROUS or any(p.site == "caudate" and not _at_surface(p) for p in places):
        return list(places)
    return [_with_others(p) if p.site == "caudate" else p for p in places]


def _at_surface(place: Placed) -> bool:
    return place.contact is not None and place.contact.score >= SURFACE


def _with_others(place: Placed) -> Placed:
    score = place.contact.score if place.contact is not None else -1.0
    return given_to(place, "subependymal", ("caudate",), likely(score, FROM), rule=RULE)
