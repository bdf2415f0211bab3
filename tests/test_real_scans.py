"""The real scans, read as the README beside them says a careful reader does; skipped where absent."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from brainsand.cli.main import main
from brainsand.errors import InputRefused
from brainsand.model.case import Case
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
