"""From a scan and its anatomy to islands, each believed or set aside with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from brainsand.find.candidates import Island, Relief, Thresholds, islands
from brainsand.find.judge import Limits, Verdict, judge
from brainsand.find.look import Look, looks
from brainsand.find.smooth import FEW, averaged, local_noise
from brainsand.find.veil import unveiled
from brainsand.model.anatomy import Anatomy
from brainsand.model.volume import Volume

Bool = NDArray[np.bool_]

SEED_DEPTH_MM = 2
"""What rises nowhere deeper than this below the inner table is bone or its blur, and starts no island."""
NOWHERE_HU = -1000.0
"""Excess where nothing is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """An island, what is known of it, and the verdict."""

    island: Island
    look: Look
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """The part of a scan that is searched, and what lies where in it.

    Parameters
    ----------
    part : three slices
        The box of the volume that holds the intracranial space; the arrays cover it.
    level_hu : float32 array
        Attenuation of gray matter round each voxel, HU.
    depth_mm : uint8 array
        Whole mm below the edge of the intracranial space, 0 outside.
    tissue : bool array
        Brain away from bone, on which noise is measured.
    """

    part: tuple[slice, slice, slice]
    level_hu: NDArray[np.float32]
    depth_mm: NDArray[np.uint8]
    tissue: Bool


def find(
    volume: Volume, anatomy: Anatomy, searched: Searched, *, thresholds: Thresholds, limits: Limits
) -> list[Judged]:
    """Every bright island of the intracranial space, judged, the most striking first."""
    relief, unrest = _relief(volume, searched)
    found = islands(relief, seedbed=searched.depth_mm > SEED_DEPTH_MM, thresholds=thresholds)
    start = np.array([s.start for s in searched.part])
    moved = [_moved(i, start) for i in found]
    seen = [
        replace(k, unrest=float(unrest[_of_block(i.peak_index)]))
        for i, k in zip(found, looks(moved, volume, anatomy), strict=True)
    ]
    return [Judged(island=i, look=k, verdict=judge(i, k, limits)) for i, k in zip(moved, seen, strict=True)]


def _relief(volume: Volume, searched: Searched) -> tuple[Relief, NDArray[np.float32]]:
    """How the part searched stands out of its tissue; its noise over what is usual, by blocks of ``FEW`` rows and
    columns.
    """
    hu, spacing = volume.hu[searched.part], volume.grid.spacing_mm
    mean = averaged(hu, spacing)
    noise = local_noise(mean, searched.tissue, spacing)
    # The noise is the same over blocks of four, so every second row and column tells what is usual.
    some = noise[:, ::2, ::2][searched.tissue[:, ::2, ::2]]
    usual = float(np.median(some)) if some.size else np.inf
    # Before the veil's spread is put on it: bone beside is no streak.
    unrest = noise[:, ::FEW, ::FEW] / np.float32(usual)
    above = np.subtract(mean, searched.level_hu, out=mean)
    excess, noise = unveiled(above, noise, searched.depth_mm, slice_mm=spacing[0])
    np.copyto(excess, np.float32(NOWHERE_HU), where=searched.depth_mm == 0)
    return Relief(hu=hu, excess_hu=excess, noise_hu=noise, level_hu=searched.level_hu), unrest


def _of_block(index: tuple[int, int, int]) -> tuple[int, int, int]:
    return index[0], index[1] // FEW, index[2] // FEW


def _moved(island: Island, start: NDArray[np.int64]) -> Island:
    top = np.array(island.peak_index) + start
    return Island(
        index=island.index + start,
        peak_index=(int(top[0]), int(top[1]), int(top[2])),
        height=island.height,
        level_hu=island.level_hu,
        noise_hu=island.noise_hu,
        peak_hu=island.peak_hu,
        mean_hu=island.mean_hu,
    )
