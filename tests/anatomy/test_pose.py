"""The atlas's own head, turned and moved, is found again; noise is not."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.lay import expected_inside, place_head
from brainsand.arrays.affine import moved, nearest_rotation, turn
from brainsand.arrays.resample import resampled
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume


def scan_of(atlas, truth, *, shape=(80, 88, 80), keep=slice(None)):
    """The atlas's attenuation as a scan of 3 mm, its head moved by ``truth`` (4, 4)."""
    grid = Grid.regular(shape, spacing_mm=(3.0, 3.0, 3.0), origin_mm=(-120, -110, -130))
    to_atlas = np.linalg.inv(truth @ atlas.affine) @ grid.affine
    hu = resampled(atlas.hu.astype(np.int16), to_atlas, shape, fill=-1000)
    whole = slice(None)
    return Volume(hu=hu[keep], grid=grid.part(keep, whole, whole))


def rigid(angles, shift_mm):
    truth = np.eye(4)
    truth[:3, :3], truth[:3, 3] = turn(*angles), shift_mm
    return truth


def misplaced_mm(pose, truth, atlas):
    """How far points of the brain are laid from where they are: mean and greatest."""
    points = moved(atlas.affine, np.argwhere(expected_inside(atlas))[::500])
    away = np.linalg.norm(moved(pose.matrix, points) - moved(truth, points), axis=1)
    return away.mean(), away.max()


def turned_deg(pose, truth):
    between = nearest_rotation(pose.matrix) @ truth[:3, :3].T
    return np.degrees(np.arccos(np.clip((np.trace(between) - 1) / 2, -1, 1)))


@pytest.mark.parametrize(
    "angles, shift_mm",
    [
        ((0, 0, 0), (0, 0, 0)),
        ((25, 0, 0), (10, -15, 5)),
        ((-30, 6, -8), (-12, 8, -10)),
        ((8, -7, 12), (5, 5, 5)),
    ],
)
def test_a_turned_and_shifted_head_is_found(atlas, angles, shift_mm):
    truth = rigid(angles, shift_mm)
    pose = place_head(scan_of(atlas, truth), atlas)
    mean, greatest = misplaced_mm(pose, truth, atlas)
    assert mean < 2.0
    assert greatest < 3.0
    assert turned_deg(pose, truth) < 2.0
    assert pose.residual_hu < 40


def test_a_head_cut_off_at_the_vertex_is_found(atlas):
    truth = rigid((10, 0, 0), (0, 5, 0))
    pose = place_head(scan_of(atlas, truth, keep=slice(0, 50)), atlas)
    mean, _ = misplaced_mm(pose, truth, atlas)
    assert mean < 3.0
    assert turned_deg(pose, truth) < 3.0
    assert pose.share_in_scan < 0.9


@pytest.mark.parametrize(
    "scale",
    [0.72, 0.85, 0.9, 1.1],
)
def test_a_smaller_or_larger_head_is_found_so(atlas, scale):
    pose = place_head(scan_of(atlas, np.diag([scale, scale, scale, 1.0])), atlas)
    assert pose.stretch == pytest.approx((scale,) * 3, abs=0.03)


def test_a_box_of_noise_fits_far_worse_than_any_head(atlas):
    rng = np.random.default_rng(3)
    noise = Volume(
        hu=rng.normal(0, 400, (60, 70, 60)).astype(np.int16),
        grid=Grid.regular((60, 70, 60), spacing_mm=(3.0, 3.0, 3.0)),
    )
    head = place_head(scan_of(atlas, np.eye(4)), atlas)
    assert place_head(noise, atlas).residual_hu > max(120.0, 3 * head.residual_hu)


def test_equal_scans_are_laid_equally_to_the_last_bit(atlas):
    scan = scan_of(atlas, rigid((5, 2, 1), (3, 2, 1)))
    first, second = place_head(scan, atlas), place_head(scan, atlas)
    assert np.array_equal(first.matrix, second.matrix)
    assert first.residual_hu == second.residual_hu
