"""Every check in one call, on a head that can be counted and on the shared scans."""

from __future__ import annotations

import inspect
from dataclasses import asdict

import numpy as np
import pytest
from scipy import ndimage

from brainsand.errors import InputRefused, NotAHead
from brainsand.model.acquisition import Acquisition
from brainsand.model.caution import Caution
from brainsand.model.sites import site_index
from brainsand.model.volume import Volume
from brainsand.quality.fitness import HeadMaps, assess, look_at_pose
from brainsand.quality.metal import metal_of
from brainsand.quality.motion import motion_cautions
from brainsand.quality.noise import noise_of
from brainsand.quality.plausible import values_of
from brainsand.read.scan import read_scan
from brainsand.settings import QualitySettings

NUMBERS = asdict(QualitySettings())
POSE = {k: NUMBERS.pop(k) for k in ("most_misfit_hu", "least_covered_share")}


def placed(ball_head, grid=None, *, residual_hu=60.0):
    return look_at_pose(
        residual_hu=residual_hu,
        stretch=(1.0, 1.0, 0.95),
        expected=ball_head.inside,
        affine=ball_head.grid.affine,
        grid=grid or ball_head.grid,
        most_misfit_hu=POSE["most_misfit_hu"],
        least_covered_share=POSE["least_covered_share"],
    )


def assessed(ball_head, hu=None, *, veins_hu=None, **facts):
    """The fitness of the ball head, its native voxels being those of the head's own lattice."""
    hu = ball_head.noisy() if hu is None else hu
    veins = np.zeros(hu.shape, bool)
    veins[30:40, 30:40, 30:40] = True
    if veins_hu is not None:
        hu = np.where(veins, veins_hu, hu).astype(np.int16)
    told = {"kvp": 120.0, "sharp_kernel": False, "thickness_mm": 2.0, **facts}
    sites = np.where(ball_head.inside, site_index("cortex", "left"), 0).astype(np.uint8)
    sites[:36][ball_head.inside[:36]] = site_index("cerebellum", "left")
    return assess(
        Volume(hu=hu, grid=ball_head.grid),
        Acquisition(source="x", format="DICOM", sha256="0", **told),
        inside=ball_head.inside,
        sites=sites,
        head=HeadMaps(hu=hu, inside=ball_head.inside, tissue=ball_head.tissue, step_mm=2.0, veins=veins),
        placed=placed(ball_head),
        **NUMBERS,
    )


def codes(fitness):
    return [c.code for c in fitness.cautions]


def test_the_numbers_of_the_settings_are_those_asked_for():
    asked = {*inspect.signature(assess).parameters, *inspect.signature(look_at_pose).parameters}
    assert {*NUMBERS, *POSE} <= asked


def test_a_good_head_is_fit_and_only_its_pixels_are_said(ball_head):
    found = assessed(ball_head, veins_hu=55)
    assert codes(found) == ["coarse_pixels"]
    assert found.noise_hu == pytest.approx(4.0, rel=0.15)
    assert found.noise_by_region_hu["posterior_fossa"] == pytest.approx(4.0, rel=0.15)
    assert (found.contrast, found.coverage) == ("none", {"fraction": 1.0, "missing": []})
    assert found.offset_hu == pytest.approx(0.0, abs=1)
    assert found.tissue_hu["white_matter"] == pytest.approx(28, abs=1)


def test_a_wrong_zero_is_said_and_does_not_look_like_contrast(ball_head):
    found = assessed(ball_head, ball_head.noisy(add_hu=20), veins_hu=80)
    assert "hu_offset" in codes(found)
    assert found.offset_hu == pytest.approx(20, abs=1)
    assert found.contrast == "none"


def test_contrast_seen_without_a_tag_is_present(ball_head):
    found = assessed(ball_head, veins_hu=180)
    assert found.contrast == "present"
    assert "contrast_seen" in codes(found)


def test_a_conflict_with_the_tag_is_said(ball_head):
    found = assessed(ball_head, veins_hu=180, contrast_tag=False)
    assert found.contrast == "suspected"
    assert "contrast_conflict" in codes(found)


def test_metal_is_said(ball_head):
    hu = ball_head.noisy()
    hu[40, 50:53, 36:39] = 3071
    assert "metal_inside" in codes(assessed(ball_head, hu))


def test_steps_the_reader_has_said_are_not_said_again(ball_head):
    coarse = (np.rint(ball_head.noisy() / 8.0) * 8).astype(np.int16)
    assert "coarse_steps" in codes(assessed(ball_head, coarse))
    said = (Caution(code="eight_bit", words="Eight bits."),)
    assert "coarse_steps" not in codes(assessed(ball_head, coarse, cautions=said))


@pytest.mark.parametrize(
    "filling_hu, code", [(0.0, "uniform_filling"), (120.0, "no_brain"), (-1000.0, "no_brain")]
)
def test_a_skull_filled_with_something_else_is_refused(ball_head, filling_hu, code):
    noise = np.random.default_rng(0).normal(0, 4, ball_head.hu.shape)
    hu = np.rint(np.where(ball_head.inside, filling_hu, ball_head.hu) + noise).astype(np.int16)
    with pytest.raises(NotAHead) as refusal:
        assessed(ball_head, hu)
    assert refusal.value.code == code


def test_a_windowed_picture_is_refused(ball_head):
    with pytest.raises(InputRefused) as refusal:
        assessed(ball_head, ball_head.noisy().clip(-100, 255))
    assert refusal.value.code == "windowed"


def test_a_phantom_is_refused_by_its_pose_and_half_a_head_by_its_coverage(ball_head):
    with pytest.raises(NotAHead, match="No head was found"):
        placed(ball_head, residual_hu=208.0)
    lower = ball_head.grid.part(slice(0, 24), slice(0, 72), slice(0, 72))
    with pytest.raises(NotAHead) as refusal:
        placed(ball_head, lower, residual_hu=131.8)
    assert refusal.value.code == "incomplete_head"


def test_a_cut_vertex_is_a_caution(ball_head):
    lower = ball_head.grid.part(slice(0, 54), slice(0, 72), slice(0, 72))
    found = placed(ball_head, lower)
    assert [c.code for c in found.cautions] == ["coverage"]
    assert found.coverage.missing == ("vertex",)


def rough_inside(hu: np.ndarray) -> np.ndarray:
    """Slice by slice: what the closed ring of bone encloses and is soft, without its rim."""
    found = np.zeros(hu.shape, bool)
    for k, image in enumerate(hu):
        ring = ndimage.binary_closing(image > 200, iterations=4)
        filled = ndimage.binary_fill_holes(ring) & (image > -50) & (image < 120)
        opened = ndimage.binary_opening(filled, iterations=4)
        labels, count = ndimage.label(opened)
        if count:
            sizes = np.bincount(labels.ravel())[1:]
            found[k] = ndimage.binary_fill_holes(labels == 1 + int(sizes.argmax()))
    return found


def test_the_real_tilted_uneven_head_has_low_noise_no_metal_and_no_motion(shared_data):
    volume = read_scan(shared_data / "ge_head_tilt").volume
    inside = rough_inside(volume.hu)
    inside[:8] = False
    pixel_mm = volume.grid.spacing_mm[1]
    assert noise_of(volume.hu, inside, pixel_mm=pixel_mm).hu == pytest.approx(3.1, abs=0.3)
    metal = metal_of(volume.hu, inside, voxel_mm3=volume.grid.voxel_volumes_mm3, pixel_mm=pixel_mm)
    assert (metal.inside_mm3, metal.outside_mm3) == (0.0, 0.0)
    values = values_of(volume.hu, inside)
    assert values.step_hu == 1.0
    assert values.air_hu == pytest.approx(-1000, abs=15)
    assert [c.code for c in motion_cautions(inside, volume.grid)] == ["alternating_slices"]


def test_the_eight_bit_phantom_is_noticed_by_its_steps(shared_data):
    volume = read_scan(shared_data / "eightbit_skull_phantom.nii.gz").volume
    values = values_of(volume.hu, np.ones(volume.hu.shape, bool))
    assert values.step_hu == pytest.approx(7.1, abs=0.1)
