"""Deposits: volumes and masses against formulas; forms keep to their sites."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.errors import UsageError
from brainsand.phantom import planting, shapes
from brainsand.phantom.deposits import Spot, calcium_gain, painted
from brainsand.phantom.places import region

NAMES = {"morphology": "nodular", "kind": "ectopic"}


def _painted(form, reach, **more):
    spot = Spot(site="thalamus", side="left", low_mm=np.full(3, -reach), high_mm=np.full(3, reach))
    return painted(form, spot, peak_excess_hu=100, **{**NAMES, **more})


@pytest.mark.parametrize("radius", [0.5, 1.0, 2.5, 5.0])
def test_a_ball_has_the_volume_of_a_ball(radius):
    deposit = _painted(shapes.ball((0.03, -0.02, 0.05), radius), radius + 0.5, cell_mm=min(0.25, radius / 6))
    assert deposit.volume_mm3 == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.01)
    assert deposit.excess_hu_mm3 == pytest.approx(100 * deposit.volume_mm3, rel=1e-5)
    assert deposit.mass_mg == pytest.approx(100 / 1.343 * 1e-3 * deposit.volume_mm3, rel=1e-5)


def test_a_turned_ellipsoid_has_its_volume_and_its_semi_axes():
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    deposit = _painted(shapes.ellipsoid((0, 0, 0), (1.5, 2.5, 4.0), turn), 4.5)
    assert deposit.volume_mm3 == pytest.approx(4 / 3 * np.pi * 1.5 * 2.5 * 4, rel=0.01)
    assert deposit.semi_axes_mm == pytest.approx((4.0, 2.5, 1.5), rel=0.02)


def test_a_shell_is_the_difference_of_two_balls():
    deposit = _painted(shapes.shell(shapes.ball((0, 0, 0), 4), 1.0), 4.5)
    assert deposit.volume_mm3 == pytest.approx(4 / 3 * np.pi * (4**3 - 3**3), rel=0.01)


def test_a_straight_tube_is_a_cylinder_with_round_ends():
    deposit = _painted(shapes.tube([[-3, 0, 0], [0, 0, 0], [3, 0, 0]], 1.0), 4.5)
    assert deposit.volume_mm3 == pytest.approx(np.pi * 6 + 4 / 3 * np.pi, rel=0.01)


def test_two_balls_apart_have_the_sum_of_their_volumes():
    two = shapes.either([shapes.ball((-2, 0, 0), 1), shapes.ball((2, 0, 0), 1.5)])
    assert _painted(two, 4).volume_mm3 == pytest.approx(4 / 3 * np.pi * (1 + 1.5**3), rel=0.01)


def test_the_body_of_a_mask_has_the_masks_volume(head):
    mask = head.labels == 10
    points = head.grid.points(np.argwhere(mask))
    deposit = painted(
        shapes.of_mask(mask, head.grid),
        Spot(site="thalamus", side="left", low_mm=points.min(axis=0) - 3, high_mm=points.max(axis=0) + 3),
        peak_excess_hu=1,
        **NAMES,
    )
    assert deposit.volume_mm3 == pytest.approx(mask.sum() * 2.5**3, rel=0.08)


def test_blood_has_no_calcium_mass():
    assert _painted(shapes.ball((0, 0, 0), 2), 2.5, substance="blood").mass_mg is None


def test_a_form_without_volume_is_refused():
    with pytest.raises(UsageError, match="no volume"):
        _painted(shapes.ball((50, 0, 0), 1), 2)


def test_calcium_grows_as_the_tube_voltage_falls():
    assert calcium_gain(80) == pytest.approx(1.829 / 1.343)
    assert calcium_gain(135) == pytest.approx(1.229 / 1.343)
    gains = [calcium_gain(k) for k in (70, 80, 90, 100, 110, 120, 130, 140)]
    assert gains == sorted(gains, reverse=True)
    with pytest.raises(UsageError, match="40 kV"):
        calcium_gain(40)


def test_a_nodule_has_the_volume_of_the_ball_it_was_asked_for(surveyed):
    deposit = planting.nodule(
        surveyed, "putamen", "left", diameter_mm=4, peak_hu=200, kind="ectopic", rng=np.random.default_rng(0)
    )
    assert deposit.volume_mm3 == pytest.approx(4 / 3 * np.pi * 8, rel=0.015)
    assert deposit.centre_mm[0] > 0


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_filling_stays_in_its_structure_and_takes_about_its_share(surveyed, side):
    deposit = planting.filling(
        surveyed, "thalamus", side, share=0.4, peak_hu=200, kind="ectopic", rng=np.random.default_rng(1)
    )
    area = region(surveyed, "thalamus", side)
    nearest = np.round(surveyed.grid.index_of(deposit.points_mm[deposit.share > 0.9])).astype(int)
    assert area[tuple(nearest.T)].mean() > 0.97
    whole = area.sum() * 2.5**3
    assert 0.2 * whole < deposit.volume_mm3 < 0.6 * whole


def test_a_gyriform_ribbon_lies_in_the_cortex(surveyed):
    deposit = planting.gyrus(
        surveyed,
        "left",
        centre_mm=(20, 58, 10),
        radius_mm=15,
        thickness_mm=1.6,
        peak_hu=200,
        kind="ectopic",
        rng=np.random.default_rng(0),
    )
    nearest = np.round(surveyed.grid.index_of(deposit.points_mm[deposit.share > 0.9])).astype(int)
    assert (surveyed.labels[tuple(nearest.T)] == 3).mean() > 0.95
    assert deposit.morphology == "gyriform"
    assert (deposit.points_mm[:, 0] > 0).all()


def test_the_remaining_forms_say_what_they_are(surveyed):
    rng = np.random.default_rng(0)
    dots = planting.sprinkle(
        surveyed, "caudate", "left", count=6, spread_mm=2, dot_mm=1.5, peak_hu=90, kind=None, rng=rng
    )
    rim = planting.rind(
        surveyed, "cerebellum", "right", diameter_mm=6, thickness_mm=1, peak_hu=90, kind=None, rng=rng
    )
    plate = planting.plaque(
        surveyed, "falx", "midline", length_mm=10, thickness_mm=2, peak_hu=300, kind="physiologic", rng=rng
    )
    assert [d.morphology for d in (dots, rim, plate)] == ["stippled", "rim", "linear"]
    assert plate.semi_axes_mm == pytest.approx((5.0, 3.0, 1.0), rel=0.05)
    assert rim.volume_mm3 == pytest.approx(4 / 3 * np.pi * (27 - 8), rel=0.02)
