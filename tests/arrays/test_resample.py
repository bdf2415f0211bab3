"""Block means and resampling, against slow plain loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from brainsand.arrays.resample import block_mean, evened, resampled, stretched, values_at, values_of

RNG = np.random.default_rng(5)
SHEARED = np.array([[0.5, 0.0, 0.1, 0.7], [0.2, 0.6, 0.0, 0.4], [0.0, -0.15, 0.8, 1.1], [0.0, 0.0, 0.0, 1.0]])


def linear_by_loop(array, at):
    """The eight corners round a point, each weighed by hand."""
    low = np.minimum(np.floor(at).astype(int), np.array(array.shape) - 2)
    share = at - low
    total = 0.0
    for corner in itertools.product((0, 1), repeat=3):
        weight = np.prod([s if c else 1 - s for s, c in zip(share, corner, strict=True)])
        total += weight * array[tuple(low + corner)]
    return total


def indices(shape, matrix):
    for index in itertools.product(*map(range, shape)):
        yield index, (matrix @ [*index, 1.0])[:3]


def test_linear_values_under_shear_are_those_of_a_slow_loop():
    array = RNG.normal(size=(5, 6, 7))
    out = resampled(array, SHEARED, (6, 7, 6), fill=-9.0)
    seen = 0
    for index, at in indices(out.shape, SHEARED):
        if ((at >= 0) & (at <= np.array(array.shape) - 1)).all():
            assert out[index] == pytest.approx(linear_by_loop(array, at), abs=1e-6)
            seen += 1
        elif ((at < -0.5) | (at > np.array(array.shape) - 0.5)).any():
            assert out[index] == -9.0
    assert seen > 50


def test_nearest_labels_are_those_of_a_slow_loop():
    array = RNG.integers(0, 256, size=(5, 6, 7)).astype(np.uint8)
    out = resampled(array, SHEARED, (6, 7, 6), fill=0, nearest=True)
    for index, at in indices(out.shape, SHEARED):
        near = np.rint(at).astype(int)
        within = ((near >= 0) & (near < array.shape)).all()
        ties = np.abs(at - np.floor(at) - 0.5).min() < 1e-6
        assert ties or out[index] == (array[tuple(near)] if within else 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
def test_the_number_type_stays(dtype):
    assert resampled(np.ones((2, 2, 2), dtype), np.eye(4), (2, 2, 2), fill=0).dtype == dtype


def test_the_identity_changes_nothing():
    array = RNG.integers(-1024, 3000, size=(3, 4, 5)).astype(np.int16)
    assert np.array_equal(resampled(array, np.eye(4), array.shape, fill=0), array)


def test_linear_never_leaves_the_range_of_its_neighbours():
    array = RNG.integers(-1000, 3000, size=(6, 6, 6)).astype(np.int16)
    out = resampled(array, SHEARED, (8, 8, 6), fill=0)
    assert out.min() >= min(array.min(), 0)
    assert out.max() <= array.max()


@pytest.mark.parametrize("factors", [(1, 1, 1), (1, 2, 2), (2, 3, 1), (3, 2, 4)])
def test_block_means_are_those_of_a_slow_loop_and_leave_part_blocks_out(factors):
    array = RNG.integers(-1000, 1000, size=(7, 8, 9)).astype(np.int16)
    out = block_mean(array, factors)
    assert out.shape == tuple(n // f for n, f in zip(array.shape, factors, strict=True))
    assert out.dtype == np.float32
    for index in itertools.product(*map(range, out.shape)):
        block = tuple(slice(i * f, (i + 1) * f) for i, f in zip(index, factors, strict=True))
        assert out[index] == pytest.approx(array[block].mean(), abs=1e-3)


def test_uneven_slices_are_evened_as_by_interpolation_of_each_voxel():
    positions = np.array([0.0, 4.0, 8.0, 9.08, 16.08, 23.08])
    array = RNG.normal(size=(6, 2, 3)).astype(np.float32)
    out, count = evened(array, positions, 2.0)
    at = 2.0 * np.arange(count)
    assert at[-1] <= positions[-1] < at[-1] + 2.0
    for r, c in itertools.product(range(2), range(3)):
        assert out[:, r, c] == pytest.approx(np.interp(at, positions, array[:, r, c]), abs=1e-5)


def test_values_go_on_beyond_the_edge():
    array = np.arange(27, dtype=np.float32).reshape(3, 3, 3)
    assert values_at(array, np.array([[-4.0, 9.0], [1.0, 1.0], [1.0, 1.0]])).tolist() == [4.0, 22.0]


def test_values_of_several_maps_are_those_of_each_alone():
    maps = RNG.normal(size=(3, 6, 7, 5)).astype(np.float32)
    # Some lie outside, where the edge goes on.
    index = RNG.uniform(-2, 9, size=(3, 400))
    together = values_of(maps, index)
    for one, values in zip(maps, together, strict=True):
        assert values == pytest.approx(values_at(one, index), abs=1e-5)


def test_values_of_a_map_one_cell_thick_are_those_of_its_one_cell():
    maps = np.array([[[[4.0, 8.0]]]], np.float32)
    assert values_of(maps, np.array([[0.0, 0.7], [0.3, 0.0], [0.5, 1.0]])).tolist() == [[6.0, 8.0]]


def test_stretched_along_each_axis_it_is_linear_between_its_cells():
    array = RNG.normal(size=(4, 5, 6)).astype(np.float32)
    at = np.array([-1.0, 0.0, 0.4, 2.9, 3.0, 7.0], np.float32)
    for axis, size in enumerate(array.shape):
        out = np.moveaxis(stretched(array, axis, at), axis, 0)
        lines = np.moveaxis(array, axis, 0).reshape(size, -1)
        slow = np.stack([np.interp(at, np.arange(size), line) for line in lines.T], axis=1)
        assert out.reshape(6, -1) == pytest.approx(slow, abs=1e-5)


@pytest.mark.parametrize("kind", [np.int16, np.float32])
@pytest.mark.parametrize("factors", [(1, 2, 2), (2, 3, 2), (3, 1, 4)])
def test_block_means_are_the_means_of_the_blocks(kind, factors):
    array = RNG.integers(-1024, 3000, (7, 9, 8)).astype(kind)
    out = block_mean(array, factors)
    a, b, c = factors
    for k, r, q in np.ndindex(out.shape):
        block = array[k * a : k * a + a, r * b : r * b + b, q * c : q * c + c]
        assert out[k, r, q] == pytest.approx(block.mean(dtype=float), abs=1e-3)
