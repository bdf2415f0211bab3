"""A crumb of plexus or a nodule of the wall? Beside a calcified plexus, nobody can tell from the place alone.

The plexus calcifies in many crumbs, and some of them lie against the ventricle's wall, where a nodule of tuberous
sclerosis would. A small deposit of the wall within reach of a deposit of the plexus is as likely the one as the other;
what else is found, and the age, decide (``interpret.kind``, ``interpret.rank``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.locate.neighbours import normal
from brainsand.locate.place import Placed

WALL: Final = ("subependymal", "ventricle")
BESIDE_MM: Final = 9.0
"""Centres this near belong to one tuft (expert: tufts of the glomus are 10 to 20 mm long)."""
LARGEST_CRUMB_MM3: Final = 30.0
LEAST_PLEXUS: Final = 0.5
GIVEN: Final = 0.48
"""Share of the wall's probability that goes to the plexus (expert: even odds, the map's word heard a little)."""
RULE: Final = "beside_calcified_plexus"


def with_crumbs(
    places: Sequence[Placed], centres_mm: NDArray[np.float64], volumes_mm3: Sequence[float]
) -> list[Placed]:
    """The places, small deposits of the wall beside a larger one of the plexus shared with it.

    Parameters
    ----------
    places : sequence of Placed
        Of :func:`brainsand.locate.place.place_deposit`.
    centres_mm : array (n, 3)
        Centre of each deposit along the straightened head: up, back, left.
    volumes_mm3 : sequence of float
        Of each deposit.
    """
    tufts = [
        k for k, p in enumerate(places) if p.site_probabilities.get("choroid_plexus", 0.0) >= LEAST_PLEXUS
    ]
    out = list(places)
    for k, place in enumerate(places):
        near = any(
            places[j].side == place.side
            and volumes_mm3[j] > volumes_mm3[k]
            and np.linalg.norm(centres_mm[j] - centres_mm[k]) <= BESIDE_MM
            for j in tufts
        )
        if place.site in WALL and volumes_mm3[k] <= LARGEST_CRUMB_MM3 and near:
            out[k] = _shared(place)
    return out


def _shared(place: Placed) -> Placed:
    shares = dict(place.site_probabilities)
    given: dict[str, float] = {site: GIVEN * shares[site] for site in WALL if site in shares}
    for site, share in given.items():
        shares[site] -= share
    shares["choroid_plexus"] = shares.get("choroid_plexus", 0.0) + sum(given.values())
    probabilities = normal(shares)
    site = next(iter(probabilities))
    return replace(place, site=site, site_probabilities=probabilities, rules=(*place.rules, RULE))
