"""Units, ranges and base rates, as a laboratory sheet has them."""

from __future__ import annotations

import pytest

from brainsand.model.vocabulary import Background
from brainsand.read.knowledge import load_knowledge


@pytest.fixture(scope="module")
def analytes():
    return load_knowledge().analytes


@pytest.mark.parametrize(
    "analyte, value, unit, own",
    [
        ("calcium", 8.9, "mg/dL", 2.22),
        ("calcium", 2.22, "mmol/L", 2.22),
        ("phosphate", 4.5, "mg/dl", 1.453),
        ("pth", 65.0, "pg/mL", 6.9),
        ("vitamin_d_25oh", 20.0, "ng/mL", 49.92),
        ("magnesium", 1.8, "mg/dL", 0.7405),
        ("creatinine", 1.0, "mg/dL", 88.42),
        ("creatinine", 88.0, "µmol/L", 88.0),
        ("platelets", 250_000.0, "/uL", 250.0),
        ("lead_blood", 0.24, "umol/L", 4.973),
        ("copper_urine", 100.0, "ug/24 h", 1.574),
        ("carboxyhaemoglobin", 12.0, "%", 12.0),
    ],
)
def test_a_result_is_brought_into_the_tests_own_unit(analytes, analyte, value, unit, own):
    assert analytes[analyte].in_own_unit(value, unit) == pytest.approx(own, rel=1e-3)


def test_an_unknown_unit_is_none_and_no_unit_is_taken_as_it_stands(analytes):
    assert analytes["calcium"].in_own_unit(2.2, "furlong") is None
    assert analytes["calcium"].in_own_unit(2.2, None) == 2.2


def test_a_calcium_of_nine_millimoles_is_no_calcium(analytes):
    low, high = analytes["calcium"].plausible
    assert not low <= 8.9 <= high
    assert low <= analytes["calcium"].in_own_unit(8.9, "mg/dL") <= high


def test_an_infants_phosphate_is_not_held_against_an_adults_range(analytes):
    infant, adult = analytes["phosphate"].range_for(0.5, None), analytes["phosphate"].range_for(40.0, None)
    assert adult.high < 2.0 < infant.high
    assert analytes["phosphate"].range_for(None, None) == adult


def test_the_range_of_a_sex_goes_before_the_range_of_both(analytes):
    assert analytes["creatinine"].range_for(40.0, "F").sex == "F"
    assert analytes["creatinine"].range_for(40.0, "U").sex is None


def test_ranges_leave_no_gap_from_birth_on_and_lie_within_what_is_plausible(analytes):
    for analyte in analytes.values():
        if analyte.kind == "number":
            gaps = [
                age
                for age in (0.0, 0.05, 0.5, 3.0, 10.0, 16.0, 30.0, 90.0)
                if analyte.range_for(age, "F") is None
            ]
            assert gaps == [], analyte.id
            for row in analyte.ranges:
                limits = [x for x in (row.low, row.high) if x is not None]
                assert all(analyte.plausible[0] <= x <= analyte.plausible[1] for x in limits), analyte.id


def test_every_test_says_how_common_each_flag_is_anyway(analytes):
    for analyte in analytes.values():
        flags = ("low", "normal", "high") if analyte.kind == "number" else ("negative", "positive")
        assert sum(analyte.usual_share(flag) for flag in flags) == pytest.approx(1.0), analyte.id


def test_how_common_a_feature_is_anyway_goes_by_age():
    dementia = Background(id="HP:0000726", label="Dementia", child=0.0005, adult=0.005, elderly=0.2)
    assert [dementia.at(age) for age in (10.0, 40.0, 80.0, None)] == [0.0005, 0.005, 0.2, 0.005]
