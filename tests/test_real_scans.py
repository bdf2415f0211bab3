"""The real scans, read as the README beside them says a careful reader does; skipped where absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from brainsand.cli.main import main
from brainsand.errors import InputRefused
from brainsand.model.case import Case
from brainsand.model.grid import Grid
from brainsand.model.volume import Volume
from brainsand.pipeline import analyze
from brainsand.read.scan import ReadScan, read_scan

DEEP_NUCLEI = {"globus_pallidus", "putamen", "caudate", "thalamus", "dentate_nucleus"}
NEAR = np.array([1.5, 12.0, 12.0])
"""Slices, rows, columns about a reader's mark within which a deposit is the one meant."""


@pytest.fixture(scope="session")
def real(shared_data, reference) -> Callable[[str], tuple[ReadScan, Case]]:
    @cache
    def of(name: str) -> tuple[ReadScan, Case]:
        scan = read_scan(shared_data / name)
        return scan, analyze(scan.volume, scan.acquisition, reference)

    return of


def near(scan, case, mark):
    """The deposits about a mark, given as column, row, slice."""
    place = np.array(mark[::-1], float)
    at = [scan.volume.grid.index_of([d.centre_lps_mm])[0] for d in case.deposits]
    return [d for d, a in zip(case.deposits, at, strict=True) if (np.abs(a - place) <= NEAR).all()]


GE_MARKS = [
    ("pineal", "midline", (250, 297, 16)),
    ("choroid_plexus", "left", (311, 307, 17.5)),
    ("choroid_plexus", "right", (201, 333, 18)),
]


@pytest.mark.parametrize("site, side, mark", GE_MARKS)
def test_the_tilted_heads_ordinary_calcium_is_found_on_its_side(real, site, side, mark):
    scan, case = real("ge_head_tilt")
    found = [d for d in near(scan, case, mark) if (d.site, d.side) == (site, side)]
    assert found
    assert (
        max(d.peak_hu for d in found)
        == {"pineal": 168, "left": 239, "right": 295}["pineal" if site == "pineal" else side]
    )


@pytest.mark.parametrize("site, side, mark", GE_MARKS)
def test_the_tilted_heads_ordinary_calcium_is_called_so(real, site, side, mark):
    scan, case = real("ge_head_tilt")
    largest = max(near(scan, case, mark), key=lambda d: d.threshold_volume_mm3)
    assert largest.kind == "physiologic"


def test_the_tilted_heads_deep_nuclei_are_clean(real):
    _, case = real("ge_head_tilt")
    assert [d.site for d in case.deposits if d.site in DEEP_NUCLEI] == []
    assert [d.site for d in case.deposits if d.kind == "ectopic"] == []


def test_the_tilted_heads_skull_base_gives_no_deposit(real):
    scan, case = real("ge_head_tilt")
    low = [d for d in case.deposits if scan.volume.grid.index_of([d.centre_lps_mm])[0, 0] < 8]
    assert [(d.site, d.slices) for d in low if d.site != "vessel_wall"] == []


def test_the_tilted_uneven_slices_are_said(real):
    scan, case = real("ge_head_tilt")
    assert case.scan.tilt_deg == pytest.approx(18.5, abs=0.1)
    assert {"uneven_spacing", "thick_slices"} <= {c.code for c in case.cautions}
    # 28 slices in two thicknesses: true mm3 come from each slice's own extent.
    assert len(set(np.round(scan.volume.grid.voxel_volumes_mm3, 2))) > 1


def test_no_contrast_is_read_into_the_tilted_head(real):
    assert real("ge_head_tilt")[1].scan.contrast == "none"


@pytest.mark.parametrize(
    "site, side", [("pineal", "midline"), ("choroid_plexus", "left"), ("choroid_plexus", "right")]
)
def test_the_bent_back_heads_ordinary_calcium_is_found(real, site, side):
    _, case = real("cerr_head_neck_planning")
    assert [d for d in case.deposits if (d.site, d.side) == (site, side)]


@pytest.mark.parametrize("site", ["pineal", "choroid_plexus"])
def test_the_bent_back_heads_ordinary_calcium_is_called_so(real, site):
    _, case = real("cerr_head_neck_planning")
    largest = max((d for d in case.deposits if d.site == site), key=lambda d: d.threshold_volume_mm3)
    assert largest.kind == "physiologic"


def test_the_bent_back_heads_offset_is_noticed_and_its_deep_nuclei_are_clean(real):
    _, case = real("cerr_head_neck_planning")
    assert "hu_offset" in {c.code for c in case.cautions}
    assert [d.site for d in case.deposits if d.site in DEEP_NUCLEI or d.kind == "ectopic"] == []


def test_in_a_body_scan_the_head_is_found_and_no_calcium(real):
    scan, case = real("petct_arms_up_whole_head")
    assert case.deposits == ()
    inside = np.argwhere(case.picture.sites > 0)[:, 0]
    assert inside.min() > 0.5 * scan.volume.grid.shape[0]  # the head is at the top
    assert case.scan.coverage["fraction"] > 0.95


@pytest.mark.parametrize(
    "name", ["philips_skull_phantom_tilt", "eightbit_skull_phantom.nii.gz", "headsq_coarse", "single_slices"]
)
def test_what_is_no_whole_head_in_true_units_is_refused(shared_data, tmp_path, name, capsys):
    assert main(["analyze", str(shared_data / name), "-o", str(tmp_path / "out"), "--quiet"]) == 3
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["refusal.json"]
    assert "refused" in capsys.readouterr().err


def test_the_skull_phantom_is_refused_as_no_head(real):
    with pytest.raises(InputRefused) as caught:
        real("philips_skull_phantom_tilt")
    assert caught.value.code == "not_a_head"


READERS_MM3 = [
    ("pineal", "midline", (250, 297, 16), 35.0),
    ("choroid_plexus", "left", (311, 307, 17.5), 274.0),
    ("choroid_plexus", "right", (201, 333, 18), 177.0),
]


def largest_near(scan, case, site, mark):
    return max((d for d in near(scan, case, mark) if d.site == site), key=lambda d: d.threshold_volume_mm3)


@pytest.mark.parametrize("site, side, mark, reader_mm3", READERS_MM3)
def test_above_100_hu_the_tilted_head_s_calcium_has_the_reader_s_volume_and_free_of_blur_less(
    real, site, side, mark, reader_mm3
):
    scan, case = real("ge_head_tilt")
    found = largest_near(scan, case, site, mark)
    assert found.threshold_volumes_mm3["100"] == pytest.approx(reader_mm3, rel=0.15)
    # Slices of 7 mm blur most of what is above a threshold into it.
    assert 0.3 * reader_mm3 < found.volume_mm3 < reader_mm3
    assert 0.15 < found.volume_pm_mm3 / found.volume_mm3 < 0.6
    assert 0.02 < found.excess_pm_hu_mm3 / found.excess_hu_mm3 < 0.15


def test_the_tilted_head_scores_nothing_at_the_places_of_the_total_calcification_score(real):
    score = real("ge_head_tilt")[1].scores["total_calcification_score"]
    assert (score["total"], score["high"]) == (0, 0)
    assert set(score["not_counted"]) == {d.id for d in real("ge_head_tilt")[1].deposits}


def agree(one, other):
    """Whether two masses lie within their deviations of each other."""
    return abs(one.mass_mg - other.mass_mg) <= np.hypot(one.mass_pm_mg, other.mass_pm_mg)


@pytest.mark.parametrize("first", [0, 1])
def test_with_every_second_slice_dropped_the_masses_are_the_same_within_their_deviations(
    real, reference, first
):
    scan, case = real("ge_head_tilt")
    grid = scan.volume.grid
    few = Grid(
        shape=(len(grid.origins_mm[first::2]), *grid.shape[1:]),
        origins_mm=grid.origins_mm[first::2],
        row_step_mm=grid.row_step_mm,
        column_step_mm=grid.column_step_mm,
    )
    coarse = analyze(Volume(hu=scan.volume.hu[first::2], grid=few), scan.acquisition, reference)
    compared = 0
    for d in coarse.deposits:
        # The same body is the nearest one, whatever it is called: pineal and habenula lie 5 mm apart.
        away = {
            float(np.linalg.norm(np.subtract(o.centre_lps_mm, d.centre_lps_mm))): o
            for o in case.deposits
            if {o.site, d.site} <= {"pineal", "habenula", "choroid_plexus"}
        }
        if away and min(away) < 8:
            compared += 1
            assert agree(d, away[min(away)])
    assert compared >= 1


def test_resampled_upright_and_even_as_a_nifti_would_be_the_masses_are_the_same(real, reference):
    scan, case = real("ge_head_tilt")
    given, low = scan.volume.grid, scan.volume.grid.points([[0, 0, 0], [0, 511, 511]]).min(axis=0)
    grid = Grid.regular((78, 400, 400), spacing_mm=(2.0, 0.6, 0.6), origin_mm=low)
    plane = np.stack(np.meshgrid(np.arange(400), np.arange(400), indexing="ij"), axis=-1).reshape(-1, 2)
    hu = np.empty(grid.shape, np.int16)
    for k in range(len(hu)):
        points = grid.points(np.column_stack([np.full(len(plane), k), plane]))
        there = ndimage.map_coordinates(
            scan.volume.hu, given.index_of(points).T, output=np.float32, order=1, cval=-1024
        )
        hu[k] = np.rint(there).reshape(400, 400)
    told = replace(scan.acquisition, thickness_mm=None)
    even = analyze(Volume(hu=hu, grid=grid), told, reference)
    for site, side, mark, _ in READERS_MM3:
        before = largest_near(scan, case, site, mark)
        after = max((d for d in even.deposits if (d.site, d.side) == (site, side)), key=lambda d: d.mass_mg)
        assert agree(before, after), site
