"""Each rule by an example a reader can follow: what it sets aside, and what it lets by."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from brainsand.find.candidates import Island
from brainsand.find.judge import Limits, judge
from brainsand.find.look import Look

LIMITS = Limits(
    least_volume_mm3=2.0,
    faint_hu=60.0,
    clear_hu=100.0,
    sure_deviations=5.2,
    alone_deviations=6.5,
    blood_volume_mm3=200.0,
    blood_mean_hu=85.0,
    contrast_suspected=False,
)
STONE = Island(
    index=np.zeros((40, 3), np.int64),
    peak_index=(0, 0, 0),
    height=30.0,
    level_hu=37.0,
    noise_hu=3.0,
    peak_hu=250.0,
    mean_hu=150.0,
)
DEEP = Look(
    volume_mm3=40.0,
    depth_mm=45.0,
    deepest_mm=47.0,
    hazard=0.0,
    bone_share=0.0,
    brain_round=1.0,
    rooted=False,
    sinus_share=0.0,
    artery=0.0,
    room_mm2=math.inf,
    slices=3,
    thin_mm=3.0,
    long_mm=5.0,
    twin=False,
    centre_lps_mm=(0.0, 0.0, 0.0),
)
FAINT = replace(STONE, peak_hu=75.0, mean_hu=62.0)


def reason(island=STONE, look=DEEP, limits=LIMITS):
    return judge(island, look, limits).reason


def test_in_the_foramen_magnum_only_what_lies_on_an_artery_s_course_is_believed():
    there = replace(DEEP, room_mm2=900.0)
    assert reason(look=there) == "skull_base"
    assert reason(look=replace(there, artery=0.6)) is None


def test_a_clinoid_process_cut_off_from_its_root_is_bone_and_a_small_calcified_siphon_is_not():
    there = replace(DEEP, hazard=0.5, artery=0.8, depth_mm=5.0, volume_mm3=250.0)
    assert reason(replace(STONE, peak_hu=700.0), there) == "skull_base"
    assert reason(replace(STONE, peak_hu=700.0), replace(there, volume_mm3=40.0)) is None


def test_a_small_spot_in_a_slice_or_two_over_the_orbit_is_its_roof_and_a_dense_a_large_or_a_tall_one_is_not():
    there = replace(DEEP, hazard=0.6, depth_mm=6.0, slices=1)
    spot = replace(STONE, peak_hu=115.0, mean_hu=90.0, height=9.0)
    assert reason(spot, there) == "skull_base"
    assert reason(replace(spot, peak_hu=230.0), there) is None
    assert reason(spot, replace(there, volume_mm3=140.0)) is None
    assert reason(spot, replace(there, slices=3)) is None
    assert reason(spot, replace(there, artery=0.8)) is None


def test_a_speck_close_over_the_skull_base_is_a_spur_and_one_deeper_or_elsewhere_is_not():
    there = replace(DEEP, hazard=0.4, depth_mm=5.0, volume_mm3=16.0)
    assert reason(look=there) == "skull_base"
    assert reason(look=replace(there, depth_mm=8.0)) is None
    assert reason(look=replace(there, hazard=0.2)) is None
    assert reason(look=replace(there, artery=0.8)) is None


def test_a_stone_deep_in_the_brain_is_believed_and_nearly_surely():
    verdict = judge(STONE, DEEP, LIMITS)
    assert verdict.reason is None
    assert verdict.confidence == 0.99
    assert verdict.words == ""


def test_above_every_calcification_is_metal():
    assert reason(replace(STONE, peak_hu=2600.0)) == "metal"
    assert reason(replace(STONE, peak_hu=2400.0)) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"deepest_mm": 2.0, "depth_mm": 1.5},  # wholly in the first millimetres under the skull
        {"brain_round": 0.3},  # bone or nothing nearly all round
        {"bone_share": 0.6, "brain_round": 0.7, "depth_mm": 2.5},  # bone beside most of it, near the skull
        {"depth_mm": 2.8, "bone_share": 0.4, "brain_round": 0.8},  # on the inner table
    ],
)
def test_what_hangs_on_bone_is_bone(facts):
    assert reason(look=replace(DEEP, **facts)) == "bone"


def test_dense_calcium_near_the_skull_with_brain_all_round_is_believed():
    assert reason(look=replace(DEEP, depth_mm=6.0, deepest_mm=8.0)) is None


def test_faint_on_the_inner_table_is_bone_and_dense_there_is_not():
    near = replace(DEEP, depth_mm=8.0, brain_round=0.7)
    assert reason(replace(STONE, peak_hu=90.0), near) == "bone"
    assert reason(STONE, near) is None


def test_what_goes_over_into_bone_near_the_skull_or_its_base_is_bone():
    rooted = replace(DEEP, rooted=True)
    assert reason(look=replace(rooted, depth_mm=2.0)) == "bone"
    assert reason(look=replace(rooted, hazard=0.2)) == "bone"
    assert reason(look=replace(rooted, room_mm2=900.0)) == "bone"
    assert reason(look=replace(rooted, depth_mm=7.0)) is None
    assert reason(look=rooted) is None


def test_a_broad_faint_veil_beside_bone_is_bone():
    veil = replace(DEEP, bone_share=0.3, volume_mm3=500.0)
    assert reason(replace(STONE, mean_hu=70.0), veil) == "bone"
    assert reason(STONE, veil) is None


def test_in_the_hazard_of_the_skull_base_bone_beside_it_decides():
    base = replace(DEEP, hazard=0.6, depth_mm=9.0, brain_round=0.85)
    assert reason(look=replace(base, bone_share=0.3)) == "skull_base"
    assert reason(look=replace(base, bone_share=0.0)) is None
    assert reason(replace(STONE, peak_hu=90.0), replace(base, brain_round=1.0)) == "skull_base"


def test_away_from_the_hazard_the_same_facts_are_no_skull_base():
    assert reason(look=replace(DEEP, hazard=0.2, depth_mm=8.0, brain_round=0.85, bone_share=0.3)) is None


def test_bright_flowing_blood_in_a_sinus_is_blood_or_contrast():
    sinus = replace(DEEP, sinus_share=0.8)
    flowing = replace(STONE, mean_hu=75.0, peak_hu=95.0)
    assert reason(flowing, sinus) == "blood"
    assert reason(flowing, sinus, replace(LIMITS, contrast_suspected=True)) == "contrast"
    assert reason(STONE, sinus) is None


def test_blood_in_a_vein_is_told_from_blood_outside():
    flowing = replace(STONE, mean_hu=75.0, peak_hu=95.0)
    assert judge(flowing, replace(DEEP, sinus_share=0.8), LIMITS).in_vessel
    assert not judge(replace(flowing, mean_hu=65.0), replace(DEEP, volume_mm3=3000.0), LIMITS).in_vessel


def test_a_calcified_gyrus_on_the_table_is_as_deep_as_a_gyrus_is_thick_dense_and_of_one_side():
    stone = replace(STONE, mean_hu=180.0, peak_hu=350.0)
    gyrus = replace(
        DEEP, volume_mm3=900.0, depth_mm=2.4, deepest_mm=7.0, bone_share=0.7, brain_round=0.6, rooted=True
    )
    assert reason(stone, gyrus) is None
    assert reason(stone, replace(gyrus, deepest_mm=5.5)) == "bone"
    assert reason(stone, replace(gyrus, twin=True)) == "bone"
    assert reason(replace(stone, mean_hu=130.0), gyrus) == "bone"
    assert reason(replace(stone, peak_hu=700.0), gyrus) == "bone"


def test_calcified_gyri_reach_from_the_inner_table_inwards_and_are_no_bone():
    gyri = replace(DEEP, volume_mm3=900.0, depth_mm=4.5, deepest_mm=15.0, bone_share=0.4, brain_round=0.7)
    assert reason(look=gyri) is None
    assert reason(look=replace(gyri, volume_mm3=100.0)) == "bone"
    assert reason(look=replace(gyri, hazard=0.2)) == "bone"
    assert reason(replace(STONE, peak_hu=1400.0), gyri) == "bone"


def test_a_large_even_lesion_without_a_twin_is_blood():
    clot = replace(STONE, mean_hu=65.0, peak_hu=90.0)
    large = replace(DEEP, volume_mm3=3000.0)
    assert reason(clot, large) == "blood"
    assert reason(clot, replace(large, twin=True)) is None
    assert reason(clot, replace(large, volume_mm3=100.0)) is None
    assert reason(replace(clot, peak_hu=300.0), large) is None


def test_a_thin_faint_line_in_one_slice_is_a_streak():
    line = replace(DEEP, slices=1, long_mm=30.0, thin_mm=2.0)
    assert reason(replace(STONE, mean_hu=80.0), line) == "artefact"
    assert reason(replace(STONE, mean_hu=180.0), line) is None
    assert reason(replace(STONE, mean_hu=80.0), replace(line, slices=4)) is None


def test_faint_where_streaks_make_the_noise_is_a_streak():
    dim = replace(STONE, mean_hu=80.0, height=7.0)
    assert reason(dim, replace(DEEP, unrest=1.5)) == "artefact"
    assert reason(replace(dim, height=9.0), replace(DEEP, unrest=1.5)) is None
    assert reason(dim, replace(DEEP, unrest=1.2)) is None
    assert reason(dim, replace(DEEP, volume_mm3=500.0, twin=True, unrest=1.2)) == "artefact"
    assert reason(replace(dim, mean_hu=150.0), replace(DEEP, unrest=1.5)) is None


def test_a_compact_body_deep_in_the_brain_is_blood_and_no_band_of_streaks():
    clot = replace(STONE, mean_hu=64.0, peak_hu=75.0, height=7.0)
    body = replace(DEEP, volume_mm3=900.0, thin_mm=7.0, long_mm=12.0, unrest=2.0)
    assert reason(clot, body) == "blood"
    assert reason(clot, replace(body, long_mm=40.0)) == "artefact"


def test_nearer_to_bone_more_is_asked_for():
    low = replace(STONE, height=7.5)
    assert reason(low, replace(DEEP, depth_mm=7.0, bone_share=0.1)) == "noise"
    assert reason(low, replace(DEEP, depth_mm=9.0)) is None


def test_near_bone_that_does_not_touch_no_more_is_asked_for():
    assert reason(replace(STONE, height=7.5), replace(DEEP, depth_mm=7.0, bone_share=0.0)) is None


def test_as_bright_as_tissue_can_be_is_noise():
    assert reason(replace(STONE, peak_hu=55.0)) == "noise"


def test_faint_and_tiny_is_noise():
    assert reason(FAINT, replace(DEEP, volume_mm3=1.0)) == "noise"
    assert reason(FAINT, DEEP) is None


def test_a_faint_thing_alone_must_stand_out_more_than_one_with_a_twin():
    between = replace(FAINT, height=5.8)
    assert reason(between, DEEP) == "noise"
    assert reason(between, replace(DEEP, twin=True)) is None
    assert reason(replace(FAINT, height=5.0), replace(DEEP, twin=True)) == "noise"


def test_a_clear_peak_is_believed_however_small():
    assert reason(STONE, replace(DEEP, volume_mm3=0.5)) is None


def test_confidence_falls_towards_each_rule():
    sure = judge(STONE, DEEP, LIMITS).confidence
    for island, look in (
        (replace(STONE, height=5.5), DEEP),
        (FAINT, DEEP),
        (STONE, replace(DEEP, hazard=0.6)),
        (STONE, replace(DEEP, bone_share=0.3, brain_round=0.8)),
    ):
        assert judge(island, look, LIMITS).confidence < sure


def test_a_twin_makes_the_faint_surer():
    assert judge(FAINT, replace(DEEP, twin=True), LIMITS).confidence > judge(FAINT, DEEP, LIMITS).confidence


def test_what_is_set_aside_says_why_and_is_not_believed_at_all():
    verdict = judge(replace(STONE, peak_hu=3000.0), DEEP, LIMITS)
    assert verdict.confidence == 0.0
    assert "3000 HU" in verdict.words
