"""Deposits of a few voxels, followed from scan to scan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainsand.followup.match import Placed, claimed, one_body, tracks_of
from brainsand.model.grid import Grid

THIN = Grid.regular((12, 12, 12), spacing_mm=(1, 1, 1))
THICK = Grid.regular((4, 12, 12), spacing_mm=(3, 1, 1), origin_mm=(0, 0, 1))


def bar(row, columns, slices=(5, 6)):
    """Voxels of one row in some columns and slices."""
    return np.array([(k, row, c) for k in slices for c in columns])


def scan(*deposits, grid=THIN, shift=(0, 0, 0)):
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    return Placed(index=dict(enumerate(deposits, start=1)), grid=grid, matrix=matrix)


def members(*scans):
    return [sorted(t) for t in tracks_of(scans)]


def test_what_overlaps_is_one_track_and_what_is_far_is_two():
    assert members(scan(bar(3, range(4))), scan(bar(3, range(1, 5)))) == [[(0, 1), (1, 1)]]
    assert members(scan(bar(2, range(3))), scan(bar(9, range(3)))) == [[(0, 1)], [(1, 1)]]


def test_a_body_that_fell_in_two_and_two_that_became_one_are_one_track():
    whole, left, right = bar(3, range(9)), bar(3, range(4)), bar(3, range(5, 9))
    assert members(scan(whole), scan(left, right)) == [[(0, 1), (1, 1), (1, 2)]]
    assert members(scan(left, right), scan(whole)) == [[(0, 1), (0, 2), (1, 1)]]


def test_neighbours_whose_common_border_moved_by_a_voxel_stay_two():
    first = scan(bar(3, range(5)), bar(3, range(5, 10)))
    later = scan(bar(3, range(6)), bar(3, range(6, 10)))
    assert members(first, later) == [[(0, 1), (1, 1)], [(0, 2), (1, 2)]]


def test_a_voxel_that_two_tracks_claim_goes_to_the_same_track_in_every_scan():
    scans = [scan(bar(3, range(5)), bar(3, range(5, 10))), scan(bar(3, range(6)), bar(3, range(6, 10)))]
    tracks = tracks_of(scans)
    for k in range(2):
        held = claimed(scans, tracks, k)
        assert {tuple(v) for v in held[1].tolist()} == {tuple(v) for v in bar(3, range(6)).tolist()}
        assert {tuple(v) for v in held[2].tolist()} == {tuple(v) for v in bar(3, range(6, 10)).tolist()}


def test_the_place_of_what_one_scan_alone_shows_is_measured_in_the_other_too():
    scans = [scan(), scan(bar(3, range(4)), shift=(2, 0, 0))]
    held = claimed(scans, tracks_of(scans), 0)
    # The later head lies 2 mm further left: its column 2 is the first scan's column 0.
    assert {v[2] for v in held[1].tolist()} == {0, 1}


def test_a_speck_between_the_middles_of_thick_slices_is_still_in_one():
    scans = [scan(np.array([[2, 5, 5]])), scan(grid=THICK)]
    # The thin slice at 2 mm lies in the thick one from -0.5 to 2.5 mm.
    assert claimed(scans, tracks_of(scans), 1)[1].tolist() == [[0, 5, 5]]


def test_a_near_miss_is_followed_and_a_far_one_is_not():
    near, far = bar(5, range(3)), bar(8, range(3))
    assert members(scan(bar(3, range(3))), scan(near)) == [[(0, 1), (1, 1)]]
    assert members(scan(bar(3, range(3))), scan(far)) == [[(0, 1)], [(1, 1)]]


def test_three_scans_are_followed_through():
    assert members(*(scan(bar(3, range(n))) for n in (3, 4, 5))) == [[(0, 1), (1, 1), (2, 1)]]


@given(order=st.permutations(range(4)))
def test_the_order_of_deposits_is_of_no_account(order):
    first = [bar(r, range(4)) for r in (1, 4, 7, 10)]
    later = [bar(r, range(5)) for r in (1, 4, 7, 10)]
    tracks = tracks_of([scan(*first), scan(*(later[k] for k in order))])
    assert sorted(sorted(t) for t in tracks) == sorted(
        [(0, k + 1), (1, list(order).index(k) + 1)] for k in range(4)
    )


@pytest.mark.parametrize("bodies", [[], [(1, 1), (2, 2)]])
def test_whole_islands_are_no_pieces(bodies):
    assert one_body(bodies) == []
