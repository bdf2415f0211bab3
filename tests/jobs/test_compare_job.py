"""The job that compares two scans goes without a structured report where none can be, and swallows nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from brainsand.errors import NoImagesToPointTo, UsageError
from brainsand.jobs import compare_job
from brainsand.jobs.compare_job import compare_payload, run
from brainsand.progress import SILENT


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the comparison is asked to write beside, each time; ``refusing`` is raised the first time."""

    def comparing(refusing):
        seen = []

        def compare(inputs, out, *, also, **_):
            seen.append(also)
            if len(seen) == 1:
                raise refusing
            return SimpleNamespace(headline="Nothing changed.", comparison=None)

        monkeypatch.setattr(compare_job, "compare_scans", compare)
        monkeypatch.setattr(compare_job, "the_reference", lambda: None)
        monkeypatch.setattr(compare_job, "pair_files", lambda *_, **__: {})
        return seen

    return comparing


def payload(place):
    scans = [place / "one", place / "two"]
    return compare_payload(scans, scans)


def test_scans_that_nothing_can_point_to_are_compared_without_a_structured_report(asked, tmp_path):
    seen = asked(NoImagesToPointTo("a NIfTI"))
    assert run(payload(tmp_path), tmp_path / "out", SILENT)["headline"] == "Nothing changed."
    assert seen == [("sr",), ()]


def test_any_other_wrong_usage_is_told_and_nothing_is_compared_again(asked, tmp_path):
    seen = asked(UsageError("There is no file or folder one."))
    with pytest.raises(UsageError, match="There is no file"):
        run(payload(tmp_path), tmp_path / "out", SILENT)
    assert seen == [("sr",)]
