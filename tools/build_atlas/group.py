"""Many heads' label maps averaged in one space: affine to the template, then together by demons.

Groupwise averaging after Joshi et al. (NeuroImage 2004;23:S151): fit every head to the present average,
average again, take the mean displacement out so that the average stays in the middle of its heads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from build_atlas.fit import affine_fit, demons, resized, resized_displacement, sampled, warped
from build_atlas.labels import NUMBERS, TRACED, compact, load_head, sides_swapped
from build_atlas.lattice import SHAPE, STEP_MM, Single, mni_affine
from build_atlas.template import template_map

Floats = NDArray[np.float64]
Say = Callable[[str], None]

GREY = (3, 42, 8, 47, 17, 53, 18, 54, 26, 58, 11, 50, 12, 51, 10, 49, 13, 52, 28, 60)
WHITE = (2, 41, 7, 46, 16, 85, 62, 30, 25, 57, 136, 137, 163, 164)

CHANNELS: tuple[tuple[tuple[int, ...], float], ...] = (
    ((24,), 0.5),
    ((4, 43, 5, 44, 14, 15), 1.0),
    ((2, 41), 0.7),
    ((3, 42), 0.5),
    ((10, 49), 2.0),
    ((11, 50, 26, 58), 2.0),
    ((12, 51), 2.0),
    ((13, 52), 2.0),
    ((17, 53, 18, 54), 1.5),
    ((8, 47, 7, 46), 0.7),
    ((16, 28, 60), 1.0),
)
"""What the demons compare, and how much each counts: small nuclei more than their size would give them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Head:
    """One head on the atlas's lattice, affinely: 0 to 255 for each of ``NUMBERS``, then of ``TRACED``; and
    which
    voxels its label map covers."""

    maps: NDArray[np.uint8]
    covered: NDArray[np.bool_]


def affine_of(folder: Path, head: int) -> Floats:
    """The (3, 4) map from MNI mm (LPS) to the head's mm, coarse to fine on gray and white matter."""
    labels, affine = load_head(folder, head)
    grey, white = (np.isin(labels, numbers).astype(np.float32) for numbers in (GREY, WHITE))
    target = [template_map("gm", 0.8), template_map("wm", 0.8)]
    within = (ndimage.gaussian_filter(sum(target), 2) > 0.05).astype(np.float32)
    to_mm = mni_affine()
    middle = np.argwhere(within > 0).mean(0) @ to_mm[:3, :3].T + to_mm[:3, 3]
    own = np.argwhere((grey + white) > 0).mean(0) @ affine[:3, :3].T + affine[:3, 3]
    fit = np.concatenate([np.eye(3), (own - middle)[:, None]], axis=1)
    for skip, blur_mm in ((4, 8), (2, 5), (2, 3)):
        moving = [ndimage.gaussian_filter(m, blur_mm / 2.35)[::skip, ::skip, ::skip] for m in (grey, white)]
        fixed = [ndimage.gaussian_filter(t, blur_mm / 2.35 / STEP_MM) for t in target]
        coarse = affine.copy()
        coarse[:3, :3] *= skip
        fit, _ = affine_fit(moving, coarse, fixed, to_mm, within=within, start=fit)
    return fit


def mean_stretch(fits: list[Floats]) -> Floats:
    """Mean over heads of how much longer they are than the template along L, P and S."""
    parts = [np.linalg.svd(fit[:, :3]) for fit in fits]
    return np.asarray(np.mean([np.diag(vt.T @ np.diag(s) @ vt) for _, s, vt in parts], axis=0))


def on_lattice(folder: Path, head: int, fit: Floats) -> Head:
    """The head's labels as probabilities on the atlas's lattice."""
    labels, affine = load_head(folder, head)
    matrix = np.linalg.inv(affine) @ np.vstack([fit, [0, 0, 0, 1]]) @ mni_affine()

    def laid(mask: NDArray, order: int = 1) -> Single:
        return ndimage.affine_transform(
            mask.astype(np.float32), matrix[:3, :3], matrix[:3, 3], output_shape=SHAPE, order=order
        )

    position = compact(labels)
    maps = np.zeros((len(NUMBERS), *SHAPE), np.float32)
    for k in range(len(NUMBERS)):
        mask = (position == k).astype(np.float32)
        # Air is laid down unsmoothed: its mask fills the field of view, which has no smooth edge.
        maps[k] = laid(ndimage.gaussian_filter(mask, 0.7) if k else mask)
    total = maps.sum(0)
    maps /= np.maximum(total, 1e-3)
    maps[0][total <= 1e-3] = 1
    traced = [
        laid(ndimage.gaussian_filter(np.isin(labels, n).astype(np.float32), 0.7)) for n in TRACED.values()
    ]
    both = np.concatenate([maps, np.stack(traced)])
    return Head(maps=(both * 255).astype(np.uint8), covered=laid(np.ones(labels.shape), order=0) > 0.5)


def average_of(heads: list[Head], *, rounds: int, say: Say) -> Single:
    """Mean probabilities (NUMBERS, then TRACED) after ``rounds`` of fitting all heads to their average."""
    displacements: list[Single | None] = [None] * len(heads)
    average = _mean(heads, displacements)
    for turn in range(rounds):
        last = turn == rounds - 1
        levels = ((2, 15), (1, 8)) if last else ((2, 20),)
        for k, head in enumerate(heads):
            displacements[k], error = _fitted(head, average, displacements[k], levels)
        average = _mean(heads, displacements)
        drift = _symmetric(np.mean(displacements, axis=0))
        if not last:
            average = warped(average, -drift)
        say(
            f"round {turn + 1}: misfit {error:.4f}, mean drift {np.sqrt((drift**2).sum(0)).mean():.2f} voxels"
        )
    return average


def _fitted(
    head: Head, average: Single, start: Single | None, levels: tuple[tuple[int, int], ...]
) -> tuple[Single, float]:
    u, error = start, np.inf
    for skip, iterations in levels:
        moving, fixed = _channels(head.maps.astype(np.float32) / 255, skip), _channels(average, skip)
        begin = None if u is None else resized_displacement(u, moving[0].shape)
        weights = [weight for _, weight in CHANNELS]
        u, error = demons(moving, fixed, weights, start=begin, iterations=iterations)
        u = resized_displacement(u, SHAPE)
    assert u is not None
    return u, error


def _channels(maps: Single, skip: int) -> list[Single]:
    channels = [maps[[NUMBERS.index(n) for n in numbers]].sum(0) for numbers, _ in CHANNELS]
    if skip == 1:
        return channels
    shape = tuple(round(n / skip) for n in SHAPE)
    return [resized(ndimage.gaussian_filter(c, 0.4 * skip), shape) for c in channels]


def _mean(heads: list[Head], displacements: list[Single | None]) -> Single:
    """The symmetric mean over the heads that cover each voxel; air where none does."""
    total = np.zeros(heads[0].maps.shape, np.float32)
    count = np.zeros(SHAPE, np.float32)
    for head, u in zip(heads, displacements, strict=True):
        maps, covered = _laid(head, u)
        total += maps * covered
        count += covered
    total /= np.maximum(count, 0.5)
    total[0][count < 0.5] = 1
    swap = np.concatenate([sides_swapped(), len(NUMBERS) + np.arange(len(TRACED))])
    return (total + total[swap][..., ::-1]) / 2


def _laid(head: Head, u: Single | None) -> tuple[Single, Single]:
    covered = head.covered.astype(np.float32)
    if u is None:
        return head.maps.astype(np.float32) / 255, covered
    index = (np.indices(SHAPE, dtype=np.float32) + u).reshape(3, -1)
    maps = [sampled(m.astype(np.float32) / 255, index).reshape(SHAPE) for m in head.maps]
    return np.stack(maps), sampled(covered, index).reshape(SHAPE)


def _symmetric(u: Single) -> Single:
    other = u[..., ::-1] * np.array([1, 1, -1], np.float32)[:, None, None, None]
    return (u + other) / 2
