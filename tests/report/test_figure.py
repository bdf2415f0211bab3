"""Pictures follow the radiological convention and outlines hold what they outline."""

from __future__ import annotations

import base64
import dataclasses
import io
import re

import numpy as np
import pytest
from PIL import Image

from brainsand.model.grid import Grid
from brainsand.report.figure import (
    BRAIN,
    LETTERS,
    PLANES,
    along,
    frame_around,
    framed,
    grey,
    png_uri,
    projections,
    section,
    shown,
)
from brainsand.report.gallery import (
    deposit_voxels,
    key_panels,
    overview_panels,
    plates,
    ranked_sites,
)
from brainsand.report.outline import outlines, path_data
from brainsand.report.panel import KIND_COLOURS, KIND_DASHES, panel_svg
from brainsand.report.words import KIND_ORDER

from .fake_case import fake_case, fake_deposit, mirrored


def winds_around(curve, point):
    """How often a closed curve winds around a point: the plain sum of angles."""
    steps = curve - np.asarray(point)
    angle = np.arctan2(steps[:, 0], steps[:, 1])
    turns = np.diff(np.append(angle, angle[0]))
    return round(float(((turns + np.pi) % (2 * np.pi) - np.pi).sum() / (2 * np.pi)))


def masks():
    rng = np.random.default_rng(0)
    ring = np.zeros((20, 20), bool)
    ring[3:17, 3:17] = True
    ring[7:13, 7:13] = False
    return [np.ones((1, 1), bool), np.eye(5, dtype=bool), rng.random((15, 12)) > 0.8, ring]


@pytest.mark.parametrize("mask", masks())
def test_an_outline_encloses_every_corner_of_its_mask(mask):
    curves = outlines(mask)
    for r, c in np.argwhere(mask):
        for dr, dc in ((-0.49, -0.49), (-0.49, 0.49), (0.49, -0.49), (0.49, 0.49)):
            assert sum(winds_around(curve, (r + dr, c + dc)) for curve in curves) != 0


@pytest.mark.parametrize("mask", masks())
def test_an_outline_stays_near_its_mask(mask):
    places = np.argwhere(mask)
    for curve in outlines(mask, gap=0.6):
        away = np.linalg.norm(curve[:, None] - places, axis=2).min(axis=1)
        assert away.max() < 1.25  # 0.5 of the pixel, 0.6 gap, and interpolation between ridges
        assert away.min() > 0.9


def test_a_hole_has_an_outline_of_its_own():
    curves = outlines(masks()[3])
    assert len(curves) == 2
    assert sum(winds_around(curve, (9.5, 9.5)) for curve in curves) == 0


def test_no_mask_has_no_outline():
    assert outlines(np.zeros((4, 4), bool)) == []
    assert path_data([]) == ""


def test_sections_stand_upright_in_radiological_convention():
    head = np.zeros((4, 5, 6))
    head[3, 0, 0] = 1  # crown, nose, the patient's right
    for plane, spot in (("axial", (0, 0)), ("coronal", (0, 0)), ("sagittal", (0, 0))):
        at = (3, 0, 0)[along(plane)]
        assert section(head, plane, at)[spot] == 1
        assert shown((3.0, 0.0, 0.0), plane, head.shape) == spot


def test_letters_name_the_edges():
    assert LETTERS["axial"] == ("A", "L", "P", "R")
    assert LETTERS["coronal"] == ("S", "L", "I", "R")
    assert LETTERS["sagittal"] == ("S", "P", "I", "A")


def test_the_patients_left_is_on_the_viewers_right():
    case = fake_case(fake_deposit(1, "putamen", "left"))
    panel = key_panels(case, deposit_voxels(case.picture))[0]
    assert panel.tick is not None
    assert panel.tick[0] > panel.side_mm / 2
    svg = panel_svg(panel)
    letters = {t: float(x) for x, t in re.findall(r'class="letter" x="([\d.]+)"[^>]*>(\w)<', svg)}
    assert letters["R"] < panel.side_mm / 2 < letters["L"]


@pytest.mark.parametrize("plane", ["axial", "coronal"])
def test_a_mirrored_head_gives_the_mirrored_picture(plane):
    case = fake_case(fake_deposit(1, "putamen", "left"))
    other = mirrored(case)
    one, two = (section(c.picture.head_hu, plane, 45) for c in (case, other))
    assert np.array_equal(one, two[:, ::-1])
    for one, two in zip(projections(case.picture, plane), projections(other.picture, plane), strict=True):
        assert np.array_equal(one, two[:, ::-1])
    ticks = [
        plates(c, deposit_voxels(c.picture))[0].panels[("axial", "coronal").index(plane)]
        for c in (case, other)
    ]
    # A frame of odd width over an even head may be half a pixel off on either side.
    assert ticks[0].tick[0] + ticks[1].tick[0] == pytest.approx(ticks[0].side_mm, abs=1.0)


def test_the_outline_lies_on_the_bright_pixels():
    case = fake_case(fake_deposit(1, "putamen", "left"))
    panel = key_panels(case, deposit_voxels(case.picture))[0]
    left, top, right, bottom = panel.marks[0].box
    bright = np.argwhere(panel.pixels == 255)
    inner = bright[
        (bright[:, 0] + 0.5 > top)
        & (bright[:, 0] + 0.5 < bottom)
        & (bright[:, 1] + 0.5 > left)
        & (bright[:, 1] + 0.5 < right)
    ]
    assert len(inner) > 20
    assert inner.mean(axis=0) + 0.5 == pytest.approx([(top + bottom) / 2, (left + right) / 2], abs=0.3)


def test_a_window_is_black_below_and_white_above():
    assert grey(np.array([-1000, 0, 80, 3000]), BRAIN).tolist() == [0, 0, 255, 255]


def test_a_frame_over_the_edge_is_filled():
    assert framed(np.ones((2, 2), np.int16), frame_around((0.0, 0.0), 3), fill=-5).tolist() == [
        [-5, -5, -5],
        [-5, 1, 1],
        [-5, 1, 1],
    ]


def test_a_png_is_enlarged_and_can_be_read():
    uri = png_uri(np.arange(12, dtype=np.uint8).reshape(3, 4), scale=3)
    image = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))
    assert (image.width, image.height, image.format) == (12, 9, "PNG")


def test_a_head_that_is_not_on_one_millimetre_is_refused():
    case = fake_case()
    grid = Grid.regular(case.picture.head_hu.shape, spacing_mm=(2.0, 1.0, 1.0))
    case = dataclasses.replace(case, picture=dataclasses.replace(case.picture, head_grid=grid))
    with pytest.raises(ValueError, match="1 mm"):
        overview_panels(case, {})


def test_grave_kinds_come_first_and_larger_ones_before_smaller():
    deposits = [
        fake_deposit(1, "choroid_plexus", "left", volume=900),
        fake_deposit(2, "putamen", "left", volume=5, kind="ectopic"),
        fake_deposit(3, "putamen", "left", volume=8, kind="physiologic"),
        fake_deposit(4, "thalamus", "right", volume=9, kind="ectopic"),
        fake_deposit(5, "caudate", "right", volume=50, kind="indeterminate"),
    ]
    assert [[d.id for d in g] for g in ranked_sites(deposits)] == [[2, 3], [4], [5], [1]]


def test_a_deposit_lost_on_the_head_grid_is_still_pointed_at():
    case = fake_case(fake_deposit(1, "putamen", "left"))
    empty = dataclasses.replace(case.picture, head_deposits=np.zeros_like(case.picture.head_deposits))
    plate = plates(dataclasses.replace(case, picture=empty), {})[0]
    assert all(panel.marks[0].path for panel in plate.panels)


def test_kinds_differ_by_colour_and_all_have_a_line():
    assert len(set(KIND_COLOURS.values())) == len(KIND_ORDER)
    assert set(KIND_COLOURS) == set(KIND_DASHES) == set(KIND_ORDER)
    assert set(PLANES) == set(LETTERS)
