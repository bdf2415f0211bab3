"""One nodule at the caudate's surface, with and without others of the wall."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brainsand.locate.company import in_company
from brainsand.locate.place import Placed
from brainsand.locate.wall import Contact


def at(site: str, *, share: float = 0.3) -> Placed:
    return Placed(
        site=site,
        side="left",
        lobe=None,
        site_probabilities={site: 1.0},
        map_shares={},
        cortex_share=0.0,
        wall_share=0.0,
        midline_distance_mm=10.0,
        rules=(),
        contact=Contact(share=share, depth_mm=0.0, radius_mm=3.0),
    )


def test_beside_three_nodules_of_the_wall_one_more_at_the_caudate_is_theirs() -> None:
    wall = [at("subependymal")] * 3
    assert in_company([*wall, at("caudate")])[3].site == "subependymal"
    assert in_company([*wall[:2], at("caudate")])[2] == at("caudate")


def test_without_fluid_round_it_the_caudates_calcium_stays_its_own() -> None:
    wall = [at("subependymal")] * 3
    deep = in_company([*wall, at("caudate", share=0.0)])[3]
    assert deep.site == "caudate"
    assert deep.site_probabilities["caudate"] > 0.9


@pytest.mark.parametrize("other", [at("putamen"), replace(at("caudate"), contact=None)])
def test_what_is_elsewhere_or_large_is_left_as_it_is(other: Placed) -> None:
    assert in_company([*[at("subependymal")] * 3, other])[3] == other
