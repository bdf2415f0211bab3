"""Pineal and habenula, told apart by what lies in front of what."""

from __future__ import annotations

import numpy as np

from brainsand.locate.habenula import told_apart
from brainsand.locate.place import Placed


def at(site, **shares):
    return Placed(
        site=site,
        side="midline",
        lobe=None,
        site_probabilities=shares or {site: 1.0},
        map_shares={},
        cortex_share=0.0,
        wall_share=0.0,
        midline_distance_mm=0.0,
        rules=(),
    )


def sites(places, centres, volumes):
    return [p.site for p in told_apart(places, np.array(centres, float), volumes)]


def test_of_two_the_smaller_one_in_front_is_the_habenula():
    pair = [at("pineal"), at("pineal")]
    assert sites(pair, [[90, 128, 92], [91, 123, 92]], [50.0, 20.0]) == ["pineal", "habenula"]


def test_a_second_stone_behind_or_beside_stays_pineal():
    pair = [at("pineal"), at("pineal")]
    assert sites(pair, [[90, 128, 92], [90, 133, 92]], [50.0, 20.0]) == ["pineal", "pineal"]
    assert sites(pair, [[90, 128, 92], [90, 128, 97]], [50.0, 20.0]) == ["pineal", "pineal"]


def test_what_is_large_is_the_pineal_wherever_the_map_has_it():
    (only,) = told_apart([at("habenula", habenula=0.8, pineal=0.1, unknown=0.1)], np.zeros((1, 3)), [120.0])
    assert (only.site, only.side, only.rules) == ("pineal", "midline", ("larger_than_a_habenula",))
    assert only.site_probabilities == {"pineal": 0.9, "unknown": 0.1}


def test_a_small_one_alone_and_other_sites_are_left_as_they_are():
    assert sites([at("habenula")], [[0, 0, 0]], [20.0]) == ["habenula"]
    assert sites([at("putamen"), at("pineal")], [[90, 123, 92], [90, 128, 92]], [9.0, 50.0]) == [
        "putamen",
        "pineal",
    ]
