"""One island across sites is cut along their borders, and only where a reader would."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.locate.split import LEAST_MM3, pieces
from brainsand.model.sites import site_index


def cut(*runs, voxel_mm3=LEAST_MM3 / 2, apart_mm=4.0):
    """Pieces of a row of voxels some mm apart, given as (site, side, how many) from one end to the other."""
    sites = [site_index(site, side) if site else 0 for site, side, count in runs for _ in range(count)]
    points = [[apart_mm * x, 0, 0] for x in range(len(sites))]
    return pieces(points, [voxel_mm3] * len(sites), sites).tolist()


def test_pallidum_and_putamen_are_two_findings():
    assert cut(("globus_pallidus", "left", 4), ("putamen", "left", 5)) == [0] * 4 + [1] * 5


def test_left_and_right_of_one_site_are_two_findings():
    assert len(set(cut(("thalamus", "left", 5), ("thalamus", "right", 5)))) == 2


def test_the_capsule_between_claims_nothing_and_goes_to_the_nearer_nucleus():
    assert cut(("globus_pallidus", "left", 4), ("internal_capsule", "left", 4), ("thalamus", "left", 4)) == (
        [0] * 6 + [1] * 6
    )


@pytest.mark.parametrize(
    "one, other",
    [
        (("ventricle", "left"), ("choroid_plexus", "left")),
        (("cortex", "left"), ("subcortical_white_matter", "left")),
        (("dentate_nucleus", "right"), ("cerebellum", "right")),
        (("pineal", "midline"), ("habenula", "left")),
        (("falx", "midline"), ("dura", "left")),
        (("choroid_plexus", "left"), ("choroid_plexus", "right")),
        (("vessel_wall", "left"), ("sella_suprasellar", "left")),
    ],
)
def test_what_is_one_place_to_a_reader_is_never_cut(one, other):
    assert set(cut((*one, 8), (*other, 8))) == {0}


@pytest.mark.parametrize("apart_mm, found", [(1.5, 1), (1.8, 2)])
def test_only_what_is_15_mm_long_is_cut(apart_mm, found):
    runs = (("globus_pallidus", "left", 5), ("putamen", "left", 5))
    assert len(set(cut(*runs, apart_mm=apart_mm))) == found


def test_a_crumb_over_the_border_is_no_finding():
    assert set(cut(("putamen", "left", 20), ("thalamus", "left", 2))) == {0}


@pytest.mark.parametrize("count, found", [(int(LEAST_MM3) - 1, 1), (int(LEAST_MM3), 2)])
def test_a_piece_must_be_worth_naming(count, found):
    assert len(set(cut(("putamen", "left", 100), ("thalamus", "left", count), voxel_mm3=1.0))) == found


def test_an_island_at_no_known_site_is_one_piece():
    assert set(cut((None, None, 30))) == {0}


def test_every_voxel_keeps_a_piece_whatever_lies_under_it():
    numbers = cut((None, None, 3), ("caudate", "left", 6), ("unknown", "midline", 4), ("thalamus", "left", 6))
    assert len(numbers) == 19
    assert set(numbers) == {0, 1}


def test_the_order_of_the_voxels_is_of_no_account():
    rng = np.random.default_rng(0)
    sites = np.array([site_index("putamen", "left")] * 9 + [0] * 4 + [site_index("thalamus", "left")] * 9)
    points = rng.normal(size=(22, 3)) + np.arange(22)[:, None]
    order = rng.permutation(22)
    straight = pieces(points, [LEAST_MM3] * 22, sites)
    mixed = pieces(points[order], [LEAST_MM3] * 22, sites[order])
    assert np.array_equal(mixed, straight[order])
