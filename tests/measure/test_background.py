"""Tissue under a deposit is foretold from the tissue around it, with a doubt that holds."""

import numpy as np
import pytest

from brainsand.measure.background import Seen, TissueMap, background
from brainsand.measure.texture import Texture
from brainsand.model.grid import Grid

WHITE_NOISE = Texture(lags=np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], float), slices=())
LINE = np.arange(-10.0, 10.5, 0.5)
PLANE = np.stack([g.ravel() for g in (*np.meshgrid(LINE, LINE, indexing="ij"), np.zeros((41, 41)))], axis=1)
NEAR = np.linalg.norm(PLANE, axis=1) < 4
RING = ~NEAR & (np.linalg.norm(PLANE, axis=1) < 10)


def foretold(hu, *, tissue=None, tissue_hu=(), noise_hu=1.0, each=1.0):
    shares = np.zeros((len(PLANE), 0)) if tissue is None else tissue
    return background(
        Seen(points_mm=PLANE[RING], hu=hu[RING], tissue=shares[RING], slice=np.zeros(RING.sum(), int)),
        points_mm=PLANE[NEAR],
        tissue=shares[NEAR],
        weight=np.full(NEAR.sum(), each),
        tissue_hu=np.array(tissue_hu, float),
        texture=WHITE_NOISE,
        noise_hu=noise_hu,
    )


def test_even_tissue_is_foretold_as_it_is():
    found = foretold(np.full(len(PLANE), 30.0))
    assert found.mean_hu == pytest.approx(30.0, abs=0.01)
    assert found.pm_hu < 1.5


def test_a_slope_goes_on_under_the_deposit():
    found = foretold(30.0 + PLANE[:, 0])
    left, right = PLANE[NEAR][:, 0] < -2, PLANE[NEAR][:, 0] > 2
    assert found.mean_hu == pytest.approx(30.0, abs=0.3)
    assert found.hu[right].mean() - found.hu[left].mean() > 2.0


def test_a_border_that_runs_under_the_deposit_is_split_and_widens_the_doubt():
    even = foretold(np.full(len(PLANE), 30.0))
    border = foretold(np.where(PLANE[:, 0] > 0, 5.0, 35.0))
    assert border.mean_hu == pytest.approx(20.0, abs=2.0)
    assert border.pm_hu > 2 * even.pm_hu


def test_bone_calcium_air_and_nan_around_are_not_used():
    hu = np.full(len(PLANE), 30.0)
    hu[::4], hu[1::4], hu[2::8] = 900.0, -800.0, np.nan
    found = foretold(hu)
    assert found.mean_hu == pytest.approx(30.0, abs=0.01)
    assert found.voxels == int((RING & (hu == 30.0)).sum())


def test_with_fewer_than_twelve_voxels_there_is_none():
    hu = np.full(len(PLANE), 500.0)
    hu[np.flatnonzero(RING)[:11]] = 30.0
    assert foretold(hu) is None


def test_where_no_voxel_counts_there_is_none():
    assert foretold(np.full(len(PLANE), 30.0), each=0.0) is None


def test_half_of_a_step_that_the_tissue_map_expects_is_taken_and_doubted():
    fluid = np.where(NEAR, 0.0, 1.0)
    hu = np.where(NEAR, 35.0, 5.0)
    blind = foretold(hu)
    told = foretold(hu, tissue=np.stack([fluid, 1 - fluid], axis=1), tissue_hu=(5.0, 35.0))
    assert blind.mean_hu < 8.0
    assert 10.0 < told.mean_hu < 25.0
    assert told.pm_hu > blind.pm_hu + 8.0


def test_the_doubt_holds_over_many_backgrounds_of_its_own_kind():
    rng = np.random.default_rng(3)
    inside = []
    apart = np.linalg.norm(PLANE[::9, None] - PLANE[None, ::9], axis=2)
    root = np.linalg.cholesky(36.0 * np.exp(-apart / 4.0) + 1e-6 * np.eye(len(apart)))
    nearest = np.linalg.norm(PLANE[:, None] - PLANE[None, ::9], axis=2).argmin(axis=1)
    for _ in range(150):
        true = 30.0 + (root @ rng.standard_normal(len(root)))[nearest]
        found = foretold(true + rng.standard_normal(len(PLANE)))
        inside.append(abs(found.mean_hu - true[NEAR].mean()) < found.pm_hu)
    assert 0.55 < np.mean(inside) < 0.85


def test_a_tissue_map_gives_shares_over_the_thickness_of_a_slice():
    grid = Grid.regular((20, 20, 20), spacing_mm=(1.0, 1.0, 1.0))
    labels = np.ones((20, 20, 20), np.uint8)
    labels[10:] = 2
    tissue = TissueMap(labels=labels, grid=grid, hu={1: 5.0, 2: 35.0})
    points = np.array([[10.0, 10.0, 2.0], [10.0, 10.0, 9.5], [10.0, 10.0, 17.0]])
    shares = tissue.shares(points, normal=np.array([0.0, 0.0, 1.0]), thick_mm=5.0)
    assert shares[0] == pytest.approx([1.0, 0.0], abs=1e-6)
    assert shares[1] == pytest.approx([0.5, 0.5], abs=0.11)
    assert shares[2] == pytest.approx([0.0, 1.0], abs=1e-6)
