"""Small organs beside a deposit, on a map with one row of each."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.locate.nearby import is_thread, with_near_organs
from brainsand.locate.place import Placed
from brainsand.locate.slab import Slab, slab_of
from brainsand.model.grid import Grid

SHAPE = (30, 30, 31)
MIDLINE = 15
HEAD = Grid.regular(SHAPE, spacing_mm=(1.0, 1.0, 1.0))


def expected_at(row: int) -> np.ndarray:
    belief = np.zeros(SHAPE, np.uint8)
    belief[:, row] = 128
    return belief


def body(row: float, *, half_mm: tuple[float, float, float] = (1.5, 1.5, 1.5), column: float = 25) -> Slab:
    index = np.argwhere(np.ones(SHAPE, bool))
    inside = (((index - np.array([15, row, column])) / np.array(half_mm)) ** 2).sum(axis=1) <= 1
    return slab_of(index[inside], np.full(int(inside.sum()), 300.0), grid=HEAD, head=HEAD)


def called(
    *, unknown: float = 0.0, lobe: str | None = "temporal", away: float = 10.0, **shares: float
) -> Placed:
    site = max(shares, key=lambda s: shares[s])
    return Placed(
        site=site,
        side="left",
        lobe=lobe,
        site_probabilities=shares,
        map_shares={site: 1 - unknown, "unknown": unknown},
        cortex_share=0.0,
        wall_share=0.0,
        midline_distance_mm=away,
        rules=(),
    )


def given(place: Placed, slab: Slab, organ: str, row: int, volume_mm3: float = 20.0) -> Placed:
    midline = np.broadcast_to((np.arange(SHAPE[2]) - MIDLINE).astype(np.float32), SHAPE).copy()
    return with_near_organs(
        place, slab, volume_mm3=volume_mm3, beliefs={organ: expected_at(row)}, midline_mm=midline
    )


def test_wall_and_white_matter_two_millimetres_from_the_plexus_share_with_it() -> None:
    wall = called(subependymal=0.6, periventricular_white_matter=0.4)
    found = given(wall, body(10), "choroid_plexus", row=13)  # its own edge lies at 11
    assert found.site_probabilities == pytest.approx(
        {"subependymal": 0.39, "choroid_plexus": 0.35, "periventricular_white_matter": 0.26}
    )
    assert found.rules == ("near_the_choroid_plexus",)


@pytest.mark.parametrize(
    "place, row, volume",
    [
        (called(subependymal=1.0), 15, 20.0),
        (called(subependymal=1.0, lobe="frontal"), 13, 20.0),
        (called(subependymal=1.0), 13, 400.0),
        (called(subependymal=0.7, choroid_plexus=0.3), 13, 20.0),
        (called(caudate=1.0), 13, 20.0),
    ],
    ids=["farther", "frontal", "large", "shared already", "a nucleus"],
)
def test_else_a_deposit_stays_as_it_was(place: Placed, row: int, volume: float) -> None:
    assert given(place, body(10), "choroid_plexus", row=row, volume_mm3=volume) == place


def test_a_midline_dot_beside_the_habenula_is_the_habenulas() -> None:
    dot = called(ventricle=0.6, thalamus=0.4, away=1.0)
    found = given(dot, body(10, column=16), "habenula", row=13)
    assert (found.site, found.side) == ("habenula", "midline")
    assert given(called(thalamus=1.0, away=9.0), body(10), "habenula", row=13).site == "thalamus"


def test_a_thread_in_a_cistern_with_an_artery_near_is_the_arterys() -> None:
    thread = body(10, half_mm=(1.0, 1.0, 5.0), column=22)
    in_cistern = called(cortex=0.8, unknown=0.2, gray_white_junction=0.2)
    assert is_thread(thread)
    assert given(in_cistern, thread, "vessel_wall", row=15).site == "vessel_wall"


def test_a_nodule_there_or_a_thread_in_the_cortex_is_not() -> None:
    thread = body(10, half_mm=(1.0, 1.0, 5.0), column=22)
    assert given(called(cortex=1.0), thread, "vessel_wall", row=15).site == "cortex"
    assert given(called(cortex=0.8, unknown=0.2), body(10), "vessel_wall", row=12).site == "cortex"


def test_on_the_course_of_an_artery_a_thread_needs_hardly_a_cistern() -> None:
    thread = body(10, half_mm=(1.0, 1.0, 5.0), column=22)
    cleft = called(cortex=0.95, unknown=0.05)
    assert given(cleft, thread, "vessel_wall", row=12).site == "vessel_wall"
    assert given(cleft, thread, "vessel_wall", row=15).site == "cortex"
