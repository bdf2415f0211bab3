"""Noise, measured on noise whose spread is known."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.find.smooth import averaged, local_noise

SPACING = (2.0, 0.5, 0.5)
SHAPE = (14, 160, 160)
EVERYWHERE = np.ones(SHAPE, bool)


def white(sigma, seed=0, shape=SHAPE):
    return (30 + sigma * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def middle(image):
    """Away from the edges, where blurs see half of what they ought to."""
    return image[3:-3, 30:-30, 30:-30]


@pytest.mark.parametrize("sigma", [3.0, 8.0, 15.0])
@pytest.mark.parametrize("spacing", [(2.0, 0.5, 0.5), (5.0, 0.45, 0.45)])
def test_the_noise_of_white_noise_is_found_after_averaging(sigma, spacing):
    mean = averaged(white(sigma), spacing)
    truth = middle(mean).std()
    assert truth < 0.7 * sigma
    assert np.median(middle(local_noise(mean, EVERYWHERE, spacing))) == pytest.approx(truth, rel=0.07)


def round_a_deposit(hu):
    """How many times the noise without it the noise is at, and 25 mm beside, a deposit of 4 mm."""
    clean = white(5.0)
    with_deposit = clean.copy()
    with_deposit[6:8, 76:84, 76:84] += hu
    before, after = (local_noise(averaged(i, SPACING), EVERYWHERE, SPACING) for i in (clean, with_deposit))
    return after[7, 80, 80] / before[7, 80, 80], after[7, 80, 130] / before[7, 80, 130]


@pytest.mark.parametrize("hu", [30, 60, 400, 1500])
def test_a_deposit_hardly_raises_the_noise_on_it_and_leaves_it_alone_farther_off(hu):
    at, beside = round_a_deposit(hu)
    assert at < 1.2
    assert beside == pytest.approx(1.0, abs=0.05)


def test_a_noisier_half_is_told_from_a_calmer_one():
    both = np.concatenate([white(3.0, 1), white(9.0, 2)], axis=2)
    noise = local_noise(averaged(both, SPACING), np.ones(both.shape, bool), SPACING)
    assert np.median(noise[:, :, 260:300]) > 2.3 * np.median(noise[:, :, 20:60])


def test_slow_changes_are_no_noise():
    flat = white(4.0)
    slope = flat + np.linspace(0, 40, SHAPE[1], dtype=np.float32)[:, None]
    before, after = (
        local_noise(averaged(i, SPACING), EVERYWHERE, SPACING)[3:-3, 60:-60, 60:-60] for i in (flat, slope)
    )
    assert np.median(after) == pytest.approx(np.median(before), rel=0.05)


def test_streaks_in_one_part_count_as_noise_there():
    calm = white(4.0)
    streaky = calm.copy()
    waves = 12 * np.sin(2 * np.pi * np.arange(160) * 0.5 / 16)  # 16 mm from crest to crest
    streaky[10:] += waves[None, :, None].astype(np.float32)
    before, after = (local_noise(averaged(i, SPACING), EVERYWHERE, SPACING) for i in (calm, streaky))
    assert np.median(after[12:, 30:-30, 30:-30]) > 1.3 * np.median(before[12:, 30:-30, 30:-30])
    assert np.median(after[:3, 30:-30, 30:-30]) < 1.3 * np.median(before[:3, 30:-30, 30:-30])


def test_thick_slices_are_not_averaged_across():
    image = np.zeros((5, 9, 9), np.float32)
    image[2] = 100
    out = averaged(image, (5.0, 0.5, 0.5))
    assert out[1].max() == 0
    assert out[2, 4, 4] == pytest.approx(100)


def test_thin_slices_are_averaged_across():
    image = np.zeros((5, 9, 9), np.float32)
    image[2] = 100
    out = averaged(image, (0.6, 0.5, 0.5))
    assert 10 < out[1, 4, 4] < out[2, 4, 4] < 100


def test_the_mean_stays():
    image = white(10.0)
    assert averaged(image, SPACING).mean() == pytest.approx(image.mean(), abs=0.05)


def test_without_tissue_a_stated_guess_stands_in():
    noise = local_noise(white(3.0), np.zeros(SHAPE, bool), SPACING)
    assert (noise == 5.0).all()
