"""Sums counted by hand, and spheres whose truth is known."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from brainsand.measure.calibration import calibration_at
from brainsand.measure.excess import Scene
from brainsand.measure.size import Measured, measure_deposit, measure_whole, scan_cautions
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume


def block(values: dict[tuple[int, int, int], float], *, shape: tuple[int, int, int] = (7, 40, 40)) -> Volume:
    hu = np.full(shape, 30, np.float32)
    for place, value in values.items():
        hu[place] = value
    return Volume(hu=hu, grid=Grid.regular(shape, spacing_mm=(2.0, 0.5, 0.5)))


@pytest.fixture
def measure(scene: Callable[..., Scene]) -> Callable[..., Measured]:
    def of(volume: Volume, index: list[list[int]], *others: list[list[int]], **changed: object) -> Measured:
        given = {"noise_hu": 0.0, **changed}
        on = scene(volume, np.array(index).reshape(-1, 3), *map(np.array, others), **given)
        return measure_deposit(on, index, number=1)

    return of


def test_three_voxels_counted_by_hand(measure: Callable) -> None:
    volume = block({(2, 20, 20): 130.0, (2, 20, 21): 230.0, (2, 20, 22): 60.0})
    found = measure(volume, [[2, 20, 20], [2, 20, 21]])
    assert found.threshold_volume_mm3 == pytest.approx(2 * 0.5)
    assert found.threshold_volumes_mm3 == {"90": 1.0, "100": 1.0, "130": 1.0}
    assert found.background_hu == pytest.approx(30.0)
    # 100 + 200 of the deposit and 30 of the blur beside it, each over half a cubic millimetre.
    assert found.excess_hu_mm3 == pytest.approx((100 + 200 + 30) * 0.5)
    # 165 HU mm3 at 1.343 HU for each mg/cm3.
    assert found.mass_mg == pytest.approx(165 / 1.343 / 1000)
    assert found.mass_pm_mg > 0.108 * found.mass_mg
    assert (found.mean_hu, found.peak_hu) == (180.0, 230.0)
    assert found.slices == (2, 2)


def test_one_voxel_is_measured_with_a_wide_doubt(measure: Callable) -> None:
    found = measure(block({(2, 20, 20): 430.0}), [[2, 20, 20]])
    assert found.excess_hu_mm3 == pytest.approx(400 * 0.5)
    assert found.morphology == "punctate"
    assert found.volume_basis == "modelled"
    assert found.volume_pm_mm3 > 0.2 * found.volume_mm3


def test_ten_thousand_voxels_of_known_density_give_their_volume(measure: Callable) -> None:
    shape = (30, 80, 80)
    sharp = np.zeros(shape, np.float32)
    sharp[5:21, 25:50, 25:50] = 300.0
    hu = 30 + ndimage.gaussian_filter(sharp, (0, 1, 1))
    index = np.argwhere(sharp > 0)
    assert len(index) == 10_000
    volume = Volume(hu=hu, grid=Grid.regular(shape, spacing_mm=(1.0, 0.5, 0.5)))
    found = measure(volume, index.tolist())
    assert found.excess_hu_mm3 == pytest.approx(10_000 * 0.25 * 300, rel=5e-3)
    assert found.volume_mm3 == pytest.approx(2500.0, rel=0.08)
    assert found.volume_basis == "seen"


def test_two_touching_deposits_add_up_to_what_both_are(measure: Callable) -> None:
    values = {(2, 20, c): 230.0 for c in (18, 19, 20)} | {(2, 20, c): 530.0 for c in (21, 22)}
    one, other = ([list(p) for p, v in values.items() if v == hu] for hu in (230.0, 530.0))
    volume = block(values)
    parts = [measure(volume, one, other).excess_hu_mm3, measure(volume, other, one).excess_hu_mm3]
    assert sum(parts) == pytest.approx((3 * 200 + 2 * 500) * 0.5, rel=0.03)
    assert parts[0] == pytest.approx(3 * 200 * 0.5, rel=0.25)


def test_a_body_cut_in_two_has_the_volume_of_the_whole(sphere: Callable, scene: Callable) -> None:
    head = sphere(4.0, contrast_hu=300.0)
    middle = int(np.median(head.index[:, 2]))
    halves = [head.index[head.index[:, 2] < middle], head.index[head.index[:, 2] >= middle]]
    on = scene(head.volume, *halves)
    whole = measure_whole(on, list(enumerate(halves, start=1)))
    cut = [measure_deposit(on, h, number=n, whole=whole) for n, h in enumerate(halves, start=1)]
    assert sum(c.volume_mm3 for c in cut) == pytest.approx(head.true_mm3, rel=0.06)
    assert sum(c.excess_hu_mm3 for c in cut) == pytest.approx(head.true_excess, rel=0.03)


def test_the_centre_is_a_point_in_millimetres(measure: Callable) -> None:
    found = measure(block({(2, 20, 20): 130.0}), [[2, 20, 20]])
    assert found.centre_lps_mm == (10.0, 10.0, 4.0)


@pytest.mark.parametrize("slice_mm", [1.0, 2.5, 5.0])
@pytest.mark.parametrize("radius_mm", [1.7, 4.0])
def test_excess_attenuation_is_the_same_through_thin_and_thick_slices(
    sphere: Callable, measured: Callable, slice_mm: float, radius_mm: float
) -> None:
    head = sphere(radius_mm, slice_mm=slice_mm, shift_mm=0.6)
    assert measured(head).excess_hu_mm3 == pytest.approx(head.true_excess, rel=0.03)


def test_tilt_changes_the_excess_by_less_than_three_percent(sphere: Callable, measured: Callable) -> None:
    upright, tilted = sphere(3.0), sphere(3.0, tilt=0.33)
    assert tilted.volume.grid.tilt_deg == pytest.approx(18.3, abs=0.1)
    assert measured(tilted).excess_hu_mm3 == pytest.approx(measured(upright).excess_hu_mm3, rel=0.03)


def test_the_threshold_volume_is_too_large_where_the_corrected_one_is_right(
    sphere: Callable, measured: Callable
) -> None:
    head = sphere(4.0, contrast_hu=300.0, slice_mm=2.5)
    found = measured(head)
    assert found.volume_basis == "seen"
    assert found.threshold_volume_mm3 > 1.3 * head.true_mm3
    assert found.volume_mm3 == pytest.approx(head.true_mm3, rel=0.06)
    assert abs(found.volume_mm3 - head.true_mm3) <= 2 * found.volume_pm_mm3


@pytest.mark.parametrize("slice_mm", [1.0, 5.0])
@pytest.mark.parametrize("radius_mm, contrast_hu", [(1.2, 300.0), (1.7, 150.0), (2.5, 400.0)])
def test_a_small_sphere_lies_within_two_stated_deviations(
    sphere: Callable, measured: Callable, slice_mm: float, radius_mm: float, contrast_hu: float
) -> None:
    head = sphere(radius_mm, contrast_hu=contrast_hu, slice_mm=slice_mm)
    found = measured(head)
    assert abs(found.volume_mm3 - head.true_mm3) <= 2 * found.volume_pm_mm3


def test_the_stated_doubt_of_the_excess_holds_in_noise(sphere: Callable, measured: Callable) -> None:
    rng = np.random.default_rng(7)
    heads = [sphere(2.0, noise_hu=4.0, slice_mm=2.5, rng=rng) for _ in range(20)]
    scores = [(m.excess_hu_mm3 - h.true_excess) / m.excess_pm_hu_mm3 for h in heads for m in [measured(h)]]
    assert np.mean(np.abs(scores) < 1) >= 0.5
    assert np.abs(scores).max() < 4


def test_raising_the_threshold_never_grows_the_threshold_volume(sphere: Callable, measured: Callable) -> None:
    head = sphere(3.0)
    hu = head.volume.hu[tuple(head.index.T)]
    volumes = []
    for threshold in (60, 90, 130):
        kept = type(head)(head.volume, head.index[hu >= threshold], head.true_mm3, head.true_excess)
        volumes.append(measured(kept).threshold_volume_mm3)
    assert volumes == sorted(volumes, reverse=True)


def test_without_a_tube_voltage_mass_and_score_are_none_and_it_is_said(
    sphere: Callable, measured: Callable, scene: Callable
) -> None:
    head = sphere(2.0)
    found = measured(head, kvp=None)
    assert found.agatston_like is None
    assert (found.mass_mg, found.mass_pm_mg) == (None, None)
    assert found.excess_hu_mm3 == pytest.approx(head.true_excess, rel=0.05)
    said = scan_cautions(scene(head.volume, head.index, kvp=None))
    assert [c.code for c in said] == ["mass_no_kvp", "agatston_no_kvp"]


def test_a_user_s_own_calibration_replaces_the_table(sphere: Callable, scene: Callable) -> None:
    head = sphere(2.0)
    own = calibration_at(None, table=[], own_hu_per_mg_cm3=2.0, own_share_pm=0.01)
    found = measure_deposit(replace(scene(head.volume, head.index), calibration=own), head.index, number=1)
    assert found.mass_mg == pytest.approx(found.excess_hu_mm3 / 2000)


def test_with_bone_all_around_nothing_is_compared_and_it_is_said(measure: Callable) -> None:
    volume = block({(2, 20, 20): 300.0})
    found = measure(volume, [[2, 20, 20]], inside=np.zeros(volume.hu.shape, bool))
    assert found.excess_hu_mm3 is None
    assert found.volume_mm3 is None
    assert {c.code for c in found.cautions} == {"background_unknown", "blur_cut_off"}


def test_a_neighbouring_deposit_is_neither_background_nor_blur(measure: Callable) -> None:
    far = [[2, 20, c] for c in range(26, 34)]
    volume = block({(2, 20, 20): 230.0} | {tuple(p): 930.0 for p in far})
    alone = measure(block({(2, 20, 20): 230.0}), [[2, 20, 20]])
    beside = measure(volume, [[2, 20, 20]], far)
    assert beside.excess_hu_mm3 == pytest.approx(alone.excess_hu_mm3, rel=0.02)
    assert beside.background_hu == pytest.approx(30.0)


def test_nan_beside_a_deposit_is_left_out(measure: Callable) -> None:
    volume = block({(2, 20, 20): 230.0, (2, 20, 22): float("nan"), (2, 20, 30): float("nan")})
    found = measure(volume, [[2, 20, 20]])
    assert found.excess_hu_mm3 == pytest.approx(200 * 0.5)


def test_a_lone_slice_is_refused_because_it_has_no_thickness(measure: Callable) -> None:
    volume = Volume(
        hu=np.full((1, 9, 9), 30, np.int16), grid=Grid.regular((1, 9, 9), spacing_mm=(1.0, 0.5, 0.5))
    )
    with pytest.raises(ValueError, match="1 slice"):
        measure(volume, [[0, 4, 4]])


def test_an_empty_deposit_and_a_nan_are_refused(measure: Callable) -> None:
    volume = block({(2, 20, 20): float("nan")})
    with pytest.raises(ValueError, match="0 voxels"):
        measure(volume, np.zeros((0, 3), int))
    with pytest.raises(ValueError, match="1 of 1 voxels"):
        measure(volume, [[2, 20, 20]])


def test_mirroring_the_scan_leaves_every_measure_alone(measure: Callable) -> None:
    values = {(2, 20, 18): 130.0, (2, 20, 19): 230.0, (2, 21, 19): 90.0}
    mirrored = {(k, r, 39 - c): v for (k, r, c), v in values.items()}
    one = measure(block(values), [list(p) for p in values])
    other = measure(block(mirrored), [list(p) for p in mirrored])
    assert other.excess_hu_mm3 == pytest.approx(one.excess_hu_mm3)
    assert other.volume_mm3 == pytest.approx(one.volume_mm3)
    assert other.form.largest_diameter_mm == pytest.approx(one.form.largest_diameter_mm)
    assert other.morphology == one.morphology
