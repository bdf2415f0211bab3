"""The atlas laid on this head: from a scan and the atlas to an :class:`~brainsand.model.anatomy.Anatomy`.

Pose, then the space inside the skull, then structures by the network, then the atlas bent to them for what the
network does not know; all on the atlas's own lattice (some 2 mm), where every head looks alike and little has to
be computed; at the end everything is carried to 1 mm along the straightened head and to the scan's own voxels.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.anatomy.carry import Box, Carrier, bounds
from brainsand.anatomy.inside import intracranial
from brainsand.anatomy.lattice import even_stack, on_lattice
from brainsand.anatomy.native import on_native
from brainsand.anatomy.parcel import BOX, CLASSES, probabilities, without_calcium
from brainsand.anatomy.pose import FINE_MM, HeadTemplate, Pose, find_pose
from brainsand.anatomy.regions import HALF, VEINS, ZONES, site_map
from brainsand.anatomy.warp import displacement, warped
from brainsand.arrays.affine import moved, nearest_rotation
from brainsand.arrays.distance import distance_to
from brainsand.arrays.resample import resampled
from brainsand.errors import NotAHead
from brainsand.model.anatomy import CSF, GRAY, SINUS, WHITE, Anatomy
from brainsand.model.grid import Grid
from brainsand.model.reference import Atlas, Network
from brainsand.model.volume import Volume

Floats = NDArray[np.float64]
Single = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Bool = NDArray[np.bool_]

HEAD_MM: Final = (190, 224, 184)
"""Size of the straightened head's grid in mm: slices, rows, columns."""
_TISSUE: Final = {
    CSF: ("csf", "lv", "v3", "v4", "chor"),
    WHITE: ("wm", "cbwm", "bs", "vdc"),
    GRAY: ("cortex", "cbcx", "thal", "caud", "put", "pal", "hip", "amy", "acc"),
    SINUS: ("sinus",),
}
_MATCHED: Final = (
    ("lv", "chor", "v3", "v4"),
    ("thal", "put", "hip"),
    ("caud", "acc", "pal", "amy"),
    ("cortex", "cbcx"),
    ("wm", "cbwm", "bs"),
    ("csf",),
)
_ROUNDS: Final = ((4, 12), (2, 7))
LEAST_INSIDE_MM3: Final = 2e5
"""Less intracranial space than this is no head that could be read."""
BORDER_BLUR_MM: Final = 0.8
BORDER_SPREAD_HU: Final = 4.0
"""Spread of a tissue's attenuation after that blur: noise of some 3 HU and real variation."""
NEAR_BRAIN_MM: Final = 6.0
"""What lies farther from anything the network takes for brain or fluid is outside, whatever the skull says."""
_LEVEL_BLUR_MM: Final = 9.0
"""Tissue level is a mean over this width: wide against a deposit, narrow against cupping under the skull."""


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
    field = _field(shares, atlas)
    return _assembled(volume, atlas, pose, hu, inside, shares, field)


def expected_inside(atlas: Atlas) -> Bool:
    """Where the atlas has its intracranial space, on its own lattice."""
    return np.asarray(_expected(atlas) > 0.5)


def _assembled(
    volume: Volume, atlas: Atlas, pose: Pose, hu: Single, inside: Bool, shares: Bytes, field: Single
) -> Anatomy:
    to_patient = pose.matrix @ atlas.affine
    spacing = _spacing(to_patient)
    head = _head_grid(pose, atlas)
    to_lattice = np.linalg.inv(to_patient) @ head.affine
    carry = Carrier(matrix=_shifted(to_lattice), shape=head.shape)
    far = Carrier(matrix=to_lattice, shape=head.shape)
    bend = _beyond(field, atlas.hu.shape)
    head_hu = np.rint(on_lattice(even_stack(volume, 1.0), head.affine, head.shape)).astype(np.int16)
    within = resampled(inside.astype(np.uint8) * 200, to_lattice, head.shape, fill=0) >= 100
    levels, tissue_hu = _levels(hu[BOX], shares, CLASSES, spacing)
    level_hu = carry.whole(levels, fill=tissue_hu.get("white_matter", 30.0))
    classes = _most_probable(shares, carry, within, head_hu, _means(level_hu, tissue_hu))
    depth = resampled(distance_to(~inside, spacing_mm=spacing), to_lattice, head.shape, fill=0)
    depth_mm = np.where(within, np.maximum(depth, 0.5), 0).astype(np.float32)
    midline_mm = _midline(atlas, carry, field, _spacing(to_patient)[2])
    zones = {name: far.where_any(_bent(_joined(atlas, parts), bend)) for name, parts in ZONES.items()}
    sites = site_map(
        classes,
        names=CLASSES,
        zones=zones,
        wall_mm=carry.whole(_distance_to(shares, ("lv", "chor"), CLASSES, spacing), fill=99.0),
        cortex_mm=carry.whole(_distance_to(shares, ("cortex",), CLASSES, spacing), fill=99.0),
        white_mm=carry.whole(_distance_to(shares, ("wm",), CLASSES, spacing), fill=99.0),
        depth_mm=depth_mm,
        midline_mm=midline_mm,
    )
    sites[~within] = 0
    lobes = resampled(_bent_labels(atlas.lobes, field), carry.matrix, head.shape, fill=0, nearest=True)
    native_sites = on_native(sites, head, volume.grid)
    return Anatomy(
        head_grid=head,
        head_hu=head_hu,
        inside=within,
        tissue=_tissue(classes, CLASSES),
        sites=sites,
        lobes=np.where(within, lobes, 0).astype(np.uint8),
        native_inside=native_sites > 0,
        native_sites=native_sites,
        depth_mm=depth_mm,
        hazard=far.where_any(_bent(atlas.zones["skull_base_hazard"], bend)),
        veins=far.where_any(_bent(_joined(atlas, VEINS), bend)),
        expected={
            "choroid_plexus": far.where_any(_bent(atlas.zones["choroid_plexus"], bend)),
            "vessel_wall": far.where_any(_bent(_grown(_joined(atlas, ZONES["vessel"])), bend)),
            "pineal": zones["pineal"],
            "habenula": zones["habenula"],
            "dentate_nucleus": zones["dentate"],
        },
        midline_mm=midline_mm,
        level_hu=level_hu,
        tissue_hu=tissue_hu,
        share_in_scan=pose.share_in_scan,
        residual_hu=pose.residual_hu,
        stretch=pose.stretch,
        fit=_fit(shares, field, atlas),
        cautions=(),
    )


def _no_inside(volume_mm3: float) -> NotAHead:
    return NotAHead(
        f"Within the skull only {volume_mm3 / 1000:.0f} ml were found.",
        needed=f"at least {LEAST_INSIDE_MM3 / 1000:.0f} ml of intracranial space in the image.",
        todo="Check that the series covers the brain.",
        code="no_inside",
    )


def _expected(atlas: Atlas) -> Single:
    return np.asarray(1 - atlas.classes[0].astype(np.float32) / 255)


def _spacing(affine: Floats) -> tuple[float, float, float]:
    a, b, c = np.linalg.norm(affine[:3, :3], axis=0)
    return float(a), float(b), float(c)


def _shape(array: NDArray[Any]) -> tuple[int, int, int]:
    a, b, c = array.shape
    return a, b, c


def _joined(atlas: Atlas, names: tuple[str, ...]) -> Bytes:
    """The greatest of several zones."""
    return np.asarray(np.maximum.reduce([atlas.zones[n] for n in names]))


def _near_brain(shares: Bytes, shape: tuple[int, ...], spacing: tuple[float, float, float]) -> Bool:
    """Where the network sees brain or fluid within ``NEAR_BRAIN_MM``: no orbit, no neck.

    Below the box, where the network does not look, everything is left.
    """
    out = np.ones(shape, bool)
    out[BOX] = distance_to(shares[0] < HALF, spacing_mm=spacing) <= NEAR_BRAIN_MM
    return out


def _grown(zone: Bytes) -> Bytes:
    """A zone wider by one cell all round: a thin course that bending may miss by two millimetres."""
    return np.asarray(ndimage.maximum_filter(zone, size=3))


def _shifted(matrix: Floats) -> Floats:
    """A map to lattice indices turned into one to indices of the box."""
    out = matrix.copy()
    out[:3, 3] -= [s.start for s in BOX]
    return out


def _field(shares: Bytes, atlas: Atlas) -> Single:
    """How the atlas bends onto the scan's structures, in cells of the box."""

    def joined(maps: Bytes, names: tuple[str, ...], group: tuple[str, ...]) -> Single:
        # The atlas has no choroid plexus of its own among its classes, and counts the accumbens to the caudate.
        known = [names.index(n) for n in group if n in names]
        return np.asarray(maps[known].sum(axis=0, dtype=np.float32) / np.float32(255))

    fixed = [joined(shares, CLASSES, g) for g in _MATCHED]
    moving = [joined(atlas.classes[(slice(None), *BOX)], atlas.class_names, g) for g in _MATCHED]
    return displacement(fixed, moving, rounds=_ROUNDS)


def _bent(zone: Bytes, field: Single) -> Bytes:
    """A zone of the atlas bent onto the head, on the whole lattice; worked out only where bending can bring it."""
    out = np.zeros(zone.shape, np.uint8)
    near = bounds(zone > 0)
    if near is None:
        return out
    reach = int(np.ceil(np.abs(field).max())) + 1
    a, b, c = (
        slice(max(0, span.start - reach), min(int(count), span.stop + reach))
        for span, count in zip(near, _shape(out), strict=True)
    )
    part = warped(zone[a, b, c].astype(np.float32), field[:, a, b, c])
    out[a, b, c] = (part + np.float32(0.5)).astype(np.uint8)
    return out


def _beyond(field: Single, shape: tuple[int, ...]) -> Single:
    """The field of the box on the whole lattice; outside the box it goes on as at the box's edge."""
    edges = [(s.start, n - s.stop) for s, n in zip(BOX, shape, strict=True)]
    return np.pad(field, [(0, 0), *edges], mode="edge")


def _bent_labels(labels: Bytes, field: Single) -> Bytes:
    index = np.rint(np.indices(field.shape[1:], dtype=np.float32) + field).astype(int)
    a, b, c = (np.clip(i, 0, n - 1) for i, n in zip(index, field.shape[1:], strict=True))
    return np.asarray(labels[BOX][a, b, c])


def _midline(atlas: Atlas, carry: Carrier, field: Single, column_mm: float) -> Single:
    """Signed distance from the midsagittal surface in patient mm, positive to the left, on the head grid.

    A plane of the atlas, bent as the atlas is; below and above the box the plane goes on straight.
    """
    middle = -atlas.affine[0, 3] / atlas.affine[0, 2] - BOX[2].start
    slopes = carry.matrix[2, :3].astype(np.float32)
    s, r, c = (
        np.arange(count, dtype=np.float32) * slope for count, slope in zip(carry.shape, slopes, strict=True)
    )
    column = s[:, None, None] + r[None, :, None] + c[None, None, :] + np.float32(carry.matrix[2, 3] - middle)
    column += carry.whole(field[2], fill=0.0)
    return np.asarray(column * np.float32(column_mm), np.float32)


def _most_probable(
    shares: Bytes,
    carry: Carrier,
    within: Bool,
    head_hu: NDArray[np.int16],
    means_hu: dict[int, Single | float],
) -> Bytes:
    """Index of the likeliest class at each place within (class 0, outside, never wins there).

    The network says where a structure lies to about its lattice's 2 mm; where exactly its border runs is read
    from the scan at 1 mm: each share is weighed by how well the attenuation there fits the class's tissue
    (Bayes, with the share as prior and normal noise). Calcium and blood fit no tissue and weigh nothing.
    """
    brain = bounds(within)
    best = np.zeros(within.shape, np.uint8)
    if brain is None:
        return best
    smooth = ndimage.gaussian_filter(head_hu[brain].astype(np.float32), BORDER_BLUR_MM, truncate=2)
    fits = _tissue_fits(smooth, {t: m if isinstance(m, float) else m[brain] for t, m in means_hu.items()})
    tissue_of = {name: tissue for tissue, names in _TISSUE.items() for name in names}
    largest = np.zeros(within.shape, np.float32)
    for k, share in enumerate(shares[1:], start=1):
        box, values = carry.part(share)
        here, there, cut = _overlap(box, brain)
        fit = fits.get(tissue_of[CLASSES[k]], np.float32(0.5))
        likely = values[cut] * (fit if isinstance(fit, np.float32) else fit[there])
        more = likely > largest[here]
        best[here][more] = k
        largest[here][more] = likely[more]
    best[(best == 0) & within] = 1
    best[~within] = 0
    return best


def _tissue_fits(smooth: Single, means_hu: dict[int, Single | float]) -> dict[int, Single]:
    """How well the attenuation fits each tissue, 0 to 1; all the same where it fits none."""
    ordinary = smooth < means_hu[GRAY] + np.float32(3 * BORDER_SPREAD_HU)
    scale = np.float32(-0.5 / BORDER_SPREAD_HU**2)
    return {
        tissue: np.where(ordinary, np.exp(scale * np.square(smooth - mean)) + np.float32(1e-3), np.float32(1))
        for tissue, mean in means_hu.items()
    }


def _overlap(box: Box, frame: Box) -> tuple[Box, Box, Box]:
    """What a box shares with a frame: in the whole, counted from the frame, counted from the box."""
    spans = [
        (max(a.start, f.start), max(min(a.stop, f.stop), max(a.start, f.start)))
        for a, f in zip(box, frame, strict=True)
    ]
    here = [slice(a, b) for a, b in spans]
    there = [slice(a - f.start, b - f.start) for (a, b), f in zip(spans, frame, strict=True)]
    cut = [slice(a - o.start, b - o.start) for (a, b), o in zip(spans, box, strict=True)]
    return (here[0], here[1], here[2]), (there[0], there[1], there[2]), (cut[0], cut[1], cut[2])


def _tissue(classes: Bytes, names: tuple[str, ...]) -> Bytes:
    table = np.zeros(len(names), np.uint8)
    for value, members in _TISSUE.items():
        table[[names.index(n) for n in members]] = value
    return np.asarray(table[classes])


def _means(level_hu: Single, tissue_hu: dict[str, float]) -> dict[int, Single | float]:
    """What each tissue reads at each place: fluid the same everywhere, brain following its slow level."""
    white, gray = tissue_hu.get("white_matter", 28.0), tissue_hu.get("gray_matter", 37.0)
    half = np.float32(max(gray - white, 4.0) / 2)
    return {CSF: tissue_hu.get("csf", 6.0), WHITE: level_hu - half, GRAY: level_hu + half}


def _levels(
    hu: Single, shares: Bytes, names: tuple[str, ...], spacing: tuple[float, float, float]
) -> tuple[Single, dict[str, float]]:
    """Slow mean of brain tissue round each place (HU), and the median of each tissue."""
    found = {}
    share = {}
    for key, value in (("csf", CSF), ("white_matter", WHITE), ("gray_matter", GRAY)):
        share[key] = np.asarray(sum(shares[names.index(n)].astype(np.float32) for n in _TISSUE[value]) / 255)
        sure = (share[key] > 0.9) & (hu > -40) & (hu < 90)
        if sure.sum() > 200:
            found[key] = float(np.median(hu[sure]))
    brain = (
        (share["white_matter"] + share["gray_matter"] > 0.8)
        & (hu > found.get("csf", 0.0))
        & (hu < found.get("gray_matter", 40.0) + 20)
    )
    blur = [_LEVEL_BLUR_MM / s for s in spacing]
    weight = ndimage.gaussian_filter(brain.astype(np.float32), blur, truncate=2)
    total = ndimage.gaussian_filter(np.where(brain, hu, 0).astype(np.float32), blur, truncate=2)
    middle = np.float32(np.median(hu[brain])) if brain.any() else np.float32(32.0)
    return (total + 0.01 * middle) / (weight + np.float32(0.01)), found


def _distance_to(
    shares: Bytes, members: tuple[str, ...], names: tuple[str, ...], spacing: tuple[float, float, float]
) -> Single:
    """Distance in mm to a structure (probability one half), finer than a cell by the probability at the edge."""
    share = sum(shares[names.index(n)].astype(np.float32) for n in members) / np.float32(255)
    away = distance_to(share >= 0.5, spacing_mm=spacing)
    return np.asarray(np.maximum(away - 0.5 * min(spacing), 0), np.float32)


def _head_grid(pose: Pose, atlas: Atlas) -> Grid:
    """1 mm along the straightened head, its middle on the middle of the atlas's lattice."""
    middle_index = (np.array(atlas.hu.shape) - 1) / 2
    middle = moved(pose.matrix, moved(atlas.affine, [middle_index]))[0]
    rotation = nearest_rotation(pose.matrix)
    affine = np.eye(4)
    affine[:3, :3] = rotation[:, ::-1]
    affine[:3, 3] = middle - affine[:3, :3] @ ((np.array(HEAD_MM) - 1) / 2)
    return Grid.from_affine(HEAD_MM, affine)


def _fit(shares: Bytes, field: Single, atlas: Atlas) -> float:
    """Mean overlap (Dice, of probabilities) of the bent atlas with the structures found: deep nuclei and ventricles."""
    scores = []
    for name in ("lv", "thal", "caud", "put", "cbcx", "bs"):
        k = atlas.class_names.index(name)
        members = (name, "acc") if name == "caud" else (name,)
        a = shares[[CLASSES.index(n) for n in members]].sum(axis=0, dtype=np.float32)
        b = warped(atlas.classes[k][BOX].astype(np.float32), field)
        scores.append(2 * float(np.minimum(a, b).sum()) / max(float(a.sum() + b.sum()), 1.0))
    return float(np.mean(scores))
