"""A virtual patient as a person gets one: from ``brainsand phantom`` and ``brainsand demo``."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pydicom
import pytest

from brainsand.cli.main import main
from brainsand.errors import ReadError, UsageError
from brainsand.virtual_scan import write_virtual_scan


def bytes_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_dicom_is_one_readable_file_a_slice_with_truth_and_patient_beside_it(rooms, tmp_path):
    made = write_virtual_scan(tmp_path / "virtual", preset="pfbc")
    assert set(bytes_of(tmp_path / "virtual")) == {
        "dicom/0001.dcm",
        "dicom/0002.dcm",
        "dicom/0003.dcm",
        "truth.nii.gz",
        "truth.json",
        "patient.json",
    }
    assert [pydicom.dcmread(p).InstanceNumber for p in sorted(made.scan.iterdir())] == [1, 2, 3]
    assert json.loads(made.patient_file.read_text()) == {"age_years": 50}
    assert made.deposits == len(json.loads(made.truth_file.read_text())["deposits"])


def test_nifti_is_one_file_with_the_hu(rooms, tmp_path):
    made = write_virtual_scan(tmp_path / "virtual", preset="pfbc", file_format="nifti")
    image = nibabel.load(made.scan)
    assert image.get_data_dtype() == np.int16
    assert np.asarray(image.dataobj).min() < -500


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_patient(rooms, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_virtual_scan(tmp_path / name, preset="pfbc", seed=seed)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    assert bytes_of(tmp_path / "a") != bytes_of(tmp_path / "c")


def test_a_second_virtual_patient_replaces_the_first_and_leaves_other_files(rooms, tmp_path):
    out = tmp_path / "virtual"
    write_virtual_scan(out, preset="pfbc", file_format="nifti")
    (out / "notes.txt").write_text("mine")
    write_virtual_scan(out, preset="pfbc")
    assert "scan.nii.gz" not in bytes_of(out)
    assert (out / "notes.txt").read_text() == "mine"


def test_what_cannot_be_leaves_nothing(rooms, tmp_path):
    with pytest.raises(UsageError, match="no preset 'sunshine'"):
        write_virtual_scan(tmp_path / "virtual", preset="sunshine")
    with pytest.raises(UsageError, match="NIfTI cannot say where uneven slices lie"):
        write_virtual_scan(
            tmp_path / "virtual", preset="pfbc", file_format="nifti", protocol={"upper_from_slice": 1}
        )
    (tmp_path / "letter.nii").write_text("dear me")
    with pytest.raises(ReadError, match=r"letter\.nii cannot be read as NIfTI"):
        write_virtual_scan(tmp_path / "virtual", preset="pfbc", head_labels=tmp_path / "letter.nii")
    assert set(bytes_of(tmp_path)) == {"letter.nii"}


def test_the_command_hands_the_protocol_on(rooms, tmp_path, capsys):
    assert main(["phantom", str(tmp_path / "v"), "--slice-mm", "5", "--format", "nifti"]) == 0
    assert nibabel.load(tmp_path / "v" / "scan.nii.gz").header.get_zooms()[2] == 5
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "v" / "scan.nii.gz")


def test_the_command_names_the_presets(rooms, capsys):
    assert main(["phantom", "--list"]) == 0
    assert capsys.readouterr().out.split() == ["physiologic", "pfbc"]


def test_the_demo_ends_with_a_report_and_what_was_planted(brainsand, tmp_path):
    done = brainsand("demo")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Deposits planted: 1; found: 0.",
        "One small deposit in the pineal.",
        str(tmp_path / "brainsand-demo" / "report.html"),
    ]
    assert {"case.json", "report.html", "virtual_patient"} <= {
        p.name for p in (tmp_path / "brainsand-demo").iterdir()
    }
    case = json.loads((tmp_path / "brainsand-demo" / "case.json").read_text())
    assert case["patient"]["age_years"] == 47  # the patient file was read
