"""Metal: in the head, in the teeth, and when nothing can be read beside it."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.errors import InputRefused
from brainsand.quality.metal import Metal, metal_cautions, metal_of, refuse_if_drowned

SLICES = 12


def head(noise=4.0):
    """Brain of 90 pixels across in an image of 128, 1 mm pixels."""
    hu = (30 + noise * np.random.default_rng(0).standard_normal((SLICES, 128, 128))).astype(np.float32)
    inside = np.zeros(hu.shape, bool)
    inside[:, 20:110, 20:110] = True
    hu[~inside] = -1000
    return hu, inside


def looked(hu, inside):
    return metal_of(hu, inside, voxel_mm3=np.full(SLICES, 2.0), pixel_mm=1.0)


def codes(cautions):
    return [c.code for c in cautions]


def test_a_head_without_metal_says_nothing():
    found = looked(*head())
    assert found == Metal(inside_mm3=0.0, outside_mm3=0.0, slice_share=0.0, streaks=None)
    assert metal_cautions(found) == ()


def test_a_clip_in_the_brain_is_said_with_its_volume():
    hu, inside = head()
    hu[5, 60:63, 60:63] = 3071
    found = looked(hu, inside)
    assert found.inside_mm3 == 18.0
    assert found.slice_share == pytest.approx(1 / 12)
    assert codes(metal_cautions(found)) == ["metal_inside"]


def test_metal_left_out_of_the_inside_like_bone_is_still_in_the_head():
    hu, inside = head()
    hu[5, 55:70, 55:70] = 3071
    inside[5, 50:75, 50:75] = False
    assert looked(hu, inside).outside_mm3 == 0.0


def test_a_tooth_whose_streaks_cross_the_brain_is_said_as_streaks():
    hu, inside = head()
    hu[:4, 115:120, 60:66] = 3071
    hu[:4][inside[:4]] += 8 * np.random.default_rng(1).standard_normal(int(inside[:4].sum()))
    found = looked(hu, inside)
    assert (found.inside_mm3, found.slice_share) == (0.0, pytest.approx(1 / 3))
    assert found.streaks == pytest.approx(np.hypot(4, 8) / 4, rel=0.1)
    assert codes(metal_cautions(found)) == ["metal_streaks"]


def test_a_bright_speck_is_no_metal():
    hu, inside = head()
    hu[5, 60, 60] = 2600
    assert metal_cautions(looked(hu, inside)) == ()


def test_a_drowned_brain_is_refused():
    with pytest.raises(InputRefused) as refusal:
        refuse_if_drowned(Metal(inside_mm3=900.0, outside_mm3=0.0, slice_share=0.6, streaks=4.0))
    assert refusal.value.code == "metal"
    refuse_if_drowned(Metal(inside_mm3=900.0, outside_mm3=0.0, slice_share=0.4, streaks=4.0))
