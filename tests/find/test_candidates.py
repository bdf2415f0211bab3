"""Islands on images whose every bright thing is known."""

from __future__ import annotations

import cc3d
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainsand.find.candidates import Island, Relief, Thresholds, islands
from brainsand.find.candidates import _boxes as boxes_of

SHAPE = (9, 60, 60)
K, R, C = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in SHAPE], indexing="ij")
LIMITS = {"seed_deviations": 4.5, "seed_excess_hu": 14.0, "edge_deviations": 3.0, "edge_excess_hu": 45.0}
LEVEL_HU = 37.0


def ball(middle, height, width):
    """A soft ball of voxels, ``width`` its standard deviation in cells."""
    away = sum((a - m) ** 2 for a, m in zip((K, R, C), middle, strict=True))
    return (height * np.exp(-away / (2 * width**2))).astype(np.float32)


def found_in(excess, *, noise_hu=3.0, seedbed=None, **limits) -> list[Island]:
    relief = Relief(
        hu=(excess + LEVEL_HU).astype(np.float32),
        excess_hu=excess.astype(np.float32),
        noise_hu=np.full(SHAPE, noise_hu, np.float32),
        level_hu=np.full(SHAPE, LEVEL_HU, np.float32),
    )
    return islands(
        relief,
        seedbed=np.ones(SHAPE, bool) if seedbed is None else seedbed,
        thresholds=Thresholds(**{**LIMITS, **limits}),
    )


def voxels(found):
    return {tuple(v) for i in found for v in i.index.tolist()}


def test_nothing_bright_gives_nothing():
    assert found_in(np.zeros(SHAPE)) == []


def test_one_ball_is_one_island_with_its_peak_and_height():
    (island,) = found_in(ball((4, 30, 20), 300, 2.5))
    assert island.peak_index == (4, 30, 20)
    assert island.peak_hu == pytest.approx(337)
    assert island.height == pytest.approx(100)
    assert island.level_hu == LEVEL_HU


def test_a_dense_ball_ends_at_the_fixed_edge_and_a_faint_one_at_half_its_height():
    dense, faint = found_in(ball((4, 30, 15), 400, 2.5) + ball((4, 30, 45), 40, 2.5))
    assert ball((4, 30, 15), 400, 2.5)[tuple(dense.index.T)].min() >= 45
    assert ball((4, 30, 45), 40, 2.5)[tuple(faint.index.T)].min() >= 20
    radius = np.sqrt(((faint.index - [4, 30, 45]) ** 2).sum(axis=1)).max()
    assert radius == pytest.approx(2.5 * np.sqrt(2 * np.log(2)), abs=1.0)


def test_two_touching_balls_with_a_valley_between_are_two_islands():
    faint = ball((4, 30, 20), 60, 2.5) + ball((4, 30, 30), 50, 2.5)
    two = found_in(faint)
    assert [i.peak_index for i in two] == [(4, 30, 20), (4, 30, 30)]
    assert not voxels(two[:1]) & voxels(two[1:])


def test_two_balls_without_a_valley_are_one_island():
    assert len(found_in(ball((4, 30, 20), 60, 2.5) + ball((4, 30, 23), 50, 2.5))) == 1


def test_a_halo_round_a_dense_ball_is_no_island_of_its_own():
    halo = ball((4, 30, 30), 500, 1.8) + ball((4, 30, 30), 30, 6.0)
    assert len(found_in(halo)) == 1


def test_a_faint_thing_far_from_a_dense_one_stands_by_itself():
    assert len(found_in(ball((4, 30, 15), 500, 2.0) + ball((4, 30, 48), 40, 2.0))) == 2


def test_what_is_bright_for_its_noise_only_in_calm_parts_is_found_there_only():
    image = ball((4, 30, 20), 40, 2.0)
    assert len(found_in(image, noise_hu=3.0)) == 1
    assert found_in(image, noise_hu=12.0) == []


def test_an_island_begins_in_the_seedbed_only_but_may_reach_beyond():
    image = ball((4, 30, 20), 300, 2.5)
    assert found_in(image, seedbed=C > 40) == []
    (whole,), (begun,) = found_in(image), found_in(image, seedbed=C > 19)
    assert voxels([begun]) == voxels([whole])


def test_the_brightest_comes_first():
    image = ball((2, 10, 10), 100, 2) + ball((6, 30, 30), 300, 2) + ball((4, 50, 50), 200, 2)
    heights = [i.height for i in found_in(image)]
    assert heights == sorted(heights, reverse=True)


def test_islands_share_no_voxel():
    image = sum(ball((4, 12 + 9 * n, 12 + 8 * n), 50 + 30 * n, 2.5) for n in range(5))
    every = [tuple(v) for i in found_in(image) for v in i.index.tolist()]
    assert len(every) == len(set(every))


places = st.tuples(st.integers(1, 7), st.integers(6, 53), st.integers(6, 53))


@given(
    middles=st.lists(
        st.tuples(st.integers(1, 7), st.integers(6, 53), st.integers(6, 53)), min_size=1, max_size=4
    ),
    heights=st.lists(st.integers(20, 400), min_size=4, max_size=4),
    by=st.floats(1.0, 3.0),
)
def test_raising_the_thresholds_never_grows_an_island(middles, heights, by):
    image = sum(ball(m, h, 2.0) for m, h in zip(middles, heights, strict=False))
    lower = found_in(image)
    higher = found_in(image, **{name: by * value for name, value in LIMITS.items() if "deviations" in name})
    assert voxels(higher) <= voxels(lower)
    by_peak = {i.peak_index: i for i in lower}
    for island in higher:
        assert len(island.index) <= len(by_peak[island.peak_index].index)


def test_the_boxes_of_pieces_hold_each_piece_and_no_more():
    low = np.random.default_rng(6).random(SHAPE) > 0.9
    pieces = cc3d.connected_components(low, connectivity=18)
    wanted = np.arange(1, pieces.max() + 1)[::3]
    boxes = boxes_of(pieces, low, wanted)
    assert list(boxes) == wanted.tolist()
    for number, box in boxes.items():
        places = np.argwhere(pieces == number)
        assert [s.start for s in box] == places.min(axis=0).tolist()
        assert [s.stop for s in box] == (places.max(axis=0) + 1).tolist()
