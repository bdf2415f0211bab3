"""The command: its words, its exit codes, and what stands on the screen."""

from __future__ import annotations

import io

import pytest

from brainsand.cli.cohort import FAILURES
from brainsand.cli.cohort_line import Line
from brainsand.cli.main import main
from brainsand.cohort.model import Outcome


@pytest.fixture
def scans(tmp_path, monkeypatch):
    """A cohort of one file that no reader can read, and a program that need not load the knowledge."""
    monkeypatch.setattr("brainsand.cohort.program.program_of", lambda norms, also: " ".join(("p", *also)))
    (tmp_path / "in" / "sub-1" / "ct").mkdir(parents=True)
    (tmp_path / "in" / "sub-1" / "ct" / "sub-1_ct.nii.gz").write_text("no scan")
    return tmp_path / "in"


def run(*words):
    return main(["cohort", *map(str, words)])


def test_a_cohort_with_failures_ends_with_4_and_names_the_list(scans, tmp_path, capsys):
    assert run(scans, tmp_path / "out", "participant", "--cluster", "none", "--n-workers", "1") == FAILURES
    said = capsys.readouterr()
    assert "1 of 1 scans read (0 before), 1 without a measurement." in said.out
    assert said.out.strip().endswith("failures.tsv")
    assert "sub-1 refused" in said.err


def test_a_format_without_a_place_in_a_cohort_is_wrong_usage(scans, tmp_path, capsys):
    assert run(scans, tmp_path / "out", "participant", "--also", "csv,seg") == 2
    said = capsys.readouterr().err
    assert "no place for csv;" in said
    assert "phenopacket, seg, sr, pdf, fhir" in said


def test_another_choice_of_formats_reads_the_scans_anew(scans, tmp_path, capsys):
    words = (scans, tmp_path / "out", "participant", "--cluster", "none", "--n-workers", "1")
    run(*words)
    assert run(scans, tmp_path / "out", "audit", "--also", "pdf") == FAILURES
    assert "1 stale" in capsys.readouterr().out
    run(*words, "--also", "pdf")
    assert "(0 before)" in capsys.readouterr().out


def test_the_audit_changes_nothing_and_ends_with_4_until_all_is_done(scans, tmp_path, capsys):
    assert run(scans, tmp_path / "out", "audit") == FAILURES
    assert "1 missing" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_folder_without_scans_and_a_shard_that_cannot_be_are_wrong_usage(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", tmp_path / "out", "participant") == 2
    assert "no scan in" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        run(tmp_path, tmp_path / "out", "participant", "--shard", "3/2")
    assert end.value.code == 2


def test_the_group_level_without_tables_is_wrong_usage(scans, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    assert run(scans, tmp_path / "out", "group") == 2
    assert "No scan of" in capsys.readouterr().err


def test_no_permission_is_told(scans, tmp_path, capsys):
    (tmp_path / "out").write_text("a file")
    assert run(scans, tmp_path / "out", "participant", "--cluster", "none") == 3
    assert "cannot be written to" in capsys.readouterr().err


def test_the_line_tells_how_far_and_how_long(monkeypatch):
    now = iter([0.0, 0.0, 60.0])
    monkeypatch.setattr("brainsand.cli.cohort_line.time.monotonic", lambda: next(now))
    line = Line(io.StringIO(), quiet=True, verbose=False, workers=2)
    line.begins(total=100, done=40)
    for k in range(6):
        line.ended(Outcome(unit=f"sub-{k}", state="done" if k else "failed"))
    assert line.words() == "46 of 100 scans, 1 without a measurement, 9 min left"


def test_stopped_by_hand_it_says_that_the_same_command_goes_on(scans, tmp_path, monkeypatch, capsys):
    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("brainsand.cohort.participant.read_cohort", stopped)
    assert run(scans, tmp_path / "out", "participant", "--cluster", "none") == 130
    assert "the same command goes on from there" in capsys.readouterr().err
