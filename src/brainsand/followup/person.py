"""Are these two scans of one person? How far the inner tables of two heads lie apart when laid upon each other.

The mean distance of the one head's inner table from the other's, over what both scans hold. One skull seen twice
differs by what segmentation on other slices makes of it (virtual people: 0.4 mm, 0.95 at most); two skulls by their
shape
(six real heads, 15 pairs: 2.5 mm, one pair 1.3, the others 1.9 and more). See ``docs/methods/followup.md``.

It misleads where the skull itself changed: a growing child, a craniectomy. Then the person who asks knows better, and
may say so.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.affine import moved
from brainsand.arrays.distance import distance_to
from brainsand.errors import DifferentPeople
from brainsand.followup.align import UNSEEN_HU, Head
from brainsand.model.caution import Caution

Floats = NDArray[np.float64]

DOUBTED_MM: Final = 1.2
OTHER_MM: Final = 1.6
EVERY: Final = 7
"""Every so many voxels of the table are asked."""
RIM_MM: Final = 4.0
"""So near the end of a scan the table is not looked at."""


def skull_gap_mm(one: Head, other: Head, matrix: Floats) -> float:
    """Mean distance of ``one``'s inner table from ``other``'s, mm; NaN where the scans share none of it.

    Parameters
    ----------
    matrix : array (4, 4)
        Takes LPS mm of ``one`` to LPS mm of ``other``.
    """
    step = (1.0, 1.0, 1.0)
    depth = distance_to(~one.inside, spacing_mm=step)
    table = (depth > 0) & (depth < 1.1) & (distance_to(one.hu <= UNSEEN_HU, spacing_mm=step) > RIM_MM)
    index = np.argwhere(table)[::EVERY]
    at = np.rint(other.grid.index_of(moved(matrix, one.grid.points(index)))).astype(int)
    at = at[((at >= 0) & (at < other.grid.shape)).all(axis=1)]
    place = tuple(at.T)
    there = distance_to(other.hu <= UNSEEN_HU, spacing_mm=step)[place] > RIM_MM
    outside = distance_to(other.inside, spacing_mm=step)[place][there]
    within = distance_to(~other.inside, spacing_mm=step)[place][there]
    # A voxel of the table itself is 1 mm from the next outside it.
    away = np.abs(outside - np.maximum(within - 1, 0))
    return float(away.mean()) if len(away) else float("nan")


def person_cautions(gap_mm: float, *, same_person: bool, scan: str) -> tuple[Caution, ...]:
    """What to say of heads that do not lie well upon each other.

    Parameters
    ----------
    gap_mm : float
        Of :func:`skull_gap_mm`.
    same_person : bool
        The user vouches for it.
    scan : str
        Which scan, in words.

    Raises
    ------
    DifferentPeople
        The heads differ as those of two people do, and nobody vouches.

    Examples
    --------
    >>> person_cautions(0.6, same_person=False, scan="scan 2")
    ()
    >>> person_cautions(4.0, same_person=True, scan="scan 2")[0].code
    'skull_differs'
    """
    if gap_mm < DOUBTED_MM:
        return ()
    apart = f"lie {gap_mm:.1f} mm apart on average" if np.isfinite(gap_mm) else "share no inner table"
    if not gap_mm < OTHER_MM and not same_person:
        raise DifferentPeople(
            f"Laid upon each other, the skulls of {scan} and the first {apart}.",
            needed=f"one person's head twice (under {DOUBTED_MM:g} mm; two people's lie over {OTHER_MM:g} mm apart).",
            todo="Check that both scans are of one person. If they are (a child that grew, an operation on the skull), "
            "say so with --same-person.",
            code="different_heads",
        )
    words = (
        f"The skulls of {scan} and the first {apart} (usually under 1 mm): another person, a skull that grew or "
        "was operated on, or a head laid askew. Look at the pictures before trusting any change."
    )
    return (Caution(code="skull_differs", words=words),)
