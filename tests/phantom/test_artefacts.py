"""Artefacts: noise of the stated size, dark bands between dense bones, streaks of metal, a headrest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from brainsand.model.grid import Grid
from brainsand.phantom.artefacts import add_hardening, add_headrest, add_noise
from brainsand.phantom.protocol import Protocol, Slices
from brainsand.phantom.scanner import image

PLAIN = Protocol(slice_mm=3.0, matrix=128, in_plane_mm=1.8, noise_hu=4.0, beam_hardening=1.0)


def _water(count: int = 3) -> np.ndarray:
    """Discs of water of 160 mm across."""
    line = (np.arange(128) - 63.5) * 1.8
    disc = np.hypot(line[:, None], line[None]) < 80
    return np.repeat(np.where(disc, 0.0, -1000.0)[None], count, axis=0).astype(np.float32)


def _slices(count: int) -> Slices:
    grid = Grid.regular((count, 128, 128), spacing_mm=(3.0, 1.8, 1.8))
    return Slices(grid=grid, thickness_mm=np.full(count, 3.0))


@pytest.mark.parametrize("sharp", [False, True])
def test_noise_has_the_stated_deviation_in_the_middle(sharp):
    hu = _water(8)
    add_noise(hu, replace(PLAIN, sharp=sharp), rng=np.random.default_rng(0))
    assert hu[:, 54:74, 54:74].std() == pytest.approx(4.0, rel=0.1)


def test_neighbours_in_the_noise_are_alike_and_more_so_with_a_soft_kernel():
    alike = []
    for sharp in (False, True):
        hu = np.zeros((4, 128, 128), np.float32)
        add_noise(hu, replace(PLAIN, sharp=sharp, in_plane_mm=0.5), rng=np.random.default_rng(0))
        alike.append(np.corrcoef(hu[:, :, 1:].ravel(), hu[:, :, :-1].ravel())[0, 1])
    assert alike[0] > 0.5
    assert alike[0] > alike[1] + 0.2


def test_slices_that_overlap_share_their_noise():
    hu = np.zeros((40, 128, 128), np.float32)
    add_noise(hu, replace(PLAIN, increment_mm=1.5), rng=np.random.default_rng(0))
    assert np.corrcoef(hu[1:].ravel(), hu[:-1].ravel())[0, 1] == pytest.approx(0.5, abs=0.05)


def test_a_slice_with_more_bone_is_noisier():
    hu = _water(60)
    hu[40:, 30:50, 40:90] = hu[40:, 80:100, 40:90] = 1200
    before = hu.copy()
    add_noise(hu, PLAIN, rng=np.random.default_rng(0))
    added = (hu - before)[:, 54:74, 54:74]
    assert added[40:].std() > 1.05 * added[:40].std()


def test_two_dense_bones_darken_what_lies_between_and_nothing_far_away():
    hu = _water()
    hu[:, 54:74, 28:44] = hu[:, 54:74, 84:100] = 1400
    before = hu.copy()
    add_hardening(hu, _slices(3), PLAIN)
    change = hu - before
    assert change[1, 60:68, 56:72].mean() < -4
    assert abs(change[1, 30:36, 60:68].mean()) < 3
    assert abs(change[1, 58:70, 32:40].mean()) < 60


def test_water_alone_is_not_hardened():
    hu = _water()
    before = hu.copy()
    add_hardening(hu, _slices(3), PLAIN)
    assert np.array_equal(hu, before)


def test_without_hardening_or_metal_nothing_changes():
    hu = _water()
    hu[:, 54:74, 28:44] = 1400
    before = hu.copy()
    add_hardening(hu, _slices(3), replace(PLAIN, beam_hardening=0.0))
    assert np.array_equal(hu, before)


def test_a_clip_of_metal_saturates_and_streaks(head):
    quiet = replace(PLAIN, noise_hu=0.0, beam_hardening=0.0, table=False, cut_top_mm=80, cut_bottom_mm=20)
    clean = image(head, [], quiet, rng=np.random.default_rng(0)).hu.astype(int)
    clipped = image(head, [], replace(quiet, metal_mm=((12.0, -16.0, -10.0),)), rng=np.random.default_rng(0))
    assert clipped.hu.max() > clean.max()
    changed = np.abs(clipped.hu - clean) > 5
    assert 50 < changed.sum() < 0.05 * changed.size


def test_the_headrest_lies_behind_the_head_and_never_in_it():
    hu = _water()
    before = hu.copy()
    add_headrest(hu, PLAIN)
    changed = np.nonzero(hu != before)
    assert len(changed[0])
    assert changed[1].min() > 64
    assert (before[changed] < -850).all()
