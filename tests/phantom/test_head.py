"""Heads: axes put right, sides kept, deformation repeatable."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.errors import UsageError
from brainsand.model.grid import Grid
from brainsand.model.reference import Atlas
from brainsand.phantom.head import VirtualHead, deform, head_from_atlas, head_from_labels
from brainsand.phantom.labels import mirrored, to_bytes

RAS = np.array([[1.0, 0, 0, -20], [0, 1, 0, -30], [0, 0, 1, -40], [0, 0, 0, 1]])


def _stored() -> np.ndarray:
    """Stored (right to left, back to front, low to high): a left putamen, a voxel in front, one above."""
    a = np.zeros((20, 24, 28), np.int32)
    a[5, 10, 12], a[5, 11, 12], a[5, 10, 13] = 12, 2, 3
    return a


def _at(head: VirtualHead, number: int) -> list[float]:
    return head.grid.points(np.argwhere(head.labels == number))[0].tolist()


def test_a_stored_point_keeps_its_place_in_lps():
    head = head_from_labels(_stored(), RAS)
    assert _at(head, 12) == [15.0, 20.0, -28.0]


def test_front_is_a_lower_row_and_up_is_a_higher_slice():
    head = head_from_labels(_stored(), RAS)
    putamen, front, above = (np.argwhere(head.labels == n)[0] for n in (12, 2, 3))
    assert (front - putamen).tolist() == [0, -1, 0]
    assert (above - putamen).tolist() == [1, 0, 0]


def test_every_order_and_direction_of_stored_axes_gives_the_same_head():
    plain = head_from_labels(_stored(), RAS)
    flipped = RAS @ np.array([[-1.0, 0, 0, 19], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    turned = head_from_labels(np.flip(_stored(), 0).transpose(2, 0, 1), flipped[:, [2, 0, 1, 3]])
    assert np.array_equal(plain.labels, turned.labels)
    assert np.allclose(plain.grid.affine, turned.grid.affine)


def test_the_patients_left_has_the_higher_column(head):
    left, right = (np.argwhere(head.labels == n)[:, 2].mean() for n in (12, 51))
    assert left > right


def test_a_hole_in_the_brain_becomes_csf_and_air_outside_stays_air():
    a = np.zeros((20, 20, 20), int)
    a[5:15, 5:15, 5:15] = 2
    a[9, 9, 9] = 0
    head = head_from_labels(a, RAS)
    assert (head.labels == 24).sum() == 1
    assert (head.labels == 0).sum() == 20**3 - 10**3


def test_a_map_of_fractions_is_refused():
    with pytest.raises(UsageError, match="whole numbers"):
        head_from_labels(np.full((3, 3, 3), 0.5), np.eye(4))


def test_mirroring_numbers_twice_gives_them_back(head):
    assert np.array_equal(mirrored(mirrored(head.labels)), head.labels)
    assert (mirrored(head.labels) == 12).sum() == (head.labels == 51).sum()


def test_a_deformation_is_the_same_for_the_same_seed_and_another_for_another(head):
    one, same, other = (deform(head, rng=np.random.default_rng(s)).labels for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert (one != other).mean() > 0.01
    assert set(np.unique(one)) <= set(np.unique(head.labels))


def test_no_bend_no_scale_and_no_growth_change_nothing(head):
    still = deform(head, rng=np.random.default_rng(0), warp_mm=0, scale_sd=0, ventricle_mm=0)
    assert np.array_equal(still.labels, head.labels)


def test_wider_ventricles_take_room_from_the_brain_on_both_sides(head):
    wide = deform(head, rng=np.random.default_rng(0), warp_mm=0, scale_sd=0, ventricle_mm=4)
    for number in (4, 43):
        assert (wide.labels == number).sum() > 1.3 * (head.labels == number).sum()
    assert (wide.labels == 511).sum() == (head.labels == 511).sum()


def test_an_atlas_gives_back_its_own_labels_when_not_deformed(head):
    atlas = Atlas(
        grid=head.grid, hu=np.zeros(1, np.float32), maps={"labels": to_bytes(head.labels)}, version="t"
    )
    assert np.array_equal(
        head_from_atlas(atlas, rng=np.random.default_rng(0), deform_mm=0).labels, head.labels
    )


def test_an_atlas_without_labels_is_refused():
    atlas = Atlas(
        grid=Grid.regular((1, 1, 1), spacing_mm=(1, 1, 1)), hu=np.zeros(1, np.float32), maps={}, version="t"
    )
    with pytest.raises(UsageError, match="needs the map 'labels'"):
        head_from_atlas(atlas, rng=np.random.default_rng(0))


def test_numbers_without_a_place_in_eight_bits_are_refused():
    with pytest.raises(ValueError, match="250"):
        to_bytes(np.array([250], np.uint16))


def test_a_speck_of_bone_among_csf_becomes_csf_and_the_skull_stays():
    a = np.full((30, 30, 30), 24, np.int32)
    a[:3] = 515
    a[15, 15, 15:17] = 515
    a[20, 20, 20] = 12
    labels = head_from_labels(a, RAS).labels
    assert np.count_nonzero(labels == 515) == 3 * 30 * 30
    assert np.count_nonzero(labels == 12) == 1


def test_a_larger_piece_of_bone_within_stays():
    a = np.full((30, 30, 30), 24, np.int32)
    a[12:16, 12:16, 12:16] = 515
    assert np.count_nonzero(head_from_labels(a, RAS).labels == 515) == 64
