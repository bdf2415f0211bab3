"""What comes to ``brainsand compare`` that cannot be compared is told before anything is analyzed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from brainsand.cli.compare import years
from brainsand.cli.main import main
from brainsand.compare import compare_scans
from brainsand.errors import ChoiceError, CorrectionsError, DifferentPeople, ReadError, UsageError
from brainsand.model.acquisition import Acquisition
from brainsand.read.scan import ReadScan
from brainsand.read.visit import _as_recorded, read_visit, years_between
from samples import axial_positions, head_hu, slice_dataset, write


def scan(folder, *, seed=0, patient="P1", day="20200101", study="1"):
    """A small scan as DICOM in a folder."""
    hu = head_hu(seed=seed)
    for k, position in enumerate(axial_positions(len(hu))):
        ds = slice_dataset(
            hu[k], number=k + 1, position=position, patient=patient, study=study, StudyDate=day
        )
        write(ds, folder / f"{k}.dcm")
    return folder


def refused(tmp_path, first, second, **more):
    with pytest.raises((ChoiceError, DifferentPeople)) as refusal:
        compare_scans([first, second], tmp_path / "out", **more)
    saved = json.loads((tmp_path / "out" / "refusal.json").read_text())
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["refusal.json"]
    assert saved["code"] == refusal.value.code
    return saved["code"]


def test_two_patients_are_refused(tmp_path):
    first = scan(tmp_path / "a")
    second = scan(tmp_path / "b", seed=1, patient="P2", day="20210101", study="2")
    assert refused(tmp_path, first, second) == "different_patients"


def test_one_scan_given_twice_is_refused(tmp_path):
    assert refused(tmp_path, scan(tmp_path / "a"), scan(tmp_path / "b", study="2")) == "same_scan"


def test_scans_the_wrong_way_round_are_refused_and_the_command_ends_with_3(tmp_path, capsys):
    first = scan(tmp_path / "a", day="20210101")
    second = scan(tmp_path / "b", seed=1, study="2")
    assert refused(tmp_path, first, second) == "order_reversed"
    assert main(["compare", str(first), str(second), "-o", str(tmp_path / "out")]) == 3
    assert "the earliest scan first" in capsys.readouterr().err


def test_the_refusal_names_neither_patient_nor_day(tmp_path):
    first = scan(tmp_path / "a", day="20210101")
    refused(tmp_path, first, scan(tmp_path / "b", seed=1, patient="P2", study="2"))
    saved = (tmp_path / "out" / "refusal.json").read_text()
    assert not any(word in saved for word in ("P1", "P2", "Jane", "2020", "2021"))


@pytest.mark.parametrize(
    "more, words",
    [
        ({"interval_years": (1.0, 2.0)}, "2 times for 2 scans"),
        ({"inputs": 1}, "needs an earlier and a later one"),
        ({"twice": True}, "same path is given twice"),
        ({"missing": True}, "There is no file or folder"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage_and_nothing_is_written(tmp_path, more, words):
    inputs = [tmp_path / "a", tmp_path / "b"]
    for path in inputs:
        path.mkdir()
    if more.pop("twice", False):
        inputs[1] = inputs[0]
    if more.pop("missing", False):
        inputs[1] = tmp_path / "nowhere"
    inputs = inputs[: more.pop("inputs", 2)]
    with pytest.raises(UsageError, match=words):
        compare_scans(inputs, tmp_path / "out", **more)
    assert not (tmp_path / "out").exists()


def test_the_results_of_a_scan_are_not_overwritten(tmp_path):
    for name in ("a", "b", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "out" / "case.json").write_text("{}")
    with pytest.raises(UsageError, match="holds the results of one scan"):
        compare_scans([tmp_path / "a", tmp_path / "b"], tmp_path / "out")


def test_results_without_their_scan_say_what_is_missing(tmp_path):
    (tmp_path / "case.json").write_text("{}")
    (tmp_path / "deposits.nii.gz").write_bytes(b"")
    (tmp_path / "sites.nii.gz").write_bytes(b"")
    with pytest.raises(ReadError) as refusal:
        read_visit(tmp_path)
    assert refusal.value.code == "scan_missing"
    assert "the scan itself" in refusal.value.needed


def test_results_with_their_scan_are_read_with_what_the_record_says(tmp_path):
    scan(tmp_path / "dicom")
    said = {
        "scan": {"sha256": read_visit(tmp_path / "dicom").scan.acquisition.sha256},
        "patient": {"age_years": 40},
    }
    (tmp_path / "case.json").write_text(json.dumps(said))
    visit = read_visit(tmp_path)
    assert visit.scan.volume.hu.shape == (12, 32, 32)
    assert visit.said == {"age_years": 40}
    assert "record_of_another_scan" not in [c.code for c in visit.scan.acquisition.cautions]


def test_a_record_of_another_scan_is_said():
    read = ReadScan(
        volume=None, acquisition=Acquisition(source="x", format="NIfTI", sha256="a"), choice_words=""
    )
    codes = [c.code for c in _as_recorded(read, {"sha256": "b", "kvp": 80.0}).acquisition.cautions]
    assert codes == ["record_of_another_scan"]
    assert _as_recorded(read, {"sha256": "a", "kvp": 80.0}).acquisition.kvp == 80.0


def test_years_between_scans_are_counted_and_unknown_without_days(tmp_path):
    first = read_visit(scan(tmp_path / "a", day="20200101")).scan
    later = read_visit(scan(tmp_path / "b", seed=1, day="20220702", study="2")).scan
    silent = read_visit(scan(tmp_path / "c", seed=2, day="", study="3")).scan
    assert years_between(first, later) == 2.5
    assert years_between(later, first) == -2.5
    assert years_between(first, silent) is None


def test_years_typed_by_a_person_are_numbers():
    assert years("0") == 0
    assert np.isclose(years("12.5"), 12.5)
    with pytest.raises(Exception, match="no number of years"):
        years("-1")


def test_corrections_of_another_scan_are_refused(tmp_path):
    first, second = scan(tmp_path / "a"), scan(tmp_path / "b", seed=1, day="20210101", study="2")
    record = {"scan": {"sha256": "f" * 64}, "deposits": [], "rejected": [], "machine_deposits": []}
    with pytest.raises(CorrectionsError, match="none of those given"):
        compare_scans([first, second], tmp_path / "out", corrected=[record])


def test_results_that_nobody_corrected_are_no_corrections_and_the_command_ends_with_3(tmp_path, capsys):
    first, second = scan(tmp_path / "a"), scan(tmp_path / "b", seed=1, day="20210101", study="2")
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "case.json").write_text('{"deposits": []}')
    told = ["compare", str(first), str(second), "--corrected", str(tmp_path / "result")]
    assert main([*told, "-o", str(tmp_path / "out")]) == 3
    assert "holds no corrected case" in capsys.readouterr().err


def test_a_folder_of_corrected_results_says_what_the_reader_said(tmp_path):
    scan(tmp_path / "dicom")
    row = {"centre_lps_mm": [1, 2, 3], "site": "putamen", "side": "left", "lobe": None, "kind": "ectopic"}
    record = {
        "scan": {"sha256": read_visit(tmp_path / "dicom").scan.acquisition.sha256},
        "deposits": [{"id": 2, "source": "reader", **row}],
        "rejected": [{"id": 1, "source": "machine", **row}],
    }
    (tmp_path / "case.json").write_text(json.dumps(record))
    found = read_visit(tmp_path).standing
    assert [(d.id, d.rejected, d.touched) for d in found] == [(2, False, True), (1, True, True)]
    (tmp_path / "case.json").write_text(json.dumps(record | {"scan": {"sha256": "0" * 64}}))
    assert read_visit(tmp_path).standing == ()
