"""The atlas laid on this head: from a scan and the atlas to an :class:`~brainsand.model.anatomy.Anatomy`.

Pose, then the space inside the skull, then structures by the network, then the atlas bent to them for what the
network does not know; all on the atlas's own lattice (some 2 mm), where every head looks alike and little has to
be computed. At the end everything is carried to 1 mm along the straightened head, within the box that holds the
inside, and to the scan's own voxels.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.anatomy import borders
from brainsand.anatomy.head import (
    Found,
    bent_of,
    distances_of,
    laying_of,
    sites_of,
    spacing_of,
    tissues_of,
)
from brainsand.anatomy.inside import intracranial
from brainsand.anatomy.lattice import even_stack, on_lattice
from brainsand.anatomy.native import laid_on
from brainsand.anatomy.parcel import BOX, probabilities, without_calcium
from brainsand.anatomy.pose import Pose, find_pose
from brainsand.anatomy.refine import FINE_MM, HeadTemplate
from brainsand.anatomy.regions import HALF
from brainsand.arrays.affine import moved, nearest_rotation
from brainsand.arrays.beside import both, together
from brainsand.arrays.distance import distance_to
from brainsand.errors import NotAHead
from brainsand.model.anatomy import Anatomy
from brainsand.model.caution import Caution
from brainsand.model.grid import Grid
from brainsand.model.reference import Atlas, Network
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

LEAST_FIT: Final = 0.6
"""Seen: three real heads 0.86 to 0.88, four virtual ones 0.88 to 0.90; laid askew on purpose by 15 degrees 0.82 to
0.88, by 25 degrees or 15 mm 0.64 to 0.84, by 25 mm, half a turn or a quarter 0.03 to 0.39."""


def head_template(atlas: Atlas) -> HeadTemplate:
    """What the pose is found with: the atlas's attenuation, counted inside the skull and 14 mm round it."""
    outward = distance_to(expected_inside(atlas), spacing_mm=spacing_of(atlas.affine))
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
    found, head_hu = both(
        lambda: _structures(volume, atlas, network, pose), lambda: straightened(volume, head)
    )
    laying = laying_of(found, head, atlas)
    # Three things that do not wait for one another, each on a core of its own where there is one.
    bent, tissues, away = together(
        lambda: bent_of(laying), lambda: tissues_of(laying, head_hu), lambda: distances_of(laying)
    )
    sites = sites_of(laying, tissues.classes, bent, away)
    native_sites = laid_on(sites, head, volume.grid, frame=laying.frame)
    return Anatomy(
        head_grid=head,
        head_hu=head_hu,
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
            "pineal": bent.zones["near_pineal"],
            "habenula": bent.zones["near_habenula"],
            "dentate_nucleus": bent.zones["near_dentate"],
        },
        midline_mm=bent.midline_mm,
        level_hu=tissues.level_hu,
        tissue_hu=tissues.medians_hu,
        share_in_scan=pose.share_in_scan,
        residual_hu=pose.residual_hu,
        stretch=pose.stretch,
        fit=bent.fit,
        cautions=fit_cautions(bent.fit),
    )


def fit_cautions(fit: float) -> tuple[Caution, ...]:
    """What to say of a head that the atlas does not lie on well, even bent.

    >>> fit_cautions(0.8), fit_cautions(0.3)[0].code
    ((), 'atlas_misfit')
    """
    if fit >= LEAST_FIT:
        return ()
    words = (
        f"The atlas, bent onto this head, covers the nuclei and ventricles found in it by {fit:.2f} (overlap, "
        "usually 0.85 to 0.90): sites may be named wrongly. Look at the pictures."
    )
    return (Caution(code="atlas_misfit", words=words),)


def _structures(volume: Volume, atlas: Atlas, network: Network, pose: Pose) -> Found:
    to_patient = pose.matrix @ atlas.affine
    hu = on_lattice(even_stack(volume, 2.0), to_patient, _shape(atlas.hu)).astype(np.float32)
    spacing = spacing_of(to_patient)
    rough = atlas.zones["skull_base_hazard"] > 0
    inside = intracranial(hu, expected=_expected(atlas), rough=rough, spacing_mm=spacing)
    volume_mm3 = float(inside.sum() * np.prod(spacing))
    if volume_mm3 < LEAST_INSIDE_MM3:
        raise _no_inside(volume_mm3)
    shares = probabilities(without_calcium(hu, inside), network, box=BOX)
    inside &= _near_brain(shares, inside.shape, spacing)
    shares[1:] *= inside[BOX]
    return Found(to_patient=to_patient, hu=hu, inside=inside, shares=shares)


def straightened(volume: Volume, head: Grid) -> NDArray[np.int16]:
    """The scan in HU on the grid of the head put straight; air outside the scan."""
    hu = on_lattice(even_stack(volume, 1.0), head.affine, head.shape)
    return np.asarray(hu if hu.dtype == np.int16 else np.rint(hu), np.int16)


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


def _shape(array: Array) -> tuple[int, int, int]:
    a, b, c = array.shape
    return a, b, c
