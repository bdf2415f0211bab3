"""Which of two neighbours is it? Rules of anatomy for sites that a map cannot tell apart.

A map gives one name a place. What it calls fluid, or the brain beside a cistern, may be the plexus, an artery or the
pineal that lies there; a nodule in the wall of a ventricle lies half in the brain and half in the fluid. Each rule
moves shares from sites that do not calcify to the neighbour that does, and says that it did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from brainsand.model.sites import SITES

#: Shares smaller than this are not listed.
LEAST_SHARE: Final = 0.01
#: Sites a sheet in the midline can be mistaken for; sites whose calcium can lie on the inner table.
_BESIDE_FALX: Final = ("cortex", "gray_white_junction", "subcortical_white_matter", "dura", "unknown")
_BELOW_TABLE: Final = ("cortex", "gray_white_junction", "unknown")
#: How much likelier calcium is the pineal's than the habenula's where both are expected alike (expert).
_LIKELIER: Final = {"pineal": 2.0}
#: The atlas's expectation (0 to 1) from which a thin structure is believed to be what calcified (expert).
EXPECTED_FROM: Final = 0.15
#: Expected like this, an artery also takes what the map gives to the brain beside its cistern.
FIRMLY: Final = 0.3
_BESIDE_ARTERY: Final = ("cortex", "gray_white_junction", "hippocampus")
#: A small deposit with this much of the cisterns round it (places without a site of the map) is an artery's already
#: where the atlas expects one this little: nothing else calcifies there in small, and arteries wander (expert).
CISTERN_FROM: Final = 0.2
NEAR_ARTERY: Final = 0.04
LARGEST_PLAQUE_MM3: Final = 120.0
"""By its threshold volume, which a dense plaque blooms to."""
_EXPECTED: Final = {
    "choroid_plexus": ("ventricle", "subependymal"),
    "vessel_wall": ("unknown", "dura", "sella_suprasellar", "brainstem"),
    "pineal": ("unknown", "brainstem", "ventricle", "tentorium", "cerebellum", "dura"),
    "dentate_nucleus": ("cerebellum",),
    "habenula": ("unknown", "brainstem", "ventricle", "thalamus"),
}


def anatomical(
    shares: Mapping[str, float],
    *,
    midline_mm: ArrayLike,
    depth_mm: float | None,
    beliefs: Mapping[str, float] | None = None,
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Move shares between sites that a map cannot tell apart; say which rule did.

    0. *Where the plexus hangs, plexus; on an artery's course, artery.* Where the atlas expects one of them at
       least one in seven, the ventricle and its wall are the plexus's, and the cisterns and what borders them
       are the artery's.
    1. *Ventricle to choroid plexus or wall.* Fluid does not calcify: with choroid plexus near (5 %), the
       ventricle's share is the plexus's; else with wall near (15 % subependymal), the wall's.
    2. *Midline sheet to falx or tentorium.* With one of them near (10 %) and nine tenths of the deposit within
       4 mm of the midline, the share of the cortex and white matter beside it is that sheet's.
    3. *On the inner table to dura.* At most 2 mm from bone, the share of cortex is the dura's.

    Parameters
    ----------
    shares : mapping of site to share
        Summed to 1.
    midline_mm : array (n,)
        Signed distances of the deposit's voxels from the midline, mm.
    depth_mm : float or None
        Median distance of the deposit from the inner table, mm.
    beliefs : mapping of site to float
        Mean of the atlas's expectation round the deposit, 0 to 1.
    """
    moved, rules = dict(shares), []
    held = beliefs or {}
    for site in sorted(_EXPECTED, key=lambda s: -held.get(s, 0.0) * _LIKELIER.get(s, 1.0)):
        sources = _EXPECTED[site]
        if site == "vessel_wall" and held.get(site, 0.0) >= FIRMLY:
            sources = (*sources, *_BESIDE_ARTERY)
        near = sum(moved.get(s, 0.0) for s in sources)
        if held.get(site, 0.0) >= EXPECTED_FROM and near + moved.get(site, 0.0) >= 0.3:
            _move(moved, sources, site)
            rules.append(f"where_{site}_is_expected")
    if "ventricle" in moved and moved.get("choroid_plexus", 0.0) >= 0.05:
        _move(moved, ("ventricle",), "choroid_plexus")
        rules.append("in_ventricle_at_choroid_plexus")
    elif "ventricle" in moved and moved.get("subependymal", 0.0) >= 0.15:
        _move(moved, ("ventricle",), "subependymal")
        rules.append("in_ventricle_at_wall")
    sheet = "tentorium" if moved.get("tentorium", 0.0) > moved.get("falx", 0.0) else "falx"
    if moved.get(sheet, 0.0) >= 0.1 and float(np.quantile(np.abs(midline_mm), 0.9)) <= 4.0:
        _move(moved, _BESIDE_FALX, sheet)
        rules.append(f"midline_sheet_is_{sheet}")
    elif depth_mm is not None and depth_mm <= 2.0 and any(site in moved for site in _BELOW_TABLE):
        _move(moved, _BELOW_TABLE, "dura")
        rules.append("on_inner_table_is_dura")
    kept = {site: share for site, share in normal(moved).items() if share >= LEAST_SHARE}
    return normal(kept), tuple(rules)


def in_cistern(
    shares: Mapping[str, float],
    rules: tuple[str, ...],
    *,
    cistern: float,
    beliefs: Mapping[str, float],
    depth_mm: float | None,
) -> tuple[dict[str, float], tuple[str, ...]]:
    """A small deposit in a cistern, off the bone, with an artery's course near and nothing else expected: the artery's.

    Parameters
    ----------
    shares : mapping of site to share
        Summed to 1, largest first.
    rules : tuple of str
        Those that spoke so far; one that found something expected is believed.
    cistern : float
        Share of the neighbourhood (``map_shares``) that has no site.
    beliefs : mapping of site to float
        Mean of the atlas's expectation round the deposit, 0 to 1.
    depth_mm : float or None
        Median distance of the deposit from the inner table, mm.

    Examples
    --------
    >>> in_cistern({"unknown": 0.5, "brainstem": 0.5}, (), cistern=0.5, beliefs={"vessel_wall": 0.06}, depth_mm=9.0)
    ({'vessel_wall': 1.0}, ('in_cistern_by_an_artery',))
    >>> in_cistern({"unknown": 0.5, "brainstem": 0.5}, (), cistern=0.5, beliefs={}, depth_mm=9.0)
    ({'unknown': 0.5, 'brainstem': 0.5}, ())
    """
    artery = beliefs.get("vessel_wall", 0.0)
    rivals = max((v for site, v in beliefs.items() if site != "vessel_wall"), default=0.0)
    sheets = sum(shares.get(site, 0.0) for site in ("tentorium", "falx", "dura"))
    on_bone = depth_mm is not None and depth_mm <= 2.0
    if cistern < CISTERN_FROM or artery < max(NEAR_ARTERY, rivals) or sheets >= CISTERN_FROM or on_bone:
        return dict(shares), rules
    moved = dict(shares)
    _move(moved, (*_EXPECTED["vessel_wall"], *_BESIDE_ARTERY), "vessel_wall")
    return normal(moved), (*rules, "in_cistern_by_an_artery")


def _move(shares: dict[str, float], sources: tuple[str, ...], target: str) -> None:
    """Add the shares of ``sources`` to ``target``, in place."""
    for source in sources:
        shares[target] = shares.get(target, 0.0) + shares.pop(source, 0.0)


def moved_to(shares: dict[str, float], source: str, target: str, part: float) -> None:
    """Give a part (0 to 1) of the share of ``source`` to ``target``, in place."""
    given = part * shares.get(source, 0.0)
    shares[source] = shares.get(source, 0.0) - given
    shares[target] = shares.get(target, 0.0) + given


def normal(shares: Mapping[str, float]) -> dict[str, float]:
    """Summed to 1, largest first (the site list's order among equals); nothing gives unknown."""
    total = sum(shares.values())
    if total <= 0:
        return {"unknown": 1.0}
    order = sorted(shares, key=lambda site: (-shares[site], SITES.index(site)))
    return {site: shares[site] / total for site in order if shares[site] > 0}
