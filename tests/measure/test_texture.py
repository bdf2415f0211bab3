"""The noise's correlation is found again, and sums over correlated noise have the deviation they should."""

import numpy as np
import pytest
from scipy import ndimage

from brainsand.measure.texture import texture_of, unknown_texture


def noise(blur_px, *, seed=1, shape=(12, 160, 160)):
    rng = np.random.default_rng(seed)
    image = ndimage.gaussian_filter(rng.standard_normal(shape), (0, blur_px, blur_px))
    return 4 * image / image.std()


def test_white_noise_hangs_together_with_nothing():
    found = texture_of(30 + noise(0.0), np.ones((12, 160, 160), bool), pixel_mm=0.5)
    middle = len(found.lags) // 2
    assert found.lags[middle, middle] == 1.0
    assert abs(found.lags[middle, middle + 1]) < 0.06
    assert found.slices == (0.0, 0.0)


@pytest.mark.parametrize("blur_px", [0.0, 0.8])
def test_the_deviation_of_a_sum_is_foretold(blur_px):
    image = noise(blur_px)
    found = texture_of(30 + image, np.ones(image.shape, bool), pixel_mm=0.5)
    weight = np.ones((1, 6, 6))
    sums = ndimage.uniform_filter(image, (0, 6, 6))[:, 6:-6:6, 6:-6:6] * 36
    assert 4 * np.sqrt(found.sum_factor(weight)) == pytest.approx(float(sums.std()), rel=0.2)


def test_overlapping_slices_share_their_noise():
    raw = noise(0.0, shape=(13, 160, 160))
    image = (raw[1:] + raw[:-1]) / np.sqrt(2)
    found = texture_of(30 + image, np.ones(image.shape, bool), pixel_mm=0.5)
    assert found.slices[0] == pytest.approx(0.5, abs=0.08)
    assert found.slices[1] == 0.0


def test_too_little_brain_takes_four_voxels_to_hang_together():
    found = texture_of(np.zeros((5, 40, 40), np.float32), np.zeros((5, 40, 40), bool), pixel_mm=0.5)
    assert found.lags.sum() == pytest.approx(unknown_texture().lags.sum()) == pytest.approx(4.0)
