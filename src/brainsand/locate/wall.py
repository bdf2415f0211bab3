"""Does a deposit stand in the wall of a lateral ventricle, beside it, or in what borders it?

A nodule under the ependyma (tuberous sclerosis) lies half in the brain and half in the fluid; the map, off by a
millimetre, gives it to the caudate, the callosum or the white matter under it, and the network that made the map took
the nodule itself for brain. What the nodule cannot hide is the fluid round it: so the share of ventricle in a shell
just outside it is counted, and how deep under the ventricle's surface its centre lies. A deposit of the white matter
beside the ventricle has its centre 3 mm and more under the surface and hardly any fluid round it.

Where the plexus is expected firmly, or seen, nothing is told apart here: 57.6 % of 2,877 heads have calcium there
(Kwak 1988), and nodules of the wall are rare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.crop import cells_at, crop_round
from brainsand.arrays.distance import distance_to
from brainsand.locate.neighbours import moved_to, normal
from brainsand.model.sites import site_index

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

SHELL_MM: Final = (1.2, 3.2)
"""From where a deposit's own blur ends to where another deposit or the other wall begins (expert)."""
REACH_MM: Final = 9.0
"""Farther from every ventricle than this a deposit has nothing to do with one."""
LARGEST_NODULE_MM3: Final = 300.0
"""By its threshold volume, which a nodule of 7 mm blooms to; what is larger is no nodule of the wall's (larger ones are
tumours: giant-cell astrocytomas begin at 10 mm)."""
DEPTH_WEIGHT: Final = -0.05
RADIUS_WEIGHT: Final = 0.03
"""A millimetre of depth counts against the wall, a millimetre of radius for it, as so much share of the shell."""
FROM: Final = {
    "subependymal": 0.1,
    "periventricular_white_matter": 0.12,
    "subcortical_white_matter": 0.1,
    "deep_white_matter": 0.1,
    "gray_white_junction": 0.1,
    "corpus_callosum": 0.2,
    "thalamus": 0.2,
    "caudate": 0.4,
}
"""What borders a lateral ventricle, and the score at which it and the wall are equally likely: on virtual heads
nodules of the wall come to 0.2 on average, white matter beside the ventricle to -0.1. Gray matter and the callosum may
calcify anywhere, also where they make the wall, the caudate nearly everywhere: so they need more."""
SPREAD: Final = 0.05
LONG, LONG_MM = 3.0, 8.0
LONG_MORE: Final = 0.2
"""What is so many times as long as wide, and longer than this, needs so much more: lines and bands along the ventricle
are of the white matter beside it (congenital infection), the wall's own are nodules."""
HANGING: Final = 0.7
"""With more fluid round it than this, it hangs in the ventricle; with less, what the map gives to the fluid, which does
not calcify, is the wall's."""
PLEXUS_FROM: Final = 0.3
PLEXUS_SEEN: Final = 0.05
BESIDE_HIPPOCAMPUS: Final = 0.03
"""With so much hippocampus round it, it lies at the atrium's floor or in the temporal horn, where the glomus hangs."""
DOUBT_FROM: Final = 0.15
"""The score from which a deposit stands in the wall clearly enough to doubt the plexus."""
PLEXUS_DOUBT: Final = 0.4
"""A nodule where the plexus is expected less than this (0 to 1), and less than this share of it is seen, may be the
wall's as well: the plexus keeps this share of what it took (expert: plexuses of virtual heads 0.32 and more)."""
RULE: Final = "by_the_ventricle_round_it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a deposit stands to the lateral ventricle.

    ``share`` (0 to 1) of ventricle in the shell round it · ``depth_mm`` of its centre under the ventricle's surface,
    negative within · ``radius_mm`` of a ball of its volume · ``long`` whether it is a line or band.
    """

    share: float
    depth_mm: float
    radius_mm: float
    long: bool = False

    @property
    def score(self) -> float:
        """The higher, the more it is the wall's."""
        form = -LONG_MORE if self.long else 0.0
        return self.share + DEPTH_WEIGHT * self.depth_mm + RADIUS_WEIGHT * self.radius_mm + form


def contact_of(
    points_index: Floats, weights: Floats, *, sites: Bytes, spacing_mm: tuple[float, float, float]
) -> Contact | None:
    """The contact with a lateral ventricle; None where none is near.

    Parameters
    ----------
    points_index : array (n, 3)
        The deposit's voxels as indices of the head grid.
    weights : array (n,)
        Their volumes, mm3.
    sites : uint8 array on the head grid
        As in ``model.anatomy.Anatomy``.
    spacing_mm : tuple
        Of the head grid.
    """
    margin = np.ceil(REACH_MM / np.array(spacing_mm)).astype(int)
    crop = crop_round(cells_at(points_index, sites.shape), sites.shape, margin=margin)
    ventricle = np.isin(sites[crop.box], [site_index("ventricle", side) for side in ("left", "right")])
    if not ventricle.any():
        return None
    away = distance_to(crop.mask, spacing_mm=spacing_mm)
    shell = (away > SHELL_MM[0]) & (away <= SHELL_MM[1])
    depth = distance_to(ventricle, spacing_mm=spacing_mm) - distance_to(~ventricle, spacing_mm=spacing_mm)
    centre = np.rint(np.average(points_index, axis=0, weights=weights)).astype(int) - crop.low
    middle = tuple(np.clip(centre, 0, np.array(crop.shape) - 1))
    return Contact(
        share=float(ventricle[shell].mean()) if shell.any() else 0.0,
        depth_mm=float(depth[middle]),
        radius_mm=float(np.cbrt(0.75 * weights.sum() / np.pi)),
        long=_is_long(np.asarray(points_index, float) * np.array(spacing_mm), weights),
    )


def plexus_sure(expected: Mapping[str, float], seen: Mapping[str, float]) -> bool:
    """Whether the plexus is expected firmly, or seen, where a deposit lies, or it lies beside the hippocampus.

    ``expected`` is the atlas's mean expectation of each site round it, ``seen`` the map's share, 0 to 1.
    """
    site = "choroid_plexus"
    sure = expected.get(site, 0.0) >= PLEXUS_FROM or seen.get(site, 0.0) >= PLEXUS_SEEN
    return sure or seen.get("hippocampus", 0.0) >= BESIDE_HIPPOCAMPUS


def plexus_doubted(
    shares: Mapping[str, float], rules: tuple[str, ...], contact: Contact
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Part of what the plexus took given to the wall, where it is not sure and the deposit stands clearly in the wall.

    What has its centre in the fluid hangs there, as the glomus does in the atrium: of that the plexus keeps all.

    Parameters
    ----------
    shares, rules, contact
        As for :func:`walled`; that the plexus is not sure (:func:`plexus_sure`) is asked before.

    Examples
    --------
    >>> clear = Contact(share=0.3, depth_mm=1.0, radius_mm=3.0)
    >>> plexus_doubted({"choroid_plexus": 1.0}, (), clear)[0]
    {'subependymal': 0.6, 'choroid_plexus': 0.4}
    """
    hangs = contact.depth_mm < 0
    if "choroid_plexus" not in shares or contact.score < DOUBT_FROM or hangs:
        return dict(shares), rules
    dealt = dict(shares)
    moved_to(dealt, "choroid_plexus", "subependymal", 1 - PLEXUS_DOUBT)
    return normal(dealt), (*rules, "plexus_in_doubt")


def walled(
    shares: Mapping[str, float], rules: tuple[str, ...], contact: Contact
) -> tuple[dict[str, float], tuple[str, ...]]:
    """The shares of the wall and of what borders it, dealt out anew by the contact with the ventricle.

    Parameters
    ----------
    shares : mapping of site to share
        Summed to 1, largest first.
    rules : tuple of str
        Those that spoke so far.
    contact : Contact
        Of the deposit.

    Examples
    --------
    >>> bulging = Contact(share=0.5, depth_mm=-1.0, radius_mm=3.0)
    >>> walled({"caudate": 0.75, "subependymal": 0.25}, (), bulging)[0]["subependymal"] > 0.9
    True
    >>> beside = Contact(share=0.0, depth_mm=4.0, radius_mm=3.0)
    >>> next(iter(walled({"subependymal": 0.6, "periventricular_white_matter": 0.4}, (), beside)[0]))
    'periventricular_white_matter'
    """
    first = next(iter(shares))
    if first not in (*FROM, "ventricle"):
        return dict(shares), rules
    dealt = dict(shares)
    asked = FROM.get(first, 0.0)
    if contact.share <= HANGING:
        moved_to(dealt, "ventricle", "subependymal", likely(contact.score, max(FROM["subependymal"], asked)))
    own = dealt.get("subependymal", 0.0) * (1 - likely(contact.score, FROM["subependymal"]))
    for site, least in FROM.items():
        if site != "subependymal" and site in dealt:
            moved_to(dealt, site, "subependymal", likely(contact.score, max(least, asked)))
    if own > 0:
        dealt["subependymal"] -= own
        dealt["periventricular_white_matter"] = dealt.get("periventricular_white_matter", 0.0) + own
    return normal(dealt), (*rules, RULE)


def _is_long(points_mm: Floats, weights: Floats) -> bool:
    """Whether a set of points (n, 3) is a line or band, by its spread.

    >>> row = np.array([[0.0, 0.0, x] for x in range(12)])
    >>> _is_long(row, np.ones(12)), _is_long(row[:4], np.ones(4))
    (True, False)
    """
    if len(points_mm) < 2:
        return False
    spread = np.linalg.eigvalsh(np.cov(points_mm.T, aweights=weights, bias=True) + np.eye(3) / 12)
    return bool(spread[2] >= LONG**2 * spread[1] and 12 * spread[2] >= LONG_MM**2)


def likely(score: float, least: float) -> float:
    """How surely a score lies beyond a limit (logistic).

    >>> likely(0.2, 0.2)
    0.5
    """
    return 1 / (1 + exp(-(score - least) / SPREAD))
