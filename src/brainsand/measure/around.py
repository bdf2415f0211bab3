"""What lies around a deposit: the blur that belongs to it, whose share it is, and the tissue beyond.

Blur spreads a deposit's attenuation over its neighbourhood and loses none, so what is summed must reach as far
as blur does: 1.5 mm beyond the deposit within a slice and one slice (or 1.5 mm) across. Where another deposit
or bone is near, each blurs over the other: every voxel, the deposits' own too, is shared out in proportion to what
each would bring there if its own voxels were blurred as the scanner does. So what one deposit gives up its
neighbour gets, and touching deposits add up to what both are.

It misleads where bone covers part of the blur: what is lost there is put back by the same proportion, and the
doubt widens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from brainsand.model.grid import Grid

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Box = tuple[slice, slice, slice]
Number = TypeVar("Number", bound=np.generic)

BLUR_MM: Final = 1.5
"""Blur is collected this far beyond the deposit (three deviations of a soft head kernel)."""
BEYOND_MM: Final = 0.8
"""The same in a slice that holds no voxel of the deposit: what is there lies over or under it."""
RING_MM: Final = 6.0
"""Tissue is looked at this far beyond the deposit within the slice."""
RING_ACROSS_MM: Final = 4.0
"""The same across slices, where slices are thin."""
SPREAD_MM: Final = 0.5
"""Deviation of the blur by which shares are told."""

UNKNOWN_HU: Final = 30.0
"""The level of tissue where none is seen."""
ACROSS: Final = (0.1, 0.8, 0.1)
"""What a slice's neighbours get of it, by which shares are told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Around:
    """One box of the volume: the deposit, its blur, and the tissue beyond; ``near`` is the part of the box that
    holds the blur and what blurs into it.

    ``share`` (0 to 1) of each voxel of ``blur`` is this deposit's; ``voxel_mm3`` (slices of the box,) are true
    voxel volumes; ``lost_share`` is the part of the blur that lies outside the inside, ``borrowed_share`` the part
    that had to be parted from others.
    """

    box: Box
    near: Box
    deposit: Mask
    blur: Mask
    share: Floats
    ring: Mask
    grid: Grid
    voxel_mm3: Floats
    lost_share: float
    borrowed_share: float


def surroundings(
    index: ArrayLike,
    *,
    grid: Grid,
    hu: NDArray[np.int16] | NDArray[np.float32],
    inside: Mask,
    owner: NDArray[Any],
    numbers: Sequence[int],
) -> Around:
    """The blur and the tissue around one deposit, by true distances on a tilted or uneven stack.

    Parameters
    ----------
    index : int array (n, 3)
        The deposit's voxels.
    hu : array on ``grid``
        Attenuation, by which shares are told.
    inside : bool array on ``grid``
        Where tissue of the head's inside lies.
    owner : int array on ``grid``
        0 where nobody's, else the number of the deposit or bright thing that the voxel belongs to.
    numbers : ints
        This deposit's own (several where it is several pieces together).
    """
    i = np.asarray(index, int).reshape(-1, 3)
    low, high = _box(i, grid=grid)
    box = (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))
    part = grid.part(*box)
    deposit = np.zeros(part.shape, bool)
    deposit[tuple((i - low).T)] = True
    reached, ring = _reached(deposit, grid=part)
    others = ~deposit & (owner[box] != 0)
    for number in numbers:
        others &= owner[box] != number
    blur = (reached & inside[box]) | deposit
    barred = others | (~inside[box] & ~deposit)
    near = _near(reached, grid=part)
    own, share = np.zeros(part.shape), blur.astype(float)
    if barred[near].any():
        crop = np.asarray(hu[box], float)
        level = _level(crop, ~deposit & ~barred)
        own[near], foreign = _blurred(crop[near], deposit[near], barred[near], level=level, grid=part)
        share[near] = np.where(blur[near], _own_share(own[near], foreign), 0.0)
    total = float(own[reached].sum())
    return Around(
        box=box,
        near=near,
        deposit=deposit,
        blur=blur,
        share=share,
        ring=ring & inside[box] & ~others & ~reached,
        grid=part,
        voxel_mm3=grid.voxel_volumes_mm3[low[0] : high[0]],
        lost_share=float(own[reached & ~blur].sum()) / total if total > 0 else 0.0,
        borrowed_share=float((own * (1 - share))[blur].sum()) / total if total > 0 else 0.0,
    )


def _near(mask: Mask, *, grid: Grid) -> Box:
    """The box of a mask and what blurs into it."""
    _, rows_mm, columns_mm = grid.spacing_mm
    pads = (1, int(np.ceil(BLUR_MM / rows_mm)) + 1, int(np.ceil(BLUR_MM / columns_mm)) + 1)
    spans = []
    for axis, pad in enumerate(pads):
        held = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        spans.append(slice(max(0, int(held[0]) - pad), int(held[-1]) + pad + 1))
    return spans[0], spans[1], spans[2]


def _level(hu: Floats, tissue: Mask) -> float:
    return float(np.median(hu[tissue])) if tissue.any() else UNKNOWN_HU


def _blurred(hu: Floats, deposit: Mask, others: Mask, *, level: float, grid: Grid) -> tuple[Floats, Floats]:
    """What the deposit, and what other bright things, would bring to each voxel, HU."""
    above = np.clip(hu - level, 0, 1500)
    _, rows_mm, columns_mm = grid.spacing_mm
    width = (SPREAD_MM / rows_mm, SPREAD_MM / columns_mm)

    def spread(mask: Mask) -> Floats:
        flat = ndimage.gaussian_filter(np.where(mask, above, 0), (0, *width), truncate=BLUR_MM / SPREAD_MM)
        return np.asarray(ndimage.convolve1d(flat, ACROSS, axis=0, mode="constant"))

    return spread(deposit), spread(others)


def _own_share(own: Floats, foreign: Floats) -> Floats:
    """Share (0 to 1) of what is brought to each voxel that is the deposit's own; all where nothing else is brought."""
    return np.where(foreign > 0, own / np.maximum(own + foreign, 1e-9), 1.0)


def _box(index: NDArray[np.int64], *, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one-past-last index of a box that holds the deposit and its surroundings."""
    place = grid.positions_mm
    k0, k1 = int(index[:, 0].min()), int(index[:, 0].max())
    low_k = min(int(np.searchsorted(place, place[k0] - RING_ACROSS_MM - BLUR_MM)), k0 - 1)
    high_k = max(int(np.searchsorted(place, place[k1] + RING_ACROSS_MM + BLUR_MM, side="right")), k1 + 2)
    # A tilted stack slides sideways from slice to slice: leave room for it.
    _, rows_mm, columns_mm = grid.spacing_mm
    slides = slides_px(grid.part(slice(max(low_k, 0), high_k), slice(None), slice(None)))
    slide = np.rint(np.abs(slides[0] - slides[-1])).astype(np.int64)
    reach = RING_MM + 1.0
    pad = np.array([0, np.ceil(reach / rows_mm) + slide[0], np.ceil(reach / columns_mm) + slide[1]]).astype(
        int
    )
    low = np.maximum(index.min(axis=0) - pad, 0)
    high = np.minimum(index.max(axis=0) + pad + 1, grid.shape)
    low[0], high[0] = max(low_k, 0), min(high_k, grid.shape[0])
    return low, high


def _reached(deposit: Mask, *, grid: Grid) -> tuple[Mask, Mask]:
    """Where the deposit's blur reaches, and the tissue around that is looked at, slice by slice.

    A slice's footprint is what the deposit covers in it and in the slices within reach, each slid by the
    stack's shear.
    """
    place, slides = grid.positions_mm, slides_px(grid)
    sampling = grid.spacing_mm[1:]
    blur, ring = np.zeros(deposit.shape, bool), np.zeros(deposit.shape, bool)
    held = np.flatnonzero(deposit.any(axis=(1, 2)))
    for k in range(len(deposit)):
        apart = np.abs(place[held] - place[k])
        near = held[(np.abs(held - k) <= 1) | (apart <= BLUR_MM)]
        if len(near):
            foot = _footprint(deposit, near, k, slides)
            away = ndimage.distance_transform_edt(~foot, sampling=sampling)
            blur[k] = away <= (BLUR_MM if deposit[k].any() else BEYOND_MM)
            ring[k] = away <= RING_MM
        elif len(held) and apart.min() <= RING_ACROSS_MM + BLUR_MM:
            foot = _footprint(deposit, held[[int(apart.argmin())]], k, slides)
            ring[k] = ndimage.binary_dilation(foot, iterations=max(1, round(BLUR_MM / sampling[0])))
    return blur, ring


def _footprint(deposit: Mask, slices: NDArray[np.int64], k: int, slides: Floats) -> Mask:
    foot = np.zeros(deposit.shape[1:], bool)
    for j in slices:
        foot |= slid_by(deposit[j], np.rint(slides[j] - slides[k]).astype(np.int64))
    return foot


def slides_px(grid: Grid) -> Floats:
    """Rows and columns (slices, 2) by which each slice's first voxel lies beside that of an upright stack.

    The same place lies ``slides[j] - slides[k]`` rows and columns further on in slice ``k`` than in ``j``.
    """
    _, rows_mm, columns_mm = grid.spacing_mm
    rows = grid.origins_mm @ grid.row_step_mm / rows_mm**2
    columns = grid.origins_mm @ grid.column_step_mm / columns_mm**2
    return np.stack([rows, columns], axis=1)


def slid_by(plane: NDArray[Number], shift: NDArray[np.int64]) -> NDArray[Number]:
    """The plane moved by whole pixels, what leaves it lost.

    >>> slid_by(np.array([[1, 2, 3]]), np.array([0, 1])).tolist()
    [[0, 1, 2]]
    """
    if not shift.any():
        return plane
    moved = np.zeros_like(plane)
    pairs = [(max(d, 0), n + min(d, 0), max(-d, 0)) for d, n in zip(shift.tolist(), plane.shape, strict=True)]
    if any(stop <= start for start, stop, _ in pairs):
        return moved
    here = tuple(slice(start, stop) for start, stop, _ in pairs)
    there = tuple(slice(source, source + stop - start) for start, stop, source in pairs)
    moved[here] = plane[there]
    return moved
