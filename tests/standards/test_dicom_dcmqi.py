"""Read back by dcmqi, which 3D Slicer reads with: every voxel in its place, every number with its name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from samples import axial_positions


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} (dcmqi) is not installed")
    return found


def test_voxels_of_an_upright_scan_lie_in_the_same_place(written, tmp_path):
    made = written(positions=axial_positions(12))
    command = [program("segimage2itkimage"), "--inputDICOM", made.folder / "seg.dcm"]
    command += ["--outputDirectory", tmp_path, "-t", "nii", "--mergeSegments"]
    subprocess.run(command, check=True, capture_output=True)
    image = nibabel.load(tmp_path / "1.nii.gz")
    labels = np.asarray(image.dataobj)
    marks = made.case.picture.deposits
    for number in (1, 2, 3):
        theirs = nibabel.affines.apply_affine(image.affine, np.argwhere(labels == number)) * (-1, -1, 1)
        ours = made.scan.volume.grid.points(np.argwhere(marks == number))
        assert sorted(map(tuple, theirs.round(2))) == sorted(map(tuple, ours.round(2)))
    meta = json.loads((tmp_path / "meta.json").read_text())["segmentAttributes"]
    segments = {s["labelID"]: s for group in meta for s in group}
    for number, side in ((1, "Left"), (2, "Right")):
        assert segments[number]["AnatomicRegionSequence"]["CodeMeaning"] == "Globus pallidus"
        assert segments[number]["AnatomicRegionModifierSequence"]["CodeMeaning"] == side
    colours = [value for s in segments.values() for value in s["recommendedDisplayRGBValue"]]
    assert all(0 <= value <= 255 for value in colours)


def test_numbers_of_the_report_come_back(written, tmp_path):
    made = written()
    command = [program("tid1500reader"), "--inputDICOM", made.folder / "sr.dcm"]
    subprocess.run([*command, "--outputMetadata", tmp_path / "sr.json"], check=True, capture_output=True)
    groups = json.loads((tmp_path / "sr.json").read_text())["Measurements"]
    assert [g["TrackingIdentifier"] for g in groups][-3:] == [
        "brainsand deposit 1: left globus pallidus",
        "brainsand deposit 2: right globus pallidus",
        "brainsand deposit 3: falx",
    ]
    items = groups[-3]["measurementItems"]
    said = {(i["quantity"]["CodeMeaning"], i["units"]["CodeValue"]): float(i["value"]) for i in items}
    assert said["Calcium Mass", "mg"] == 20.0
    assert groups[-3]["Finding"]["CodeValue"] == "129748009"
