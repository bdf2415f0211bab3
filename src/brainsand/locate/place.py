"""Where is it? One named site with its doubt, a side, and a lobe.

A map laid on a head by registration is off by a millimetre or two, and calcium sits on borders: the pallidum
beside the internal capsule, the choroid plexus in the ventricle. So a deposit is not asked what lies under it
but what lies *around* it (``locate.surroundings``): its volume is spread by a Gaussian of the registration's doubt,
the sites beneath are counted, and each site's share is weighed by how likely calcium is there
(``norms["calcium_propensity"]``, expert weights from published prevalences). Then readable rules of anatomy move shares
between sites that a map cannot tell apart (``locate.ribbon``, ``locate.neighbours``, ``locate.wall``). The shares,
summed to 1, are the ``site_probabilities``.

They are shares of map and prior, not yet calibrated against readers. They mislead where the head is unlike
the atlas: after surgery, with a large mass, with a registration that went wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.locate.neighbours import LARGEST_PLAQUE_MM3, anatomical, in_cistern, normal
from brainsand.locate.ribbon import CORTICAL, in_ribbon, resolved
from brainsand.locate.surroundings import LaidAtlas, Surroundings, median, surroundings_of
from brainsand.locate.wall import LARGEST_NODULE_MM3, Contact, contact_of, plexus_doubted, plexus_sure, walled
from brainsand.model.finding import Side

Floats = NDArray[np.float64]

#: Registration's doubt, mm: one deviation of where a border of the map truly lies (expert, 1.5 to 2).
DOUBT_MM: Final = 1.75
#: A midline structure's deposit this near the midline is midline, mm.
MIDLINE_MM: Final = 2.5
#: A deposit straddles when this share of it lies on either side, beyond 1 mm from the midline.
STRADDLE_SHARE: Final = 0.2
#: Sites that have a midline; every other site is always left or right.
MIDLINE_SITES: Final = frozenset(
    {
        "pineal",
        "habenula",
        "falx",
        "tentorium",
        "dura",
        "corpus_callosum",
        "brainstem",
        "cerebellum",
        "ventricle",
        "choroid_plexus",
        "sella_suprasellar",
        "vessel_wall",
        "unknown",
    }
)
#: With less than this of it at the cortex or just under it, nothing is to be told apart there.
LEAST_CORTICAL: Final = 0.1
_WALL: Final = ("subependymal", "ventricle", "periventricular_white_matter")
_RIBBON: Final = ("cortex", "gray_white_junction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A deposit's place: names as in ``case.json``. ``map_shares`` are the shares before prior and rules.

    ``cortex_share`` and ``wall_share`` (0 to 1) say how far it runs in the cortical ribbon, along a
    ventricle's wall; ``midline_distance_mm`` is signed, positive to the patient's left; ``contact`` with a lateral
    ventricle, None for what is large, far from it, or surely the plexus's.
    """

    site: str
    side: Side
    lobe: str | None
    site_probabilities: dict[str, float]
    map_shares: dict[str, float]
    cortex_share: float
    wall_share: float
    midline_distance_mm: float
    rules: tuple[str, ...]
    contact: Contact | None = None


def place_deposit(
    points_index: ArrayLike,
    weights: ArrayLike,
    laid: LaidAtlas,
    *,
    propensity: Mapping[str, float] | None = None,
    doubt_mm: float = DOUBT_MM,
) -> Placed:
    """Name the place of one deposit.

    Parameters
    ----------
    points_index : array (n, 3)
        Its voxels as (fractional) indices of the head grid: ``head_grid.index_of(grid.points(index))``.
    weights : array (n,)
        Their volumes, mm3 (or any positive weight).
    laid : LaidAtlas
        The atlas on this head, on the head grid.
    propensity : mapping of site to weight
        How much likelier calcium is there; sites not named weigh 1.
    doubt_mm : float
        Registration's doubt, mm; 0 counts what lies under the deposit alone.

    Returns
    -------
    Placed
        ``site`` is ``"unknown"`` with probability 1 where no site lies within the doubt.

    Raises
    ------
    ValueError
        When there are no points, or weights that sum to nothing.
    """
    p = np.asarray(points_index, float).reshape(-1, 3)
    w = np.asarray(weights, float)
    if not len(p) or not w.sum() > 0:
        raise ValueError(
            f"{len(p)} points of total weight {w.sum():g} came; at least one with weight is needed."
        )
    around = surroundings_of(p, w, laid, doubt_mm=doubt_mm)
    contact = _contact(p, w, around, laid)
    shares = _in_ribbon(weigh(around.map_shares, propensity=propensity or {}), p, w, laid)
    probabilities, rules = _by_anatomy(shares, around, contact, volume_mm3=float(w.sum()))
    site = next(iter(probabilities))
    return Placed(
        site=site,
        side=side_of(site, around.midline_mm, w),
        lobe=around.lobe,
        site_probabilities=probabilities,
        map_shares=around.map_shares,
        cortex_share=sum(around.map_shares.get(s, 0.0) for s in _RIBBON),
        wall_share=sum(around.map_shares.get(s, 0.0) for s in _WALL),
        midline_distance_mm=median(around.midline_mm, w),
        rules=rules,
        contact=contact,
    )


def _in_ribbon(
    shares: dict[str, float], points: Floats, weights: Floats, laid: LaidAtlas
) -> dict[str, float]:
    """The shares, those at the cortex dealt out by what the deposit straddles (where tissue is known)."""
    near_cortex = sum(shares.get(s, 0.0) for s in CORTICAL) >= LEAST_CORTICAL
    if laid.tissue is None or not near_cortex:
        return shares
    ribbon = in_ribbon(points, weights, sites=laid.sites, tissue=laid.tissue, spacing_mm=laid.spacing_mm)
    if ribbon is None:
        return shares
    return normal(resolved(shares, *ribbon, volume_mm3=float(weights.sum())))


def _contact(points: Floats, weights: Floats, around: Surroundings, laid: LaidAtlas) -> Contact | None:
    """The contact with a lateral ventricle of what may be a nodule of its wall."""
    if weights.sum() > LARGEST_NODULE_MM3 or plexus_sure(around.expected, around.map_shares):
        return None
    return contact_of(points, weights, sites=laid.sites, spacing_mm=laid.spacing_mm)


def _by_anatomy(
    shares: dict[str, float], around: Surroundings, contact: Contact | None, *, volume_mm3: float
) -> tuple[dict[str, float], tuple[str, ...]]:
    """The shares after the rules for sites that a map cannot tell apart, and which of the rules spoke."""
    probabilities, rules = anatomical(
        shares, midline_mm=around.midline_mm, depth_mm=around.depth_mm, beliefs=around.expected
    )
    if volume_mm3 <= LARGEST_PLAQUE_MM3:
        probabilities, rules = in_cistern(
            probabilities,
            rules,
            cistern=around.map_shares.get("unknown", 0.0),
            beliefs=around.expected,
            depth_mm=around.depth_mm,
        )
    if contact is not None:
        probabilities, rules = walled(*plexus_doubted(probabilities, rules, contact), contact)
    return probabilities, rules


def weigh(shares: Mapping[str, float], *, propensity: Mapping[str, float]) -> dict[str, float]:
    """Shares times how likely calcium is at each site, summed to 1 again (Bayes, the map as likelihood).

    Examples
    --------
    >>> weigh({"internal_capsule": 0.5, "globus_pallidus": 0.5}, propensity={"globus_pallidus": 3.0})
    {'globus_pallidus': 0.75, 'internal_capsule': 0.25}
    """
    return normal({site: share * propensity.get(site, 1.0) for site, share in shares.items()})


def given_to(place: Placed, taker: str, sites: Iterable[str], part: float, *, rule: str) -> Placed:
    """The place with a part (0 to 1) of what these sites have given to another, and named by what is then likeliest."""
    shares = dict(place.site_probabilities)
    given = {site: part * shares[site] for site in sites if site in shares}
    for site, share in given.items():
        shares[site] -= share
    shares[taker] = shares.get(taker, 0.0) + sum(given.values())
    probabilities = normal(shares)
    named = next(iter(probabilities))
    return replace(place, site=named, site_probabilities=probabilities, rules=(*place.rules, rule))


def side_of(site: str, midline_mm: ArrayLike, weights: ArrayLike) -> Side:
    """The side of a deposit at a site, from signed distances to the midline (mm, positive left).

    A site that has a midline is ``midline`` when the median lies within 2.5 mm or the deposit straddles; the
    pineal is always midline. Every other site is left or right, by where more of it lies.

    Examples
    --------
    >>> side_of("falx", [1.0, -2.0], [1, 1]), side_of("putamen", [2.0], [1]), side_of("habenula", [-3.0], [1])
    ('midline', 'left', 'right')
    """
    d, w = np.asarray(midline_mm, float), np.asarray(weights, float)
    if site == "pineal":
        return "midline"
    if site in MIDLINE_SITES:
        left, right = float(w[d > 1].sum() / w.sum()), float(w[d < -1].sum() / w.sum())
        if abs(median(d, w)) < MIDLINE_MM or min(left, right) >= STRADDLE_SHARE:
            return "midline"
    balance = float(w[d > 0].sum() - w[d < 0].sum())
    if balance == 0:
        balance = float((d * w).sum())
    return "left" if balance >= 0 else "right"
