"""The same scan gives the same record, today and tomorrow, through the command and through ``run_scan``."""

from __future__ import annotations

import json

import numpy as np
import pytest

from brainsand.cli.main import main
from brainsand.phantom.head import head_from_atlas
from brainsand.phantom.protocol import Protocol, pose_of, slices_of
from brainsand.phantom.scanner import image
from brainsand.phantom.truth import anatomy_on_scan
from brainsand.run import run_scan
from brainsand.virtual_scan import write_virtual_scan
from samples import slice_dataset, write, write_nifti

COARSE = {"matrix": 256, "in_plane_mm": 0.9, "slice_mm": 3.0}
TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_virtual_scan(
        tmp_path_factory.mktemp("made"), preset="physiologic", seed=3, file_format="nifti", protocol=COARSE
    )


@pytest.fixture(scope="module")
def first(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("first")
    run_scan(made.scan, out, patient_file=made.patient_file)
    return out


def record(out):
    case = json.loads((out / "case.json").read_text())
    created = case["program"].pop("created")
    assert created
    return case


def same(out, first):
    assert record(out) == record(first)
    for name in ("deposits.tsv", "deposits.json", "deposits.nii.gz", "sites.tsv", "sites.nii.gz"):
        assert (out / name).read_bytes() == (first / name).read_bytes(), name


def test_two_runs_give_the_same_case_but_for_its_time(made, first, tmp_path):
    run_scan(made.scan, tmp_path / "second", patient_file=made.patient_file)
    same(tmp_path / "second", first)


def test_the_command_gives_the_record_of_run_scan(made, first, tmp_path):
    words = ["analyze", str(made.scan), "-o", str(tmp_path / "out"), "--patient", str(made.patient_file)]
    assert main([*words, "--quiet"]) == 0
    same(tmp_path / "out", first)


def test_the_record_names_what_was_planted(made, first):
    planted = {(d["site"], d["side"]) for d in json.loads(made.truth_file.read_text())["deposits"]}
    found = {(d["site"], d["side"]) for d in record(first)["deposits"]}
    assert ("pineal", "midline") in planted & found


def noise_box(folder):
    noise = np.random.default_rng(0).normal(0, 300, (60, 60, 40)).astype(np.int16)
    affine = TO_RAS @ np.diag([4.0, 4.0, 5.0, 1.0])
    return write_nifti(folder / "noise.nii.gz", noise, affine)


def single_slice(folder):
    return write(slice_dataset(np.full((64, 64), 40, np.int16)), folder / "one.dcm").parent


def skull_of_water(folder):
    """A virtual skull filled with water: a phantom of the physicist's, no patient."""
    from brainsand.read.atlas import load_atlas

    rng = np.random.default_rng(1)
    head = head_from_atlas(load_atlas(), rng=rng, deform_mm=0)
    protocol = Protocol(**COARSE)
    volume = image(head, (), protocol, rng=rng)
    pose = pose_of(head, protocol)
    labels = anatomy_on_scan(head, slices_of(head, protocol, pose), pose)
    inside = (labels > 0) & (labels < 500)
    water = np.where(inside & (volume.hu < 130), rng.normal(0, 2, labels.shape), volume.hu).astype(np.int16)
    # Stored as NIfTI does: column, row, slice; the affine takes these to RAS.
    affine = TO_RAS @ volume.grid.affine[:, [2, 1, 0, 3]]
    return write_nifti(folder / "water.nii.gz", water.transpose(2, 1, 0), affine)


@pytest.mark.parametrize("make", [noise_box, single_slice, skull_of_water], ids=lambda f: f.__name__)
def test_what_is_no_patients_head_ends_in_3_with_a_refusal_and_nothing_else(make, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    given = make(tmp_path / "in")
    assert main(["analyze", str(given), "-o", str(tmp_path / "out"), "--quiet"]) == 3
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["refusal.json"]
    refusal = json.loads((tmp_path / "out" / "refusal.json").read_text())
    assert all(refusal[word] for word in ("code", "came", "needed", "todo"))
    assert refusal["came"] in capsys.readouterr().err.replace("\n", " ")
