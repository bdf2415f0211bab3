"""Agatston-like scores counted by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainsand.measure.score import agatston_like, steps_at

STEPS = (130.0, 200.0, 300.0, 400.0)
TABLE = {70.0: (207, 318, 477, 636), 80.0: (177, 271, 408, 544), 120.0: STEPS, 135.0: (119, 183, 274, 364)}
SQUARE = [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]]


def test_two_slices_add_up_and_each_has_its_own_weight() -> None:
    index = SQUARE + [[1, r, c] for _, r, c in SQUARE]
    hu = [150.0] * 4 + [450.0] * 4
    score = agatston_like(index, hu, pixel_area_mm2=1.0, slice_extents_mm=[3.0, 3.0], steps_hu=STEPS)
    assert score == 4 * 1 + 4 * 4


def test_a_slice_of_six_millimetres_counts_twice() -> None:
    score = agatston_like(SQUARE, [150.0] * 4, pixel_area_mm2=1.0, slice_extents_mm=[6.0], steps_hu=STEPS)
    assert score == 8.0


def test_two_lesions_in_one_slice_have_their_own_peaks() -> None:
    index = [[0, 0, c] for c in (0, 1, 5, 6)]
    hu = [140.0, 150.0, 310.0, 320.0]
    score = agatston_like(index, hu, pixel_area_mm2=1.0, slice_extents_mm=[3.0], steps_hu=STEPS)
    assert score == 2 * 1 + 2 * 3


def test_less_than_a_square_millimetre_or_faint_calcium_does_not_count() -> None:
    small = agatston_like(
        SQUARE[:3], [500.0] * 3, pixel_area_mm2=0.25, slice_extents_mm=[3.0], steps_hu=STEPS
    )
    faint = agatston_like(SQUARE, [129.0] * 4, pixel_area_mm2=1.0, slice_extents_mm=[3.0], steps_hu=STEPS)
    assert (small, faint) == (0.0, 0.0)


def test_uneven_slices_count_by_their_own_extent() -> None:
    index = [[0, 0, 0], [1, 0, 0]]
    score = agatston_like(
        index, [150.0, 150.0], pixel_area_mm2=1.0, slice_extents_mm=[3.0, 6.0], steps_hu=STEPS
    )
    assert score == 3.0


@pytest.mark.parametrize("kvp", [None, 60.0, 140.0])
def test_a_tube_voltage_unknown_or_outside_the_table_gives_no_steps(kvp: float | None) -> None:
    assert steps_at(kvp, table=TABLE) is None


def test_a_voltage_between_two_rows_lies_between_their_steps() -> None:
    between = steps_at(75.0, table=TABLE)
    assert between == pytest.approx((192.0, 294.5, 442.5, 590.0))


@settings(max_examples=40, deadline=None)
@given(hu=st.lists(st.floats(0, 800), min_size=4, max_size=4), raised=st.floats(0, 100))
def test_raising_every_step_never_raises_the_score(hu: list[float], raised: float) -> None:
    def score(steps: tuple[float, ...]) -> float:
        return agatston_like(SQUARE, hu, pixel_area_mm2=1.0, slice_extents_mm=[3.0], steps_hu=steps)

    higher = tuple(float(s) for s in np.array(STEPS) + raised)
    assert score(higher) <= score(STEPS)
