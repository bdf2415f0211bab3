"""The sums of one step of refinement against the same sums written out."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.anatomy.lay import head_template
from brainsand.anatomy.refine import BLOCK, FIRST, UNIT_MM, feature, ground_of, refined
from brainsand.anatomy.refine import _equations as equations
from brainsand.arrays.affine import moved, turn


@pytest.fixture(scope="module")
def ground(atlas):
    """The template on a lattice of 4 mm that holds itself, a little noisy."""
    template = head_template(atlas)
    affine = atlas.affine.copy()
    affine[:3, :3] *= 2
    rng = np.random.default_rng(0)
    scan = template.hu[::2, ::2, ::2] + rng.normal(0, 5, template.hu[::2, ::2, ::2].shape)
    return ground_of(
        feature(scan).astype(np.float32), np.ones(scan.shape, np.float32), affine, template, FIRST
    )


def test_the_equations_are_those_of_the_written_out_jacobian(ground):
    rng = np.random.default_rng(1)
    n = ground.places.shape[1]
    slopes, weight, away = (rng.normal(size=s).astype(np.float32) for s in ((3, n), n, n))
    normal, pull = equations(ground, slopes, weight, away)
    gradient = slopes.T.astype(float) @ ground.to_index[:3, :3]
    jacobian = (gradient[:, :, None] * ground.places.T[:, None, :]).reshape(n, 12)
    weighted = jacobian * weight[:, None]
    assert normal == pytest.approx(weighted.T @ jacobian, rel=1e-3, abs=1e-2)
    assert pull == pytest.approx(weighted.T @ away.astype(float), rel=1e-3, abs=1e-2)


def test_points_come_in_whole_blocks_and_those_filled_in_weigh_nothing(ground):
    assert ground.places.shape[1] % BLOCK == 0
    assert ground.products.shape == (ground.places.shape[1] // BLOCK, BLOCK, 16)
    assert (np.abs(ground.places[:3]) * UNIT_MM < 200).all()


def test_from_a_start_turned_and_shifted_it_comes_back_to_the_truth(ground):
    start = np.eye(4)
    start[:3, :3], start[:3, 3] = turn(6, -4, 5), (8, -6, 5)
    fit = refined(ground, start)
    corners = np.array([[60, 0, 0], [-60, 0, 0], [0, 70, 0], [0, -70, 40]]) + ground.middle_mm
    assert np.linalg.norm(moved(fit.matrix, corners) - corners, axis=1).max() < 1.5
    assert fit.share > 0.95


def test_a_start_beside_the_scan_is_no_good_fit(ground):
    start = np.eye(4)
    start[:3, 3] = (600, 0, 0)
    assert refined(ground, start).misfit == np.inf
