"""Where is it? One named site with its doubt, a side, and a lobe.

A map laid on a head by registration is off by a millimetre or two, and calcium sits on borders: the pallidum
beside the internal capsule, the choroid plexus in the ventricle. So a deposit is not asked what lies under it
but what lies *around* it: its volume is spread by a Gaussian of the registration's doubt, the sites beneath
are counted, and each site's share is weighed by how likely calcium is there (``norms["calcium_propensity"]``,
expert weights from published prevalences). Then readable rules of anatomy move shares between sites that a map
cannot tell apart (``locate.ribbon``, ``locate.neighbours``). The shares, summed to 1, are the
``site_probabilities``.

They are shares of map and prior, not yet calibrated against readers. They mislead where the head is unlike
the atlas: after surgery, with a large mass, with a registration that went wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from brainsand.locate.neighbours import (
    LARGEST_PLAQUE_MM3,
    anatomical,
    in_cistern,
    normal,
)
from brainsand.locate.ribbon import CORTICAL, in_ribbon, resolved
from brainsand.locate.wall import LARGEST_NODULE_MM3, Contact, contact_of, plexus_doubted, plexus_sure, walled
from brainsand.model.finding import Side
from brainsand.model.sites import LOBES, SITES, site_of_index

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
    *,
    sites: NDArray[np.uint8],
    midline_mm: NDArray[np.float32],
    lobes: NDArray[np.uint8],
    tissue: NDArray[np.uint8] | None = None,
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    propensity: Mapping[str, float] | None = None,
    inner_depth_mm: NDArray[np.float32] | None = None,
    beliefs: Mapping[str, NDArray[np.uint8]] | None = None,
    doubt_mm: float = DOUBT_MM,
) -> Placed:
    """Name the place of one deposit.

    Parameters
    ----------
    points_index : array (n, 3)
        Its voxels as (fractional) indices of the head grid: ``head_grid.index_of(grid.points(index))``.
    weights : array (n,)
        Their volumes, mm3 (or any positive weight).
    sites, midline_mm, lobes, tissue, inner_depth_mm : arrays on the head grid
        As in ``model.anatomy.Anatomy``. With the tissue, cortex, junction and subcortical white matter are told
        apart by what the deposit straddles (``locate.ribbon``).
    spacing_mm : tuple
        Of the head grid (slice, row, column).
    propensity : mapping of site to weight
        How much likelier calcium is there; sites not named weigh 1.
    beliefs : mapping of site to uint8 array on the head grid
        How firmly (0 to 255) the atlas expects small and thin sites there (``choroid_plexus``,
        ``vessel_wall``, ``pineal``, ``habenula``, ``dentate_nucleus``), which the site map, with one name a
        place, mostly gives to what surrounds them.
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
    cut, spread = _spread(p, w, shape=sites.shape, sigma=tuple(doubt_mm / s for s in spacing_mm))
    shares = map_shares(sites[cut], spread)
    under = np.clip(np.rint(p).astype(int), 0, np.array(sites.shape) - 1)
    away = np.asarray(midline_mm[tuple(under.T)], float)
    depth = None if inner_depth_mm is None else _median(inner_depth_mm[tuple(under.T)], w)
    weighed = weigh(shares, propensity=propensity or {})
    near_cortex = sum(weighed.get(s, 0.0) for s in CORTICAL) >= LEAST_CORTICAL
    ribbon = None
    if tissue is not None and near_cortex:
        ribbon = in_ribbon(p, w, sites=sites, tissue=tissue, spacing_mm=spacing_mm)
    if ribbon is not None:
        weighed = normal(resolved(weighed, *ribbon, volume_mm3=float(w.sum())))
    believed = {site: _mean(array[cut], spread) / 255 for site, array in (beliefs or {}).items()}
    probabilities, rules = anatomical(weighed, midline_mm=away, depth_mm=depth, beliefs=believed)
    if w.sum() <= LARGEST_PLAQUE_MM3:
        cistern = shares.get("unknown", 0.0)
        probabilities, rules = in_cistern(
            probabilities, rules, cistern=cistern, beliefs=believed, depth_mm=depth
        )
    contact = None
    if w.sum() <= LARGEST_NODULE_MM3 and not plexus_sure(believed, shares):
        contact = contact_of(p, w, sites=sites, spacing_mm=spacing_mm)
    if contact is not None:
        probabilities, rules = walled(*plexus_doubted(probabilities, rules, contact), contact)
    site = next(iter(probabilities))
    return Placed(
        site=site,
        side=side_of(site, away, w),
        lobe=lobe_of(lobes[cut], spread),
        site_probabilities=probabilities,
        map_shares=shares,
        cortex_share=sum(shares.get(s, 0.0) for s in _RIBBON),
        wall_share=sum(shares.get(s, 0.0) for s in _WALL),
        midline_distance_mm=_median(away, w),
        rules=rules,
        contact=contact,
    )


def map_shares(numbers: ArrayLike, weights: ArrayLike) -> dict[str, float]:
    """Share of each site (both sides together) in a weighted neighbourhood, largest first.

    Voxels without a site (number 0) are left out; no site at all gives ``{"unknown": 1.0}``.

    Examples
    --------
    Three parts left pallidum (1), one part left putamen (4):

    >>> map_shares([1, 1, 4, 0], [2.0, 1.0, 1.0, 9.0])
    {'globus_pallidus': 0.75, 'putamen': 0.25}
    """
    counts = np.bincount(np.ravel(numbers), weights=np.ravel(weights), minlength=3 * len(SITES) + 1)
    shares: dict[str, float] = {}
    for number in np.flatnonzero(counts[1:]) + 1:
        site, _ = site_of_index(int(number))
        shares[site] = shares.get(site, 0.0) + float(counts[number])
    return normal(shares)


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
        if abs(_median(d, w)) < MIDLINE_MM or min(left, right) >= STRADDLE_SHARE:
            return "midline"
    balance = float(w[d > 0].sum() - w[d < 0].sum())
    if balance == 0:
        balance = float((d * w).sum())
    return "left" if balance >= 0 else "right"


def lobe_of(numbers: ArrayLike, weights: ArrayLike) -> str | None:
    """The lobe that holds most of the neighbourhood; None where most of it lies in none.

    Examples
    --------
    >>> lobe_of([1, 1, 0], [1.0, 1.0, 1.0]), lobe_of([1, 0, 0], [1.0, 1.0, 1.0])
    ('frontal', None)
    """
    counts = np.bincount(np.ravel(numbers), weights=np.ravel(weights), minlength=len(LOBES) + 1)
    most = int(counts.argmax())
    return LOBES[most - 1] if most else None


def _spread(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    shape: tuple[int, ...],
    sigma: tuple[float, ...],
) -> tuple[tuple[slice, ...], NDArray[np.float64]]:
    """The deposit's weight spread by the doubt, on a box of the grid; the box as slices."""
    places = np.clip(np.rint(points).astype(int), 0, np.array(shape) - 1)
    margin = np.ceil(3 * np.array(sigma)).astype(int) + 1
    low = np.maximum(places.min(axis=0) - margin, 0)
    high = np.minimum(places.max(axis=0) + margin + 1, shape)
    box = np.zeros(tuple(high - low))
    np.add.at(box, tuple((places - low).T), weights)
    spread = ndimage.gaussian_filter(box, sigma, mode="constant", truncate=3.0)
    return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True)), spread


def _mean(values: ArrayLike, weights: NDArray[np.float64]) -> float:
    total = float(weights.sum())
    return float((np.asarray(values, float) * weights).sum() / total) if total > 0 else 0.0


def _median(values: ArrayLike, weights: NDArray[np.float64]) -> float:
    """The weighted median; midway between two where exactly half lies on either side (mirrors keep it)."""
    v = np.asarray(values, float)
    order = np.argsort(v, kind="stable")
    reached = np.cumsum(weights[order])
    half = reached[-1] / 2
    low = np.searchsorted(reached, half, side="left")
    high = min(int(np.searchsorted(reached, half, side="right")), len(v) - 1)
    return float((v[order][low] + v[order][high]) / 2)
