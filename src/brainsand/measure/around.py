"""What lies around a deposit: the blur that belongs to it, and the tissue it is compared with.

The tissue around a deposit is what its attenuation is measured against. In the brain that tissue changes
within millimetres (fluid 5, white matter 28, gray matter 37 HU), so it is taken from a ring close by, never
from bone, never from another deposit, and its doubt is read from how much the ring differs from side to side.

It misleads where the ring is thin (a deposit between bone and a ventricle) and where the deposit lies on the
border of two tissues: both widen the stated doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from brainsand.model.grid import Grid

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Tissue that may stand as background: fluid to blood. Bone, air, metal and calcium are outside.
BACKGROUND_HU = (-20.0, 80.0)
#: A background from fewer voxels than this is not stated.
FEWEST_VOXELS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The tissue around a deposit: its attenuation and its standard error, HU, and voxels it rests on."""

    hu: float
    pm_hu: float
    voxels: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Around:
    """Masks on one box of the volume: the deposit, the blur about it, and the ring of tissue beyond.

    ``voxel_mm3`` (slices of the box,) are true voxel volumes; ``lost_share`` is the share of the blur that
    bone or another deposit keeps from being collected.
    """

    low: tuple[int, int, int]
    deposit: Mask
    blur: Mask
    ring: Mask
    grid: Grid
    voxel_mm3: Floats
    lost_share: float


def surroundings(
    index: ArrayLike,
    *,
    grid: Grid,
    inside: Mask,
    taken: Mask,
    blur_mm: float = 2.0,
    ring_mm: float = 6.0,
) -> Around:
    """The blur and the ring of one deposit, by true distances on a tilted or uneven stack.

    In each slice the deposit's footprint is what it covers in this slice and in those within ``blur_mm`` (at
    least one slice either way), each shifted by the shear of the stack. Blur is what lies within ``blur_mm``
    of the footprint, ring what lies from there to ``ring_mm``; both inside the head and off other deposits.

    Parameters
    ----------
    index : int array (n, 3)
        The deposit's voxels.
    inside : bool array on ``grid``
        Where tissue of the head's inside lies.
    taken : bool array on ``grid``
        Voxels of any deposit or bright thing; this deposit's own are allowed to be among them.
    """
    i = np.asarray(index, int).reshape(-1, 3)
    low, high = _box(i, grid=grid, reach_mm=ring_mm + 1.0, slices_mm=blur_mm)
    cut = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    part = grid.part(*cut)
    deposit = np.zeros(part.shape, bool)
    deposit[tuple((i - low).T)] = True
    near = _in_plane_distance(deposit, grid=part, reach_mm=blur_mm)
    free = inside[cut] & ~(taken[cut] & ~deposit)
    blur = (near <= blur_mm) & (free | deposit)
    ring = (near > blur_mm) & (near <= ring_mm) & free
    about = int((near <= blur_mm).sum())
    return Around(
        low=(int(low[0]), int(low[1]), int(low[2])),
        deposit=deposit,
        blur=blur,
        ring=ring,
        grid=part,
        voxel_mm3=grid.voxel_volumes_mm3[low[0] : high[0]],
        lost_share=1 - int(blur.sum()) / about,
    )


def background(hu: ArrayLike, angles: ArrayLike) -> Background | None:
    """Median of the ring and its standard error; None where too little tissue is left.

    Parameters
    ----------
    hu : array (n,)
        Attenuation of the ring's voxels.
    angles : array (n,)
        Direction in which each lies from the deposit, radians.

    Returns
    -------
    Background or None
        ``pm_hu`` is the spread of the medians of eight sectors over the root of their number, or the standard
        error of one median (1.253 times the deviation over the root of the count), whichever is larger:
        noise in CT is correlated and tissue differs from side to side, so counting voxels alone flatters.

    Examples
    --------
    >>> angles = np.linspace(-3.1, 3.1, 64)
    >>> background(np.full(64, 30.0), angles)
    Background(hu=30.0, pm_hu=0.0, voxels=64)
    >>> background([30.0, 31.0], [0.0, 1.0]) is None
    True
    """
    h, turn = np.asarray(hu, float), np.asarray(angles, float)
    usable = (h >= BACKGROUND_HU[0]) & (h <= BACKGROUND_HU[1])
    h, turn = h[usable], turn[usable]
    if len(h) < FEWEST_VOXELS:
        return None
    sector = np.clip(((turn + np.pi) / (2 * np.pi) * 8).astype(int), 0, 7)
    medians = [float(np.median(h[sector == s])) for s in range(8) if (sector == s).sum() >= 3]
    by_sector = (
        float(np.std(medians, ddof=1) / np.sqrt(len(medians))) if len(medians) > 1 else float(np.std(h))
    )
    by_count = float(1.253 * np.std(h) / np.sqrt(len(h)))
    return Background(hu=float(np.median(h)), pm_hu=max(by_sector, by_count), voxels=len(h))


def _box(
    index: NDArray[np.int64], *, grid: Grid, reach_mm: float, slices_mm: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one-past-last index of a box that holds the deposit and its surroundings."""
    place = grid.positions_mm
    k0, k1 = int(index[:, 0].min()), int(index[:, 0].max())
    low_k = min(int(np.searchsorted(place, place[k0] - slices_mm)), k0 - 1)
    high_k = max(int(np.searchsorted(place, place[k1] + slices_mm, side="right")), k1 + 2)
    # A tilted stack slides sideways from slice to slice: leave room for it.
    _, rows_mm, columns_mm = grid.spacing_mm
    slide = np.abs(_shift_px(grid, max(low_k, 0), min(high_k, grid.shape[0]) - 1))
    pad = np.array(
        [0, np.ceil(reach_mm / rows_mm) + slide[0], np.ceil(reach_mm / columns_mm) + slide[1]]
    ).astype(int)
    low = np.maximum(index.min(axis=0) - pad, 0)
    high = np.minimum(index.max(axis=0) + pad + 1, grid.shape)
    low[0], high[0] = max(low_k, 0), min(high_k, grid.shape[0])
    return low, high


def _in_plane_distance(deposit: Mask, *, grid: Grid, reach_mm: float) -> Floats:
    """Distance in mm, within each slice, to the footprint of the deposit; infinite where it has none."""
    place = grid.positions_mm
    sampling = grid.spacing_mm[1:]
    distance = np.full(deposit.shape, np.inf)
    with_deposit = np.flatnonzero(deposit.any(axis=(1, 2)))
    for k in range(len(deposit)):
        reached = [j for j in with_deposit if abs(j - k) <= 1 or abs(place[j] - place[k]) <= reach_mm]
        if not reached:
            continue
        footprint = np.zeros(deposit.shape[1:], bool)
        for j in reached:
            footprint |= _slid(deposit[j], _shift_px(grid, int(j), k))
        if footprint.any():
            distance[k] = ndimage.distance_transform_edt(~footprint, sampling=sampling)
    return distance


def _shift_px(grid: Grid, start: int, stop: int) -> NDArray[np.int64]:
    """Rows and columns by which the same place moves from slice ``start`` to ``stop`` (whole pixels)."""
    step = grid.origins_mm[start] - grid.origins_mm[stop]
    _, rows_mm, columns_mm = grid.spacing_mm
    rows = step @ grid.row_step_mm / rows_mm**2
    columns = step @ grid.column_step_mm / columns_mm**2
    return np.rint([rows, columns]).astype(np.int64)


def _slid(plane: Mask, shift: NDArray[np.int64]) -> Mask:
    """The plane moved by whole pixels, what leaves it lost."""
    if not shift.any():
        return plane
    moved = np.zeros_like(plane)
    places = np.argwhere(plane) + shift
    kept = np.all((places >= 0) & (places < plane.shape), axis=1)
    moved[tuple(places[kept].T)] = True
    return moved
