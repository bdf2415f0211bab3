"""The projection simulator does what physics says, on bodies small enough to reckon by hand."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

from brainsand.phantom.protocol import Protocol
from brainsand.read.knowledge import load_norms
from projections import __main__ as command
from projections.conditions import clean, depths_of, rig
from projections.detector import Detector
from projections.head import levels_of, load_head
from projections.image_domain import imaged
from projections.patches import difference, measured, patches
from projections.places import apart
from projections.rays import Beams, through_ball, through_disc, through_map
from projections.reconstruct import KERNELS, hounsfield, lattice
from projections.scan import Ball, Body, ellipse_body, with_balls
from projections.shading import of_phantom
from projections.spectrum import single, tube
from projections.substances import contrast_per_mg, mass_attenuation
from projections.texture import hangs_together, spread_of_phantom, texture

FEW = Beams(views=240, rays=260)
MODULES = [p.stem for p in (Path(command.__file__).parent).glob("*.py") if not p.stem.startswith("__")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(f"projections.{name}")).failed == 0


@pytest.mark.parametrize("kvp", [80.0, 140.0])
@pytest.mark.parametrize("kernel", list(KERNELS))
def test_a_disc_of_water_is_0_hu_after_the_water_correction(kvp, kernel):
    detector = Detector(spectrum=tube(kvp))
    water = detector.water_cm(detector.loss({"water": through_disc((0, 0), 50.0, beams=FEW) / 10}))
    squares = [lattice(9, pixel_mm=0.45, centre_mm=c) for c in ((5.0, 0.0), (20.0, 10.0), (-35.0, 0.0))]
    hu = hounsfield(water[None], np.concatenate(squares), kernel, beams=FEW).reshape(3, -1)
    assert np.abs(hu.mean(axis=1)).max() < 0.2


def test_without_the_water_correction_the_same_disc_is_cupped():
    detector = Detector(spectrum=tube(120.0))
    loss = detector.loss({"water": through_disc((0, 0), 50.0, beams=FEW) / 10})
    middle, rim = hounsfield(loss[None], [[5.0, 0.0], [44.0, 0.0]], "soft", beams=FEW)[0] + 1000
    assert middle < 0.99 * rim


@pytest.mark.parametrize("kernel", list(KERNELS))
def test_what_a_disc_holds_does_not_depend_on_the_kernel(kernel):
    """300 HU over 3 mm of radius: 300 x 28.27 mm2."""
    disc = 0.3 * through_disc((20.0, 5.0), 3.0, beams=FEW) / 10
    points = lattice(57, pixel_mm=0.45, centre_mm=(20.0, 5.0))
    total = (hounsfield(disc[None], points, kernel, beams=FEW) + 1000).sum() * 0.45**2
    assert total == pytest.approx(300 * np.pi * 9, rel=0.002)


def test_the_kernels_differ_in_what_they_show_at_the_peak():
    disc = 0.3 * through_disc((20.0, 5.0), 0.5, beams=FEW) / 10
    peaks = [float(hounsfield(disc[None], [[20.0, 5.0]], k, beams=FEW)[0, 0]) + 1000 for k in KERNELS]
    soft, sharp, edge = peaks
    assert soft < 0.9 * sharp
    assert soft < 0.9 * edge


def test_water_and_mineral_at_60_kev_are_as_in_the_tables():
    assert float(mass_attenuation("water", 60.0)) == pytest.approx(0.2059, rel=0.001)
    by_hand = 0.002007 * 0.3260 + 0.414070 * 0.1907 + 0.184987 * 0.3494 + 0.398936 * 0.6578
    assert float(mass_attenuation("hydroxyapatite", 60.0)) == pytest.approx(by_hand, rel=1e-6)


def test_an_energy_outside_the_table_is_refused():
    with pytest.raises(ValueError, match="10 to 150 keV"):
        mass_attenuation("water", 200.0)


def test_more_filter_and_more_voltage_harden_the_beam():
    light, usual, heavy = (tube(120.0, f).effective_kev() for f in ("light", "usual", "heavy"))
    assert light < usual < heavy
    assert tube(80.0).effective_kev() < usual < tube(140.0).effective_kev()
    assert 5.0 < tube(120.0).half_value_mm() < 10.0


def test_with_one_energy_a_ball_holds_its_mass_times_the_contrast():
    """200 mg/cm3 in brain at 70 keV, all of it in the image whatever the slices cut."""
    body = ellipse_body((50.0, 50.0), FEW, tissue="brain", g_cm3=1.04)
    ball = Ball(centre_mm=(10.0, -5.0), radius_mm=2.5, mg_cm3=200.0)
    around = patches([ball], level=None)
    made = rig(body, single(70.0), "water")
    full = clean(made, [ball], depths_of([ball], 1.0), around)
    empty = clean(made, [], [0.0], around)
    wanted = ball.mass_mg * 1000 * float(contrast_per_mg(70.0, around="brain", around_g_cm3=1.04))
    for kernel in KERNELS:
        assert difference(full[kernel], empty[kernel], around) == pytest.approx(wanted, rel=0.005)


def test_brainsand_reads_that_ball_rightly_in_even_tissue():
    body = ellipse_body((50.0, 50.0), FEW, tissue="brain", g_cm3=1.04)
    ball = Ball(centre_mm=(10.0, -5.0), radius_mm=2.5, mg_cm3=200.0)
    around = patches([ball], level=None)
    stack = clean(rig(body, single(70.0), "water"), [ball], depths_of([ball], 1.0), around)["soft"]
    found = measured(around.stack(stack, 0), around, 0, noise_hu=1.0, kvp=120.0, norms=load_norms())
    wanted = ball.mass_mg * 1000 * float(contrast_per_mg(70.0, around="brain", around_g_cm3=1.04))
    assert found.excess_hu_mm3 == pytest.approx(wanted, rel=0.02)


def test_a_skull_takes_from_what_the_image_holds_of_mineral():
    """A shell of bone around brain hardens the beam: the mineral's attenuation falls, water-corrected or not."""
    ball = Ball(centre_mm=(10.0, 0.0), radius_mm=2.5, mg_cm3=200.0)
    around = patches([ball], level=None)
    bare = ellipse_body((50.0, 50.0), FEW, tissue="brain", g_cm3=1.04)
    shell = (through_disc((0, 0), 57.0, beams=FEW) - through_disc((0, 0), 50.0, beams=FEW)) / 10 * 1.5
    skull = Body(
        paths={**bare.paths, "bone": shell.astype(np.float32)},
        tissue="brain",
        tissue_g_cm3=1.04,
        beams=FEW,
    )
    held = {}
    for name, body in (("bare", bare), ("skull", skull)):
        made = rig(body, tube(120.0), "water")
        full, empty = clean(made, [ball], depths_of([ball], 1.0), around), clean(made, [], [0.0], around)
        held[name] = difference(full["soft"], empty["soft"], around)
    assert 0.85 < held["skull"] / held["bare"] < 0.98


def test_bone_and_water_on_a_ray_are_told_apart_where_the_bone_is_known():
    detector = Detector(spectrum=tube(120.0))
    water, bone = np.array([5.0, 15.0, 20.0]), np.array([2.0, 4.0, 0.0])
    loss = detector.loss({"water": water, "bone": bone})
    kev = detector.spectrum.effective_kev()
    like = float(mass_attenuation("bone", kev) / mass_attenuation("water", kev))
    assert detector.water_beside_bone_cm(loss, bone) == pytest.approx(water + bone * like, abs=0.02)
    assert detector.water_cm(loss)[1] < 0.99 * (water + bone * like)[1]


def test_noise_is_that_of_the_photons_that_come_through():
    """10,000 photons of one energy, a quarter of them through: 2500 counts, 2 %."""
    detector = Detector(spectrum=single(70.0))
    drawn = detector.noisy(np.full(20_000, 0.25), photons=10_000, rng=np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(0.25, rel=0.002)
    assert drawn.std() / drawn.mean() == pytest.approx(0.02, rel=0.05)


def test_the_chords_of_a_ball_add_up_to_its_volume_in_every_view():
    slices = [(k - 0.5, k + 0.5) for k in range(-4, 5)]
    chords = sum(through_ball((7.0, 3.0), 2.5, slice_mm=s, beams=FEW) for s in slices)
    volumes = chords.sum(axis=1) * FEW.pitch_mm
    assert volumes == pytest.approx(4 / 3 * np.pi * 2.5**3, rel=0.005)


def test_a_map_of_pixels_and_the_disc_it_draws_have_the_same_sums():
    line = (np.arange(200) - 99.5) * 0.5
    disc = (np.hypot(line[:, None] - 6.0, line[None, :] - 10.0) <= 20.0).astype(np.float32)
    sums = through_map(disc[None], pixel_mm=0.5, beams=Beams(views=12, rays=200))[0]
    exact = through_disc((10.0, 6.0), 20.0, beams=Beams(views=12, rays=200))
    assert np.abs(sums - exact).mean() < 0.15
    assert sums.sum() == pytest.approx(exact.sum(), rel=0.002)


def test_the_mineral_takes_the_place_of_tissue():
    body = ellipse_body((50.0, 50.0), Beams(views=1, rays=1))
    ball = Ball(centre_mm=(0.0, 0.0), radius_mm=5.0, mg_cm3=316.0)
    paths = with_balls(body, [ball], depth_mm=0.0, slice_mm=0.01)
    assert float(paths["hydroxyapatite"][0, 0]) == pytest.approx(0.316, rel=0.01)
    assert float(paths["water"][0, 0]) == pytest.approx(10.0 - 0.1, rel=0.002)


def test_white_noise_does_not_hang_together():
    squares = np.random.default_rng(0).standard_normal((400, 31, 31))
    assert hangs_together(squares, 0.45, 4.5) == pytest.approx(1.0, abs=0.25)
    flat = texture(squares, 0.45).power
    assert flat[2:].max() / flat[2:].min() < 1.5


def test_the_image_domain_scanner_spreads_points_as_its_protocol_says():
    assert spread_of_phantom(sharp=False).width_mm == pytest.approx(1.0, abs=0.06)
    assert spread_of_phantom(sharp=True).undershoot > 0.02


@pytest.fixture(scope="module")
def levels():
    return levels_of(load_head(None), radius_mm=2.5)


def test_places_lie_as_far_from_bone_as_their_names_say(levels):
    for level in levels:
        for name, (x, y) in level.places.items():
            row, column = (round(v / 0.5 + 249.5) for v in (y, x))
            gap = float(level.to_bone_mm[row, column]) - 2.5
            if " mm off" in name:
                assert gap == pytest.approx(float(name.split()[0]), abs=0.6), name
            assert level.inside[row, column]


def test_no_ball_reaches_into_the_square_about_another(levels):
    for level in levels:
        for name, place in level.places.items():
            others = np.array([p for n, p in level.places.items() if n != name])
            assert len(apart(others, [place])) == len(others), name


def test_the_image_domain_scanner_shades_only_as_much_as_it_is_told(levels):
    half, whole = (of_phantom(levels[1], strength) for strength in (0.5, 1.0))
    assert whole == pytest.approx(2 * half, abs=0.01)
    assert of_phantom(levels[1], 0.0) == pytest.approx(0.0)


def test_a_missing_label_map_is_said_and_nothing_is_run(tmp_path, capsys):
    assert command.main(["--head", str(tmp_path / "none.nii.gz")]) == 2
    assert "No label map" in capsys.readouterr().err


def test_a_page_without_marks_is_refused(tmp_path, monkeypatch):
    page = tmp_path / "projections.md"
    page.write_text("no marks")
    monkeypatch.setattr(command, "PAGE", page)
    with pytest.raises(ValueError, match="lacks the marks"):
        command.write_page(["table"])


@pytest.mark.parametrize("sharp", [False, True])
def test_the_image_domain_scanner_holds_all_of_a_ball(levels, sharp):
    """200 mg/cm3 of 1.4 HU each: the stack with the ball less the one without sums to mass x 1400 HU mm3."""
    level = levels[0]
    x, y = 0.45 * 0.5, 0.45 * 20.5
    ball = Ball(centre_mm=(x, y), radius_mm=2.5, mg_cm3=200.0)
    protocol = Protocol(in_plane_mm=0.45, matrix=512, sharp=sharp, beam_hardening=0.0)
    depths = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
    full, empty = (
        imaged(level, balls, depths, 1.0, hu_per_mg_cm3=1.4, protocol=protocol) for balls in ([ball], [])
    )
    total = float((full.astype(np.float64) - empty).sum()) * 0.45**2
    assert total == pytest.approx(ball.mass_mg * 1400, rel=0.01)
