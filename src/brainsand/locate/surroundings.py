"""What does the atlas show round a deposit? Its sites, lobe and midline there, and what it expects beside them.

A map laid on a head by registration is off by a millimetre or two. So a deposit's volume is spread by a Gaussian of
that doubt, and what lies beneath counts by how much of the deposit comes to lie on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from brainsand.arrays.crop import cells_at, crop_round
from brainsand.locate.neighbours import normal
from brainsand.model.sites import LOBES, SITES, site_of_index

Bytes = NDArray[np.uint8]
Single = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaidAtlas:
    """The atlas laid on a head: maps on one regular grid, each as in ``model.anatomy.Anatomy``.

    Parameters
    ----------
    sites, lobes, midline_mm : arrays
        Site and side, lobe, signed distance from the midline.
    tissue : uint8 array, optional
        With it, cortex, junction and subcortical white matter are told apart by what a deposit straddles
        (``locate.ribbon``).
    depth_mm : float32 array, optional
        Distance to the inner table.
    expected : mapping of site to uint8 array
        How firmly (0 to 255) the atlas expects small and thin sites there (``choroid_plexus``, ``vessel_wall``,
        ``pineal``, ``habenula``, ``dentate_nucleus``), which the site map, with one name a place, mostly gives to
        what surrounds them.
    spacing_mm : tuple
        Of the grid (slice, row, column).
    """

    sites: Bytes
    lobes: Bytes
    midline_mm: Single
    tissue: Bytes | None = None
    depth_mm: Single | None = None
    expected: Mapping[str, Bytes] = field(default_factory=dict)
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What the atlas shows under and round one deposit.

    ``map_shares`` of each site within the doubt of the map, summed to 1 · ``expected`` mean expectation (0 to 1) of
    each thin or small site there · ``lobe`` that holds most of it · ``midline_mm`` (n,) signed distance of each of
    its voxels from the midline · ``depth_mm`` median distance from the inner table, None where that is not known.
    """

    map_shares: dict[str, float]
    expected: dict[str, float]
    lobe: str | None
    midline_mm: Floats
    depth_mm: float | None


def surroundings_of(
    points_index: Floats, weights: Floats, laid: LaidAtlas, *, doubt_mm: float
) -> Surroundings:
    """What lies round a deposit of these points (n, 3) of the laid atlas's grid and these weights (n,).

    ``doubt_mm`` is one deviation of where the map's borders truly lie; with 0 only what lies under the deposit counts.
    """
    under = cells_at(points_index, laid.sites.shape)
    box, spread = _spread(
        under, weights, shape=laid.sites.shape, sigma=[doubt_mm / s for s in laid.spacing_mm]
    )
    here = tuple(under.T)
    return Surroundings(
        map_shares=map_shares(laid.sites[box], spread),
        expected={site: _mean(firmness[box], spread) / 255 for site, firmness in laid.expected.items()},
        lobe=lobe_of(laid.lobes[box], spread),
        midline_mm=np.asarray(laid.midline_mm[here], float),
        depth_mm=None if laid.depth_mm is None else median(laid.depth_mm[here], weights),
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


def median(values: ArrayLike, weights: Floats) -> float:
    """The weighted median; midway between two where exactly half lies on either side (mirrors keep it).

    >>> median([1.0, 2.0, 9.0], np.array([1.0, 1.0, 2.0]))
    5.5
    """
    v = np.asarray(values, float)
    order = np.argsort(v, kind="stable")
    reached = np.cumsum(weights[order])
    half = reached[-1] / 2
    low = np.searchsorted(reached, half, side="left")
    high = min(int(np.searchsorted(reached, half, side="right")), len(v) - 1)
    return float((v[order][low] + v[order][high]) / 2)


def _spread(
    cells: NDArray[np.intp], weights: Floats, *, shape: tuple[int, ...], sigma: list[float]
) -> tuple[tuple[slice, ...], Floats]:
    """The deposit's weight spread by the doubt, on a box of the grid; the box as an index."""
    margin = np.ceil(3 * np.array(sigma)).astype(int) + 1
    crop = crop_round(cells, shape, margin=margin)
    held = np.zeros(crop.shape)
    np.add.at(held, crop.own, weights)
    return crop.box, ndimage.gaussian_filter(held, sigma, mode="constant", truncate=3.0)


def _mean(values: ArrayLike, weights: Floats) -> float:
    total = float(weights.sum())
    return float((np.asarray(values, float) * weights).sum() / total) if total > 0 else 0.0
