"""What a script sees: exit code, stdout, stderr and the folder, through a process of its own."""

from __future__ import annotations

import json
import signal
import sys
import time

import pytest

RESULTS = {
    "case.json",
    "report.html",
    "deposits.tsv",
    "deposits.json",
    "deposits.nii.gz",
    "sites.tsv",
    "sites.nii.gz",
}


def names(folder):
    return {p.name for p in folder.iterdir()}


def test_a_good_scan_ends_in_0_and_says_the_finding_and_the_report(brainsand, head, tmp_path):
    done = brainsand("analyze", head, "-o", "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "One small deposit in the pineal.",
        str(tmp_path / "out" / "report.html"),
    ]
    assert names(tmp_path / "out") == RESULTS


def test_without_a_named_folder_results_lie_beside_the_person(brainsand, head, tmp_path):
    assert brainsand("analyze", head).returncode == 0
    assert names(tmp_path / "brainsand-head") == RESULTS


def test_a_refused_input_ends_in_3_with_its_record_alone(brainsand, tmp_path):
    (tmp_path / "letter.txt").write_text("refuse")
    done = brainsand("analyze", "letter.txt", "-o", "out")
    assert done.returncode == 3
    assert "A text file came. Needed: a head CT. What to do: Give one." in done.stderr
    assert "Traceback" not in done.stderr
    assert names(tmp_path / "out") == {"refusal.json"}
    record = json.loads((tmp_path / "out" / "refusal.json").read_text())
    assert record["schema"] == "brainsand.refusal/1"
    assert record["code"] == "not_dicom"
    assert record["todo"] == "Give one."


def test_a_fault_of_ours_ends_in_1_and_leaves_nothing(brainsand, tmp_path):
    (tmp_path / "head.nii").write_text("fault")
    done = brainsand("analyze", "head.nii", "-o", "out")
    assert done.returncode == 1
    assert "a fault in brainsand itself: RuntimeError: the rooms caught fire" in done.stderr
    assert "Traceback" not in done.stderr
    assert names(tmp_path) == {"head.nii"}


def test_verbose_tells_all_of_a_fault(brainsand, tmp_path):
    (tmp_path / "head.nii").write_text("fault")
    done = brainsand("analyze", "head.nii", "--verbose")
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["brew", "coffee"],
        ["analyze"],
        ["analyze", "nowhere"],
        ["analyze", "head.nii", "--also", "docx"],
        ["analyze", "head.nii", "--age", "old"],
        ["analyze", "head.nii", "--age", "nan"],
        ["analyze", "head.nii", "--age", "-1"],
        ["analyze", "head.nii", "--sex", "X"],
        ["analyze", "head.nii", "--patient", "patient.yaml", "--age", "50"],
        ["analyze", "head.nii", "-o", "head.nii"],
        ["analyze", "head.nii", "--quiet", "--verbose"],
    ],
)
def test_wrong_usage_ends_in_2_and_writes_nothing(brainsand, head, tmp_path, words):
    (tmp_path / "patient.yaml").write_text("age_years: 47")
    done = brainsand(*words)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert names(tmp_path) == {"head.nii", "patient.yaml"}


def test_a_format_not_built_is_refused_by_name(brainsand, head):
    assert (
        "--also fax,telex: this version does not write that."
        in brainsand("analyze", head, "--also", "telex,fax").stderr
    )


def test_the_results_never_overwrite_the_input(brainsand, tmp_path):
    scan = tmp_path / "deposits.nii.gz"
    scan.write_text("head")
    done = brainsand("analyze", scan, "-o", tmp_path)
    assert done.returncode == 2
    assert scan.read_text() == "head"


def test_quiet_says_nothing(brainsand, head):
    done = brainsand("analyze", head, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_choice_of_series_and_the_cautions_are_said(brainsand, tmp_path):
    (tmp_path / "head.nii").write_text("choose")
    (tmp_path / "patient.yaml").write_text("age_years: 47")
    done = brainsand("analyze", "head.nii", "--patient", "patient.yaml")
    assert done.stderr.splitlines() == [
        "Read series 2 of 3: the thinnest.",
        "caution: A word was not known.",
    ]


def test_a_bad_patient_file_is_a_refusal(brainsand, head, tmp_path):
    (tmp_path / "patient.yaml").write_text("name: nobody")
    assert brainsand("analyze", head, "--patient", "patient.yaml", "-o", "out").returncode == 3
    assert names(tmp_path / "out") == {"refusal.json"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ on Windows")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_nothing(start_brainsand, tmp_path, kind):
    (tmp_path / "head.nii").write_text("slow")
    with start_brainsand("analyze", "head.nii", "-o", "deep/out") as process:
        wait_for(lambda: any(tmp_path.glob("deep/.*")))
        process.send_signal(kind)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert names(tmp_path) == {"head.nii"}


def wait_for(true, *, at_most_s=20.0):
    end = time.monotonic() + at_most_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
