"""A planted head scanned, and its islands as finding would give them, with the anatomy known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from typing import Protocol as Protocol_

import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.find.candidates import Island, Relief, Thresholds, islands
from brainsand.find.deposits import SEED_DEPTH_MM
from brainsand.find.smooth import averaged, local_noise
from brainsand.find.veil import unveiled
from brainsand.model.volume import Volume
from brainsand.phantom.deposits import PlantedDeposit
from brainsand.phantom.head import VirtualHead, head_from_labels
from brainsand.phantom.labels import numbers
from brainsand.phantom.protocol import Protocol, pose_of, slices_of
from brainsand.phantom.scanner import filled_share, image
from brainsand.phantom.truth import anatomy_on_scan
from brainsand.settings import FindSettings
from precision.plant import inside_skull

NOWHERE_HU: Final = -1000.0
BONE_FROM_MM3: Final = 8000.0
"""An island larger than any body planted has run into the skull."""
TOUCHED: Final = 0.3
"""A voxel filled so far by a body belongs to it when islands are matched."""


class Indexed(Protocol_):
    """Anything that has voxels."""

    @property
    def index(self) -> NDArray[np.int64]:
        """Its voxels (n, 3)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scanned:
    """A scan with its truth. ``shares`` are boxes and filled shares of the bodies, in order; ``aside`` islands
    that run into the skull, which finding calls bone."""

    volume: Volume
    bodies: tuple[PlantedDeposit, ...]
    shares: tuple[tuple[tuple[slice, slice, slice], NDArray[np.float32]] | None, ...]
    labels: NDArray[np.uint16]
    inside: NDArray[np.bool_]
    islands: tuple[Island, ...]
    aside: tuple[Island, ...]


def head_of(folder: Path, name: str) -> VirtualHead:
    """A head from its label map ``folder/name.nii.gz``."""
    stored: Any = nibabel.load(folder / f"{name}.nii.gz")
    return head_from_labels(np.asarray(stored.dataobj), stored.affine)


def scanned(
    head: VirtualHead, bodies: tuple[PlantedDeposit, ...], protocol: Protocol, *, rng: np.random.Generator
) -> Scanned:
    """The head with its bodies through the scanner."""
    volume = image(head, bodies, protocol, rng=rng)
    pose = pose_of(head, protocol)
    slices = slices_of(head, protocol, pose)
    labels = anatomy_on_scan(head, slices, pose)
    inside = np.stack([ndimage.binary_fill_holes(plane) for plane in inside_skull(labels)])
    shares = tuple(filled_share(b, slices, pose) for b in bodies)
    found = _islands(volume, labels, inside, shares)
    mm3 = volume.grid.voxel_volumes_mm3
    bone = [float(mm3[i.index[:, 0]].sum()) > BONE_FROM_MM3 for i in found]
    return Scanned(
        volume=volume,
        bodies=bodies,
        shares=shares,
        labels=labels,
        inside=inside,
        islands=tuple(i for i, b in zip(found, bone, strict=True) if not b),
        aside=tuple(i for i, b in zip(found, bone, strict=True) if b),
    )


def _islands(volume: Volume, labels: Any, inside: Any, shares: Any) -> list[Island]:
    """The bright islands that begin in a body, by finding's own rule, gray matter's level being known."""
    spacing, use = volume.grid.spacing_mm, FindSettings()
    gray = np.isin(labels, numbers("cortex", "both"))
    tissue = np.isin(labels, (*numbers("white_matter", "both"), *numbers("cortex", "both")))
    level = np.float32(np.median(volume.hu[gray]))
    mean = averaged(volume.hu, spacing)
    noise = local_noise(mean, tissue, spacing)
    depth = _depth_mm(inside, spacing)
    excess, noise = unveiled(mean - level, noise, depth, slice_mm=spacing[0])
    excess[~inside] = NOWHERE_HU
    seedbed = np.zeros(volume.hu.shape, bool)
    for box, share in (s for s in shares if s is not None):
        seedbed[box] |= share > 0.1
    seedbed &= depth > SEED_DEPTH_MM
    levels = np.broadcast_to(level, volume.hu.shape)
    return islands(
        Relief(hu=volume.hu, excess_hu=excess, noise_hu=noise, level_hu=levels),
        seedbed=seedbed,
        thresholds=Thresholds(
            seed_deviations=use.seed_deviations,
            seed_excess_hu=use.seed_excess_hu,
            edge_deviations=use.edge_deviations,
            edge_excess_hu=use.edge_excess_hu,
        ),
    )


def _depth_mm(inside: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Whole mm below the edge of the inside, worked out on about every millimetre."""
    step = [max(1, round(1.0 / s)) for s in spacing]
    few = inside[:: step[0], :: step[1], :: step[2]]
    away = ndimage.distance_transform_edt(few, [s * n for s, n in zip(spacing, step, strict=True)])
    whole = np.minimum(np.ceil(away), 127).astype(np.uint8)
    for axis, n in enumerate(step):
        whole = np.repeat(whole, n, axis=axis)
    cut = tuple(slice(0, n) for n in inside.shape)
    return np.where(inside, whole[cut], 0).astype(np.uint8)


def matched(scan: Scanned, found: Sequence[Indexed]) -> list[tuple[list[int], list[int]]]:
    """Groups of bodies and of things found that belong together: (bodies, found), either may be several."""
    owner = np.zeros(scan.volume.hu.shape, np.int16)
    for number, thing in enumerate(found, start=1):
        owner[tuple(thing.index.T)] = number
    group = {("body", b): {("body", b)} for b in range(len(scan.bodies))}
    group |= {("found", i): {("found", i)} for i in range(len(found))}
    for b, shared in enumerate(scan.shares):
        if shared is None:
            continue
        box, share = shared
        held = (share > TOUCHED) | (share == share.max())
        for hit in np.unique(owner[box][held]):
            if hit:
                both = group["body", b] | group["found", int(hit) - 1]
                for member in both:
                    group[member] = both
    seen, out = set(), []
    for members in group.values():
        if id(members) not in seen:
            seen.add(id(members))
            parts = [sorted(n for k, n in members if k == kind) for kind in ("body", "found")]
            out.append((parts[0], parts[1]))
    return out
