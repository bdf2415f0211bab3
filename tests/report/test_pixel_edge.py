"""Borders along pixels' edges: exact areas, pieces apart, holes filled."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from brainsand.report.pixel_edge import pixel_edges


def area(curve):
    x, y = np.array(curve[:-1]).T
    return 0.5 * float(x @ np.roll(y, -1) - np.roll(x, -1) @ y)


def test_one_pixel_is_a_unit_square():
    assert pixel_edges(np.ones((1, 1), bool)) == [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]]


def test_an_empty_mask_has_no_border():
    assert pixel_edges(np.zeros((3, 3), bool)) == []


def test_pixels_that_touch_at_a_corner_are_two_pieces():
    assert [area(curve) for curve in pixel_edges(np.eye(2, dtype=bool))] == [1, 1]


def test_a_ring_is_filled():
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    assert [area(curve) for curve in pixel_edges(ring)] == [9]


@given(arrays(bool, st.tuples(st.integers(1, 7), st.integers(1, 7))))
def test_the_area_is_that_of_the_mask_with_its_holes_filled(mask):
    whole = ndimage.binary_fill_holes(mask, structure=np.ones((3, 3)))
    curves = pixel_edges(whole)
    assert sum(map(area, curves)) == whole.sum()
    assert len(curves) == ndimage.label(whole)[1]


@given(arrays(bool, st.tuples(st.integers(1, 7), st.integers(1, 7))))
def test_curves_are_closed_and_turn_at_every_point(mask):
    for curve in pixel_edges(mask):
        assert curve[0] == curve[-1]
        steps = np.sign(np.diff([*curve, curve[1]], axis=0))
        assert (np.abs(steps).sum(axis=1) == 1).all()
        assert (np.abs(steps[1:]) != np.abs(steps[:-1])).any(axis=1).all()
