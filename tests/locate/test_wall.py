"""Nodules of the ventricle's wall, on a map a reader can draw: fluid on one side of a plane, brain on the other."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.locate.wall import Contact, contact_of, plexus_doubted, plexus_sure, walled
from brainsand.model.sites import site_index

SHAPE = (30, 30, 30)
EVEN = (1.0, 1.0, 1.0)


def half_fluid() -> np.ndarray:
    """Ventricle where the column is under 15, white matter beyond."""
    sites = np.full(SHAPE, site_index("periventricular_white_matter", "left"), np.uint8)
    sites[:, :, :15] = site_index("ventricle", "left")
    return sites


def contact(column: float, radius: float = 3.0) -> Contact:
    cells = np.indices(SHAPE).reshape(3, -1).T
    ball = cells[np.linalg.norm(cells - np.array([15, 15, column]), axis=1) <= radius].astype(float)
    found = contact_of(ball, np.ones(len(ball)), sites=half_fluid(), spacing_mm=EVEN)
    assert found is not None
    return found


def test_a_ball_on_the_surface_has_fluid_round_half_of_it_and_its_centre_at_no_depth() -> None:
    found = contact(14.5)
    assert found.share == pytest.approx(0.5, abs=0.02)
    assert abs(found.depth_mm) == 1.0
    assert found.radius_mm == pytest.approx(3.0, abs=0.1)


def test_the_deeper_the_less_fluid_and_the_lower_the_score() -> None:
    found = [contact(column) for column in (14.5, 16.0, 18.0, 21.0)]
    assert [c.share for c in found] == sorted((c.share for c in found), reverse=True)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert found[-1].share == 0.0
    assert found[-1].depth_mm == 7.0


def test_far_from_every_ventricle_there_is_no_contact() -> None:
    sites = np.full(SHAPE, site_index("deep_white_matter", "left"), np.uint8)
    assert contact_of(np.array([[15.0, 15, 15]]), np.ones(1), sites=sites, spacing_mm=EVEN) is None


def test_the_third_ventricle_has_no_wall_of_this_kind() -> None:
    sites = np.where(half_fluid() == site_index("ventricle", "left"), site_index("ventricle", "midline"), 0)
    assert contact_of(np.array([[15.0, 15, 15]]), np.ones(1), sites=sites, spacing_mm=EVEN) is None


@pytest.mark.parametrize(
    "site, column, called",
    [
        ("periventricular_white_matter", 15.0, "subependymal"),
        ("periventricular_white_matter", 20.0, "periventricular_white_matter"),
        ("subependymal", 20.0, "periventricular_white_matter"),
        ("corpus_callosum", 15.0, "subependymal"),
        ("caudate", 18.0, "caudate"),
        ("caudate", 14.0, "subependymal"),
        ("putamen", 14.0, "putamen"),
    ],
)
def test_what_stands_in_the_fluid_is_the_walls_and_what_lies_under_it_is_not(
    site: str, column: float, called: str
) -> None:
    shares, _ = walled({site: 1.0}, (), contact(column))
    assert next(iter(shares)) == called
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_line_along_the_surface_is_of_the_white_matter_beside_it_and_a_nodule_there_is_not() -> None:
    line = np.array([[15.0, y, 16.0] for y in range(8, 23)])
    found = contact_of(line, np.full(15, 4.0), sites=half_fluid(), spacing_mm=EVEN)
    assert found is not None
    assert found.long
    assert not contact(16.0).long
    called = [next(iter(walled({"subependymal": 1.0}, (), c)[0])) for c in (found, contact(16.0))]
    assert called == ["periventricular_white_matter", "subependymal"]


def test_the_plexus_gives_back_part_of_what_it_took_to_what_stands_clearly_in_the_wall() -> None:
    doubted, rules = plexus_doubted({"choroid_plexus": 0.5, "thalamus": 0.5}, (), contact(15.0))
    assert doubted == pytest.approx({"thalamus": 0.5, "subependymal": 0.3, "choroid_plexus": 0.2})
    assert rules == ("plexus_in_doubt",)
    assert plexus_doubted({"thalamus": 1.0}, (), contact(15.0)) == ({"thalamus": 1.0}, ())
    assert plexus_doubted({"choroid_plexus": 1.0}, (), contact(19.0)) == ({"choroid_plexus": 1.0}, ())


def test_a_plexus_expected_firmly_or_seen_is_sure() -> None:
    assert plexus_sure({"choroid_plexus": 0.5}, {})
    assert plexus_sure({}, {"choroid_plexus": 0.1})
    assert plexus_sure({"choroid_plexus": 0.2}, {"hippocampus": 0.1})
    assert not plexus_sure({"choroid_plexus": 0.2}, {"choroid_plexus": 0.01, "hippocampus": 0.01})


def test_what_hangs_in_the_ventricle_is_the_plexus_without_doubt():
    hanging = Contact(share=0.55, depth_mm=-1.4, radius_mm=3.4)
    assert plexus_doubted({"choroid_plexus": 1.0}, (), hanging) == ({"choroid_plexus": 1.0}, ())
