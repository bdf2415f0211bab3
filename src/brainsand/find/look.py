"""What is there to know of an island before it is believed? Facts only, no judgement.

Bone is the great imitator: the inner table, the petrous ridges, the clinoids and the orbital roofs all give
bright voxels inside the skull where they fill part of a slice. So most facts here ask how an island stands
to bone: how deep it lies, whether bone lies beside it in its own slice or straight above or below in the next,
and whether brain shows all round it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.arrays.crop import cells_at, crop_round
from brainsand.find.candidates import Island
from brainsand.model.anatomy import SINUS, Anatomy
from brainsand.model.grid import Grid
from brainsand.model.sites import SIDES, site_index
from brainsand.model.volume import Volume

Bool = NDArray[np.bool_]
Floats = NDArray[np.float64]

PINEAL: Final = 64
"""Where the atlas expects the pineal from here on (of 255), what the network takes for a vein may be it."""
BOX_MM: Final = 4.0
ROOT_HU: Final = 110.0
ROOT_SHARE: Final = 0.45
"""An island is rooted where what is denser than this share of its peak (and than 110 HU) reaches bone within 4 mm."""
BONE_HU: Final = 200.0
"""Outside the intracranial space, what is brighter than this is bone (marrow included)."""
FREE_MM: Final = 6.0
"""Only what lies deeper than this can be a twin or have one: beside the skull everything has a mirror image."""
PAIRED_SITES: Final = (
    "globus_pallidus",
    "putamen",
    "caudate",
    "thalamus",
    "internal_capsule",
    "dentate_nucleus",
    "ventricle",
    "choroid_plexus",
    "subependymal",
    "habenula",
)
"""Where calcium comes in pairs, so that a twin speaks for both; elsewhere streaks make pairs too."""
MIRROR_MM: Final = 7.0
"""A twin lies within this of the mirrored place: heads and calcium are not quite symmetric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The facts of one island.

    ``volume_mm3`` of its voxels · ``depth_mm`` median distance of its voxels from the edge of the intracranial
    space, ``deepest_mm`` the largest · ``hazard`` (0 to 1) the atlas's hazard of skull base there · ``bone_share``
    share of its voxels with bone beside, above or below · ``brain_round`` share of the rim round it (2 mm, in its
    own slices) that is intracranial and near the tissue's level · ``rooted`` whether, at half its height, it goes
    over into bone · ``sinus_share`` share in a venous sinus ·
    ``artery`` (0 to 1) how firmly the atlas expects an artery there · ``room_mm2`` area of the intracranial space at
    its height, infinite in the upper half of the head ·
    ``slices`` how many it spans · ``thin_mm``, ``long_mm`` its least and greatest width in plane or across ·
    ``twin`` whether another island lies at its mirror image · ``unrest`` how many times the head's usual noise the
    noise is there.
    """

    volume_mm3: float
    depth_mm: float
    deepest_mm: float
    hazard: float
    bone_share: float
    brain_round: float
    rooted: bool
    sinus_share: float
    artery: float
    room_mm2: float
    slices: int
    thin_mm: float
    long_mm: float
    twin: bool
    centre_lps_mm: tuple[float, float, float]
    unrest: float = 1.0


def looks(islands: Sequence[Island], volume: Volume, anatomy: Anatomy) -> list[Look]:
    """The facts of each island, in their order."""
    bone = _Bone(volume=volume, inside=anatomy.native_inside)
    rooms = _rooms_mm2(anatomy)
    alone = [_look(i, volume, anatomy, bone, rooms) for i in islands]
    free = [k for k, look in enumerate(alone) if look.depth_mm > FREE_MM and look.bone_share < 0.3]
    centres = [_head_centre(islands[k], volume.grid, anatomy.head_grid) for k in free]
    paired = [site_index(site, side) for site in PAIRED_SITES for side in SIDES]
    twins = {
        k
        for k, centre, twin in zip(free, centres, _twins(centres, anatomy), strict=True)
        if twin and anatomy.sites[_cells(centre[None], anatomy.head_grid.shape)][0] in paired
    }
    return [replace(look, twin=k in twins) for k, look in enumerate(alone)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bone:
    """Asks for bone and for brain in small boxes of the scan, so that no map of the whole scan is made."""

    volume: Volume
    inside: Bool

    def shares(self, island: Island) -> tuple[float, float, bool]:
        """Share of the island's voxels touched by bone, share of its rim that is brain, and whether bone holds it."""
        grid = self.volume.grid
        reach = np.array([1, *(max(1, round(1.5 / s)) for s in grid.spacing_mm[1:])])
        pad = np.maximum(np.rint(BOX_MM / np.array(grid.spacing_mm)).astype(int), 1)
        crop = crop_round(island.index, grid.shape, margin=pad)
        hu, inside, own = self.volume.hu[crop.box], self.inside[crop.box], crop.mask
        bone = (hu > BONE_HU) & ~inside
        spread = ndimage.maximum_filter(bone, size=(3, *(2 * reach[1:] + 1)))
        rim_size = (1, *(2 * reach[1:] + 1))
        rim = ndimage.maximum_filter(own, size=rim_size) & ~own
        calm = rim & inside & (hu < island.level_hu + max(25.0, 4 * island.noise_hu))
        dense = cc3d.connected_components(hu > max(ROOT_HU, ROOT_SHARE * island.peak_hu), connectivity=26)
        held = np.intersect1d(dense[own], dense[bone])
        rooted = bool((held > 0).any())
        return float(spread[own].mean()), float(calm.sum() / max(int(rim.sum()), 1)), rooted


def _look(island: Island, volume: Volume, anatomy: Anatomy, bone: _Bone, rooms_mm2: Floats) -> Look:
    grid, head = volume.grid, anatomy.head_grid
    points = grid.points(island.index)
    at = _cells(head.index_of(points), head.shape)
    depth = anatomy.depth_mm[at]
    bone_share, brain_round, rooted = bone.shares(island)
    widths = _widths(island, grid)
    volumes = grid.voxel_volumes_mm3[island.index[:, 0]]
    x, y, z = np.average(points, axis=0, weights=volumes)
    return Look(
        volume_mm3=float(volumes.sum()),
        depth_mm=float(np.median(depth)),
        deepest_mm=float(depth.max()),
        hazard=float(np.median(anatomy.hazard[at])) / 255,
        bone_share=bone_share,
        brain_round=brain_round,
        rooted=rooted,
        sinus_share=float(((anatomy.tissue[at] == SINUS) & (anatomy.expected["pineal"][at] < PINEAL)).mean()),
        artery=float(np.mean(anatomy.expected["vessel_wall"][at])) / 255,
        room_mm2=float(np.median(rooms_mm2[at[0]])),
        slices=int(np.ptp(island.index[:, 0])) + 1,
        thin_mm=widths[0],
        long_mm=widths[1],
        twin=False,
        centre_lps_mm=(float(x), float(y), float(z)),
    )


def _rooms_mm2(anatomy: Anatomy) -> Floats:
    """Area of the intracranial space in each slice of the head grid; infinite above the middle of the head."""
    areas = anatomy.inside.sum(axis=(1, 2)) * float(np.prod(anatomy.head_grid.spacing_mm[1:]))
    held = np.flatnonzero(areas)
    middle = int(held.mean()) if held.size else 0
    return np.where(np.arange(len(areas)) < middle, areas, np.inf)


def _widths(island: Island, grid: Grid) -> tuple[float, float]:
    """Least and greatest width in mm, from the spread of the voxels (that of a bar of equal spread)."""
    points = grid.points(island.index)
    cell = np.array(grid.spacing_mm) ** 2 / 12
    spread = np.linalg.eigvalsh(np.cov(points.T) if len(points) > 1 else np.zeros((3, 3)))
    return (
        float(np.sqrt(12 * (max(spread[0], 0) + cell.min()))),
        float(np.sqrt(12 * (spread[-1] + cell.min()))),
    )


def _head_centre(island: Island, grid: Grid, head: Grid) -> Floats:
    return np.asarray(head.index_of(grid.points(island.index)).mean(0))


def _twins(centres: Sequence[Floats], anatomy: Anatomy) -> list[bool]:
    """Whether another centre lies where the midline would mirror each centre to."""
    if not centres:
        return []
    c = np.array(centres)
    across = anatomy.midline_mm[_cells(c, anatomy.head_grid.shape)]
    mirrored = c.copy()
    mirrored[:, 2] -= 2 * across
    apart = np.linalg.norm(mirrored[:, None] - c[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return [bool(d.min() <= MIRROR_MM and abs(a) > 4.0) for d, a in zip(apart, across, strict=True)]


def _cells(index: Floats, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
    return tuple(cells_at(index, shape).T)
