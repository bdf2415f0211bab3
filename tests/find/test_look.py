"""The facts of islands in a head of plain boxes, told by hand."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.find.candidates import Island
from brainsand.find.look import looks
from brainsand.model.anatomy import GRAY, SINUS, Anatomy
from brainsand.model.grid import Grid
from brainsand.model.sites import site_index
from brainsand.model.volume import Volume

SHAPE = (40, 60, 61)
GRID = Grid.regular(SHAPE, spacing_mm=(1.0, 1.0, 1.0), origin_mm=(-30, 0, 0))
INSIDE = np.zeros(SHAPE, bool)
INSIDE[6:34, 6:54, 6:55] = True


def box_head(**maps):
    """Bone of 900 HU round brain of 37; the midline is column 30; depth counted from the nearest wall."""
    hu = np.where(INSIDE, 37, 900).astype(np.int16)
    k, r, c = np.indices(SHAPE)
    depth = np.minimum.reduce([k - 5, 34 - k, r - 5, 54 - r, c - 5, 55 - c]).astype(np.float32)
    empty = np.zeros(SHAPE, np.uint8)
    anatomy = {
        "head_grid": GRID,
        "head_hu": hu,
        "inside": INSIDE,
        "tissue": np.where(INSIDE, GRAY, 0).astype(np.uint8),
        "sites": np.where(INSIDE, site_index("thalamus", "left"), 0).astype(np.uint8),
        "lobes": empty,
        "native_inside": INSIDE,
        "native_sites": empty,
        "depth_mm": np.where(INSIDE, depth, 0).astype(np.float32),
        "hazard": empty,
        "midline_mm": (c - 30).astype(np.float32),
        "level_hu": np.full(SHAPE, 33, np.float32),
        "tissue_hu": {},
        "share_in_scan": 1.0,
        "residual_hu": 0.0,
        "stretch": (1.0, 1.0, 1.0),
        "fit": 1.0,
        "cautions": (),
        "veins": empty,
        "expected": {"pineal": empty, "vessel_wall": empty},
    }
    return Volume(hu=hu, grid=GRID), Anatomy(**{**anatomy, **maps})


def block(volume, slices, rows, columns, hu=250):
    """An island that fills a box of the scan, painted into it."""
    volume.hu[slices, rows, columns] = hu
    painted = np.zeros(SHAPE, bool)
    painted[slices, rows, columns] = True
    index = np.argwhere(painted)
    return Island(
        index=index,
        peak_index=tuple(int(n) for n in index[0]),
        height=50.0,
        level_hu=37.0,
        noise_hu=3.0,
        peak_hu=float(hu),
        mean_hu=float(hu),
    )


def test_a_stone_in_the_middle_has_no_bone_and_brain_all_round():
    volume, anatomy = box_head()
    (look,) = looks([block(volume, slice(18, 22), slice(28, 32), slice(20, 24))], volume, anatomy)
    assert look.volume_mm3 == pytest.approx(64)
    assert (look.bone_share, look.brain_round) == (0.0, 1.0)
    assert not look.rooted
    assert not look.twin
    assert look.slices == 4
    assert look.centre_lps_mm == pytest.approx((-8.5, 29.5, 19.5))
    assert look.thin_mm == pytest.approx(4.0, rel=0.05)
    assert look.depth_mm == pytest.approx(14, abs=1.5)


def test_a_block_on_the_wall_is_touched_by_bone():
    volume, anatomy = box_head()
    (look,) = looks([block(volume, slice(18, 22), slice(28, 32), slice(6, 8))], volume, anatomy)
    assert look.bone_share > 0.9
    assert look.brain_round < 0.8
    assert look.deepest_mm <= 2
    assert look.rooted


def test_bone_straight_below_counts_as_beside():
    volume, anatomy = box_head()
    lowest = block(volume, slice(6, 7), slice(28, 32), slice(20, 24))
    higher = block(volume, slice(9, 10), slice(28, 32), slice(40, 44))
    on_floor, off_floor = looks([lowest, higher], volume, anatomy)
    assert on_floor.bone_share == 1.0
    assert off_floor.bone_share == 0.0


def test_a_bridge_of_bone_makes_an_island_rooted_and_a_gap_does_not():
    volume, anatomy = box_head()
    ridge = block(volume, slice(18, 22), slice(28, 32), slice(8, 12))
    volume.hu[20, 30, 5:9] = 400
    free = block(volume, slice(18, 22), slice(40, 44), slice(8, 12))
    assert [look.rooted for look in looks([ridge, free], volume, anatomy)] == [True, False]


def test_a_mirrored_island_is_a_twin_and_an_unmirrored_one_is_not():
    volume, anatomy = box_head()
    left = block(volume, slice(18, 22), slice(28, 32), slice(40, 44))
    right = block(volume, slice(18, 22), slice(30, 34), slice(16, 20))
    alone = block(volume, slice(26, 28), slice(12, 14), slice(40, 42))
    assert [look.twin for look in looks([left, right, alone], volume, anatomy)] == [True, True, False]


def test_what_crosses_the_midline_is_not_its_own_twin():
    volume, anatomy = box_head()
    (look,) = looks([block(volume, slice(18, 22), slice(28, 32), slice(28, 33))], volume, anatomy)
    assert not look.twin


def test_mirrored_islands_where_streaks_make_pairs_are_no_twins():
    cerebellum = np.where(INSIDE, site_index("cerebellum", "left"), 0).astype(np.uint8)
    volume, anatomy = box_head(sites=cerebellum)
    left = block(volume, slice(18, 22), slice(28, 32), slice(40, 44))
    right = block(volume, slice(18, 22), slice(28, 32), slice(17, 21))
    assert not any(look.twin for look in looks([left, right], volume, anatomy))


def test_sinus_and_hazard_are_read_under_the_island():
    tissue = np.where(INSIDE, GRAY, 0).astype(np.uint8)
    tissue[:, :, 20:22] = SINUS
    hazard = np.full(SHAPE, 102, np.uint8)
    volume, anatomy = box_head(tissue=tissue, hazard=hazard)
    (look,) = looks([block(volume, slice(18, 22), slice(28, 32), slice(20, 24))], volume, anatomy)
    assert look.sinus_share == pytest.approx(0.5)
    assert look.hazard == pytest.approx(0.4)


def test_a_line_is_long_and_thin():
    volume, anatomy = box_head()
    (look,) = looks([block(volume, slice(18, 19), slice(20, 21), slice(12, 48))], volume, anatomy)
    assert look.long_mm == pytest.approx(36, rel=0.05)
    assert look.thin_mm == pytest.approx(1.0, rel=0.05)


def test_no_islands_have_no_facts():
    volume, anatomy = box_head()
    assert looks([], volume, anatomy) == []


def test_the_room_at_an_islands_height_is_told_below_the_middle_of_the_head_only():
    volume, anatomy = box_head(
        expected={"pineal": INSIDE * np.uint8(0), "vessel_wall": INSIDE * np.uint8(255)}
    )
    low = block(volume, slice(8, 10), slice(30, 32), slice(20, 22))
    high = block(volume, slice(30, 32), slice(30, 32), slice(20, 22))
    below, above = looks([low, high], volume, anatomy)
    assert below.room_mm2 == 48 * 49
    assert above.room_mm2 == np.inf
    assert below.artery == 1.0
