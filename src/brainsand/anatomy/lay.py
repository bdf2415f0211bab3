"""The atlas laid on this head: from a scan and the atlas to an :class:`~brainsand.model.anatomy.Anatomy`.

Pose, then the space inside the skull, then structures by the network, then the atlas bent to them for what the
network does not know; all on the atlas's own lattice (some 2 mm), where every head looks alike and little has to
be computed. At the end everything is carried to 1 mm along the straightened head, within the box that holds the
inside, and to the scan's own voxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.anatomy import bend, borders
from brainsand.anatomy.carry import ALL, Box, Carrier, bounds, set_in, widened
from brainsand.anatomy.inside import intracranial
from brainsand.anatomy.lattice import even_stack, on_lattice
from brainsand.anatomy.native import laid_on
from brainsand.anatomy.parcel import BOX, CLASSES, probabilities, without_calcium
from brainsand.anatomy.pose import Pose, find_pose
from brainsand.anatomy.refine import FINE_MM, HeadTemplate
from brainsand.anatomy.regions import HALF, VEINS, ZONES, site_map
from brainsand.arrays.affine import moved, nearest_rotation
from brainsand.arrays.beside import together
from brainsand.arrays.distance import distance_to
from brainsand.errors import NotAHead
from brainsand.model.anatomy import Anatomy
from brainsand.model.grid import Grid
from brainsand.model.reference import Atlas, Network
from brainsand.model.sites import site_index
from brainsand.model.volume import Volume

Floats = NDArray[np.float64]
Single = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Bool = NDArray[np.bool_]
Array = NDArray[Any]

HEAD_MM: Final = (190, 224, 184)
"""Size of the straightened head's grid in mm: slices, rows, columns."""
LEAST_INSIDE_MM3: Final = 2e5
"""Less intracranial space than this is no head that could be read."""
NEAR_BRAIN_MM: Final = 6.0
"""What lies farther from anything the network takes for brain or fluid is outside, whatever the skull says."""


def head_template(atlas: Atlas) -> HeadTemplate:
    """What the pose is found with: the atlas's attenuation, counted inside the skull and 14 mm round it."""
    outward = distance_to(expected_inside(atlas), spacing_mm=_spacing(atlas.affine))
    weight = ndimage.gaussian_filter((outward < 14.0).astype(np.float32), 1)
    middle = np.argwhere(expected_inside(atlas)).mean(0)
    return HeadTemplate(
        hu=atlas.hu.astype(np.float32),
        weight=weight,
        affine=atlas.affine,
        centre_mm=moved(atlas.affine, [middle])[0],
    )


def place_head(volume: Volume, atlas: Atlas) -> Pose:
    """Where in the scan the atlas's head lies best; whether that is a head, ``quality`` decides."""
    return find_pose(even_stack(volume, FINE_MM), head_template(atlas))


def expected_inside(atlas: Atlas) -> Bool:
    """Where the atlas has its intracranial space, on its own lattice."""
    return np.asarray(_expected(atlas) > 0.5)


def lay_atlas(volume: Volume, atlas: Atlas, network: Network, pose: Pose) -> Anatomy:
    """The anatomy of the head in a scan.

    Parameters
    ----------
    volume : Volume
    atlas : Atlas
    network : callable
        See :mod:`brainsand.anatomy.parcel`.
    pose : Pose
        Of :func:`place_head`.

    Raises
    ------
    NotAHead
        No space is found within the skull.
    """
    head = _head_grid(pose, atlas)
    found = _structures(volume, atlas, network, pose)
    laying = _laying(found, head, atlas)
    # Three things that do not wait for one another, each on a core of its own where there is one.
    bent, tissues, away = together(
        lambda: _bent(laying), lambda: _tissues(laying, volume, head), lambda: _distances(laying)
    )
    sites = _sites(laying, tissues.classes, bent, away)
    native_sites = laid_on(sites, head, volume.grid, frame=laying.frame)
    return Anatomy(
        head_grid=head,
        head_hu=tissues.head_hu,
        inside=laying.inside,
        tissue=laying.framed(borders.tissue_of(tissues.classes)),
        sites=sites,
        lobes=bent.lobes,
        native_inside=native_sites > 0,
        native_sites=native_sites,
        depth_mm=laying.framed(away.depth_mm),
        hazard=bent.zones["hazard"],
        veins=bent.zones["veins"],
        expected={
            "choroid_plexus": bent.zones["choroid_plexus"],
            "vessel_wall": bent.zones["near_vessel"],
            "pineal": bent.zones["pineal"],
            "habenula": bent.zones["habenula"],
            "dentate_nucleus": bent.zones["dentate"],
        },
        midline_mm=bent.midline_mm,
        level_hu=tissues.level_hu,
        tissue_hu=tissues.medians_hu,
        share_in_scan=pose.share_in_scan,
        residual_hu=pose.residual_hu,
        stretch=pose.stretch,
        fit=bent.fit,
        cautions=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """What was found on the atlas's lattice, which ``to_patient`` takes to scan mm: attenuation, the space
    inside, and in the network's box the shares of its classes."""

    to_patient: Floats
    hu: Single
    inside: Bool
    shares: Bytes

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        return _spacing(self.to_patient)


def _structures(volume: Volume, atlas: Atlas, network: Network, pose: Pose) -> _Found:
    to_patient = pose.matrix @ atlas.affine
    hu = on_lattice(even_stack(volume, 2.0), to_patient, _shape(atlas.hu)).astype(np.float32)
    spacing = _spacing(to_patient)
    inside = intracranial(hu, expected=_expected(atlas), spacing_mm=spacing)
    volume_mm3 = float(inside.sum() * np.prod(spacing))
    if volume_mm3 < LEAST_INSIDE_MM3:
        raise _no_inside(volume_mm3)
    shares = probabilities(without_calcium(hu, inside), network, box=BOX)
    inside &= _near_brain(shares, inside.shape, spacing)
    shares[1:] *= inside[BOX]
    return _Found(to_patient=to_patient, hu=hu, inside=inside, shares=shares)


def _no_inside(volume_mm3: float) -> NotAHead:
    return NotAHead(
        f"Within the skull only {volume_mm3 / 1000:.0f} ml were found.",
        needed=f"at least {LEAST_INSIDE_MM3 / 1000:.0f} ml of intracranial space in the image.",
        todo="Check that the series covers the brain.",
        code="no_inside",
    )


def _near_brain(shares: Bytes, shape: tuple[int, ...], spacing: tuple[float, float, float]) -> Bool:
    """Where the network sees brain or fluid within ``NEAR_BRAIN_MM``: no orbit, no neck.

    Below the box, where the network does not look, everything is left.
    """
    out = np.ones(shape, bool)
    out[BOX] = distance_to(shares[0] < HALF, spacing_mm=spacing) <= NEAR_BRAIN_MM
    return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Laying:
    """What was found, on its way to the straightened head.

    ``frame`` is the box of the head's grid that holds the inside with a rim of one voxel; nothing but the atlas's
    own zones is worked out beyond it. ``lattice`` carries the atlas's whole lattice to the head's whole grid,
    ``into_frame`` the same to the frame, and ``box`` the network's box to the frame.
    """

    found: _Found
    atlas: Atlas
    inside: Bool
    frame: Box
    lattice: Carrier
    into_frame: Carrier
    box: Carrier

    def framed(self, array: Array, fill: float = 0) -> Array:
        """An array of the frame on the head's whole grid."""
        return set_in(self.lattice.shape, self.frame, array, fill=fill)


def _laying(found: _Found, head: Grid, atlas: Atlas) -> _Laying:
    lattice = Carrier(matrix=np.linalg.inv(found.to_patient) @ head.affine, shape=head.shape)
    inside = lattice.where_any(found.inside.astype(np.uint8) * np.uint8(200)) >= 100
    frame = widened(bounds(inside), head.shape)
    return _Laying(
        found=found,
        atlas=atlas,
        inside=inside,
        frame=frame,
        lattice=lattice,
        into_frame=lattice.between(ALL, frame),
        box=lattice.between(BOX, frame),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bent:
    """The atlas bent to the head's structures, on the head's grid: zones (0 to 255), lobes, and the signed
    distance from the midline, mm; and how well it then fits (0 to 1)."""

    zones: dict[str, Bytes]
    lobes: Bytes
    midline_mm: Single
    fit: float


def _bent(laying: _Laying) -> _Bent:
    shares, atlas = laying.found.shares, laying.atlas
    field = bend.field_to(shares, atlas)
    beyond = bend.beyond(field, laying.found.hu.shape)
    wanted = {
        **{name: bend.joined(atlas, parts) for name, parts in ZONES.items()},
        "accumbens": bend.accumbens(atlas),
        "hazard": atlas.zones["skull_base_hazard"],
        "veins": bend.joined(atlas, VEINS),
        "choroid_plexus": atlas.zones["choroid_plexus"],
        "near_vessel": bend.grown(bend.joined(atlas, ZONES["vessel"])),
    }
    lobes = laying.box.whole(bend.bent_labels(atlas.lobes, field), nearest=True)
    return _Bent(
        zones={name: laying.lattice.where_any(bend.bent(zone, beyond)) for name, zone in wanted.items()},
        lobes=laying.framed(np.where(laying.inside[laying.frame], lobes, 0).astype(np.uint8)),
        midline_mm=_midline(laying, field),
        fit=bend.fit_of(shares, field, atlas),
    )


def _midline(laying: _Laying, field: Single) -> Single:
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
class _Tissues:
    """The scan on the head's grid, the likeliest class in the frame, the tissue's slow level on the head's grid
    and the tissues' medians, HU."""

    head_hu: NDArray[np.int16]
    classes: Bytes
    level_hu: Single
    medians_hu: dict[str, float]


def _tissues(laying: _Laying, volume: Volume, head: Grid) -> _Tissues:
    found, frame = laying.found, laying.frame
    head_hu = np.rint(on_lattice(even_stack(volume, 1.0), head.affine, head.shape)).astype(np.int16)
    slow, medians = borders.levels(found.hu[BOX], found.shares, found.spacing_mm)
    beyond = medians.get("white_matter", 30.0)
    level = laying.box.whole(slow, fill=beyond)
    classes = borders.most_probable(
        found.shares, laying.box, laying.inside[frame], head_hu[frame], borders.means(level, medians)
    )
    return _Tissues(
        head_hu=head_hu, classes=classes, level_hu=laying.framed(level, beyond), medians_hu=medians
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Distances:
    """How far each place of the frame lies, mm: below the edge of the inside (half a millimetre at least, 0
    outside), and from the lateral ventricle, the cortex, the white matter."""

    depth_mm: Single
    wall_mm: Single
    cortex_mm: Single
    white_mm: Single


def _distances(laying: _Laying) -> _Distances:
    found = laying.found
    below = laying.into_frame.whole(distance_to(~found.inside, spacing_mm=found.spacing_mm))
    wall, cortex, white = (
        laying.box.whole(_distance_to(found.shares, members, found.spacing_mm), fill=99.0)
        for members in (("lv", "chor"), ("cortex",), ("wm",))
    )
    return _Distances(
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


def _sites(laying: _Laying, classes: Bytes, bent: _Bent, away: _Distances) -> Bytes:
    """Site and side of every place inside, on the head's grid."""
    frame = laying.frame
    across = bent.midline_mm[frame]
    sites = site_map(
        classes,
        names=CLASSES,
        zones={name: bent.zones[name][frame] for name in ZONES},
        wall_mm=away.wall_mm,
        cortex_mm=away.cortex_mm,
        white_mm=away.white_mm,
        depth_mm=away.depth_mm,
        midline_mm=across,
    )
    # The accumbens, which the network takes for caudate, is no site of its own and no caudate either.
    ventral = (classes == CLASSES.index("caud")) & (bent.zones["accumbens"][frame] >= HALF)
    sites[ventral] = np.where(
        across[ventral] >= 0, site_index("unknown", "left"), site_index("unknown", "right")
    )
    sites[~laying.inside[frame]] = 0
    return laying.framed(sites)


def _head_grid(pose: Pose, atlas: Atlas) -> Grid:
    """1 mm along the straightened head, its middle on the middle of the atlas's lattice."""
    middle_index = (np.array(atlas.hu.shape) - 1) / 2
    middle = moved(pose.matrix, moved(atlas.affine, [middle_index]))[0]
    rotation = nearest_rotation(pose.matrix)
    affine = np.eye(4)
    affine[:3, :3] = rotation[:, ::-1]
    affine[:3, 3] = middle - affine[:3, :3] @ ((np.array(HEAD_MM) - 1) / 2)
    return Grid.from_affine(HEAD_MM, affine)


def _expected(atlas: Atlas) -> Single:
    return np.asarray(1 - atlas.classes[0].astype(np.float32) / 255)


def _spacing(affine: Floats) -> tuple[float, float, float]:
    a, b, c = np.linalg.norm(affine[:3, :3], axis=0)
    return float(a), float(b), float(c)


def _shape(array: Array) -> tuple[int, int, int]:
    a, b, c = array.shape
    return a, b, c
