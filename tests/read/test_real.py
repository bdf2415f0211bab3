"""The shared real scans read as their README says; skipped where they are absent."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from brainsand.errors import InputRefused
from brainsand.read.scan import read_scan


def codes_of(path: Path) -> set[str]:
    return {caution.code for caution in read_scan(path).acquisition.cautions}


def test_the_tilted_uneven_head_keeps_its_slices(shared_data: Path) -> None:
    scan = read_scan(shared_data / "ge_head_tilt")
    grid = scan.volume.grid
    assert grid.shape == (28, 512, 512)
    assert grid.tilt_deg == pytest.approx(18.5, abs=0.01)
    gaps = grid.slice_gaps_mm
    assert gaps[:13] == pytest.approx(4.0, abs=0.01)
    assert gaps[13] == pytest.approx(1.08, abs=0.01)
    assert gaps[14:] == pytest.approx(7.0, abs=0.01)
    assert {c.code for c in scan.acquisition.cautions} == {"uneven_spacing", "mixed_thickness"}
    assert len(set(scan.acquisition.source_frames)) == 28
    # The pineal of the README: peak 168 HU near column 250, row 297, slice 16 counted from the bottom.
    assert scan.volume.hu[16, 287:307, 240:260].max() == 168


def test_the_same_head_in_a_zip_is_the_same(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "ge_head_tilt"
    packed = Path(shutil.make_archive(str(tmp_path / "x"), "zip", source))
    assert read_scan(packed).acquisition.sha256 == read_scan(source).acquisition.sha256


def test_the_planning_scan_with_a_bare_header_is_read(shared_data: Path) -> None:
    scan = read_scan(shared_data / "cerr_head_neck_planning")
    assert scan.volume.hu.shape == (90, 511, 511)
    assert scan.volume.grid.spacing_mm == pytest.approx((3, 1, 1))
    assert (scan.acquisition.kvp, scan.acquisition.kernel) == (None, None)
    assert scan.volume.hu.max() == 3844  # beyond its announced 12 bits
    assert np.percentile(scan.volume.hu, 20) < -900


def test_the_body_scan_is_read_with_its_padding_as_air(shared_data: Path) -> None:
    scan = read_scan(shared_data / "petct_arms_up_whole_head")
    assert scan.volume.hu.shape == (99, 512, 512)
    assert scan.volume.hu.min() == -1024
    assert (scan.acquisition.age_years, scan.acquisition.sex) == (46.0, "F")


def test_the_phantom_is_read_past_its_stray_file(shared_data: Path) -> None:
    scan = read_scan(shared_data / "philips_skull_phantom_tilt")
    assert scan.volume.hu.shape == (54, 512, 512)
    assert scan.volume.grid.tilt_deg == pytest.approx(18.5, abs=0.01)
    assert scan.acquisition.cautions == ()


def test_eight_bits_and_the_offset_are_noticed(shared_data: Path) -> None:
    assert codes_of(shared_data / "eightbit_skull_phantom.nii.gz") == {"eight_bit"}
    assert codes_of(shared_data / "headsq_coarse") == {"offset_1024"}


@pytest.mark.parametrize(
    "name", ["", "CT_Explicit_Little.dcm", "CT_JPEG70.dcm", "CT_Implicit_Little_Headless_Retired.dcm"]
)
def test_single_slices_are_refused_with_words(shared_data: Path, name: str) -> None:
    with pytest.raises(InputRefused) as caught:
        read_scan(shared_data / "single_slices" / name)
    assert "not a head" in caught.value.came or "localizer" in caught.value.came


def test_a_label_map_is_no_scan(shared_data: Path) -> None:
    with pytest.raises(InputRefused) as caught:
        read_scan(shared_data / "head_labels" / "head_01.nii.gz")
    assert caught.value.code == "not_hounsfield"
