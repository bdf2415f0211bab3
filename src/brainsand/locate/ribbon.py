"""In the cortex, at its border with the white matter, or under it? What a deposit straddles decides.

A map of sites gives the gray-white junction a band of its own, narrower than the doubt of where the band lies,
so that a deposit at the junction is called by whichever side happens to hold more of it. Readers ask something
else: does it lie in the ribbon, does it touch the border, or is it clear of it? So two things are measured on the
scan's own tissue: how much of the deposit lies in gray matter, and how deep under the cortex it lies in its own
radii. A ball that touches the border from within lies one radius deep.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import erf, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.crop import cells_at, crop_round
from brainsand.arrays.distance import distance_to
from brainsand.model.anatomy import GRAY, WHITE
from brainsand.model.sites import SIDES, site_index

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

CORTICAL: Final = ("cortex", "gray_white_junction", "subcortical_white_matter")
IN_GRAY: Final = (0.85, 0.25)
"""Share in gray matter from which a deposit is called cortical, and the spread of that limit (expert: of virtual
patients' deposits the map laid in the ribbon nearly whole, most were planted on its border; so the doubt is wide)."""
CLEAR: Final = (0.68, 0.25)
"""Depth under the cortex in radii from which it is clear of the border, and its spread (expert: planted balls 2.5 mm
and more under the cortex lie 0.7 to 1.5 deep, those on the border 0.9 at most; what is found is a fifth wider)."""
THICK_MM3: Final = (60.0, 600.0)
"""From the first to the second volume a body outgrows the ribbon (3 mm thick), and whether it grew in the cortex or
under it can be told less and less (expert: gyriform sheets of cortex and of the junction looked alike)."""
LEAST_RADIUS_MM: Final = 1.5
"""What is smaller is no nearer to being clear of a border that lies in doubt by as much."""
_MARGIN_MM: Final = 6.0
_RIBBON: Final = [site_index(s, side) for s in ("cortex", "gray_white_junction") for side in SIDES]


def in_ribbon(
    points_index: Floats,
    weights: Floats,
    *,
    sites: Bytes,
    tissue: Bytes,
    spacing_mm: tuple[float, float, float],
) -> tuple[float, float] | None:
    """Share of a deposit in cortical gray matter, and its mean depth under the cortex in its own radii.

    Parameters
    ----------
    points_index : array (n, 3)
        Its voxels as indices of the head grid.
    weights : array (n,)
        Their volumes, mm3; the radius is that of a ball as large.
    sites, tissue : arrays on the head grid
        As in ``model.anatomy.Anatomy``.
    spacing_mm : tuple
        Of the head grid.

    Returns
    -------
    tuple or None
        None where gray or white matter does not come near it. Depth counts negative within the cortex.
    """
    margin = np.ceil(_MARGIN_MM / np.array(spacing_mm)).astype(int)
    crop = crop_round(cells_at(points_index, sites.shape), sites.shape, margin=margin)
    gray = (tissue[crop.box] == GRAY) & np.isin(sites[crop.box], _RIBBON)
    white = tissue[crop.box] == WHITE
    if not gray.any() or not white.any():
        return None
    to_gray = distance_to(gray, spacing_mm=spacing_mm)[crop.own]
    to_white = distance_to(white, spacing_mm=spacing_mm)[crop.own]
    total = weights.sum()
    nearer_gray = to_gray < to_white
    depth = np.where(nearer_gray, -to_white, to_gray)
    radius = max((0.75 * total / np.pi) ** (1 / 3), LEAST_RADIUS_MM)
    return float(weights[nearer_gray].sum() / total), float((weights * depth).sum() / total / radius)


def resolved(
    shares: Mapping[str, float], gray: float, depth: float, *, volume_mm3: float = 0.0
) -> dict[str, float]:
    """The shares of cortex, junction and subcortical white matter, dealt out anew among the three.

    ``gray`` and ``depth`` are those of :func:`in_ribbon`; a body of a large ``volume_mm3`` is dealt to cortex and
    junction alike.

    >>> dealt = resolved({"cortex": 0.5, "gray_white_junction": 0.25, "putamen": 0.25}, gray=0.4, depth=0.1)
    >>> max(dealt, key=dealt.get), round(sum(dealt.values()), 9)
    ('gray_white_junction', 1.0)
    """
    together = sum(shares.get(s, 0.0) for s in CORTICAL)
    if together <= 0:
        return dict(shares)
    cortex = _beyond(gray, IN_GRAY)
    junction = (1 - cortex) * (1 - _beyond(depth, CLEAR))
    beyond = 1 - cortex - junction
    told = float(np.interp(np.log(max(volume_mm3, 1.0)), np.log(THICK_MM3), (1.0, 0.0)))
    cortex = told * cortex + (1 - told) * 0.48 * (1 - beyond)
    dealt = dict(zip(CORTICAL, (cortex, 1 - cortex - beyond, beyond), strict=True))
    return {**shares, **{site: together * share for site, share in dealt.items()}}


def _beyond(value: float, limit: tuple[float, float]) -> float:
    """How surely a value lies beyond a limit that is itself in doubt (normal)."""
    return 0.5 * (1 + erf((value - limit[0]) / (limit[1] * sqrt(2))))
