"""Heads pass; phantoms, odd shapes and skulls without brain do not."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.errors import NotAHead
from brainsand.quality.fit import (
    pose_cautions,
    refuse_if_filled,
    refuse_unless_brain,
    refuse_unless_head,
    texture_cautions,
    texture_hu,
)

ADULT = (1.08, 1.02, 0.91)


@pytest.mark.parametrize("residual_hu", [45.0, 60.5, 80.2])
def test_the_misfits_of_real_heads_pass_without_a_word(residual_hu):
    refuse_unless_head(residual_hu, ADULT, most_misfit_hu=120.0)
    assert pose_cautions(residual_hu, ADULT, most_misfit_hu=120.0) == ()


def test_a_newborn_passes_with_a_caution():
    refuse_unless_head(70.0, (0.66, 0.64, 0.6), most_misfit_hu=120.0)
    said = pose_cautions(70.0, (0.66, 0.64, 0.6), most_misfit_hu=120.0)
    assert [c.code for c in said] == ["unusual_head_size"]


def test_a_poor_fit_is_said():
    assert [c.code for c in pose_cautions(100.0, ADULT, most_misfit_hu=120.0)] == ["poor_pose"]


@pytest.mark.parametrize(
    "residual_hu, stretch",
    [(208.0, ADULT), (70.0, (0.78, 0.63, 0.28)), (70.0, (1.5, 1.45, 1.4)), (70.0, (1.3, 0.9, 0.8))],
)
def test_a_phantom_or_a_shape_no_head_has_is_refused(residual_hu, stretch):
    with pytest.raises(NotAHead) as refusal:
        refuse_unless_head(residual_hu, stretch, most_misfit_hu=120.0)
    assert refusal.value.code == "not_a_head"
    assert f"{residual_hu:.0f} HU" in refusal.value.came


def test_a_brain_passes_even_with_a_wrong_zero(ball_head):
    for shift in (-15, 0, 15):
        refuse_unless_brain(ball_head.noisy(add_hu=shift), ball_head.inside, voxel_mm3=8.0)


@pytest.mark.parametrize("filling_hu", [-1000, -100, 120, 900])
def test_a_skull_without_brain_is_refused(ball_head, filling_hu):
    hu = np.where(ball_head.inside, filling_hu, ball_head.hu)
    with pytest.raises(NotAHead) as refusal:
        refuse_unless_brain(hu, ball_head.inside, voxel_mm3=8.0)
    assert refusal.value.code == "no_brain"


def test_a_space_too_small_for_a_brain_is_refused_unless_little_of_it_was_imaged(ball_head):
    hu = ball_head.noisy()
    with pytest.raises(NotAHead):
        refuse_unless_brain(hu, ball_head.inside, voxel_mm3=1.0)
    refuse_unless_brain(hu, ball_head.inside, voxel_mm3=1.5, imaged_share=0.5)


def test_water_in_a_skull_is_refused_and_brain_like_gel_is_said(ball_head):
    noise = np.random.default_rng(0).normal(0, 5, ball_head.hu.shape)
    for filling_hu, refused in ((0.0, True), (33.0, False)):
        texture = texture_hu(
            np.where(ball_head.inside, filling_hu, 900) + noise, ball_head.inside, step_mm=2.0
        )
        assert [c.code for c in texture_cautions(texture)] == ["uniform_brain"]
        if refused:
            with pytest.raises(NotAHead):
                refuse_if_filled(texture, filling_hu - 32.5)
        else:
            refuse_if_filled(texture, filling_hu - 32.5)


def test_gray_white_and_fluid_are_texture_enough(ball_head):
    texture = texture_hu(ball_head.noisy(8.0), ball_head.inside, step_mm=2.0)
    assert texture_cautions(texture) == ()
    refuse_if_filled(texture, -30.0)


def test_a_space_without_an_inside_has_no_texture():
    assert texture_hu(np.zeros((4, 4, 4)), np.ones((4, 4, 4), bool), step_mm=2.0) is None
    assert texture_cautions(None) == ()
    refuse_if_filled(None, -30.0)
