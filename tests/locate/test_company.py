"""One nodule at the caudate's surface, with and without others of the wall."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brainsand.locate.company import in_company
from brainsand.locate.place import Placed
from brainsand.locate.wall import Contact


def at(site: str, *, share: float = 0.3, depth: float = 0.0) -> Placed:
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
        contact=Contact(share=share, depth_mm=depth, radius_mm=3.0),
    )


def test_beside_three_nodules_of_the_wall_one_more_at_the_caudate_is_theirs() -> None:
    wall = [at("subependymal")] * 3
    assert in_company([*wall, at("caudate")])[3].site == "subependymal"
    assert in_company([*wall[:2], at("caudate")])[2] == at("caudate")


@pytest.mark.parametrize("own", [at("caudate", share=0.0, depth=4.0), replace(at("caudate"), contact=None)])
def test_where_the_caudate_holds_calcium_of_its_own_nothing_of_it_is_the_walls(own: Placed) -> None:
    places = [*[at("subependymal")] * 3, at("caudate"), own]
    assert in_company(places) == places


def test_what_is_elsewhere_is_left_as_it_is() -> None:
    places = [*[at("subependymal")] * 3, at("putamen")]
    assert in_company(places) == places
