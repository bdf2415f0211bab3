"""Labels of the straightened head, laid back on the scan's own voxels."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from brainsand.anatomy.native import even_runs, laid_on, on_native, reached, slow_on_native
from brainsand.arrays.affine import turn
from brainsand.model.grid import Grid

HEAD = np.eye(4)
HEAD[:3, :3] = turn(17.3, -4.1, 6.7)[:, ::-1]
HEAD[:3, 3] = [-61.37, -55.21, -48.83]
HEAD_GRID = Grid.from_affine((110, 120, 100), HEAD)


def nearest_by_lookup(labels, grid):
    """Each voxel's own millimetre, looked up in the head."""
    at = np.rint(HEAD_GRID.index_of(grid.points(np.indices(grid.shape).reshape(3, -1).T))).astype(int)
    within = ((at >= 0) & (at < labels.shape)).all(axis=1)
    out = np.zeros(len(at), labels.dtype)
    out[within] = labels[tuple(at[within].T)]
    return out.reshape(grid.shape)


def test_labels_on_a_tilted_uneven_stack_are_those_of_nearest_lookups(awkward_grid):
    labels = np.random.default_rng(2).integers(0, 79, HEAD_GRID.shape).astype(np.uint8)
    laid = on_native(labels, HEAD_GRID, awkward_grid)
    wrong = (laid != nearest_by_lookup(labels, awkward_grid)).mean()
    # Even runs are laid by one affine map each; a voxel within a hair of two cells may fall to either.
    assert wrong < 1e-3


def test_the_stack_is_cut_into_runs_that_share_no_slice(awkward_grid):
    runs = even_runs(awkward_grid)
    assert [i for run in runs for i in range(run.start, run.stop)] == list(range(18))
    for run in runs:
        assert awkward_grid.part(run, slice(None), slice(None)).is_even()


def test_a_lone_slice_is_one_run():
    assert even_runs(Grid.regular((1, 4, 4), spacing_mm=(1, 1, 1))) == [slice(0, 1)]


def test_beyond_the_head_there_is_no_label(awkward_grid):
    far = Grid(
        shape=awkward_grid.shape,
        origins_mm=awkward_grid.origins_mm + 500,
        row_step_mm=awkward_grid.row_step_mm,
        column_step_mm=awkward_grid.column_step_mm,
    )
    assert not on_native(np.ones(HEAD_GRID.shape, np.uint8), HEAD_GRID, far).any()


def test_laid_within_a_frame_it_is_what_it_is_laid_whole(awkward_grid):
    labels = np.zeros(HEAD_GRID.shape, np.uint8)
    frame = (slice(30, 80), slice(25, 90), slice(20, 75))
    labels[frame] = np.random.default_rng(4).integers(1, 79, (50, 65, 55))
    laid = laid_on(labels, HEAD_GRID, awkward_grid, frame=frame)
    whole = on_native(labels, HEAD_GRID, awkward_grid)
    assert laid.any()
    assert (laid != whole).mean() < 1e-4
    part = reached(HEAD_GRID, frame, awkward_grid)
    beyond = np.ones(awkward_grid.shape, bool)
    beyond[part] = False
    assert not whole[beyond].any()


def test_a_frame_beside_the_scan_reaches_none_of_it(awkward_grid):
    far = HEAD.copy()
    far[:3, 3] += 900
    labels = np.ones(HEAD_GRID.shape, np.uint8)
    frame = (slice(0, 110), slice(0, 120), slice(0, 100))
    assert not laid_on(labels, Grid.from_affine(HEAD_GRID.shape, far), awkward_grid, frame=frame).any()


def test_a_slow_map_looked_up_every_two_millimetres_is_itself(awkward_grid):
    k, r, c = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in HEAD_GRID.shape), indexing="ij")
    slow = (30 + 4 * np.sin(k / 20) + 3 * np.cos(r / 25) + c / 40).astype(np.float32)
    part = (slice(2, 14), slice(20, 70), slice(15, 61))
    looked_up = slow_on_native(slow, HEAD_GRID, awkward_grid, part=part, fill=-1.0)
    each = on_native(slow, HEAD_GRID, awkward_grid, part=part, nearest=False, fill=-1.0)
    inside = each > 0
    assert inside.mean() > 0.1
    # At the edge of the head's grid a voxel may lie between a known and an unknown place.
    core = ndimage.binary_erosion(inside, np.ones((1, 9, 9)))
    assert np.abs(looked_up - each)[core].max() < 0.02
