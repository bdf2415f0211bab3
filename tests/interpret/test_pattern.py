"""Names of patterns, symmetry, burden and terms."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from brainsand.interpret.pattern import GENERAL_TERM, HPO_OF_SITE, pattern_of
from brainsand.model.finding import Deposit

Make = Callable[..., Deposit]


def both(deposit: Make, *sites: str, **more: Any) -> list[Deposit]:
    return [deposit(site, side, **more) for site in sites for side in ("left", "right")]


def pattern(deposits: list[Deposit], norms: dict[str, Any], *, age: float | None = 50) -> dict[str, Any]:
    return pattern_of(deposits, age_years=age, norms=norms)


def test_nothing_found_is_said_plainly(norms: dict[str, Any]) -> None:
    found = pattern([], norms)
    assert found["names"] == ["none"]
    assert found["symmetry"] == {"word": "none", "index": None, "by_site": {}}
    assert found["burden"]["word"] == "none"
    assert found["words"] == "No intracranial calcification was found."


def test_pineal_and_choroid_are_physiologic_only_and_give_no_term(
    norms: dict[str, Any], deposit: Make
) -> None:
    deposits = [
        deposit("pineal", "midline", kind="physiologic"),
        *both(deposit, "choroid_plexus", kind="physiologic"),
    ]
    found = pattern(deposits, norms)
    assert found["names"] == ["physiologic only"]
    assert found["hpo_terms"] == []


def test_nuclei_and_dentates_of_both_sides_have_their_name(norms: dict[str, Any], deposit: Make) -> None:
    found = pattern(both(deposit, "globus_pallidus", "putamen", "dentate_nucleus"), norms)
    assert found["names"][0] == "bilateral symmetric striopallidodentate"
    assert found["symmetry"]["index"] == 1.0
    assert found["burden"]["regions"] == 6
    assert found["burden"]["word"] == "large"
    assert {t["id"] for t in found["hpo_terms"]} == {"HP:0031627", "HP:0002135", "HP:0002461"}


def test_old_pallidal_dots_are_ordinary_for_age(norms: dict[str, Any], deposit: Make) -> None:
    assert pattern(both(deposit, "globus_pallidus", kind="age_related"), norms, age=75)["names"] == [
        "ordinary for age"
    ]


def test_one_side_three_times_the_other_is_still_symmetric_and_five_times_is_not(
    norms: dict[str, Any], deposit: Make
) -> None:
    for amount, word in ((90.0, "symmetric"), (150.0, "asymmetric")):
        deposits = [deposit("putamen", "left", volume=30.0), deposit("putamen", "right", volume=amount)]
        assert pattern(deposits, norms)["symmetry"]["word"] == word


def test_gyriform_calcium_of_one_side(norms: dict[str, Any], deposit: Make) -> None:
    deposits = [
        deposit("cortex", "left", morphology="gyriform", lobe=lobe) for lobe in ("occipital", "parietal")
    ]
    found = pattern(deposits, norms)
    assert found["names"] == ["gyriform unilateral"]
    assert found["symmetry"]["word"] == "unilateral"
    assert found["distribution"]["lobes"] == ["occipital", "parietal"]
    assert [t["id"] for t in found["hpo_terms"]] == [GENERAL_TERM[0]]


def test_nodules_of_the_ventricular_wall_and_bands_along_it(norms: dict[str, Any], deposit: Make) -> None:
    nodules = both(deposit, "subependymal")
    bands = both(deposit, "periventricular_white_matter", morphology="band")
    assert pattern(nodules, norms)["names"] == ["subependymal nodules"]
    assert pattern(bands, norms)["names"] == ["periventricular"]


def test_scattered_foci_and_a_lone_one(norms: dict[str, Any], deposit: Make) -> None:
    scattered = [*both(deposit, "cortex"), *both(deposit, "deep_white_matter", "subcortical_white_matter")]
    assert pattern(scattered, norms)["names"] == ["scattered nodules"]
    assert pattern([deposit("cortex", "left")], norms)["names"] == ["solitary"]


def test_a_large_pineal_gives_its_term_although_left_open(norms: dict[str, Any], deposit: Make) -> None:
    found = pattern([deposit("pineal", "midline", kind="indeterminate", rule="pineal_large")], norms)
    assert found["names"] == ["large at the pineal"]
    assert [t["id"] for t in found["hpo_terms"]] == ["HP:0012682"]


def test_mirroring_changes_no_name_and_no_index(norms: dict[str, Any], deposit: Make) -> None:
    one = [deposit("putamen", "left", volume=80.0), deposit("putamen", "right"), deposit("thalamus", "left")]
    swap = {"left": "right", "right": "left"}
    other = [replace(d, side=swap[d.side]) for d in one]
    first, second = pattern(one, norms), pattern(other, norms)
    assert first["names"] == second["names"]
    assert first["symmetry"] == second["symmetry"]


def test_missing_excess_is_never_a_number(norms: dict[str, Any], deposit: Make) -> None:
    deposits = [deposit("putamen", "left"), deposit("putamen", "right", excess_hu_mm3=None)]
    found = pattern(deposits, norms)
    assert found["burden"]["excess_hu_mm3"] is None
    assert found["symmetry"]["index"] == 1.0


@pytest.mark.parametrize("term, label", [*HPO_OF_SITE.values(), GENERAL_TERM])
def test_terms_are_well_formed(term: str, label: str) -> None:
    assert len(term) == 10
    assert term.startswith("HP:")
    assert "alcification" in label


def test_plates_of_the_falx_are_named_when_there_are_more_than_age_allows(deposit, norms) -> None:
    plates = [
        deposit("falx", "midline", kind="physiologic", volume=60.0, morphology="linear"),
        deposit("tentorium", "left", kind="physiologic", volume=60.0, morphology="linear"),
    ]
    assert "lamellar falx" in pattern_of(plates, age_years=14, norms=norms)["names"]
    assert "lamellar falx" not in pattern_of(plates, age_years=70, norms=norms)["names"]
    thick = deposit("falx", "midline", kind="physiologic", volume=1500.0, morphology="band")
    assert "lamellar falx" in pattern_of([thick], age_years=70, norms=norms)["names"]


def test_scattered_nodules_are_told_from_other_scattered_calcium(deposit, norms) -> None:
    places = [("cortex", "left"), ("deep_white_matter", "right"), ("cortex", "right")]
    nodules = [deposit(site, side, morphology="nodular") for site, side in places]
    bands = [deposit(site, side, morphology="band") for site, side in places]
    assert "scattered nodules" in pattern_of(nodules, age_years=30, norms=norms)["names"]
    assert "scattered hemispheric" in pattern_of(bands, age_years=30, norms=norms)["names"]
