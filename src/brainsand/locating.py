"""The joint between finding and locating: what is believed to be calcium, cut into pieces, each with its place.

A floor below ``steps``, which gives the islands judged, and ``measuring``, which is handed the pieces. Pure, like
everything below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from brainsand.find.deposits import Judged
from brainsand.locate.company import in_company
from brainsand.locate.habenula import told_apart
from brainsand.locate.nearby import with_near_organs
from brainsand.locate.place import Placed, place_deposit
from brainsand.locate.plexus import with_crumbs
from brainsand.locate.sheets import is_plate, on_sheet
from brainsand.locate.slab import slab_of
from brainsand.locate.split import pieces
from brainsand.locate.surroundings import LaidAtlas
from brainsand.model.anatomy import Anatomy
from brainsand.model.reference import Reference
from brainsand.model.volume import Volume

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """A believed piece: its voxels, its place, how firmly it is believed, and the island it was cut from."""

    index: Ints
    placed: Placed
    confidence: float
    island: int = 0


def believed(judged: Sequence[Judged], volume: Volume, anatomy: Anatomy, reference: Reference) -> list[Found]:
    """The pieces believed to be calcium, cut where they run across sites and placed; largest first."""
    found = []
    for number, j in enumerate(judged, start=1):
        if j.verdict.reason is None:
            found += [replace(f, island=number) for f in _pieces(j, volume, anatomy, reference)]
    found = sorted(found, key=lambda f: (-_volume_mm3(f.index, volume), tuple(f.index[0])))
    return [
        replace(f, placed=place) for f, place in zip(found, _together(found, volume, anatomy), strict=True)
    ]


def _together(found: Sequence[Found], volume: Volume, anatomy: Anatomy) -> list[Placed]:
    """The places of the pieces, seen beside one another."""
    places = [f.placed for f in found]
    centres = np.array([_centre_mm(f.index, volume, anatomy) for f in found])
    volumes = [_volume_mm3(f.index, volume) for f in found]
    return in_company(with_crumbs(told_apart(places, centres, volumes), centres, volumes))


def _volume_mm3(index: Ints, volume: Volume) -> float:
    return float(volume.grid.voxel_volumes_mm3[index[:, 0]].sum())


def _centre_mm(index: Ints, volume: Volume, anatomy: Anatomy) -> NDArray[np.float64]:
    """Middle of a piece along the straightened head, mm: up, back, left."""
    at = anatomy.head_grid.index_of(volume.grid.points(index))
    weights = volume.grid.voxel_volumes_mm3[index[:, 0]]
    return np.asarray(np.average(at, axis=0, weights=weights) * anatomy.head_grid.spacing_mm)


def _pieces(j: Judged, volume: Volume, anatomy: Anatomy, reference: Reference) -> list[Found]:
    """The pieces of an island, one where it runs across no sites."""
    index = j.island.index
    volumes = volume.grid.voxel_volumes_mm3[index[:, 0]]
    number = pieces(volume.grid.points(index), volumes, anatomy.native_sites[tuple(index.T)])
    if number.any():
        whole = _placed(j, index, volume, anatomy, reference)
        if is_plate(whole):  # A sheet borders on several sites all along and is one deposit.
            return [Found(index=index, placed=whole, confidence=j.verdict.confidence)]
    return [
        Found(
            index=index[number == n],
            placed=_placed(j, index[number == n], volume, anatomy, reference),
            confidence=j.verdict.confidence,
        )
        for n in np.unique(number)
    ]


def _placed(j: Judged, part: Ints, volume: Volume, anatomy: Anatomy, reference: Reference) -> Placed:
    """The place of a part (n, 3) of an island, by the map and by its own form."""
    volumes = volume.grid.voxel_volumes_mm3[part[:, 0]]
    place = place_deposit(
        anatomy.head_grid.index_of(volume.grid.points(part)),
        volumes,
        _laid(anatomy),
        propensity={s: r["weight"] for s, r in reference.norms["calcium_propensity"].items()},
    )
    excess = volume.hu[tuple(part.T)].astype(float) - j.island.level_hu
    slab = slab_of(part, excess, grid=volume.grid, head=anatomy.head_grid)
    place = on_sheet(place, slab, sites=anatomy.sites, midline_mm=anatomy.midline_mm)
    return with_near_organs(
        place,
        slab,
        volume_mm3=float(volumes.sum()),
        beliefs=anatomy.expected,
        midline_mm=anatomy.midline_mm,
    )


def _laid(anatomy: Anatomy) -> LaidAtlas:
    return LaidAtlas(
        sites=anatomy.sites,
        lobes=anatomy.lobes,
        midline_mm=anatomy.midline_mm,
        tissue=anatomy.tissue,
        depth_mm=anatomy.depth_mm,
        expected=anatomy.expected,
    )
