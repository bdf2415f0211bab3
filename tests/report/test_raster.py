"""Pictures with what is drawn upon them as pixels: in the colour of their kind, of the size said, words below."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.report.outline import outlines, path_data
from brainsand.report.panel import KIND_COLOURS, Mark, Panel
from brainsand.report.raster import PER_MM, panel_pixels

SIDE = 80


def panel(kind, **changes):
    mask = np.zeros((SIDE, SIDE), bool)
    mask[30:40, 20:30] = True
    path = path_data(outlines(mask))
    mark = Mark(id=7, kind=kind, path=path, box=(20.0, 30.0, 30.0, 40.0))
    grey = np.full((SIDE, SIDE), 90, np.uint8)
    return Panel(
        **{
            "plane": "axial",
            "pixels": grey,
            "side_mm": SIDE,
            "scale": 3,
            "words": "a section",
            "window": "W 80 L 40 HU",
            "marks": (mark,),
            **changes,
        }
    )


def colour(kind):
    return np.array([int(KIND_COLOURS[kind][i : i + 2], 16) for i in (1, 3, 5)])


def near(pixels, kind):
    return np.abs(pixels.astype(int) - colour(kind)).max(axis=-1) < 30


@pytest.mark.parametrize("kind", KIND_COLOURS)
def test_an_outline_has_the_colour_of_its_kind_and_lies_round_the_deposit(kind):
    picture = panel_pixels(panel(kind), (), kinds=[])[: SIDE * PER_MM]
    rows, columns = np.nonzero(near(picture, kind)) / np.float64(PER_MM)
    assert len(rows) > 30
    assert (rows.min() > 27, rows.max() < 43, columns.min() > 17, columns.max() < 33) == (True,) * 4
    inner = picture[32 * PER_MM : 38 * PER_MM, 22 * PER_MM : 28 * PER_MM]
    assert (inner == 90).all()  # nothing is drawn over the deposit itself


def test_dashes_tell_kinds_apart_without_colour():
    drawn = {
        kind: near(panel_pixels(panel(kind), (), kinds=[])[: SIDE * PER_MM], kind).sum()
        for kind in ("physiologic", "age_related", "indeterminate")
    }
    assert drawn["age_related"] < drawn["indeterminate"] < drawn["physiologic"]


def test_the_picture_is_so_many_pixels_a_mm_and_the_words_stand_below_it():
    bare = panel_pixels(panel("ectopic"), (), kinds=[])
    told = panel_pixels(panel("ectopic"), ("word " * 40,), kinds=["ectopic"])
    assert bare.shape[1] == told.shape[1] == SIDE * PER_MM
    assert told.shape[0] > bare.shape[0] > SIDE * PER_MM
    assert np.array_equal(bare[: SIDE * PER_MM], told[: SIDE * PER_MM])
    assert near(told[SIDE * PER_MM :], "ectopic").any()


def test_a_tick_points_to_the_lesion_from_every_edge():
    ticked = panel_pixels(panel("ectopic", marks=(), tick=(25.0, 60.0)), (), kinds=[])
    plain = panel_pixels(panel("ectopic", marks=()), (), kinds=[])
    more = (ticked[: SIDE * PER_MM] != plain[: SIDE * PER_MM]).any(axis=-1)
    for row, column in ((0, 25), (79, 25), (60, 0), (60, 79)):
        patch = more[row * PER_MM : row * PER_MM + 3, column * PER_MM - 3 : column * PER_MM + 4]
        assert (
            patch.any()
            or more[row * PER_MM - 3 : row * PER_MM + 4, column * PER_MM : column * PER_MM + 3].any()
        )
