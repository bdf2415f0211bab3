"""What lies where on the straightened head at 1 mm? From the atlas's lattice, within the box that holds the inside.

Three things that do not wait for one another: the atlas bent to the structures found, the tissues with their
borders (``borders``), and distances; the site map is made of all of them (``regions``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.anatomy import bend, borders
from brainsand.anatomy.carry import ALL, Box, Carrier, bounds, set_in, widened
from brainsand.anatomy.parcel import BOX, CLASSES
from brainsand.anatomy.regions import HALF, VEINS, ZONES, Distances, site_map
from brainsand.arrays.distance import distance_to
from brainsand.model.grid import Grid
from brainsand.model.reference import Atlas

NEAR_MM: Final = 2.0
"""Small sites without an edge on CT lie within some 2 to 4 mm of where the bent atlas has them (seen on three
heads that the atlas was not made from)."""

Floats = NDArray[np.float64]
Single = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Bool = NDArray[np.bool_]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What was found on the atlas's lattice, which ``to_patient`` takes to scan mm: attenuation, the space
    inside, and in the network's box the shares of its classes."""

    to_patient: Floats
    hu: Single
    inside: Bool
    shares: Bytes

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        return spacing_of(self.to_patient)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laying:
    """What was found, on its way to the straightened head.

    ``frame`` is the box of the head's grid that holds the inside with a rim of one voxel; nothing but the atlas's
    own zones is worked out beyond it. ``lattice`` carries the atlas's whole lattice to the head's whole grid,
    ``into_frame`` the same to the frame, and ``box`` the network's box to the frame.
    """

    found: Found
    atlas: Atlas
    inside: Bool
    frame: Box
    lattice: Carrier
    into_frame: Carrier
    box: Carrier

    def framed(self, array: Array, fill: float = 0) -> Array:
        """An array of the frame on the head's whole grid."""
        return set_in(self.lattice.shape, self.frame, array, fill=fill)


def laying_of(found: Found, head: Grid, atlas: Atlas) -> Laying:
    lattice = Carrier(matrix=np.linalg.inv(found.to_patient) @ head.affine, shape=head.shape)
    inside = lattice.where_any(found.inside.astype(np.uint8) * np.uint8(200)) >= 100
    frame = widened(bounds(inside), head.shape)
    return Laying(
        found=found,
        atlas=atlas,
        inside=inside,
        frame=frame,
        lattice=lattice,
        into_frame=lattice.between(ALL, frame),
        box=lattice.between(BOX, frame),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bent:
    """The atlas bent to the head's structures, on the head's grid: zones (0 to 255), lobes, and the signed
    distance from the midline, mm; and how well it then fits (0 to 1)."""

    zones: dict[str, Bytes]
    lobes: Bytes
    midline_mm: Single
    fit: float


def bent_of(laying: Laying) -> Bent:
    shares, atlas = laying.found.shares, laying.atlas
    field = bend.field_to(shares, atlas)
    beyond = bend.beyond(field, laying.found.hu.shape)
    wanted = {
        **{name: bend.joined(atlas, parts) for name, parts in ZONES.items()},
        "hazard": atlas.zones["skull_base_hazard"],
        "veins": bend.joined(atlas, VEINS),
        "choroid_plexus": bend.softened(atlas.zones["choroid_plexus"], NEAR_MM, spacing_of(atlas.affine)),
        "near_vessel": bend.softened(
            bend.grown(bend.joined(atlas, ZONES["vessel"])), NEAR_MM, spacing_of(atlas.affine)
        ),
        **{
            f"near_{name}": bend.softened(bend.joined(atlas, ZONES[name]), NEAR_MM, spacing_of(atlas.affine))
            for name in ("pineal", "habenula", "dentate")
        },
    }
    lobes = laying.box.whole(bend.bent_labels(atlas.lobes, field), nearest=True)
    return Bent(
        zones={name: laying.lattice.where_any(bend.bent(zone, beyond)) for name, zone in wanted.items()},
        lobes=laying.framed(np.where(laying.inside[laying.frame], lobes, 0).astype(np.uint8)),
        midline_mm=_midline(laying, field),
        fit=bend.fit_of(shares, field, atlas),
    )


def _midline(laying: Laying, field: Single) -> Single:
    """Signed distance from the midsagittal surface in patient mm, positive to the left, on the head's grid.

    A plane of the atlas, bent as the atlas is within the frame; beyond the plane goes on straight.
    """
    matrix, shape, atlas = laying.lattice.matrix, laying.lattice.shape, laying.atlas
    slopes = matrix[2, :3].astype(np.float32)
    s, r, c = (np.arange(count, dtype=np.float32) * slope for count, slope in zip(shape, slopes, strict=True))
    middle = -atlas.affine[0, 3] / atlas.affine[0, 2]
    column = s[:, None, None] + r[None, :, None] + c[None, None, :] + np.float32(matrix[2, 3] - middle)
    column[laying.frame] += laying.box.whole(field[2])
    column *= np.float32(laying.found.spacing_mm[2])
    return np.asarray(column, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tissues:
    """The likeliest class in the frame, the tissue's slow level on the head's grid, the tissues' medians, HU."""

    classes: Bytes
    level_hu: Single
    medians_hu: dict[str, float]


def tissues_of(laying: Laying, head_hu: NDArray[np.int16]) -> Tissues:
    """What ``head_hu``, the scan on the head's grid, makes of the network's shares."""
    found, frame = laying.found, laying.frame
    slow, medians = borders.levels(found.hu[BOX], found.shares, found.spacing_mm)
    beyond = medians.get("white_matter", 30.0)
    level = laying.box.whole(slow, fill=beyond)
    classes = borders.most_probable(
        found.shares, laying.box, laying.inside[frame], head_hu[frame], borders.means(level, medians)
    )
    return Tissues(classes=classes, level_hu=laying.framed(level, beyond), medians_hu=medians)


def distances_of(laying: Laying) -> Distances:
    """How far each place of the frame lies from what sites are told by."""
    found = laying.found
    below = laying.into_frame.whole(distance_to(~found.inside, spacing_mm=found.spacing_mm))
    wall, cortex, white = (
        laying.box.whole(_distance_to(found.shares, members, found.spacing_mm), fill=99.0)
        for members in (("lv", "chor"), ("cortex",), ("wm",))
    )
    return Distances(
        depth_mm=np.where(laying.inside[laying.frame], np.maximum(below, 0.5), 0).astype(np.float32),
        wall_mm=wall,
        cortex_mm=cortex,
        white_mm=white,
    )


def _distance_to(shares: Bytes, members: tuple[str, ...], spacing: tuple[float, float, float]) -> Single:
    """Distance in mm to a structure (probability one half), finer than a cell by the probability at the edge."""
    share = shares[[CLASSES.index(n) for n in members]].sum(axis=0, dtype=np.uint16)
    away = distance_to(share >= HALF, spacing_mm=spacing)
    return np.asarray(np.maximum(away - 0.5 * min(spacing), 0), np.float32)


def sites_of(laying: Laying, classes: Bytes, bent: Bent, away: Distances) -> Bytes:
    """Site and side of every place inside, on the head's grid."""
    frame = laying.frame
    sites = site_map(
        classes,
        names=CLASSES,
        zones={name: bent.zones[name][frame] for name in ZONES},
        away=away,
        midline_mm=bent.midline_mm[frame],
    )
    sites[~laying.inside[frame]] = 0
    return laying.framed(sites)


def spacing_of(affine: Floats) -> tuple[float, float, float]:
    a, b, c = np.linalg.norm(affine[:3, :3], axis=0)
    return float(a), float(b), float(c)
