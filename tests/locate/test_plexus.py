"""Crumbs beside a calcified plexus."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.locate.place import Placed
from brainsand.locate.plexus import with_crumbs


def at(site, side="left", **shares):
    return Placed(
        site=site,
        side=side,
        lobe=None,
        site_probabilities=shares or {site: 1.0},
        map_shares={},
        cortex_share=0.0,
        wall_share=0.0,
        midline_distance_mm=0.0,
        rules=(),
    )


def test_a_small_nodule_of_the_wall_beside_a_calcified_plexus_may_be_either():
    places = with_crumbs(
        [at("choroid_plexus"), at("subependymal")], np.array([[0.0, 0, 0], [0, 6, 0]]), [90, 8]
    )
    assert places[1].site_probabilities == pytest.approx({"subependymal": 0.52, "choroid_plexus": 0.48})
    assert places[1].rules == ("beside_calcified_plexus",)
    assert places[0] == at("choroid_plexus")


@pytest.mark.parametrize(
    "places, centres, volumes",
    [
        ([at("choroid_plexus", "right"), at("subependymal")], [[0.0, 0, 0], [0, 6, 0]], [90, 8]),
        ([at("choroid_plexus"), at("subependymal")], [[0.0, 0, 0], [0, 12, 0]], [90, 8]),
        ([at("choroid_plexus"), at("subependymal")], [[0.0, 0, 0], [0, 6, 0]], [90, 60]),
        ([at("choroid_plexus"), at("subependymal")], [[0.0, 0, 0], [0, 6, 0]], [5, 8]),
        ([at("choroid_plexus"), at("caudate")], [[0.0, 0, 0], [0, 6, 0]], [90, 8]),
    ],
    ids=["other side", "far away", "large", "larger than the tuft", "not of the wall"],
)
def test_what_is_no_crumb_keeps_its_place(places, centres, volumes):
    assert with_crumbs(places, np.array(centres), volumes) == places


@pytest.mark.parametrize("site", ["subependymal", "gray_white_junction"])
def test_a_crumb_that_all_but_touches_a_tuft_is_most_likely_of_it(site):
    # Balls of 90 and 8 mm3 have radii of 2.8 and 1.2 mm: at 4.5 mm half a millimetre lies between them.
    places = with_crumbs([at("choroid_plexus"), at(site)], np.array([[0.0, 0, 0], [0, 4.5, 0]]), [90, 8])
    assert places[1].site == "choroid_plexus"
    assert places[1].site_probabilities == pytest.approx({"choroid_plexus": 0.75, site: 0.25})


def test_white_matter_a_little_farther_off_keeps_its_place():
    places = [at("choroid_plexus"), at("gray_white_junction")]
    assert with_crumbs(places, np.array([[0.0, 0, 0], [0, 6.0, 0]]), [90, 8]) == places


@pytest.mark.parametrize("site", ["periventricular_white_matter", "hippocampus"])
def test_a_speck_within_reach_of_a_tuft_many_times_its_size_is_most_likely_its_splinter(site):
    centres = np.array([[0.0, 0, 0], [0, 7.0, 0]])
    places = with_crumbs([at("choroid_plexus"), at(site)], centres, [150, 5])
    assert places[1].site_probabilities == pytest.approx({"choroid_plexus": 0.6, site: 0.4})
    assert with_crumbs([at("choroid_plexus"), at(site)], centres, [45, 5])[1] == at(site)


def test_the_pieces_of_a_tuft_count_together_for_a_speck():
    tufts = [at("choroid_plexus"), at("choroid_plexus"), at("hippocampus")]
    centres = np.array([[0.0, 0, 0], [0, 0, 4.0], [0, 7.0, 0]])
    assert with_crumbs(tufts, centres, [45, 30, 5])[2].site == "choroid_plexus"


def test_one_of_the_pieces_that_a_tuft_fell_apart_into_may_be_of_it_and_beside_one_piece_alone_it_is_not():
    # Balls of 40 mm3 have a radius of 2.1 mm: at 6 mm two millimetres lie between them.
    centres = np.array([[0.0, 0, 0], [0, 0, 4.0], [0, 6.0, 0]])
    places = [at("choroid_plexus"), at("choroid_plexus"), at("periventricular_white_matter")]
    piece = with_crumbs(places, centres, [40, 16, 40])[2]
    assert piece.site_probabilities["choroid_plexus"] == pytest.approx(0.48)
    alone = [at("choroid_plexus"), at("periventricular_white_matter")]
    assert with_crumbs(alone, centres[[0, 2]], [55, 40]) == alone
