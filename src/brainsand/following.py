"""Bodies followed through a series of scans: placed in one head, and measured over the same place in each.

The joint between following and measuring, below ``comparing``. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.arrays.affine import moved
from brainsand.followup.match import Node, Placed, claimed, one_body, tracks_of
from brainsand.followup.obstacles import ENHANCING, contrast_differs, metal_slices, of_reasons, out_of_view
from brainsand.measure.excess import Scene
from brainsand.measure.size import Measured, Whole, measure_deposit, measure_whole
from brainsand.measuring import NOBODYS
from brainsand.model.comparison import Amount, Obstacle
from brainsand.model.finding import Deposit
from brainsand.pipeline import Analysis

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STREAKS: Final = "metal_streaks"
LOOSE: Final = frozenset({"choroid_plexus", "falx", "tentorium", "dura", "vessel_wall"})
"""Sites of clouds of dots and of thin plates beside fluid: each scan's finding shows a part of them."""
SET_ASIDE: Final = np.iinfo(np.int32).max
"""In the map of owners: a bright thing set aside."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """Scans laid upon each other: their deposits placed in the common head, the tracks (each the deposits that belong
    together) in the order of their numbers, the voxels of each track in each scan, and the scans in which a reader
    rejected a track's body that the other scans keep."""

    scans: tuple[Analysis, ...]
    placed: tuple[Placed, ...]
    members: tuple[frozenset[Node], ...]
    voxels: tuple[dict[int, Ints], ...]
    denied: tuple[frozenset[int], ...]


def series_of(scans: Sequence[Analysis], matrices: Sequence[Floats]) -> Series:
    """The deposits of each scan's case followed; what a reader rejected (``as_read``) is no part of any track."""
    whole = tuple(
        Placed(
            index={k: f.index for k, f in enumerate(s.found, start=1)}, grid=s.on.volume.grid, matrix=matrix
        )
        for s, matrix in zip(scans, matrices, strict=True)
    )
    placed = tuple(
        replace(p, index={d.id: p.index[d.id] for d in s.case.deposits})
        for p, s in zip(whole, scans, strict=True)
    )
    members = tuple(sorted(tracks_of(placed), key=lambda m: (-_size(scans, m), _middle(placed, m))))
    voxels = tuple(claimed(placed, members, k) for k in range(len(scans)))
    denied = _denied(scans, whole, members)
    return Series(scans=tuple(scans), placed=placed, members=members, voxels=voxels, denied=denied)


def deposit_of(scan: Analysis, number: int) -> Deposit:
    """The deposit of a scan's case by its number."""
    return next(d for d in scan.case.deposits if d.id == number)


def _denied(
    scans: Sequence[Analysis], whole: Sequence[Placed], members: Sequence[frozenset[Node]]
) -> tuple[frozenset[int], ...]:
    """For each track, the scans that show it only as what a reader rejected."""
    rejected = {(k, d.id) for k, s in enumerate(scans) if s.case.review for d in s.case.review.rejected}
    bodies = tracks_of(whole) if rejected else []
    found = []
    for track in members:
        there = rejected & frozenset[Node]().union(*(b for b in bodies if b & track))
        found.append(frozenset(s for s, _ in there) - {s for s, _ in track})
    return tuple(found)


def _size(scans: Sequence[Analysis], track: frozenset[Node]) -> float:
    """What a track's deposits come to in all scans together: the order of tracks."""
    return round(sum(deposit_of(scans[s], n).threshold_volume_mm3 for s, n in sorted(track)), 3)


def _middle(placed: Sequence[Placed], track: frozenset[Node]) -> tuple[float, ...]:
    """Where a track lies, for an order among equals: up, back, left."""
    points = np.concatenate([placed[s].points(n)[0] for s, n in sorted(track)])
    return tuple(np.round(points.mean(axis=0)[::-1], 1).tolist())


def amounts_of(series: Series) -> list[tuple[Amount, ...]]:
    """What every track came to in every scan."""
    by_scan = [_in_scan(series, k) for k in range(len(series.scans))]
    plain = contrast_differs(s.case.scan.contrast for s in series.scans)
    tables = [s.on.calibration is not None for s in series.scans]
    unknown = [s.on.kvp is None for s in series.scans]
    rows = []
    for number, track in enumerate(series.members, start=1):
        row = [by_scan[k][number] for k in range(len(series.scans))]
        if plain:
            row = [_if_contrast(a, k, series, track) for k, a in enumerate(row)]
        if any(tables):
            off = [not table and not silent for table, silent in zip(tables, unknown, strict=True)]
            row = [_stopped(a, "voltage") if bad else a for a, bad in zip(row, off, strict=True)]
        rows.append(_filled(row))
    return rows


def _in_scan(series: Series, k: int) -> dict[int, Amount]:
    """Every track's amount in one scan, all measured together so that neighbours share their blur."""
    scan, voxels = series.scans[k], series.voxels[k]
    owner = _owners(scan, voxels)
    on = replace(scan.on, owner=owner)
    parted, wholes = bordering(owner), _wholes(series, voxels, on)
    aside = _set_aside(series, k)
    streaked = metal_slices(on.volume.hu, on.volume.grid) if _has(scan, STREAKS) else frozenset[int]()
    out = {}
    for number, track in enumerate(series.members, start=1):
        ids = tuple(sorted(n for s, n in track if s == k))
        index = voxels[number]
        denied = k in series.denied[number - 1]
        obstacle = "rejected" if denied else _obstacle(series, k, track, index, aside, streaked)
        if obstacle is None:
            m = measure_deposit(on, index, number=number, whole=wholes.get(number))
            unsure = number in parted or ends_unsure(_sites(series, track))
            out[number] = replace(_amount(ids, m, gain=on.gain), parted=float(unsure))
        else:
            out[number] = Amount(ids=ids, obstacle=obstacle)
    return out


def _owners(scan: Analysis, voxels: Mapping[int, Ints]) -> NDArray[np.int32]:
    """The number of the track that each voxel belongs to, ``SET_ASIDE`` for all set aside, else 0."""
    owner = np.where(scan.on.owner == NOBODYS, np.int32(SET_ASIDE), np.int32(0))
    for number, index in voxels.items():
        owner[tuple(index.T)] = number
    return owner


def _wholes(series: Series, voxels: Mapping[int, Ints], on: Scene) -> dict[int, Whole | None]:
    """For each track, the measure of the whole body that it is a piece of, where others are too."""
    wholes: dict[int, Whole | None] = {}
    for body in one_body(_bodies(series)):
        pieces = [(n, voxels[n]) for n in body if len(voxels[n])]
        whole = measure_whole(on, pieces) if len(pieces) > 1 else None
        wholes |= dict.fromkeys(body, whole)
    return wholes


def _sites(series: Series, track: frozenset[Node]) -> set[str]:
    return {deposit_of(series.scans[s], n).site for s, n in track}


def ends_unsure(sites: Iterable[str]) -> bool:
    """Whether calcium of these sites ends elsewhere on other slices.

    >>> ends_unsure({"putamen", "falx"}), ends_unsure({"putamen"})
    (True, False)
    """
    return bool(LOOSE & set(sites))


def bordering(owner: NDArray[np.int32]) -> frozenset[int]:
    """The tracks with a voxel next to another's, in the map of owners.

    >>> sorted(bordering(np.array([[[1, 2, 0, 3, 2147483647]]], np.int32)))
    [1, 2]
    """
    found: set[int] = set()
    for axis in range(3):
        one = np.moveaxis(owner, axis, 0)[1:]
        other = np.moveaxis(owner, axis, 0)[:-1]
        meet = (one != other) & (one > 0) & (other > 0) & (one < SET_ASIDE) & (other < SET_ASIDE)
        found |= {int(n) for n in np.unique(np.concatenate([one[meet], other[meet]]))}
    return frozenset(found)


def _bodies(series: Series) -> list[tuple[int, int]]:
    """Which islands each track is a piece of: (a number for the island in its scan, track)."""
    found = []
    for number, track in enumerate(series.members, start=1):
        for s, n in sorted(track):
            island = series.scans[s].found[n - 1].island
            if island:
                found.append((island * len(series.scans) + s, number))
    return found


def _set_aside(series: Series, k: int) -> NDArray[np.int16]:
    """For each voxel of a scan, one more than the place in ``judged`` of what was set aside there; else 0."""
    scan = series.scans[k]
    out = np.zeros(scan.on.owner.shape, np.int16)
    for number, j in enumerate(scan.judged, start=1):
        if j.verdict.reason is not None and number < np.iinfo(np.int16).max:
            out[tuple(j.island.index.T)] = number
    return out


def _obstacle(
    series: Series,
    k: int,
    track: frozenset[Node],
    index: Ints,
    aside: NDArray[np.int16],
    streaked: frozenset[int],
) -> Obstacle | None:
    scan, placed = series.scans[k], series.placed[k]
    points = np.concatenate(
        [series.placed[s].points(n)[0] for s, n in sorted(track) if s != k] or [np.zeros((0, 3))]
    )
    if out_of_view(moved(placed.matrix, points), index, placed.grid):
        return "outside_coverage"
    if not np.isfinite(np.asarray(scan.on.volume.hu[tuple(index.T)], float)).all():
        return "no_background"
    if streaked & {int(i) for i in np.unique(index[:, 0])}:
        return "metal"
    hit = np.unique(aside[tuple(index.T)])
    reasons = [scan.judged[int(n) - 1].verdict.reason for n in hit if n > 0]
    return of_reasons(str(r) for r in reasons)


def _amount(ids: tuple[int, ...], m: Measured, *, gain: float) -> Amount:
    """A measure at 120 kV; its mass without the calibration's own deviation, which all scans share."""
    if m.excess_hu_mm3 is None or m.excess_pm_hu_mm3 is None:
        return Amount(ids=ids, obstacle="no_background")
    per_mg = m.mass_mg / m.excess_hu_mm3 if m.mass_mg is not None and m.excess_hu_mm3 else None
    return Amount(
        ids=ids,
        excess_hu_mm3=m.excess_hu_mm3 / gain,
        excess_pm_hu_mm3=m.excess_pm_hu_mm3 / gain,
        excess_noise_pm_hu_mm3=None if m.excess_noise_pm_hu_mm3 is None else m.excess_noise_pm_hu_mm3 / gain,
        mass_mg=m.mass_mg,
        mass_pm_mg=None if per_mg is None else m.excess_pm_hu_mm3 * per_mg,
        volume_mm3=m.volume_mm3,
        volume_pm_mm3=m.volume_pm_mm3,
        peak_hu=m.peak_hu,
    )


def _stopped(a: Amount, obstacle: Obstacle) -> Amount:
    return a if a.obstacle else Amount(ids=a.ids, obstacle=obstacle)


def _if_contrast(a: Amount, k: int, series: Series, track: frozenset[Node]) -> Amount:
    """Where contrast was given for some scans only: no number at places that take it up, nor of what only scans with
    contrast show."""
    bright = [s.case.scan.contrast in ("suspected", "present") for s in series.scans]
    only_bright = all(bright[s] for s, _ in track)
    touched = only_bright or _sites(series, track) & ENHANCING
    return _stopped(a, "contrast") if bright[k] and touched else a


def _filled(row: Sequence[Amount]) -> tuple[Amount, ...]:
    """Where too little is there to have a volume, the excess at the density that other scans show."""
    densities = [a.excess_hu_mm3 / a.volume_mm3 for a in row if a.volume_mm3 and a.excess_hu_mm3]
    if not densities:
        return tuple(row)
    density = float(np.median(densities))
    return tuple(
        replace(
            a,
            volume_mm3=max(a.excess_hu_mm3, 0.0) / density,
            volume_pm_mm3=a.excess_pm_hu_mm3 / density,
        )
        if a.volume_mm3 is None and a.excess_hu_mm3 is not None and a.excess_pm_hu_mm3 is not None
        else a
        for a in row
    )


def _has(scan: Analysis, code: str) -> bool:
    return any(c.code == code for c in scan.case.cautions)
