"""Noise is measured, and neither folds nor calcium nor texture mislead it."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.model.sites import site_index
from brainsand.phantom.artefacts import add_noise
from brainsand.phantom.protocol import Protocol
from brainsand.quality.noise import noise_of

SLICES = 6


def folded(protocol: Protocol) -> np.ndarray:
    """White matter with gray bands 3 mm wide that wind through half of the image, 9 HU apart."""
    line = np.arange(protocol.matrix) * protocol.in_plane_mm
    row, column = np.meshgrid(line, line, indexing="ij")
    gray = (np.abs((column + 4 * np.sin(row / 5)) % 14 - 7) < 1.5) & (row > line[-1] / 2)
    sharp = np.where(gray, 37.0, 28.0).astype(np.float32)
    return np.repeat(sharp[None], SLICES, axis=0)


@pytest.mark.parametrize(
    "noise_hu, sharp, in_plane_mm",
    [(2.0, False, 0.45), (4.0, False, 0.45), (10.0, False, 0.45), (12.0, True, 0.45), (5.0, False, 0.9)],
)
def test_a_scanner_s_correlated_noise_is_known_within_a_tenth(noise_hu, sharp, in_plane_mm):
    protocol = Protocol(noise_hu=noise_hu, sharp=sharp, in_plane_mm=in_plane_mm, matrix=256, slice_mm=5.0)
    still = folded(protocol)
    image = still.copy()
    add_noise(image, protocol, rng=np.random.default_rng(1))
    truth = float((image - still).std())
    found = noise_of(image, np.ones(image.shape, bool), pixel_mm=in_plane_mm).hu
    assert found == pytest.approx(truth, rel=0.10)


def test_calcium_and_vessels_do_not_raise_it():
    rng = np.random.default_rng(2)
    image = 30 + 4 * rng.standard_normal((4, 128, 128))
    plain = noise_of(image, np.ones(image.shape, bool), pixel_mm=0.5).hu
    for row, column in rng.integers(5, 120, (12, 2)):
        image[:, row : row + 4, column : column + 4] = 300
    assert noise_of(image, np.ones(image.shape, bool), pixel_mm=0.5).hu == pytest.approx(plain, rel=0.06)


def test_a_slope_through_the_head_is_no_noise():
    cupping = np.broadcast_to(np.linspace(20, 60, 128), (3, 128, 128))
    image = cupping + 3 * np.random.default_rng(3).standard_normal((3, 128, 128))
    assert noise_of(image, np.ones(image.shape, bool), pixel_mm=0.5).hu == pytest.approx(3.0, rel=0.08)


def test_the_posterior_fossa_has_its_own():
    sites = np.full((4, 128, 128), site_index("cortex", "left"), np.uint8)
    sites[:2] = site_index("cerebellum", "right")
    spread = np.where(np.arange(4) < 2, 8.0, 4.0)[:, None, None]
    image = 30 + spread * np.random.default_rng(4).standard_normal(sites.shape)
    found = noise_of(image, np.ones(image.shape, bool), pixel_mm=0.5, sites=sites).by_region
    assert found["posterior_fossa"] == pytest.approx(8.0, rel=0.1)
    assert found["supratentorial"] == pytest.approx(4.0, rel=0.1)


def test_too_little_brain_gives_none():
    inside = np.zeros((4, 64, 64), bool)
    assert noise_of(np.zeros(inside.shape), inside, pixel_mm=0.5).hu is None
    inside[1, :14, :14] = True
    found = noise_of(np.zeros(inside.shape), inside, pixel_mm=0.5)
    assert found.hu is None
    assert found.by_region == {"supratentorial": None, "posterior_fossa": None}
