"""Is it a plate of falx or tentorium? Its form says so where a map that is some millimetres off cannot.

A fold of the dura is thinner than the doubt of the map, and brain lies on both sides of it; so its calcium is as often
under the label of the cortex or cerebellum beside it. But it calcifies as the sheet it is: thin, flat, and in the
sheet's own plane. No calcium of brain tissue does: nodules are round, gyri wind. So what is a plate (``locate.slab``)

- beside the midline, falx near, and turned as the falx is (its thin side to the left and right), is the falx's;
- between cerebellum and cerebrum, near both, and turned as the gap between them is, is the tentorium's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.arrays.crop import crop_round
from brainsand.arrays.distance import distance_to
from brainsand.locate.place import Placed, given_to, side_of
from brainsand.locate.slab import Slab
from brainsand.model.sites import SIDES, site_index

Bytes = NDArray[np.uint8]
Single = NDArray[np.float32]
Floats = NDArray[np.float64]

FALX_WITHIN_MM: Final = 6.5
"""Nine tenths of a plate of the falx lie within this of the midline: the map's doubt, the falx's own bend (expert)."""
GAP_MM: Final = 5.0
BOTH_GAPS_MM: Final = 6.0
"""A plate of the tentorium lies no farther on average from the cerebellum, nor from the cerebrum, nor from both taken
together (expert)."""
LEAST_SHARE: Final = 0.02
"""The map has this much of the sheet within its doubt of a plate (expert)."""
TURNED: Final[Mapping[str, float]] = {"falx": 0.85, "tentorium": 0.7}
"""Cosine of the angle between a plate's normal and the sheet's: 32 degrees at most, and 45 where the sheet itself is
bent and its direction is read off the map (expert)."""
GIVEN: Final = 0.85
"""Share of what the map gives to the brain beside a sheet that its plate takes (expert: form is a strong witness and
no proof)."""
RULE: Final = "plate_of_the_"
SEARCHED_MM: Final = 16
SMOOTHED_MM: Final = 2.0

_CEREBELLAR: Final = ("cerebellum", "dentate_nucleus")
_CEREBRAL: Final = (
    "cortex", "gray_white_junction", "subcortical_white_matter", "deep_white_matter", "hippocampus",
    "periventricular_white_matter", "corpus_callosum",
)  # fmt: skip
_BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "falx": ("cortex", "gray_white_junction", "subcortical_white_matter", "dura", "unknown"),
    "tentorium": (
        "cortex", "gray_white_junction", "subcortical_white_matter", "cerebellum", "hippocampus", "dura", "unknown",
    ),
}  # fmt: skip
"""What lies beside each sheet, and so is what its calcium is mistaken for."""


def on_sheet(place: Placed, slab: Slab, *, sites: Bytes, midline_mm: Single) -> Placed:
    """The place of a deposit, given to falx or tentorium where it is a plate of it; else as it was.

    Parameters
    ----------
    place : Placed
        Of :func:`brainsand.locate.place.place_deposit`.
    slab : Slab
        The deposit's form on the head's grid.
    sites, midline_mm : arrays on the head's grid (1 mm)
        As in ``model.anatomy.Anatomy``.
    """
    sheet = sheet_of(place.map_shares, slab, sites=sites, midline_mm=midline_mm)
    if sheet is None:
        return place
    place = given_to(place, sheet, _BESIDE[sheet], GIVEN, rule=f"{RULE}{sheet}")
    return replace(
        place,
        side=side_of(place.site, slab.values_of(midline_mm), slab.weights),
        cortex_share=0.0,  # It lies on the cortex and not in it: no ribbon.
    )


def is_plate(place: Placed) -> bool:
    """Whether a deposit was placed by being a plate of a sheet."""
    return any(rule.startswith(RULE) for rule in place.rules)


def sheet_of(map_shares: Mapping[str, float], slab: Slab, *, sites: Bytes, midline_mm: Single) -> str | None:
    """``falx`` or ``tentorium`` where the deposit is a plate that lies in it, else None."""
    if not slab.flat:
        return None
    if map_shares.get("falx", 0.0) >= LEAST_SHARE and _along_falx(slab, midline_mm):
        return "falx"
    if map_shares.get("tentorium", 0.0) >= LEAST_SHARE and _along_tentorium(slab, sites):
        return "tentorium"
    return None


def _along_falx(slab: Slab, midline_mm: Single) -> bool:
    away = np.abs(slab.values_of(midline_mm))
    return bool(abs(slab.normal[2]) >= TURNED["falx"] and np.quantile(away, 0.9) <= FALX_WITHIN_MM)


def _along_tentorium(slab: Slab, sites: Bytes) -> bool:
    """Whether it lies in the gap between cerebellum and cerebrum, turned as the gap is."""
    crop = crop_round(slab.cells_in(sites.shape), sites.shape, margin=SEARCHED_MM)
    under, over = (np.isin(sites[crop.box], _numbers(names)) for names in (_CEREBELLAR, _CEREBRAL))
    if not (under.any() and over.any()):
        return False
    to_under, to_over = (
        np.minimum(distance_to(mask, spacing_mm=(1.0, 1.0, 1.0)), SEARCHED_MM) for mask in (under, over)
    )
    means = [float(np.average(d[crop.own], weights=slab.weights)) for d in (to_under, to_over)]
    if max(means) > GAP_MM or sum(means) > BOTH_GAPS_MM:
        return False
    across = _gradient(ndimage.gaussian_filter(to_under - to_over, SMOOTHED_MM), crop.own, slab.weights)
    return bool(abs(float(across @ slab.normal)) >= TURNED["tentorium"])


def _gradient(field: NDArray[np.float32], here: tuple[NDArray[np.intp], ...], weights: Floats) -> Floats:
    """Unit vector of the field's mean rise over the deposit; nothing where it does not rise."""
    slopes = [np.gradient(field, axis=axis) for axis in range(3)]
    rise = np.array([np.average(slope[here], weights=weights) for slope in slopes])
    return np.asarray(rise / max(float(np.linalg.norm(rise)), 1e-9))


def _numbers(names: tuple[str, ...]) -> list[int]:
    return [site_index(name, side) for name in names for side in SIDES]
