"""Laboratory values: read together, in any unit, and asked back where nobody has them."""

from __future__ import annotations

from typing import Any

import pytest

from brainsand.interpret.labs import Panel, read_labs
from brainsand.read.knowledge import load_knowledge

ANALYTES = load_knowledge().analytes


def read(*labs: dict[str, Any], **more: Any) -> Panel:
    return read_labs(labs, ANALYTES, **{"age_years": 40.0, **more})


def lab(analyte: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"analyte": analyte, "value": value, "unit": unit, **more}


def test_one_calcium_in_two_units_gives_one_flag() -> None:
    assert read(lab("calcium", 1.62, "mmol/L")).flags == {"calcium": "low"}
    assert read(lab("calcium", 6.5, "mg/dL")).flags == {"calcium": "low"}
    assert read(lab("calcium", 2.35, "mmol/L")).flags == {"calcium": "normal"}


def test_calcium_of_8_9_mmol_is_asked_back_and_not_used() -> None:
    panel = read(lab("calcium", 8.9, "mmol/L"))
    assert panel.flags == {}
    assert panel.cautions[0].code == "lab_implausible"
    assert "mg/dl" in panel.cautions[0].words
    assert "meant?" in panel.cautions[0].words


def test_a_unit_nobody_knows_leaves_the_value_out_unless_a_range_says_what_it_is() -> None:
    assert read(lab("calcium", 2.0, "stones")).flags == {}
    with_range = read(lab("calcium", 20.0, "stones", ref_low=30.0, ref_high=40.0))
    assert with_range.flags == {"calcium": "low"}
    assert with_range.cautions[0].code == "lab_unknown_unit"


def test_the_range_of_the_laboratory_goes_before_ours() -> None:
    assert read(lab("calcium", 2.2, "mmol/L")).flags == {"calcium": "normal"}
    assert read(lab("calcium", 2.2, "mmol/L", ref_low=2.25, ref_high=2.7)).flags == {"calcium": "low"}


def test_a_phosphate_that_is_high_for_a_man_is_normal_for_an_infant() -> None:
    phosphate = lab("phosphate", 1.9, "mmol/L")
    assert read(phosphate, age_years=40.0).flags == {"phosphate": "high"}
    assert read(phosphate, age_years=0.5).flags == {"phosphate": "normal"}


def test_calcium_is_corrected_for_albumin() -> None:
    low_protein = [lab("calcium", 2.0, "mmol/L"), lab("albumin", 25.0, "g/L")]
    panel = read(*low_protein)
    # 2.0 + 0.02 x (40 - 25) = 2.30 mmol/L
    assert panel.flags["calcium"] == "normal"
    assert "2.30 mmol/L corrected for albumin" in panel.words["calcium"]


def test_ionized_calcium_decides_where_the_two_differ() -> None:
    panel = read(lab("calcium", 2.0, "mmol/L"), lab("ionized_calcium", 1.2, "mmol/L"))
    assert panel.flags == {"calcium": "normal"}
    assert "ionized" in panel.notes[0]


@pytest.mark.parametrize(("calcium", "read_as"), [("low", "low"), ("high", "high"), ("normal", "normal")])
def test_a_normal_parathyroid_hormone_is_read_against_calcium(calcium: str, read_as: str) -> None:
    panel = read({"analyte": "calcium", "flag": calcium}, {"analyte": "pth", "flag": "normal"})
    assert panel.flags["pth"] == read_as
    assert any("inappropriately" in note for note in panel.notes) == (calcium != "normal")


def test_two_results_that_contradict_each_other_keep_the_first_and_say_so() -> None:
    panel = read({"analyte": "calcium", "flag": "low"}, {"analyte": "calcium", "flag": "high"})
    assert panel.flags == {"calcium": "low"}
    assert panel.cautions[0].code == "lab_contradiction"


def test_a_term_that_is_a_result_stands_in_for_it_and_yields_to_a_value() -> None:
    assert read(terms=["HP:0002901"]).flags == {"calcium": "low"}
    panel = read(lab("calcium", 2.4, "mmol/L"), terms=["HP:0002901"])
    assert panel.flags == {"calcium": "normal"}
    assert [c.code for c in panel.cautions] == ["lab_contradiction"]


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "flag"),
    [
        ("calcium", 6.2, "mg/100 mL", "low"),
        ("phosphate", 6.5, "mg %", "high"),
        ("magnesium", 1.0, "mval/l", "low"),
        ("ferritin", 400, "mcg/L", "high"),
        ("platelets", 50, "x10^9/L", "low"),
        ("platelets", 50, "10E9/L", "low"),
        ("carboxyhaemoglobin", 20, "percent", "high"),
    ],
)
def test_one_unit_written_in_another_way_is_understood(
    analyte: str, value: float, unit: str, flag: str
) -> None:
    panel = read(lab(analyte, value, unit))
    assert (panel.flags, panel.cautions) == ({analyte: flag}, ())


def test_a_number_over_the_range_of_a_yes_or_no_test_is_positive() -> None:
    value = {"analyte": "ttg", "value": 128.0, "unit": "U/mL", "ref_high": 10.0}
    assert read(value).flags == {"ttg": "positive"}
    assert read(value | {"value": 3.0}).flags == {"ttg": "negative"}
    assert read({"analyte": "hiv_serology", "flag": "high"}).flags == {"hiv_serology": "positive"}


def test_calcium_is_neither_positive_nor_negative() -> None:
    panel = read({"analyte": "calcium", "flag": "positive"})
    assert panel.flags == {}
    assert [c.code for c in panel.cautions] == ["lab_unreadable"]


def test_a_flag_against_the_laboratory_s_range_is_said() -> None:
    panel = read(lab("calcium", 1.5, "mmol/L", ref_low=2.1, ref_high=2.6, flag="high"))
    assert panel.flags == {"calcium": "low"}
    assert [c.code for c in panel.cautions] == ["lab_flag_differs"]


def test_a_range_in_another_unit_than_the_value_is_left_out_and_said() -> None:
    panel = read(lab("calcium", 8.9, "mg/dL", ref_low=2.15, ref_high=2.55))
    assert panel.flags == {"calcium": "normal"}
    assert [c.code for c in panel.cautions] == ["lab_range_implausible"]


def test_a_value_without_a_unit_is_read_by_its_range_alone() -> None:
    panel = read({"analyte": "calcium", "value": 6.1, "ref_low": 8.6, "ref_high": 10.2})
    assert (panel.flags, panel.cautions) == ({"calcium": "low"}, ())


def test_an_albumin_nobody_has_corrects_no_calcium() -> None:
    panel = read(lab("calcium", 2.0, "mmol/L"), lab("albumin", 2.2, "g/L"))
    assert panel.flags == {"calcium": "low"}
    assert [c.code for c in panel.cautions] == ["lab_implausible"]
