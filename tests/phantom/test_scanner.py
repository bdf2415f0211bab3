"""The scanner: what is in the head is in the image, at its place, whatever the protocol."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from brainsand.errors import UsageError
from brainsand.phantom import planting
from brainsand.phantom.protocol import Protocol, pose_of, slices_of
from brainsand.phantom.scanner import attenuation_image, filled_share, image
from brainsand.phantom.truth import anatomy_on_scan

QUIET = {"noise_hu": 0.0, "beam_hardening": 0.0, "table": False, "matrix": 96, "in_plane_mm": 2.0}

PROTOCOLS = {
    "thin": Protocol(slice_mm=1.0, cut_bottom_mm=50, cut_top_mm=45, **QUIET),
    "clinical": Protocol(slice_mm=5.0, **QUIET),
    "tilted": Protocol(slice_mm=4.0, tilt_deg=18.5, **QUIET),
    "tilted back and turned": Protocol(
        slice_mm=2.5, tilt_deg=-20, pitch_deg=12, roll_deg=-7, yaw_deg=15, shift_mm=(4, -3, 7), **QUIET
    ),
    "uneven": Protocol(slice_mm=3.0, upper_from_slice=8, upper_slice_mm=6.0, tilt_deg=10, **QUIET),
    "overlapping": Protocol(slice_mm=4.0, increment_mm=2.0, **QUIET),
    "bone kernel": Protocol(slice_mm=3.0, sharp=True, **QUIET),
}


@pytest.fixture(scope="module")
def putaminal(surveyed):
    return planting.nodule(
        surveyed, "putamen", "left", diameter_mm=5, peak_hu=250, kind="ectopic", rng=np.random.default_rng(3)
    )


def _difference(head, deposit, protocol):
    """The image with the deposit less the one without: what the deposit adds (float HU), and its slices."""
    pose = pose_of(head, protocol)
    slices = slices_of(head, protocol, pose)
    pair = [
        attenuation_image(head, d, protocol, pose=pose, slices=slices, rng=np.random.default_rng(0)).astype(
            float
        )
        for d in ([deposit], [])
    ]
    return pair[0] - pair[1], slices, pose


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_excess_in_the_image_is_that_in_the_head(head, putaminal, name):
    added, slices, _ = _difference(head, putaminal, PROTOCOLS[name])
    total = float((added.sum(axis=(1, 2)) * slices.grid.voxel_volumes_mm3).sum())
    assert total == pytest.approx(putaminal.excess_hu_mm3, rel=0.02)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_deposit_is_seen_where_it_lies(head, putaminal, name):
    added, slices, pose = _difference(head, putaminal, PROTOCOLS[name])
    weight = added * slices.grid.voxel_volumes_mm3[:, None, None]
    index = np.argwhere(weight > 0.01)
    seen = np.average(slices.grid.points(index), axis=0, weights=weight[tuple(index.T)])
    slack = 0.1 + slices.thickness_mm.max() / 8  # a thick slice keeps no place within itself
    assert np.linalg.norm(seen - pose.to_scan(putaminal.centre_mm)[0]) < slack
    assert seen[0] > 10


def test_the_final_image_keeps_the_excess_through_rounding(head, putaminal, coarse):
    quiet = replace(coarse, noise_hu=1.0, beam_hardening=0.0)
    pair = [image(head, d, quiet, rng=np.random.default_rng(0)) for d in ([putaminal], [])]
    added = pair[0].hu.astype(float) - pair[1].hu
    total = float((added.sum(axis=(1, 2)) * pair[0].grid.voxel_volumes_mm3).sum())
    assert total == pytest.approx(putaminal.excess_hu_mm3, rel=0.03)


def test_calcium_is_brighter_at_80_kv_and_blood_is_not(head, surveyed):
    for substance, gain in (("calcium", 1.829 / 1.343), ("blood", 1.0)):
        deposit = planting.nodule(
            surveyed,
            "thalamus",
            "right",
            diameter_mm=8,
            peak_hu=30,
            kind=None,
            rng=np.random.default_rng(0),
            substance=substance,
        )
        sums = [
            _difference(head, deposit, Protocol(slice_mm=5.0, kvp=kvp, **QUIET))[0].sum() for kvp in (80, 120)
        ]
        assert sums[0] / sums[1] == pytest.approx(gain, rel=0.001)


def test_shares_of_voxels_agree_with_counting_points(head, putaminal):
    protocol = Protocol(slice_mm=3.0, tilt_deg=15, **QUIET)
    pose = pose_of(head, protocol)
    slices = slices_of(head, protocol, pose)
    box, share = filled_share(putaminal, slices, pose)
    rng = np.random.default_rng(0)
    n = 40
    jitter = rng.uniform(-0.5, 0.5, (len(putaminal.points_mm), n, 3)) * putaminal.cell_mm
    points = (putaminal.points_mm[:, None] + jitter).reshape(-1, 3)
    index = np.round(slices.grid.index_of(pose.to_scan(points))).astype(int)
    counted = np.zeros(slices.grid.shape)
    weight = np.repeat(putaminal.share, n) * putaminal.cell_mm**3 / n
    np.add.at(counted, tuple(index.T), weight)
    counted /= slices.grid.voxel_volumes_mm3[:, None, None]
    assert np.abs(counted[box] - share).max() < 0.06
    assert counted.sum() == pytest.approx(float(share.sum()), rel=1e-4)


def test_the_same_seed_gives_the_same_scan_and_another_seed_another(head, putaminal, coarse):
    one, same, other = (image(head, [putaminal], coarse, rng=np.random.default_rng(s)).hu for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_tissues_have_the_attenuation_of_tissues(head, coarse):
    volume = image(head, [], coarse, rng=np.random.default_rng(0))
    middle = np.round(volume.grid.index_of([[35, -30, 20]])[0]).astype(int)
    white = volume.hu[middle[0], middle[1] - 4 : middle[1] + 5, middle[2] - 4 : middle[2] + 5]
    assert 24 < white.mean() < 34
    assert volume.hu.max() > 700
    assert volume.hu.min() >= -1024
    assert np.median(volume.hu[:, :4]) == pytest.approx(-1000, abs=3)


def test_the_nose_is_at_the_top_and_the_left_at_the_right_of_an_axial_picture(head, coarse):
    pose = pose_of(head, coarse)
    found = anatomy_on_scan(head, slices_of(head, coarse, pose), pose)
    rows, columns = np.nonzero((found == 51).any(axis=0)), np.nonzero((found == 12).any(axis=0))
    assert columns[1].mean() > rows[1].mean()
    caudate, thalamus = (np.argwhere(found == n)[:, 1].mean() for n in (11, 10))
    assert caudate < thalamus
    low, high = (np.argwhere(found == n)[:, 0].mean() for n in (8, 4))
    assert low < high


def test_a_tilted_stack_is_sheared_as_asked_and_evenly_spaced(head):
    protocol = PROTOCOLS["tilted"]
    grid = slices_of(head, protocol, pose_of(head, protocol)).grid
    assert grid.tilt_deg == pytest.approx(18.5)
    assert grid.slice_gaps_mm == pytest.approx(np.full(grid.shape[0] - 1, 4.0))
    assert np.diff(grid.origins_mm, axis=0)[0] == pytest.approx([0, 0, 4 / np.cos(np.radians(18.5))])
    assert grid.row_step_mm[2] < 0


def test_thin_and_thick_slices_touch_where_the_stack_changes(head):
    protocol = PROTOCOLS["uneven"]
    slices = slices_of(head, protocol, pose_of(head, protocol))
    assert slices.grid.slice_gaps_mm[5:10] == pytest.approx([3, 3, 4.5, 6, 6])
    assert slices.thickness_mm[6:10] == pytest.approx([3, 3, 6, 6])


def test_cuts_shorten_the_scan_and_too_long_cuts_are_refused(head):
    whole, cut = (
        slices_of(head, p, pose_of(head, p)).grid.shape[0]
        for p in (Protocol(slice_mm=5.0), Protocol(slice_mm=5.0, cut_top_mm=30, cut_bottom_mm=20))
    )
    assert whole - cut == 10
    with pytest.raises(UsageError, match="leave no slice"):
        slices_of(head, Protocol(cut_top_mm=900), pose_of(head, Protocol()))


@pytest.mark.parametrize("wrong", [{"slice_mm": 0}, {"tilt_deg": 45}, {"upper_from_slice": 3}, {"matrix": 4}])
def test_protocols_no_scanner_has_are_refused(wrong):
    with pytest.raises(UsageError):
        Protocol(**wrong)
