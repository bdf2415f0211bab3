"""Contrast: tag and image, alone, together and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.quality.contrast import blood_hu, contrast_of


@pytest.mark.parametrize(
    "tag, sinus_hu, word, codes",
    [
        (None, 55.0, "none", []),
        (None, 100.0, "suspected", ["contrast_seen"]),
        (None, 160.0, "present", ["contrast_seen"]),
        (None, None, "unknown", ["contrast_unknown"]),
        (False, 55.0, "none", []),
        (False, None, "none", []),
        (False, 160.0, "suspected", ["contrast_conflict"]),
        (True, 160.0, "present", []),
        (True, 80.0, "present", []),
        (True, None, "present", []),
        (True, 55.0, "suspected", ["contrast_conflict"]),
    ],
)
def test_tag_and_image_are_held_together(tag, sinus_hu, word, codes):
    found, said = contrast_of(tag, sinus_hu=sinus_hu, suspected_from_hu=90.0)
    assert (found, [c.code for c in said]) == (word, codes)


def test_bright_arteries_speak_where_the_veins_are_still_plain():
    found, said = contrast_of(None, sinus_hu=50.0, arteries_hu=250.0, suspected_from_hu=90.0)
    assert found == "present"
    assert "250 HU" in said[0].words


def test_blood_is_read_away_from_bone():
    hu = np.full((20, 20, 20), 30)
    hu[:, :, :8] = 900
    vessels = np.zeros(hu.shape, bool)
    vessels[8:14, 8:14, 6:18] = True
    hu[8:14, 8:14, 8:11] = 250  # partial volume beside bone
    hu[8:14, 8:14, 11:18] = 55
    assert blood_hu(hu, vessels, step_mm=2.0) == 55.0


def test_a_map_wider_than_the_vessel_still_gives_the_blood():
    hu = np.full((20, 20, 20), 8)
    hu[:, 9:12, 9:12] = 150
    vessels = np.zeros(hu.shape, bool)
    vessels[:, 8:13, 8:13] = True
    assert blood_hu(hu, vessels, step_mm=2.0) == 150.0


def test_too_few_voxels_give_none():
    assert blood_hu(np.full((3, 3, 3), 50), np.ones((3, 3, 3), bool), step_mm=2.0) is None
