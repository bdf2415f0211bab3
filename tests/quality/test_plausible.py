"""A wrong zero, a window, coarse steps: noticed, said with their size, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.errors import InputRefused
from brainsand.quality.plausible import (
    Offset,
    Values,
    offset_cautions,
    offset_of,
    refuse_unless_hounsfield,
    tissue_medians,
    value_cautions,
    values_of,
)

EXPECTED = {"white_matter_hu": 28.0, "gray_matter_hu": 37.0}
GOOD = Values(top_hu=2000.0, share_at_top=0.0, step_hu=1.0, air_hu=-1000.0)


def codes(cautions):
    return [c.code for c in cautions]


@pytest.mark.parametrize("shift", [-20, -12, 0, 9])
def test_the_offset_is_what_was_added(ball_head, shift):
    found = tissue_medians(ball_head.noisy(5.0, add_hu=shift), ball_head.tissue)
    assert found["csf"] == pytest.approx(5 + shift, abs=1)
    assert offset_of(found, **EXPECTED).hu == pytest.approx(shift, abs=1)


def test_an_offset_is_said_with_its_size_and_the_tissues():
    tissue = {"csf": -7.0, "white_matter": 16.0, "gray_matter": 25.0}
    offset = offset_of(tissue, **EXPECTED)
    (said,) = offset_cautions(offset, tissue, said_from_hu=7.0, air_hu=-1014.0)
    assert said.code == "hu_offset"
    assert "12 ± 3 HU too low" in said.words
    assert "white matter 16" in said.words
    assert "air -1014" in said.words


def test_an_ordinary_difference_is_not_said():
    tissue = {"csf": 8.0, "white_matter": 25.0, "gray_matter": 33.0}
    assert offset_cautions(offset_of(tissue, **EXPECTED), tissue, said_from_hu=7.0, air_hu=-998.0) == ()


def test_a_missing_tissue_leaves_the_offset_unknown_and_says_so(ball_head):
    found = tissue_medians(
        ball_head.noisy(), np.where(ball_head.tissue == 3, 0, ball_head.tissue).astype(np.uint8)
    )
    assert found["gray_matter"] is None
    assert offset_of(found, **EXPECTED) is None
    assert codes(offset_cautions(None, found, said_from_hu=7.0, air_hu=None)) == ["offset_unknown"]


def test_air_that_is_not_at_minus_1000_is_said(ball_head):
    air = values_of(ball_head.noisy(6.0, add_hu=50), ball_head.inside).air_hu
    assert air == pytest.approx(-950, abs=6)
    said = offset_cautions(Offset(hu=0.0, pm_hu=3.0), {}, said_from_hu=7.0, air_hu=air)
    assert codes(said) == ["air_hu"]


def test_air_cut_off_at_the_lowest_value_is_no_air(ball_head):
    assert values_of(np.maximum(ball_head.noisy(), -500), ball_head.inside).air_hu is None


def test_good_values_say_nothing(ball_head):
    values = values_of(ball_head.noisy(), ball_head.inside)
    assert (values.step_hu, values.share_at_top < 0.005) == (1.0, True)
    assert value_cautions(values) == ()
    refuse_unless_hounsfield(Offset(hu=3.0, pm_hu=3.0), GOOD)


def test_values_cut_off_in_bone_are_said(ball_head):
    said = value_cautions(values_of(np.minimum(ball_head.noisy(60.0), 850), ball_head.inside))
    assert codes(said) == ["clipped_hu"]
    assert "850 HU" in said[0].words


def test_eight_bits_stretched_over_the_range_are_noticed(ball_head):
    stretched = (np.rint((ball_head.noisy(8.0) + 1024) / 7.1) * 7.1 - 1024).astype(np.float32)
    values = values_of(stretched, ball_head.inside)
    assert values.step_hu == pytest.approx(7.1, abs=0.01)
    assert codes(value_cautions(values)) == ["coarse_steps"]


@pytest.mark.parametrize(
    "offset_hu, values, code",
    [
        (55.0, GOOD, "brain_not_in_hu"),
        (0.0, Values(top_hu=255.0, share_at_top=0.9, step_hu=1.0, air_hu=None), "windowed"),
        (0.0, Values(top_hu=3071.0, share_at_top=0.0, step_hu=16.0, air_hu=-1000.0), "too_few_gray_levels"),
    ],
)
def test_what_no_offset_explains_is_refused(offset_hu, values, code):
    with pytest.raises(InputRefused) as refusal:
        refuse_unless_hounsfield(Offset(hu=offset_hu, pm_hu=3.0), values)
    assert refusal.value.code == code
