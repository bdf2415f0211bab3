"""What does the scanner show of a head with deposits? From anatomy to a CT volume in HU.

Formation of the image, in this order: attenuation of the head sampled in each slice and averaged over its
thickness; the deposits' cells added, each cell's content shared among the voxels it overlaps, so that what is
in the head is in the image to the last HU mm3; in-plane point spread; beam hardening and metal; headrest;
noise; whole numbers from -1024 to 3071.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.model.grid import Grid
from brainsand.model.volume import Volume
from brainsand.phantom.artefacts import add_hardening, add_headrest, add_noise
from brainsand.phantom.deposits import PlantedDeposit, calcium_gain
from brainsand.phantom.head import VirtualHead
from brainsand.phantom.protocol import Pose, Protocol, Slices, pose_of, slices_of
from brainsand.phantom.shapes import ball
from brainsand.phantom.tissue import attenuation_hu

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

LOWEST_HU: Final = -1024
HIGHEST_HU: Final = 3071
_AIR_HU: Final = -1000.0
_BONE_FROM_HU: Final = 130.0
_SAMPLE_MM: Final = 0.7
_CLIP_RADIUS_MM: Final = 2.0
_CLIP_HU: Final = 9000.0
_FWHM_PER_SIGMA: Final = 2.3548


def image(
    head: VirtualHead,
    deposits: Sequence[PlantedDeposit],
    protocol: Protocol,
    *,
    rng: np.random.Generator,
    tissue: np.random.Generator | None = None,
) -> Volume:
    """The CT volume (int16 HU) of a head with deposits in it.

    Parameters
    ----------
    head : VirtualHead
    deposits : sequence of PlantedDeposit
        Placed in this very head.
    protocol : Protocol
    rng : numpy Generator
        The same generator state gives the same image.
    tissue : numpy Generator, optional
        What the tissues' attenuation is drawn by in place of ``rng``. The same state gives the same head whatever the
        protocol: one person scanned again.
    """
    pose = pose_of(head, protocol)
    slices = slices_of(head, protocol, pose)
    part = _needed(head, slices, pose) if tissue is None else head
    hu = _attenuation(part, deposits, protocol, pose=pose, slices=slices, rng=tissue or rng)
    add_hardening(hu, slices, protocol)
    add_headrest(hu, protocol)
    add_noise(hu, protocol, rng=rng)
    np.clip(np.round(hu, out=hu), LOWEST_HU, HIGHEST_HU, out=hu)
    return Volume(hu=hu.astype(np.int16), grid=slices.grid)


def attenuation_image(
    head: VirtualHead,
    deposits: Sequence[PlantedDeposit],
    protocol: Protocol,
    *,
    pose: Pose,
    slices: Slices,
    rng: np.random.Generator,
) -> Floats32:
    """The image before artefacts and noise: float32 HU on ``slices.grid``."""
    return _attenuation(_needed(head, slices, pose), deposits, protocol, pose=pose, slices=slices, rng=rng)


def _attenuation(
    part: VirtualHead,
    deposits: Sequence[PlantedDeposit],
    protocol: Protocol,
    *,
    pose: Pose,
    slices: Slices,
    rng: np.random.Generator,
) -> Floats32:
    """The same of the part of the head that the slices need, or of more."""
    gain = calcium_gain(protocol.kvp)
    field = attenuation_hu(part, rng=rng)
    bone = field > _BONE_FROM_HU
    field[bone] = _BONE_FROM_HU + (field[bone] - _BONE_FROM_HU) * gain
    hu = _sampled(field, part.grid, slices, pose)
    for deposit in deposits:
        strength = gain if deposit.substance == "calcium" else 1.0
        _pour(hu, deposit.points_mm, strength * deposit.excess_hu, deposit.cell_mm, slices, pose)
    for point in protocol.metal_mm:
        cells, share = _clip(np.asarray(point, float))
        _pour(hu, cells, share * _CLIP_HU, 0.5, slices, pose)
    _spread_points(hu, protocol)
    return hu


def filled_share(
    deposit: PlantedDeposit, slices: Slices, pose: Pose
) -> tuple[tuple[slice, slice, slice], Floats32] | None:
    """How much of each voxel a deposit fills: a box of the volume and the shares (0 to 1) in it.

    None where the deposit lies outside the scan.
    """
    return _shared_out(deposit.points_mm, deposit.share, deposit.cell_mm, slices, pose)


def _needed(head: VirtualHead, slices: Slices, pose: Pose) -> VirtualHead:
    """The part of the head that is not air and that the slices reach, with a margin of 3 voxels."""
    _, rows, columns = slices.grid.shape
    ends = [0, slices.grid.shape[0] - 1]
    corners = slices.grid.points([[k, r, c] for k in ends for r in (0, rows - 1) for c in (0, columns - 1)])
    reach = head.grid.index_of(pose.to_head(corners))
    spare = 3 + np.max(slices.thickness_mm) / np.asarray(head.grid.spacing_mm)
    cuts = []
    for axis, size in enumerate(head.labels.shape):
        filled = np.flatnonzero(head.labels.any(axis=tuple(a for a in range(3) if a != axis)))
        low = max(0, int(filled[0]) - 3, int(np.floor(reach[:, axis].min() - spare[axis])))
        high = min(size, int(filled[-1]) + 4, int(np.ceil(reach[:, axis].max() + spare[axis])) + 1)
        cuts.append(slice(low, max(high, low + 2)))
    box = (cuts[0], cuts[1], cuts[2])
    return VirtualHead(labels=head.labels[box], grid=head.grid.part(*box))


def _sampled(field: Floats32, grid: Grid, slices: Slices, pose: Pose) -> Floats32:
    """The field in the scanner's slices, each the mean of planes up to 0.7 mm apart across its thickness."""
    source = sitk.GetImageFromArray(field)
    hu = np.empty(slices.grid.shape, np.float32)
    for k, thickness in enumerate(slices.thickness_mm):
        planes = max(2, int(np.ceil(thickness / _SAMPLE_MM)))
        moved = sitk.Resample(
            source,
            (slices.grid.shape[2], slices.grid.shape[1], planes),
            slice_transform(grid, slices, pose, k, thickness / planes, planes),
            sitk.sitkLinear,
            (0.0, 0.0, 0.0),
            (1.0, 1.0, 1.0),
            (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
            _AIR_HU,
            sitk.sitkFloat32,
        )
        hu[k] = sitk.GetArrayViewFromImage(moved).mean(axis=0)
    return hu


def slice_transform(
    grid: Grid, slices: Slices, pose: Pose, k: int, step_mm: float, planes: int
) -> sitk.AffineTransform:
    """From (column, row, plane) of slice ``k`` to (column, row, slice) of the head's array.

    ``planes`` planes lie ``step_mm`` apart across the slice, their middle in the slice's own plane.
    """
    steps = [slices.grid.column_step_mm, slices.grid.row_step_mm, step_mm * slices.grid.normal]
    corner = slices.grid.origins_mm[k] - (planes - 1) / 2 * steps[2]
    to_index = np.linalg.inv(grid.affine)
    turn = to_index[:3, :3] @ pose.rotation.T
    base = to_index[:3, :3] @ pose.to_head(corner)[0] + to_index[:3, 3]
    matrix = turn @ np.stack(steps, axis=1)
    return sitk.AffineTransform(matrix[::-1].ravel().tolist(), base[::-1].tolist())


def _pour(
    hu: Floats32, points_mm: Floats, content: Floats32, cell_mm: float, slices: Slices, pose: Pose
) -> None:
    """Add cells' content (HU) to the voxels they overlap, in place."""
    shared = _shared_out(points_mm, content, cell_mm, slices, pose)
    if shared is not None:
        box, values = shared
        hu[box] += values


def _shared_out(
    points_mm: Floats, content: Floats32, cell_mm: float, slices: Slices, pose: Pose
) -> tuple[tuple[slice, slice, slice], Floats32] | None:
    """Mean of a cell content over each voxel: sum of content x overlap / voxel volume.

    A cell is a box of ``cell_mm`` along the scan's own axes; a voxel is a pixel times the slice's thickness.
    """
    k, in_slice, cell = _slice_shares(pose.to_scan(points_mm), cell_mm, slices)
    if not len(k):
        return None
    points = pose.to_scan(points_mm)[cell]
    in_plane = points - slices.grid.origins_mm[k]
    row_mm, column_mm = (
        float(np.linalg.norm(s)) for s in (slices.grid.row_step_mm, slices.grid.column_step_mm)
    )
    row = in_plane @ slices.grid.row_step_mm / row_mm**2
    column = in_plane @ slices.grid.column_step_mm / column_mm**2
    (r, at_r), (c, at_c) = _pixel_shares(row, cell_mm / row_mm), _pixel_shares(column, cell_mm / column_mm)
    value = content[cell] * cell_mm**3 * in_slice / (row_mm * column_mm * slices.thickness_mm[k])
    parts = [
        (k, r + i, c + j, value * (at_r if i == 0 else 1 - at_r) * (at_c if j == 0 else 1 - at_c))
        for i in (0, 1)
        for j in (0, 1)
    ]
    slice_, row_, column_, value_ = (np.concatenate([p[n] for p in parts]) for n in range(4))
    return _gathered(slice_, row_, column_, value_, slices.grid.shape)


def _slice_shares(
    points: Floats, cell_mm: float, slices: Slices
) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    """For each overlap of a cell with a slice: the slice, the share of the cell in it, the cell."""
    place = points @ slices.grid.normal
    middle, half = slices.grid.positions_mm, slices.thickness_mm / 2
    first = np.searchsorted(middle + half, place - cell_mm / 2)
    last = np.searchsorted(middle - half, place + cell_mm / 2)
    found = []
    for j in range(int((last - first).max(initial=0))):
        cell = np.flatnonzero(first + j < last)
        k = first[cell] + j
        top = np.minimum(place[cell] + cell_mm / 2, middle[k] + half[k])
        bottom = np.maximum(place[cell] - cell_mm / 2, middle[k] - half[k])
        found.append((k, np.maximum(top - bottom, 0) / cell_mm, cell))
    if not found:
        none = np.zeros(0, np.int64)
        return none, np.zeros(0), none
    k, share, cell = (np.concatenate([f[n] for f in found]) for n in range(3))
    return k, share, cell


def _pixel_shares(place: Floats, width: float) -> tuple[NDArray[np.int64], Floats]:
    """The first pixel that a cell of ``width`` pixels overlaps, and the share of the cell in it."""
    first = np.floor(place - width / 2 + 0.5).astype(np.int64)
    return first, np.clip((first + 0.5 - (place - width / 2)) / width, 0, 1)


def _gathered(
    k: NDArray[np.int64],
    r: NDArray[np.int64],
    c: NDArray[np.int64],
    value: Floats,
    shape: tuple[int, int, int],
) -> tuple[tuple[slice, slice, slice], Floats32] | None:
    """Sums by voxel, as a box of the volume and its values; what lies outside the volume is dropped."""
    inside = (r >= 0) & (r < shape[1]) & (c >= 0) & (c < shape[2])
    if not inside.any():
        return None
    index = np.stack([k[inside], r[inside], c[inside]])
    low, size = index.min(axis=1), np.ptp(index, axis=1) + 1
    flat = np.ravel_multi_index(tuple(index - low[:, None]), tuple(size))
    sums = np.bincount(flat, weights=value[inside], minlength=int(np.prod(size)))
    a, b, d = (slice(int(s), int(s + n)) for s, n in zip(low, size, strict=True))
    return (a, b, d), sums.reshape(size).astype(np.float32)


def _clip(middle_mm: Floats) -> tuple[Floats, Floats32]:
    """Cells of a metal ball (0.5 mm) and their shares."""
    line = np.arange(-5, 6) * 0.5
    cells = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3) + middle_mm
    share = np.clip(0.5 - ball(middle_mm, _CLIP_RADIUS_MM)(cells) / 0.5, 0, 1)
    return cells, share.astype(np.float32)


def _spread_points(hu: Floats32, protocol: Protocol) -> None:
    """The in-plane point spread: a Gaussian; a sharp kernel adds 0.8 times what a wider one takes away."""
    sigma = protocol.psf_fwhm_mm / _FWHM_PER_SIGMA / protocol.in_plane_mm
    for k in range(len(hu)):
        narrow = ndimage.gaussian_filter(hu[k], sigma, truncate=3.5, mode="nearest")
        if protocol.sharp:
            narrow += 0.8 * (narrow - ndimage.gaussian_filter(narrow, 2 * sigma, truncate=3, mode="nearest"))
        hu[k] = narrow
