"""Results appear whole or not at all, whatever fails and wherever."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from brainsand.cli.main import main
from brainsand.errors import OutputError, ReadError, UsageError
from brainsand.run import run_scan
from brainsand.save import RECORDS, RESULTS, whole_results

ALSO = {
    "phenopacket.json",
    "seg.dcm",
    "sr.dcm",
    "sc",
    "report.pdf",
    "pdf.dcm",
    "fhir.json",
    "tables",
    "viewer",
}
WRITTEN = set(RESULTS) - {"refusal.json", *ALSO}


def folder(path):
    """What a folder holds, hidden things too: name to bytes (None for a folder)."""
    return {p.name: p.read_bytes() if p.is_file() else None for p in path.iterdir()}


def failing(calls, name, *, nth, error):
    """A stand-in for ``calls.name`` that raises ``error`` at its nth call alone."""
    true, count = getattr(calls, name), iter(range(1, 1000))

    def stand_in(*args, **kwargs):
        if next(count) == nth:
            raise error
        return true(*args, **kwargs)

    return stand_in


@pytest.fixture
def earlier(tmp_path):
    """A folder with results of an earlier run and a file of the person's own."""
    out = tmp_path / "out"
    out.mkdir()
    for name in WRITTEN:
        (out / name).write_text(f"earlier {name}")
    (out / "notes.txt").write_text("mine")
    return out


def test_the_results_of_a_run_are_these_and_nothing_else(rooms, head, tmp_path):
    result = run_scan(head, tmp_path / "out")
    assert set(folder(result.out)) == WRITTEN
    assert set(folder(tmp_path)) == {"head.nii", "out"}
    assert result.headline == "One small deposit in the pineal."
    assert json.loads((result.out / "deposits.json").read_text())["slices"][2] == [0.0, 0.0, 4.0]


def test_a_second_run_replaces_the_results_and_leaves_other_files(rooms, head, earlier):
    run_scan(head, earlier)
    after = folder(earlier)
    assert set(after) == WRITTEN | {"notes.txt"}
    assert after["notes.txt"] == b"mine"
    assert not any(content.startswith(b"earlier") for content in after.values())


def test_a_refusal_replaces_earlier_results(rooms, tmp_path, earlier):
    (tmp_path / "letter").write_text("refuse")
    with pytest.raises(ReadError):
        run_scan(tmp_path / "letter", earlier)
    assert set(folder(earlier)) == {"refusal.json", "notes.txt"}


def test_a_good_run_removes_an_earlier_refusal(rooms, head, tmp_path):
    (tmp_path / "letter").write_text("refuse")
    with pytest.raises(ReadError):
        run_scan(tmp_path / "letter", tmp_path / "out")
    run_scan(head, tmp_path / "out")
    assert set(folder(tmp_path / "out")) == WRITTEN


@pytest.mark.parametrize("nth", range(1, len(WRITTEN) + 1))
def test_a_full_disk_at_any_file_leaves_nothing(rooms, head, tmp_path, monkeypatch, nth):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(Path, "open", failing(Path, "open", nth=nth, error=full))
    with pytest.raises(OutputError, match=r"the disk is full\. Free some space"):
        run_scan(head, tmp_path / "deep" / "out")
    assert set(folder(tmp_path)) == {"head.nii"}


@pytest.mark.parametrize("nth", range(1, len(WRITTEN) + 1))
def test_a_full_disk_at_any_file_leaves_earlier_results_as_they_were(rooms, head, earlier, monkeypatch, nth):
    before = folder(earlier)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(os, "fsync", failing(os, "fsync", nth=nth, error=full))
    with pytest.raises(OutputError):
        run_scan(head, earlier)
    assert folder(earlier) == before


@pytest.mark.parametrize("error", [OSError(errno.EIO, "the disk is dying"), KeyboardInterrupt()])
@pytest.mark.parametrize("nth", range(1, 2 * len(WRITTEN) + 1))
def test_a_failure_at_any_rename_puts_earlier_results_back(rooms, head, earlier, monkeypatch, nth, error):
    before = folder(earlier)
    monkeypatch.setattr(Path, "rename", failing(Path, "rename", nth=nth, error=error))
    with pytest.raises((OutputError, KeyboardInterrupt)):
        run_scan(head, earlier)
    assert folder(earlier) == before


def test_at_every_moment_a_folder_with_a_record_is_whole(rooms, head, earlier, monkeypatch):
    """What a reader, or a power cut, would find between any two renames."""
    true_rename, seen = Path.rename, []

    def rename(self, target):
        true_rename(self, target)
        seen.append({name: content for name, content in folder(earlier).items() if name in RESULTS})

    monkeypatch.setattr(Path, "rename", rename)
    run_scan(head, earlier)
    assert len(seen) == 2 * len(WRITTEN)
    for names in seen:
        old = {name for name, content in names.items() if content.startswith(b"earlier")}
        assert not set(names) & set(RECORDS) or (set(names) == WRITTEN and not old)


def test_results_that_cannot_be_moved_back_are_kept(rooms, head, earlier, monkeypatch):
    true_rename, count = Path.rename, iter(range(1, 1000))

    def rename(self, target):
        if next(count) > 3:
            raise OSError(errno.EIO, "the disk is dying")
        return true_rename(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OutputError):
        run_scan(head, earlier)
    kept = list(earlier.glob(".*.brainsand-part/earlier/*"))
    assert {p.read_text() for p in kept} == {f"earlier {p.name}" for p in kept}
    assert {p.name for p in kept} | set(folder(earlier)) >= WRITTEN


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_no_permission_shows_before_anything_is_read(rooms, head, tmp_path, monkeypatch, capsys, code):
    def mkdir(self, *args, **kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(sys.modules["brainsand.read.scan"], "read_scan", None)
    assert main(["analyze", str(head), "-o", str(tmp_path / "out")]) == 3
    assert f"The results cannot be written to {tmp_path / 'out'}" in capsys.readouterr().err
    assert set(folder(tmp_path)) == {"head.nii"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_said(rooms, head, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="no permission"):
        run_scan(head, tmp_path / "locked" / "out")


def test_the_folders_above_are_made_and_taken_back_on_failure(rooms, tmp_path, monkeypatch):
    (tmp_path / "head").write_text("fault")
    with pytest.raises(RuntimeError):
        run_scan(tmp_path / "head", tmp_path / "a" / "b" / "out")
    assert set(folder(tmp_path)) == {"head"}


def test_a_folder_reached_by_a_link_is_written_where_it_leads(rooms, head, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far", target_is_directory=True)
    run_scan(head, tmp_path / "near")
    assert set(folder(tmp_path / "far")) == WRITTEN
    assert (tmp_path / "near").is_symlink()


def test_a_file_in_the_place_of_the_folder_is_wrong_usage(tmp_path):
    (tmp_path / "out").write_text("a letter")
    with pytest.raises(UsageError, match="is a file; results need a folder"), whole_results(tmp_path / "out"):
        pass


def test_a_draft_takes_results_alone(tmp_path):
    with pytest.raises(ValueError, match="is not among the names"), whole_results(tmp_path / "out") as draft:
        draft.write("diary.txt", "dear me")
    assert folder(tmp_path) == {}


def test_results_may_be_read_by_whom_the_umask_allows(rooms, head, tmp_path):
    before = os.umask(0o022)
    try:
        out = run_scan(head, tmp_path / "out").out
    finally:
        os.umask(before)
    assert out.stat().st_mode & 0o777 == 0o755
    assert {p.stat().st_mode & 0o777 for p in out.iterdir()} == {0o644}
