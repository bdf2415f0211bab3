"""Places: each rule finds its site, on the right side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from brainsand.errors import UsageError
from brainsand.model.grid import Grid
from brainsand.model.sites import SITES
from brainsand.phantom.head import VirtualHead
from brainsand.phantom.landmarks import habenula_mm, lobe_of, pineal_mm
from brainsand.phantom.places import place, region, sites_with_a_place
from brainsand.phantom.survey import distance_mm, survey


def test_the_midplane_of_an_even_head_is_its_middle(surveyed):
    assert abs(surveyed.left_of([[0, 50, -30]])[0]) < 0.1
    assert surveyed.left_of([[10, 0, 0]])[0] == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize("site", sites_with_a_place())
def test_every_site_has_room_on_both_sides_and_keeps_to_its_side(surveyed, site):
    assert site in SITES
    for side, sign in (("left", 1), ("right", -1)):
        area = region(surveyed, site, side)
        assert area.any()
        assert (sign * surveyed.points(area)[:, 0] > 0).all()


def test_the_pineal_lies_behind_the_third_ventricle_and_the_habenula_between(surveyed):
    third_back = surveyed.points(surveyed.mask(14))[:, 1].max()
    pineal, habenula = pineal_mm(surveyed), habenula_mm(surveyed)
    assert abs(pineal[0]) < 0.1
    assert third_back < pineal[1] < third_back + 8
    assert habenula[1] < pineal[1]


def test_the_thalami_stand_in_where_the_third_ventricle_breaks_off(surveyed):
    third = surveyed.points(surveyed.mask(14))
    whole = pineal_mm(surveyed)
    labels = surveyed.labels.copy()
    behind = surveyed.grid.points(np.argwhere(labels == 14))[:, 1] > third[:, 1].min() + 2
    labels[tuple(np.argwhere(labels == 14)[behind].T)] = 0
    broken = replace(surveyed, labels=labels, regions={}, _known={})
    found = pineal_mm(broken)
    assert found[1] > third[:, 1].mean()
    assert abs(found[1] - whole[1]) < 8


def test_the_dentate_lies_in_cerebellar_white_matter_fifteen_millimetres_off(surveyed):
    area = region(surveyed, "dentate_nucleus", "left")
    assert set(np.unique(surveyed.labels[area])) == {7}
    assert surveyed.points(area)[:, 0].mean() == pytest.approx(15, abs=2.5)


def test_the_glomus_lies_behind_the_thalamus_inside_the_ventricle(surveyed):
    area = region(surveyed, "choroid_plexus", "right")
    assert set(np.unique(surveyed.labels[area])) == {43}
    assert surveyed.points(area)[:, 1].min() > surveyed.points(surveyed.mask(49))[:, 1].mean()


def test_lobes_are_named_where_no_border_is_near(surveyed):
    assert lobe_of(surveyed, np.array([30.0, -65, 20])) == "frontal"
    assert lobe_of(surveyed, np.array([10.0, 62, 10])) == "occipital"
    assert lobe_of(surveyed, np.array([50.0, -10, -38])) == "temporal"
    assert lobe_of(surveyed, np.array([20.0, 26, 55])) == "parietal"
    assert lobe_of(surveyed, np.array([30.0, 0, 10])) is None
    assert lobe_of(surveyed, np.array([30.0, 0, 200])) is None


def test_a_site_without_a_rule_and_a_place_without_voxels_are_said(surveyed):
    with pytest.raises(UsageError, match="No rule places 'unknown'"):
        region(surveyed, "unknown", "left")
    nowhere = np.zeros(surveyed.labels.shape, bool)
    with pytest.raises(UsageError, match="no voxel of putamen"):
        place(surveyed, "putamen", "left", rng=np.random.default_rng(0), within=nowhere)


def test_a_map_without_a_brain_is_refused():
    empty = VirtualHead(
        labels=np.full((4, 4, 4), 507, np.uint16), grid=Grid.regular((4, 4, 4), spacing_mm=(1, 1, 1))
    )
    with pytest.raises(UsageError, match="none of a brain"):
        survey(empty)


def test_distances_agree_with_measuring_every_pair():
    rng = np.random.default_rng(0)
    mask = rng.random((5, 6, 7)) < 0.05
    mask[1, 2, 3] = True
    grid = Grid.regular(mask.shape, spacing_mm=(2.0, 1.0, 0.5))
    everywhere, there = grid.points(np.argwhere(mask | True)), grid.points(np.argwhere(mask))
    slow = np.linalg.norm(everywhere[:, None] - there[None], axis=2).min(axis=1).reshape(mask.shape)
    assert np.allclose(distance_mm(mask, grid), slow, atol=1e-5)
