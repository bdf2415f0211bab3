"""Is there metal, where, and how much of the brain do its streaks reach?

Metal passes 2500 HU over more than a speck; cortical bone stays under about 2000 and enamel under about 3000
HU, so what lies outside the skull's inside may be a tooth and is only looked at for the slices it shares with
the brain. Streaks run within the slice: *streaked* slices are those that hold metal and whose brain blocks
(``noise``) spread 1.4 times as much as those of the other slices.

It misleads where 12 bits end at 3071 HU: the amount of metal is then unknown, its place is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.errors import InputRefused
from brainsand.model.caution import Caution
from brainsand.quality.noise import block_size, block_spread

Mask = NDArray[np.bool_]
Image = NDArray[Any]

METAL_FROM_HU: Final = 2500
_LEAST_MM3: Final = 3.0
_NEAR_MM: Final = 3.0
_STREAKED: Final = 1.4
_DROWNED: Final = 3.0
_DROWNED_SHARE: Final = 0.5
_SLICES_COMPARED: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Metal:
    """Metal in the brain's slices.

    ``inside_mm3`` lies within 3 mm of the intracranial space, ``outside_mm3`` beyond; ``slice_share`` of the
    brain's slices hold any; there the brain is ``streaks`` times as noisy (None where not measured).
    """

    inside_mm3: float
    outside_mm3: float
    slice_share: float
    streaks: float | None


def metal_of(hu: Image, inside: Mask, *, voxel_mm3: NDArray[np.float64], pixel_mm: float) -> Metal:
    """Metal in the slices that hold brain.

    Parameters
    ----------
    hu, inside : arrays (slice, row, column)
        Attenuation and intracranial space on the scan's own voxels.
    voxel_mm3 : array (slice,)
        Volume of a voxel of each slice.
    pixel_mm : float
        Size of a pixel.

    Examples
    --------
    >>> hu = np.full((3, 40, 40), 30); hu[1, 10:12, 10:12] = 3071
    >>> metal_of(hu, np.ones(hu.shape, bool), voxel_mm3=np.ones(3), pixel_mm=1.0).inside_mm3
    4.0
    """
    held = np.flatnonzero(inside[:, ::4, ::4].any(axis=(1, 2)))
    # One look at every slice's maximum is cheap; what follows is done for few slices.
    tops = hu[held].max(axis=(1, 2)) if len(held) else np.zeros(0)
    inner, outer, touched = 0.0, 0.0, []
    for k in held[tops >= METAL_FROM_HU]:
        found = np.argwhere(hu[k] >= METAL_FROM_HU)
        near = _near(found, inside[k], max(1, round(_NEAR_MM / pixel_mm)))
        inner += float(near.sum()) * float(voxel_mm3[k])
        outer += float((~near).sum()) * float(voxel_mm3[k])
        if len(found) * float(voxel_mm3[k]) >= _LEAST_MM3:
            touched.append(int(k))
    return Metal(
        inside_mm3=inner,
        outside_mm3=outer,
        slice_share=len(touched) / len(held) if len(held) else 0.0,
        streaks=_streaks(hu, inside, touched, [int(k) for k in held], pixel_mm),
    )


def refuse_if_drowned(metal: Metal) -> None:
    """Refuse (InputRefused ``metal``) a brain whose slices are mostly streaked beyond reading."""
    if metal.slice_share < _DROWNED_SHARE or metal.streaks is None or metal.streaks < _DROWNED:
        return
    raise InputRefused(
        f"Metal lies in {metal.slice_share:.0%} of the brain's slices and its streaks make the brain "
        f"{metal.streaks:.1f} times as noisy there.",
        needed=f"streaks in less than {_DROWNED_SHARE:.0%} of the slices.",
        todo="Give a reconstruction with metal artefact reduction, or an earlier scan.",
        code="metal",
    )


def metal_cautions(metal: Metal) -> tuple[Caution, ...]:
    """What to say of metal in the head and of streaks from outside it."""
    found = []
    if metal.inside_mm3 >= _LEAST_MM3:
        words = (
            f"Metal in or at the intracranial space (about {metal.inside_mm3:.0f} mm³ above {METAL_FROM_HU} "
            "HU: clip, coil, electrode or plate): what is bright beside it may be streak, and calcium "
            "there may be hidden."
        )
        found.append(Caution(code="metal_inside", words=words))
    if metal.streaks is not None and metal.streaks >= _STREAKED and metal.slice_share > 0:
        words = (
            f"Streaks from metal (teeth, implants) cross {metal.slice_share:.0%} of the brain's slices and "
            f"make it {metal.streaks:.1f} times as noisy there: small deposits in those slices are unsure."
        )
        found.append(Caution(code="metal_streaks", words=words))
    return tuple(found)


def _near(index: NDArray[np.int64], inside: Mask, reach: int) -> Mask:
    """Whether pixels (n, 2) lie within ``reach`` pixels (rows or columns) of the inside, or in a hole of it.

    Metal is often left out of the inside as if it were bone, so holes count; every second pixel is enough for
    them.
    """
    filled = ndimage.binary_fill_holes(inside[::2, ::2])
    near = np.asarray(filled[index[:, 0] // 2, index[:, 1] // 2], bool)
    for i in np.flatnonzero(~near):
        r, c = index[i]
        near[i] = inside[max(0, r - reach) : r + reach + 1, max(0, c - reach) : c + reach + 1].any()
    return near


def _streaks(hu: Image, inside: Mask, touched: list[int], held: list[int], pixel_mm: float) -> float | None:
    """How many times as much the blocks of touched slices spread as those of the others (medians)."""
    others = sorted(set(held) - set(touched))
    if not touched or len(others) < 2:
        return None
    medians = []
    for slices in (touched, others):
        chosen = slices[:: max(1, len(slices) // _SLICES_COMPARED)]
        spread = [block_spread(hu[k], inside[k], block_size(pixel_mm))[0] for k in chosen]
        sds = np.concatenate(spread)
        if not len(sds):
            return None
        medians.append(float(np.median(sds)))
    return medians[0] / medians[1] if medians[1] > 0 else None
