"""Numbers small enough to judge by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from brainsand.following import ends_unsure
from brainsand.followup.change import MIRRORED, Rule, chance_of, change_of, difference, expected_of, total_of
from brainsand.followup.limit import TAIL, Limit, limit_for
from brainsand.followup.obstacles import contrast_differs, metal_slices, of_reasons, out_of_view
from brainsand.followup.protocol import REPEAT_PM, SCANNER_PM, VOLTAGE_UNKNOWN_PM, protocols
from brainsand.followup.trend import trend_of
from brainsand.model.acquisition import Acquisition
from brainsand.model.comparison import Amount
from brainsand.model.grid import Grid

THREE = Limit(even=2 * student.sf(3.0, TAIL), uneven=0.0, offset=0.0)
RULE = Rule(
    share_pm=0.0,
    volume_share_pm=0.0,
    unshared=1.0,
    volume_unshared=1.0,
    parted_unshared=1.0,
    years=2.0,
    limit=THREE,
)


def amount(excess, pm=10.0, *, found=True, **more):
    return Amount(ids=(1,) if found else (), excess_hu_mm3=excess, excess_pm_hu_mm3=pm, **more)


@pytest.mark.parametrize(
    "earlier, later, state",
    [
        (amount(1000), amount(1042), "stable"),
        (amount(1000), amount(1043), "grown"),
        (amount(1000), amount(957), "shrunk"),
        (amount(5, found=False), amount(200), "new"),
        (amount(60, found=False), amount(200), "grown"),
        (amount(200), amount(5, found=False), "gone"),
        (amount(200), amount(60, found=False), "shrunk"),
        (amount(190, found=False), amount(200), "stable"),
        (amount(5, found=False), amount(60), "not_comparable"),
        (amount(1000), Amount(ids=(), obstacle="metal"), "not_comparable"),
    ],
)
def test_states_by_hand(earlier, later, state):
    # Two deviations of 10 make one of 14.1: a change counts from 42.4 on, one found in one scan alone from 73.5.
    assert change_of(earlier, later, RULE).state == state


def test_why_nothing_can_be_said_is_said():
    assert change_of(amount(5, found=False), amount(60), RULE).obstacle == "below_detection"
    hidden = change_of(amount(1000), Amount(ids=(), obstacle="outside_coverage"), RULE)
    assert hidden.obstacle == "outside_coverage"
    assert hidden.excess_hu_mm3 is None
    assert "outside one of the scans" in hidden.words


EXCESS = st.floats(-100, 5000)
PM = st.floats(1, 300)
AMOUNT = st.builds(amount, EXCESS, PM, found=st.booleans())


@given(earlier=AMOUNT, later=AMOUNT)
def test_the_other_way_round_a_change_is_its_mirror_image(earlier, later):
    there, back = change_of(earlier, later, RULE), change_of(later, earlier, RULE)
    if earlier.ids or later.ids:
        assert back.state == MIRRORED[there.state]
    assert back.excess_hu_mm3.value == -there.excess_hu_mm3.value
    assert back.excess_hu_mm3.sdc == there.excess_hu_mm3.sdc


@given(a=AMOUNT)
def test_nothing_changes_between_a_scan_and_itself(a):
    assert change_of(a, a, RULE).state in ("stable", "not_comparable")
    if a.ids:
        assert change_of(a, a, RULE).state == "stable"


def test_what_both_scans_share_cancels_and_noise_does_not():
    parts = (1000.0, 50.0, 30.0)  # of 50, 30 are noise and 40 the rest
    assert difference(parts, parts, share_pm=0, unshared=1, years=None).pm == pytest.approx(50 * 2**0.5)
    assert difference(parts, parts, share_pm=0, unshared=0, years=None).pm == pytest.approx(30 * 2**0.5)


def test_bodies_that_border_on_each_other_are_doubted_more():
    thin = replace(RULE, unshared=0.15, parted_unshared=0.35)
    alone = amount(1000.0, 50.0, excess_noise_pm_hu_mm3=0.0)
    beside = replace(alone, parted=1.0)
    narrow, wide = (change_of(a, a, thin).excess_hu_mm3.pm for a in (alone, beside))
    assert wide / narrow == pytest.approx((0.35 / 0.15) ** 0.5)


def test_what_neighbours_take_from_each_other_is_a_share_of_the_amount():
    coarse = replace(RULE, unshared=0.0, parted_unshared=0.0, parted_share_pm=0.06)
    alone = amount(1000.0, 0.0, excess_noise_pm_hu_mm3=0.0)
    assert change_of(alone, alone, coarse).excess_hu_mm3.pm == 0
    assert change_of(replace(alone, parted=1.0), alone, coarse).excess_hu_mm3.pm == pytest.approx(60)


def test_cuts_between_neighbours_have_a_share_on_thick_slices_alone():
    thin, thick = (protocols(scanned(), scanned(), gaps_mm=(g, g)) for g in (1.0, 5.0))
    assert (thin.parted_share_pm, thick.parted_share_pm) == (0.0, 0.06)
    assert thin.unshared < thick.unshared


def test_a_protocol_that_differs_widens_the_doubt_in_proportion():
    sure = (1000.0, 0.0, 0.0)
    assert difference(sure, sure, share_pm=0.05, years=None).pm == pytest.approx(50)


def test_what_one_scan_alone_shows_is_doubted_as_a_body_whose_ends_are_not_sure():
    thick = replace(RULE, unshared=0.2, parted_unshared=0.8)
    there, missed = (amount(1000.0, 50.0, found=f, excess_noise_pm_hu_mm3=0.0) for f in (True, False))
    both, one = (change_of(there, other, thick).excess_hu_mm3.pm for other in (there, missed))
    assert one / both == pytest.approx(2.0)


def test_of_a_sum_only_the_part_with_unsure_ends_is_doubted_more():
    sure, unsure = amount(3000.0, 0.0), replace(amount(1000.0, 0.0), parted=1.0)
    total = total_of([sure, unsure])
    assert total.parted == 0.25
    coarse = replace(RULE, parted_share_pm=0.06)
    assert change_of(total, total, coarse).excess_hu_mm3.pm == pytest.approx(60)
    assert total_of([]).parted == 0.0


def test_rates_need_years():
    d = difference((100.0, 1.0, 1.0), (200.0, 1.0, 1.0), share_pm=0, years=4.0)
    assert (d.per_year, d.percent) == (25.0, 100.0)
    assert difference((100.0, 1.0, 1.0), (200.0, 1.0, 1.0), share_pm=0, years=0.0).per_year is None


def test_the_more_is_compared_the_more_a_change_must_stand_out():
    limits = [limit_for([4.0] * n, chance=0.05).deviations(4.0) for n in (1, 10, 100)]
    assert limits == sorted(limits)
    # One in twenty, and of 100 alike one in two thousand each, by Student's t of 20 degrees (tables).
    assert limits[0] == pytest.approx(2.086, abs=0.001)
    assert limits[2] == pytest.approx(4.146, abs=0.01)


EXPECTED = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)


@given(expected=EXPECTED, chance=st.sampled_from([0.05, 0.017]))
def test_chances_add_up_to_the_whole_whatever_is_compared(expected, chance):
    limit = limit_for(expected, chance=chance)
    spent = sum(2 * student.sf(limit.deviations(m), TAIL) for m in expected)
    assert spent == pytest.approx(chance, rel=1e-3)


@given(expected=EXPECTED)
def test_no_limit_is_wider_than_half_the_chance_shared_out_evenly(expected):
    limit = limit_for(expected, chance=0.05)
    assert limit.widest == pytest.approx(student.isf(0.025 / len(expected) / 2, TAIL))
    assert all(limit.deviations(m) <= limit.widest for m in expected)


def test_a_body_in_doubt_gets_more_of_the_chance_than_one_that_is_sure_or_hopeless():
    bodies = [0.1, 3.5, 25.0] * 5
    limit = limit_for(bodies, chance=0.05)
    hopeless, doubted, sure = (limit.deviations(m) for m in bodies[:3])
    assert doubted < hopeless
    assert doubted < sure
    # Five get a fifteenth of the even half and a fifth of the other: 1 in 150, but for what the others take.
    assert doubted == pytest.approx(student.isf((0.025 / 15 + 0.025 / 5) / 2, TAIL), abs=0.02)


def test_nothing_changes_in_ninety_five_of_a_hundred_unchanged_pairs():
    rng = np.random.default_rng(7)
    sizes = rng.uniform(0.2, 12, 30)
    limit = limit_for(sizes, chance=0.05)
    drawn = np.abs(rng.standard_t(TAIL, (20_000, 30)))
    wrong = (drawn > [limit.deviations(m) for m in sizes]).any(axis=1).mean()
    assert 0.044 < wrong < 0.054


def test_what_one_scan_alone_shows_takes_no_more_than_its_even_part():
    assert expected_of(amount(5, found=False), amount(200), RULE) == 0.0
    assert expected_of(amount(1000), amount(1000), RULE) == pytest.approx(300 / 200**0.5)


def test_several_pairs_go_wrong_together_once_in_twenty():
    assert 1 - (1 - chance_of(3)) ** 3 == pytest.approx(0.05)


def test_a_sum_with_a_part_missing_is_missing():
    assert total_of([amount(10), Amount(ids=(2,))]).excess_hu_mm3 is None
    assert total_of([]).excess_hu_mm3 == 0


def scanned(**facts):
    return Acquisition(
        **{"source": "x", "format": "DICOM", "sha256": "", "kvp": 120.0, "manufacturer": "M", **facts}
    )


@pytest.mark.parametrize(
    "facts, names",
    [
        ({}, ()),
        ({"kvp": 100.0}, ("voltage",)),
        ({"kvp": None}, ("voltage_unknown",)),
        ({"kernel": "B"}, ("kernel",)),
        ({"manufacturer": None}, ("scanner_unknown",)),
        ({"manufacturer": "N"}, ("scanner",)),
        ({"model_name": "other"}, ("scanner",)),
        ({"thickness_mm": 5.0}, ("thickness",)),
    ],
)
def test_what_differs_between_protocols_is_named(facts, names):
    assert protocols(scanned(), scanned(**facts), gaps_mm=(1.0, 1.0)).mismatches == names


def test_somebody_may_vouch_for_what_files_do_not_say_but_not_against_them():
    silent, other = scanned(kvp=None, manufacturer=None), scanned(manufacturer="N")
    doubted = protocols(silent, silent, gaps_mm=(1.0, 1.0))
    assert doubted.share_pm == pytest.approx((REPEAT_PM**2 + VOLTAGE_UNKNOWN_PM**2 + SCANNER_PM**2) ** 0.5)
    assert protocols(silent, silent, gaps_mm=(1.0, 1.0), same_scanner=True).mismatches == ()
    assert protocols(scanned(), other, gaps_mm=(1.0, 1.0), same_scanner=True).mismatches == ("scanner",)


def test_a_line_through_three_scans_and_none_through_two():
    scans = [replace(amount(e), mass_mg=None) for e in (100.0, 200.0, 300.0)]
    line = trend_of(scans, (0.0, 1.0, 2.0), share_pm=0.0)
    assert (round(line.per_year, 6), line.unit) == (100.0, "HU mm3")
    assert trend_of(scans[:2], (0.0, 1.0), share_pm=0.0) is None
    assert trend_of(scans, (0.0, None, 2.0), share_pm=0.0) is None


GRID = Grid.regular((5, 10, 10), spacing_mm=(2, 1, 1))


def test_what_is_cut_by_the_end_of_a_scan_is_not_all_in_view():
    inner = [[2, 5, 5]]
    assert not out_of_view(GRID.points(inner), np.array(inner), GRID)
    assert out_of_view(GRID.points([[0, 5, 5]]), np.array([[0, 5, 5]]), GRID)
    assert out_of_view(GRID.points([[7, 5, 5]]), np.array(inner), GRID)
    assert out_of_view(GRID.points(inner), np.zeros((0, 3), int), GRID)
    assert out_of_view(np.zeros((0, 3)), np.array([[4, 5, 5]]), GRID)
    assert not out_of_view(np.zeros((0, 3)), np.array(inner), GRID)


def test_slices_with_metal_are_found():
    hu = np.full(GRID.shape, 30, np.int16)
    hu[3, 2:4, 2:4] = 3000
    assert metal_slices(hu, GRID) == {3}


def test_bone_and_noise_are_no_obstacle_and_contrast_is_one_only_where_it_differs():
    assert of_reasons(["bone", "noise"]) is None
    assert of_reasons(["bone", "metal"]) == "metal"
    assert not contrast_differs(["present", "suspected"])


def test_a_plexus_and_thin_plates_beside_fluid_end_elsewhere_on_other_slices():
    assert all(ends_unsure([site]) for site in ("choroid_plexus", "falx", "vessel_wall"))
    assert not ends_unsure(["putamen", "dentate_nucleus"])
