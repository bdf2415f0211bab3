"""Grades of the Total Calcification Score, by hand; its doubt; the other scales."""

from dataclasses import replace

import pytest

from brainsand.measure.sums import total
from brainsand.measure.visual import (
    LOCATIONS,
    Piece,
    basal_ganglia_scale,
    hippocampus_scale,
    location_of,
    total_calcification_score,
)

ROOM = dict.fromkeys(LOCATIONS, 10_000.0) | {"lenticular_left": 5000.0, "lenticular_right": 5000.0}


def piece(volume_mm3, **changed):
    given = {
        "id": 1,
        "location": "lenticular_left",
        "site": "globus_pallidus",
        "side": "left",
        "sure": 0.9,
        "volume_mm3": volume_mm3,
        "pm_mm3": 0.02 * volume_mm3,
        "density_hu": 120.0,
        "density_pm_hu": 2.0,
        "diameter_mm": 9.0,
        "morphology": "nodular",
        "follows": None,
        "areas_mm2": {12: 40.0, 13: 60.0},
    }
    return Piece(**{**given, **changed})


def score(*pieces, **more):
    return total_calcification_score(pieces, structure_mm3=ROOM, **more)


def test_sixteen_locations_of_five_make_eighty():
    full = [
        piece(9000.0, location=name, density_hu=300.0, areas_mm2={3: 900.0}, morphology="confluent")
        for name in LOCATIONS
    ]
    assert len(LOCATIONS) == 16
    assert score(*full)["total"] == 80


def test_without_calcium_the_score_is_nothing_without_doubt():
    found = score()
    assert (found["total"], found["low"], found["high"]) == (0, 0, 0)


@pytest.mark.parametrize(
    "given, grade",
    [
        ({"volume_mm3": 20.0, "morphology": "punctate"}, 1),
        ({"volume_mm3": 300.0}, 2),
        ({"volume_mm3": 800.0}, 3),
        ({"volume_mm3": 800.0, "density_hu": 45.0}, 2),
        ({"volume_mm3": 800.0, "density_hu": 260.0}, 4),
        ({"volume_mm3": 2500.0}, 4),
        ({"volume_mm3": 2500.0, "density_hu": 45.0}, 3),
        ({"volume_mm3": 2500.0, "density_hu": 260.0}, 5),
        ({"volume_mm3": 2500.0, "morphology": "confluent"}, 5),
    ],
)
def test_a_nucleus_of_five_millilitres_is_graded_by_its_share_then_by_density(given, grade):
    volume = given.pop("volume_mm3")
    row = score(piece(volume, **given))["by_site"]["lenticular_left"]
    assert row["grade"] == grade
    assert row["slice"] == 13


def test_several_dots_are_more_than_one_dot():
    dots = [piece(10.0, id=n, morphology="punctate") for n in (1, 2)]
    assert score(*dots)["by_site"]["lenticular_left"]["grade"] == 2


@pytest.mark.parametrize("area, grade", [(60.0, 2), (150.0, 3), (500.0, 4)])
def test_white_matter_is_graded_by_its_largest_area(area, grade):
    name = "subcortical_white_matter_right"
    row = score(piece(900.0, location=name, areas_mm2={5: area, 6: 10.0}))["by_site"][name]
    assert row["grade"] == grade


def test_a_volume_near_the_border_of_two_grades_doubts_between_them():
    row = score(piece(490.0, pm_mm3=60.0))["by_site"]["lenticular_left"]
    assert (row["low"], row["grade"], row["high"]) == (2, 2, 3)


def test_an_unsure_site_may_be_nothing():
    row = score(piece(800.0, sure=0.5))["by_site"]["lenticular_left"]
    assert (row["low"], row["grade"]) == (0, 3)


def test_a_location_that_is_not_imaged_has_no_grade_and_the_total_none():
    found = total_calcification_score([], structure_mm3={**ROOM, "medulla": 0.0})
    assert found["by_site"]["medulla"]["grade"] is None
    assert found["total"] is None


def test_physiologic_sites_count_nowhere_and_are_listed():
    found = score(piece(50.0, id=7, location=location_of("pineal", "midline"), site="pineal"))
    assert (found["total"], found["not_counted"]) == (0, [7])


def test_only_the_user_s_own_table_says_what_is_above_the_age():
    one = piece(800.0)
    assert score(one, age_years=50.0)["above_age_limit"] is None
    limits = ((0.0, 40.0, 0.0), (40.0, 60.0, 2.0))
    assert score(one, age_years=50.0, age_limits=limits)["above_age_limit"] is True
    assert score(one, age_years=None, age_limits=limits)["above_age_limit"] is None


@pytest.mark.parametrize(
    "depth, part", [(0.0, "midbrain"), (0.3, "pons"), (0.7, "medulla"), (1.0, "medulla")]
)
def test_the_brainstem_is_cut_by_its_height(depth, part):
    assert location_of("brainstem", "left", depth_share=depth) == part


def test_the_basal_ganglia_scale_has_four_words_for_each_side():
    left = piece(20.0, morphology="punctate")
    right = [replace(left, side="right", id=n) for n in (2, 3)]
    found = basal_ganglia_scale([left, *right], filled={})
    assert (found["left"], found["right"], found["form"]) == ("mild", "moderate", "punctate")
    worse = basal_ganglia_scale([replace(left, morphology="confluent")], filled={})
    assert (worse["left"], worse["right"], worse["form"]) == ("severe", "absent", "patchy")


def test_of_the_hippocampi_the_worse_side_is_kept():
    one = piece(20.0, site="hippocampus", location=None, morphology="punctate", side="right")
    assert hippocampus_scale([one])["worst"] == "mild"
    assert hippocampus_scale([])["worst"] == "absent"


def test_of_nothing_the_sum_is_nothing():
    assert total([], []) == (0.0, 0.0)
