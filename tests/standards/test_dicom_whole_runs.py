"""Whole runs: a real tilted uneven scan, and a virtual patient as single slices and as one multi-frame object."""

from __future__ import annotations

from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest

from brainsand.read.scan import read_scan
from brainsand.run import run_scan
from brainsand.virtual_scan import write_virtual_scan

from .conftest import dciodvfy_errors, dsrdump_words, mask_on

ALSO = ("seg", "sr", "sc")


@pytest.fixture(scope="module")
def tilted(tmp_path_factory) -> Path:
    """A virtual patient with calcium on both sides under a tilted gantry, one file a slice, and its results."""
    folder = tmp_path_factory.mktemp("tilted")
    protocol = {
        "matrix": 256,
        "in_plane_mm": 0.9,
        "slice_mm": 4.0,
        "tilt_deg": 15.0,
        "upper_from_slice": 12,
        "upper_slice_mm": 6.0,
    }
    write_virtual_scan(folder / "patient", preset="pallidal_dots", protocol=protocol, seed=3)
    run_scan(folder / "patient" / "dicom", folder / "out", also=ALSO)
    return folder


def same_as_map(scan_path: Path, out: Path) -> None:
    """The SEG put back on the source slices is ``deposits.nii.gz`` above 0, to the last voxel."""
    scan = read_scan(scan_path)
    deposits = np.asarray(nibabel.load(out / "deposits.nii.gz").dataobj).T
    assert (deposits > 0).any()
    assert np.array_equal(mask_on(scan, out / "seg.dcm") > 0, deposits > 0)


def all_valid(out: Path) -> None:
    files = [out / "seg.dcm", out / "sr.dcm", *sorted((out / "sc").iterdir())]
    assert {path.name: dciodvfy_errors(path) for path in files if dciodvfy_errors(path)} == {}
    assert "Imaging Measurement Report" in dsrdump_words(out / "sr.dcm")
    highdicom.sr.srread(out / "sr.dcm")


def test_a_real_tilted_uneven_scan(shared_data, tmp_path):
    run_scan(shared_data / "ge_head_tilt", tmp_path / "out", also=ALSO)
    same_as_map(shared_data / "ge_head_tilt", tmp_path / "out")
    all_valid(tmp_path / "out")


def test_a_virtual_patient_under_a_tilted_gantry_with_uneven_slices(tilted):
    same_as_map(tilted / "patient" / "dicom", tilted / "out")
    all_valid(tilted / "out")


def test_left_is_left(tilted):
    """Each segment's voxels lie on the side its code says, by the source slices' own geometry."""
    seg = pydicom.dcmread(tilted / "out" / "seg.dcm")
    scan = read_scan(tilted / "patient" / "dicom")
    mask = mask_on(scan, tilted / "out" / "seg.dcm")
    across = {
        s.SegmentNumber: scan.volume.grid.points(np.argwhere(mask == s.SegmentNumber))[:, 0]
        for s in seg.SegmentSequence
    }
    sides = {}
    for segment in seg.SegmentSequence:
        modifier = segment.AnatomicRegionSequence[0].get("AnatomicRegionModifierSequence")
        if modifier:
            sides.setdefault(modifier[0].CodeMeaning, []).append(across[segment.SegmentNumber].mean())
    assert set(sides) == {"Left", "Right"}
    assert min(sides["Left"]) > max(sides["Right"])  # x runs to the patient's left


def test_the_same_scan_as_one_multi_frame_object_gives_the_same_voxels(tilted, tmp_path):
    slices = [pydicom.dcmread(path) for path in sorted((tilted / "patient" / "dicom").iterdir())]
    one = highdicom.legacy.LegacyConvertedEnhancedCTImage(
        slices,
        series_instance_uid=highdicom.UID(),
        series_number=2,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
    )
    (tmp_path / "scan").mkdir()
    one.save_as(tmp_path / "scan" / "one.dcm")
    run_scan(tmp_path / "scan", tmp_path / "out", also=ALSO)
    same_as_map(tmp_path / "scan", tmp_path / "out")
    all_valid(tmp_path / "out")
    single, multi = (
        mask_on(read_scan(scan), out / "seg.dcm")
        for scan, out in (
            (tilted / "patient" / "dicom", tilted / "out"),
            (tmp_path / "scan", tmp_path / "out"),
        )
    )
    assert np.array_equal(single, multi)


def test_a_second_run_replaces_the_objects_of_the_first(tilted, tmp_path):
    out = tmp_path / "out"
    run_scan(tilted / "patient" / "dicom", out, also=ALSO)
    for name in ("seg.dcm", "sr.dcm", "sc/0001.dcm"):
        first, second = pydicom.dcmread(tilted / "out" / name), pydicom.dcmread(out / name)
        assert first.SOPInstanceUID == second.SOPInstanceUID
    run_scan(tilted / "patient" / "dicom", out)
    assert not {"seg.dcm", "sr.dcm", "sc"} & {path.name for path in out.iterdir()}
