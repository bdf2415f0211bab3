"""The sums that make the atlas: fits find what was moved, shapes lie as stated, halves make a whole."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from brainsand.phantom.labels import from_bytes

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def tool(monkeypatch):
    """A module of ``tools/build_atlas`` by name."""
    monkeypatch.syspath_prepend(str(TOOLS))
    return lambda name: importlib.import_module(f"build_atlas.{name}")


def blob(centre, shape=(20, 22, 24), size=4.0):
    index = np.indices(shape, np.float32)
    square = sum((i - c) ** 2 for i, c in zip(index, centre, strict=True))
    return np.exp(-square / (2 * size**2)).astype(np.float32)


def test_an_affine_fit_finds_a_shift(tool):
    fixed, moving = blob((10, 11, 12)), blob((11, 11, 10.5))
    fit, error = tool("fit").affine_fit(
        [moving],
        np.eye(4),
        [fixed],
        np.eye(4),
        within=(fixed > 0.1).astype(np.float32),
        start=np.eye(4)[:3],
    )
    assert fit @ [10, 11, 12, 1] == pytest.approx([11, 11, 10.5], abs=0.1)
    assert error < 1e-4


def test_demons_lay_a_moved_blob_back_and_say_the_same_twice(tool):
    fit = tool("fit")
    fixed, moving = blob((10, 11, 12)), blob((11, 11, 10.5))
    u, _ = fit.demons([moving], [fixed], [1.0], start=None, iterations=40)
    again, _ = fit.demons([moving], [fixed], [1.0], start=None, iterations=40)
    before = np.abs(moving - fixed).mean()
    assert np.abs(fit.warped(moving[None], u)[0] - fixed).mean() < 0.2 * before
    assert np.array_equal(u, again)


def test_a_displacement_on_a_finer_lattice_counts_more_voxels(tool):
    u = np.ones((3, 4, 4, 4), np.float32)
    finer = tool("fit").resized_displacement(u, (8, 8, 4))
    assert finer.shape == (3, 8, 8, 4)
    assert finer[:, 0, 0, 0].tolist() == [2.0, 2.0, 1.0]


def test_a_ball_lies_on_both_sides_at_its_stated_point(tool):
    at = tool("lattice").Places.plain()
    drawn = tool("shapes").ball(at, (14, -56, -36), (8, 8, 8))
    right = (drawn > 0.5) & (at.x > 0)
    assert np.array_equal(drawn, drawn[..., ::-1])
    assert [float(v[right].mean()) for v in (at.x, at.y, at.z)] == pytest.approx([14, -56, -36], abs=0.5)


def test_a_tube_holds_its_course_and_nothing_far_from_it(tool):
    at = SimpleNamespace(x=np.zeros(3), y=np.array([0.0, 5.0, 5.0]), z=np.array([0.0, 0.0, 8.0]))
    assert tool("shapes").tube(at, [(0, 0, 0), (0, 10, 0)], 2.0).tolist() == [1.0, 1.0, 0.0]


def test_an_outline_holds_what_is_inside_it(tool):
    at = SimpleNamespace(y=np.array([5.0, 20.0]), z=np.array([5.0, 5.0]))
    square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    assert tool("shapes").within_outline(at, square).tolist() == [1.0, 0.0]


def test_small_labels_are_counted_to_their_tissue(tool):
    labels = tool("labels")
    kept = labels.compact(np.array([[[0, 13, 516, 511, 85, 25, 57]]], np.uint16)).ravel()
    assert [labels.NUMBERS[k] for k in kept] == [0, 13, 515, 600, 28, 2, 41]


def test_sides_are_swapped_and_swapped_back(tool):
    labels = tool("labels")
    swap = labels.sides_swapped()
    assert labels.NUMBERS[swap[labels.NUMBERS.index(10)]] == 49
    assert np.array_equal(swap[swap], np.arange(len(labels.NUMBERS)))


def test_the_classes_share_out_every_number_once(tool):
    labels = tool("labels")
    shared = [n for numbers in labels.CLASSES.values() for n in numbers]
    assert sorted(shared) == sorted(labels.NUMBERS)


def test_no_head_is_both_averaged_and_held_out(tool):
    labels = tool("labels")
    assert sorted(labels.AVERAGED + labels.HELD_OUT) == list(range(1, 13))


def test_the_most_probable_labels_are_packed_as_the_phantom_reads_them(tool):
    labels, ground = tool("labels"), tool("ground")
    numbers = (13, 515, 600, 0)
    average = np.zeros((len(labels.NUMBERS), 1, 1, 4), np.float32)
    for k, number in enumerate(numbers):
        average[labels.NUMBERS.index(number), 0, 0, k] = 1
    assert from_bytes(ground.most_likely(average)).ravel().tolist() == [13, 515, 507, 0]


def test_a_lopsided_map_is_not_packed(tool):
    lattice, pack = tool("lattice"), tool("pack")
    lopsided = np.zeros(lattice.SHAPE, np.int16)
    lopsided[0, 0, 0] = 1
    with pytest.raises(ValueError, match="mirror"):
        pack._half("hu", lopsided)


def test_an_empty_zone_is_not_packed(tool):
    with pytest.raises(ValueError, match="empty"):
        tool("pack")._cropped(np.zeros((2, 2, 2), np.uint8))
