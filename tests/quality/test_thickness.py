"""What the protocol does to the numbers is said, with the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainsand.model.acquisition import Acquisition
from brainsand.model.grid import Grid
from brainsand.quality.thickness import protocol_cautions, smallest_focus_mm3

GOOD = {"kvp": 120.0, "kernel": "H31s", "sharp_kernel": False, "thickness_mm": 1.0}


def said(grid=None, *, noise_hu=4.0, **changed):
    acquisition = Acquisition(source="x", format="DICOM", sha256="0", **{**GOOD, **changed})
    grid = grid or Grid.regular((40, 8, 8), spacing_mm=(1.0, 0.45, 0.45))
    return {c.code: c.words for c in protocol_cautions(acquisition, grid, noise_hu=noise_hu)}


def test_a_good_thin_scan_says_nothing():
    assert said() == {}


def test_thick_slices_say_what_they_hide():
    words = said(Grid.regular((30, 8, 8), spacing_mm=(5.0, 0.45, 0.45)), thickness_mm=5.0)["thick_slices"]
    assert "5 mm thick" in words
    assert "2.0 mm³" in words


def test_thickness_is_taken_from_the_gaps_where_the_header_is_silent():
    assert (
        "4 mm" in said(Grid.regular((9, 8, 8), spacing_mm=(4.0, 0.4, 0.4)), thickness_mm=None)["thick_slices"]
    )


def test_an_uneven_stack_speaks_for_its_thickest_part():
    z = np.concatenate([np.arange(0, 20, 4.0), np.arange(20, 60, 7.0)])
    grid = Grid(
        shape=(len(z), 8, 8),
        origins_mm=np.stack([np.zeros_like(z)] * 2 + [z], axis=1),
        row_step_mm=np.array([0, 0.45, 0]),
        column_step_mm=np.array([0.45, 0, 0]),
    )
    assert "up to 7 mm" in said(grid, thickness_mm=4.0)["thick_slices"]


def test_gaps_say_how_much_lies_unseen():
    assert "50% of the head" in said(Grid.regular((9, 8, 8), spacing_mm=(2.0, 0.4, 0.4)))["slice_gaps"]


@pytest.mark.parametrize(
    "changed, code, words",
    [
        ({"kvp": None}, "kvp_unknown", "no mass"),
        ({"kvp": 80.0}, "unusual_kvp", "brighter"),
        ({"kvp": 140.0}, "unusual_kvp", "fainter"),
        ({"kernel": None, "sharp_kernel": None}, "kernel_unknown", "not said"),
        ({"kernel": "77", "sharp_kernel": None}, "kernel_unknown", "'77'"),
        ({"noise_hu": 11.0}, "noisy", "55 HU"),
        ({"noise_hu": None}, "noise_unknown", "could not be measured"),
    ],
)
def test_each_lack_is_said(changed, code, words):
    found = said(**changed)
    assert list(found) == [code]
    assert words in found[code]


def test_coarse_pixels_are_said():
    assert list(said(Grid.regular((40, 8, 8), spacing_mm=(1.0, 1.0, 1.0)))) == ["coarse_pixels"]


@given(st.floats(0.5, 10), st.floats(0.2, 2), st.floats(1, 30), st.floats(1, 2))
def test_nothing_that_worsens_a_scan_makes_smaller_foci_visible(thickness, pixel, noise, worse):
    least = smallest_focus_mm3(thickness, pixel_mm=pixel, noise_hu=noise)
    for changed in (
        smallest_focus_mm3(thickness * worse, pixel_mm=pixel, noise_hu=noise),
        smallest_focus_mm3(thickness, pixel_mm=pixel * worse, noise_hu=noise),
        smallest_focus_mm3(thickness, pixel_mm=pixel, noise_hu=noise * worse),
    ):
        assert changed >= least
