"""Pineal or habenula? The two lie 5 mm apart; what lies in front of what tells them apart.

The habenular commissure lies just in front of the pineal, and its calcium is smaller: a few millimetres, often
curved, where a pineal stone is compact. A map that is some millimetres off cannot say which of the two a deposit
belongs to. Two deposits can: the smaller one in front is the habenula's. One alone is the pineal's, unless it is
small and lies where the habenula is expected and the pineal is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.locate.neighbours import normal
from brainsand.locate.place import Placed

LARGEST_HABENULA_MM3: Final = 40.0
"""More is a pineal (expert: the habenula's calcium measures 1 to 6 mm)."""
IN_FRONT_MM: Final = 3.5
"""Centres of the two lie about 5 mm apart; blur and slices take some of it."""
BESIDE_MM: Final = 9.0
PAIR: Final = ("pineal", "habenula")


def told_apart(
    places: Sequence[Placed], centres_mm: NDArray[np.float64], volumes_mm3: Sequence[float]
) -> list[Placed]:
    """The places with pineal and habenula told apart, in their order.

    Parameters
    ----------
    places : sequence of Placed
        Of :func:`brainsand.locate.place.place_deposit`.
    centres_mm : array (n, 3)
        Centre of each deposit along the straightened head: up, back, left.
    volumes_mm3 : sequence of float
        Of each deposit.
    """
    out = list(places)
    for k, place in enumerate(places):
        if place.site not in PAIR:
            continue
        larger = [
            j
            for j, other in enumerate(places)
            if other.site in PAIR and j != k and (volumes_mm3[j], -j) > (volumes_mm3[k], -k)
        ]
        if volumes_mm3[k] > LARGEST_HABENULA_MM3:
            out[k] = _named(place, "pineal", "larger_than_a_habenula")
        elif any(_in_front(centres_mm[k], centres_mm[j]) for j in larger):
            out[k] = _named(place, "habenula", "in_front_of_the_pineal")
    return out


def _in_front(centre: NDArray[np.float64], pineal: NDArray[np.float64]) -> bool:
    apart = centre - pineal
    return bool(-apart[1] >= IN_FRONT_MM and np.linalg.norm(apart) <= BESIDE_MM)


def _named(place: Placed, site: str, rule: str) -> Placed:
    """The place with the share of both given to one of them."""
    if place.site == site:
        return place
    shares: Mapping[str, float] = place.site_probabilities
    dealt = {s: p for s, p in shares.items() if s not in PAIR}
    both = sum(shares.get(s, 0.0) for s in PAIR)
    probabilities = normal({**dealt, site: both})
    side = "midline" if site == "pineal" else place.side
    return replace(place, site=site, side=side, site_probabilities=probabilities, rules=(*place.rules, rule))
