"""A crumb of plexus or a nodule of the wall? Beside a calcified plexus, nobody can tell from the place alone.

The plexus calcifies in many crumbs, and some of them lie against the ventricle's wall, where a nodule of tuberous
sclerosis would. A small deposit of the wall within reach of a deposit of the plexus is as likely the one as the other;
what else is found, and the age, decide (``interpret.kind``, ``interpret.rank``). A crumb that all but touches a larger
deposit of the plexus is most likely of the same tuft, also where the map, off by two millimetres, has white matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.locate.place import Placed, given_to

WALL: Final = ("subependymal", "ventricle")
BESIDE_MM: Final = 10.5
"""Centres this near belong to one tuft (expert: tufts of the glomus are 10 to 20 mm long)."""
LARGEST_CRUMB_MM3: Final = 30.0
LEAST_PLEXUS: Final = 0.5
GIVEN: Final = 0.48
"""Share of the wall's probability that goes to the plexus (expert: even odds, the map's word heard a little)."""
BRAIN: Final = (
    "periventricular_white_matter", "subcortical_white_matter", "gray_white_junction", "deep_white_matter",
)  # fmt: skip
"""What the map may have round the atrium where a crumb of the tuft lies."""
GAP_MM: Final = 1.0
"""Less than this between two balls of the deposits' sizes, and they all but touch (expert)."""
LARGEST_SPLINTER_MM3: Final = 90.0
LARGEST_PART: Final = 0.5
"""A splinter that all but touches a tuft is at most this, and at most this part of the tuft (threshold volumes)."""
SAME_TUFT: Final = 0.75
"""Share of the probability of wall and brain that then goes to the plexus (expert)."""
PIECES, PIECES_PART, PIECES_GAP_MM = 2, 1.25, 2.0
"""A tuft in so many pieces or more, together so many times what lies this near to one of them, may have it as a piece
more (expert)."""
SPECK_MM3: Final = 10.0
SPECK_PART: Final = 0.08
SPECK: Final = 0.6
"""So little in brain or hippocampus (threshold volume), at most this part of the tuft within reach and its pieces
together, is most likely one more splinter: this share goes to the plexus (expert)."""
RULE: Final = "beside_calcified_plexus"


def with_crumbs(
    places: Sequence[Placed], centres_mm: NDArray[np.float64], volumes_mm3: Sequence[float]
) -> list[Placed]:
    """The places, small deposits beside a larger one of the plexus shared with it.

    Parameters
    ----------
    places : sequence of Placed
        Of :func:`brainsand.locate.place.place_deposit`.
    centres_mm : array (n, 3)
        Centre of each deposit along the straightened head: up, back, left.
    volumes_mm3 : sequence of float
        Of each deposit.
    """
    plexus = [
        k for k, p in enumerate(places) if p.site_probabilities.get("choroid_plexus", 0.0) >= LEAST_PLEXUS
    ]
    out = list(places)
    for k, place in enumerate(places):
        if not _may_be_splinter(place, volumes_mm3[k]):
            continue
        tufts = [
            _Tuft(apart_mm=float(np.linalg.norm(centres_mm[j] - centres_mm[k])), volume_mm3=volumes_mm3[j])
            for j in plexus
            if places[j].side == place.side and j != k
        ]
        if taken := _taken(place, volumes_mm3[k], tufts):
            out[k] = given_to(place, "choroid_plexus", *taken, rule=RULE)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tuft:
    """A deposit of the plexus on the same side, and how far off its centre lies."""

    apart_mm: float
    volume_mm3: float

    def gap_mm(self, volume_mm3: float) -> float:
        """Between a ball of this volume there and one of the tuft's."""
        return self.apart_mm - _radius_mm(self.volume_mm3) - _radius_mm(volume_mm3)


def _is_speck(place: Placed, volume_mm3: float) -> bool:
    return volume_mm3 <= SPECK_MM3 and place.site in (*BRAIN, "hippocampus")


def _may_be_splinter(place: Placed, volume_mm3: float) -> bool:
    somewhere = place.site in (*WALL, *BRAIN) or _is_speck(place, volume_mm3)
    return somewhere and volume_mm3 <= LARGEST_SPLINTER_MM3


def _taken(place: Placed, volume_mm3: float, tufts: Sequence[_Tuft]) -> tuple[Sequence[str], float] | None:
    """From which sites the plexus takes a small deposit's probability, and which share; None where it takes nothing."""
    larger = [tuft for tuft in tufts if tuft.volume_mm3 > volume_mm3]
    within = [tuft for tuft in larger if tuft.apart_mm <= BESIDE_MM]
    if any(
        volume_mm3 <= LARGEST_PART * tuft.volume_mm3 and tuft.gap_mm(volume_mm3) <= GAP_MM for tuft in larger
    ):
        return (*WALL, *BRAIN), SAME_TUFT
    if _is_speck(place, volume_mm3) and volume_mm3 <= SPECK_PART * sum(tuft.volume_mm3 for tuft in within):
        return (*WALL, *BRAIN, "hippocampus"), SPECK
    if within and place.site in WALL and volume_mm3 <= LARGEST_CRUMB_MM3:
        return WALL, GIVEN
    return ((*WALL, *BRAIN), GIVEN) if _one_more_piece(volume_mm3, tufts) else None


def _one_more_piece(volume_mm3: float, tufts: Sequence[_Tuft]) -> bool:
    """Whether it lies beside the pieces of a tuft that fell apart into some as large as it."""
    pieces = [tuft for tuft in tufts if tuft.apart_mm <= BESIDE_MM]
    together = sum(tuft.volume_mm3 for tuft in pieces) >= PIECES_PART * volume_mm3
    near = any(tuft.gap_mm(volume_mm3) <= PIECES_GAP_MM for tuft in pieces)
    return len(pieces) >= PIECES and together and near


def _radius_mm(volume_mm3: float) -> float:
    """Of a ball of this volume.

    >>> round(_radius_mm(113.1), 2)
    3.0
    """
    return float(np.cbrt(0.75 * volume_mm3 / np.pi))
