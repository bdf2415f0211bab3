"""The finding reads as a person would write it."""

from __future__ import annotations

import dataclasses

import pytest

from brainsand.model.caution import Caution
from brainsand.model.patient import Patient
from brainsand.model.sites import SIDES, SITES
from brainsand.report.words import headline, patient_words, site_words, with_article

from .fake_case import fake_case, fake_deposit, mirrored

NEGATIVE = "No calcification of the basal ganglia, thalami, dentate nuclei or cortex"


def said(*deposits, **changes):
    return headline(fake_case(*deposits, **changes))


def test_nothing_found_is_said_with_what_was_looked_at():
    assert said() == (
        "No intracranial calcification was found. The basal ganglia, thalami, dentate nuclei, cortex, pineal "
        "gland and choroid plexuses are free of calcium as far as they are imaged."
    )


def test_one_midline_deposit_has_no_side():
    assert said(fake_deposit(1, "pineal", "midline", volume=36.2)) == (
        f"Physiologic calcification of the pineal gland (36 mm³). {NEGATIVE}."
    )


def test_both_sides_are_named_together_with_each_volume():
    words = said(
        fake_deposit(1, "choroid_plexus", "left", volume=273.6),
        fake_deposit(2, "choroid_plexus", "right", volume=177),
        fake_deposit(3, "pineal", "midline", volume=36),
    )
    assert words == (
        "Physiologic calcification of both choroid plexuses (left 270, right 180 mm³) and of the pineal "
        f"gland (36 mm³). {NEGATIVE}."
    )


def test_one_side_alone_is_named_by_its_side():
    words = said(fake_deposit(1, "thalamus", "right", volume=4.24, kind="indeterminate"))
    assert words == (
        "Indeterminate calcification of the right thalamus (4.2 mm³). No calcification of the basal ganglia, "
        "dentate nuclei or cortex."
    )


def test_several_foci_of_one_site_are_counted():
    words = said(
        fake_deposit(1, "cortex", "left", volume=30, kind="ectopic", lobe="frontal"),
        fake_deposit(2, "cortex", "left", volume=20, kind="ectopic", lobe="frontal"),
        fake_deposit(3, "cortex", "right", volume=10, kind="ectopic", lobe="frontal"),
    )
    assert words.startswith(
        "Ectopic calcification of the frontal cortex of both hemispheres (3 foci: left 50, right 10 mm³). "
    )
    assert words.endswith("No calcification of the basal ganglia, thalami or dentate nuclei.")


def test_a_pallidum_alone_leaves_the_rest_of_the_basal_ganglia_named_as_free():
    words = said(
        fake_deposit(1, "globus_pallidus", "left", volume=12, kind="age_related"),
        fake_deposit(2, "globus_pallidus", "right", volume=9, kind="age_related"),
    )
    assert words == (
        "Age-related calcification of both globi pallidi (left 12, right 9.0 mm³). No calcification of the "
        "putamina, caudate nuclei, thalami, dentate nuclei or cortex."
    )


def test_the_gravest_kind_comes_first_and_keeps_its_sizes():
    words = said(
        fake_deposit(1, "choroid_plexus", "left", volume=900),
        fake_deposit(2, "putamen", "left", volume=20, kind="ectopic"),
    )
    assert words.startswith(
        "Ectopic calcification of the left putamen (20 mm³); physiologic calcification of the left choroid "
        "plexus (900 mm³). "
    )


def test_many_sites_are_summed_and_none_free_is_said():
    sites = ("putamen", "globus_pallidus", "caudate", "thalamus", "dentate_nucleus", "cortex")
    words = said(*(fake_deposit(i, s, "left", volume=300, kind="ectopic") for i, s in enumerate(sites, 1)))
    assert words == (
        "Ectopic calcification at 6 sites (1.8 cm³ in all), chiefly of the left putamen, the left globus "
        "pallidus, the left caudate nucleus and the left thalamus. The basal ganglia, thalami, dentate "
        "nuclei and cortex are all involved."
    )


def test_hemisphere_and_vermis_are_both_named():
    words = said(
        fake_deposit(1, "cerebellum", "left", volume=10, kind="ectopic"),
        fake_deposit(2, "cerebellum", "right", volume=10, kind="ectopic"),
        fake_deposit(3, "cerebellum", "midline", volume=5, kind="ectopic"),
    )
    assert words.startswith(
        "Ectopic calcification of both cerebellar hemispheres and the cerebellar vermis (left 10, right 10, "
        "midline 5.0 mm³). "
    )


def test_a_volume_above_threshold_is_called_about():
    deposit = dataclasses.replace(fake_deposit(1, "pineal", "midline", volume=None), threshold_volume_mm3=41)
    assert "the pineal gland (about 41 mm³)" in said(deposit)


def test_incomplete_coverage_and_a_missing_age_stand_beside_the_finding():
    case = fake_case(fake_deposit(1, "pineal", "midline"), patient=Patient())
    scan = dataclasses.replace(case.scan, coverage={"missing": ["vertex"]})
    assert headline(dataclasses.replace(case, scan=scan)).endswith(
        f"{NEGATIVE}; coverage is incomplete: the vertex is not imaged; the patient's age is not known."
    )


def test_a_coverage_caution_is_repeated_where_the_missing_part_has_no_name():
    cautions = (Caution(code="coverage_incomplete", words="The scan ends 12 mm below the crown."),)
    assert "coverage is incomplete: the scan ends 12 mm below the crown." in said(cautions=cautions)


@pytest.mark.parametrize(("contrast", "words"), [("present", "was given"), ("suspected", "is suspected")])
def test_contrast_medium_is_said(contrast, words):
    case = fake_case()
    scan = dataclasses.replace(case.scan, contrast=contrast)
    said = headline(dataclasses.replace(case, scan=scan))
    assert f"; contrast medium {words} and can hide or mimic calcium." in said


def test_a_mirrored_head_swaps_left_and_right_and_nothing_else():
    case = fake_case(
        fake_deposit(1, "putamen", "left", volume=20, kind="ectopic"),
        fake_deposit(2, "pineal", "midline", volume=20),
    )
    assert "the left putamen" in headline(case)
    assert headline(mirrored(case)) == headline(case).replace("left", "right")


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("side", [*SIDES, "both"])
def test_every_site_has_words_on_every_side(site, side):
    words = with_article(site_words(site, side, "frontal"))
    assert "_" not in words
    assert "{" not in words
    assert words == " ".join(words.split())
    if side in ("left", "right") and site != "pineal":
        assert side in words


@pytest.mark.parametrize(
    ("patient", "words"),
    [
        (Patient(age_years=47.9, sex="F"), "47 years, female"),
        (Patient(age_years=0.1, sex="M"), "1 month, male"),
        (Patient(sex="U"), "age not known, sex not known"),
    ],
)
def test_the_patient_is_said_by_age_and_sex(patient, words):
    assert patient_words(fake_case(patient=patient)) == words


def test_age_falls_back_on_the_header():
    case = fake_case(patient=Patient())
    how = dataclasses.replace(case.acquisition, age_years=61.0, sex="M")
    assert patient_words(dataclasses.replace(case, acquisition=how)) == "61 years, male"
