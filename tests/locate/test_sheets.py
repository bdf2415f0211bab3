"""Plates beside the midline and between cerebellum and cerebrum, on a head a reader can draw."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.locate.place import Placed
from brainsand.locate.sheets import is_plate, on_sheet
from brainsand.locate.slab import Slab, slab_of
from brainsand.model.grid import Grid
from brainsand.model.sites import site_index

SHAPE = (40, 40, 41)
MIDLINE = 20
HEAD = Grid.regular(SHAPE, spacing_mm=(1.0, 1.0, 1.0))


def sites() -> np.ndarray:
    """Cerebellum below slice 18, cerebrum from slice 22 on, a gap of four slices between."""
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[:18] = site_index("cerebellum", "left")
    drawn[22:] = site_index("cortex", "left")
    return drawn


def body(*, centre: tuple[float, float, float], half_mm: tuple[float, float, float]) -> Slab:
    index = np.argwhere(np.ones(SHAPE, bool))
    inside = (((index - np.array(centre)) / np.array(half_mm)) ** 2).sum(axis=1) <= 1
    return slab_of(index[inside], np.full(int(inside.sum()), 300.0), grid=HEAD, head=HEAD)


def called(site: str, *, falx: float = 0.0, tentorium: float = 0.0, **shares: float) -> Placed:
    return Placed(
        site=site,
        side="left",
        lobe=None,
        site_probabilities=shares or {site: 1.0},
        map_shares={site: 1 - falx - tentorium, "falx": falx, "tentorium": tentorium},
        cortex_share=0.8,
        wall_share=0.0,
        midline_distance_mm=3.0,
        rules=(),
    )


def given(place: Placed, slab: Slab) -> Placed:
    midline = np.broadcast_to((np.arange(SHAPE[2]) - MIDLINE).astype(np.float32), SHAPE).copy()
    return on_sheet(place, slab, sites=sites(), midline_mm=midline)


FALX_PLATE = body(centre=(30, 20, 23), half_mm=(5.0, 7.0, 1.2))
TENTORIAL_PLATE = body(centre=(19.5, 20, 30), half_mm=(1.2, 6.0, 6.0))


def test_a_sagittal_plate_three_millimetres_beside_the_midline_is_the_falx() -> None:
    found = given(called("cortex", falx=0.1, cortex=0.7, gray_white_junction=0.3), FALX_PLATE)
    assert (found.site, found.side) == ("falx", "left")
    assert found.site_probabilities["falx"] == pytest.approx(0.85)
    assert found.rules == ("plate_of_the_falx",)
    assert is_plate(found)


def test_a_plate_lies_on_the_cortex_and_is_no_ribbon_of_it() -> None:
    assert given(called("cortex", falx=0.1), FALX_PLATE).cortex_share == 0.0


def test_a_level_plate_between_cerebellum_and_cerebrum_is_the_tentorium() -> None:
    found = given(called("cerebellum", tentorium=0.1), TENTORIAL_PLATE)
    assert (found.site, found.side) == ("tentorium", "left")
    assert found.rules == ("plate_of_the_tentorium",)


def unchanged(place: Placed, slab: Slab) -> bool:
    return given(place, slab) == place


def test_a_round_nodule_there_stays_where_the_map_has_it() -> None:
    nodule = body(centre=(19.5, 20, 30), half_mm=(2.5, 2.5, 2.5))
    assert unchanged(called("cerebellum", tentorium=0.3), nodule)
    assert unchanged(called("cortex", falx=0.3), body(centre=(30, 20, 23), half_mm=(2.5, 2.5, 2.5)))


def test_a_plate_turned_across_the_sheet_is_not_the_sheets() -> None:
    upright = body(centre=(20, 20, 30), half_mm=(6.0, 6.0, 1.2))
    assert unchanged(called("cerebellum", tentorium=0.3), upright)
    level = body(centre=(30, 20, 21), half_mm=(1.2, 7.0, 5.0))
    assert unchanged(called("cortex", falx=0.3), level)


def test_a_sagittal_plate_far_from_the_midline_is_a_gyrus() -> None:
    assert unchanged(called("cortex", falx=0.3), body(centre=(30, 20, 32), half_mm=(5.0, 7.0, 1.2)))


def test_a_plate_deep_in_the_cerebellum_is_not_the_tentorium() -> None:
    assert unchanged(called("cerebellum", tentorium=0.3), body(centre=(9, 20, 30), half_mm=(1.2, 6.0, 6.0)))


def test_without_the_sheet_on_the_map_within_its_doubt_a_plate_says_nothing() -> None:
    assert unchanged(called("cortex"), FALX_PLATE)


def test_a_plate_in_the_callosum_is_not_given_to_the_falx() -> None:
    assert given(called("corpus_callosum", falx=0.1), FALX_PLATE).site == "corpus_callosum"
