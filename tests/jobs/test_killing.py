"""kill -9 at any moment loses no job and does none twice visibly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def killed(place, folder, **wish):
    """Run the killer, and give what it found at the end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (HERE, HERE.parents[1] / "src")))}
    words = json.dumps({"url": place, "folder": str(folder), "seed": 5, "after_s": [0.0, 0.04], **wish})
    done = subprocess.run(
        [sys.executable, str(HERE / "killing.py"), words],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_each_once(found):
    assert found["not_done_once"] == []
    assert found["wrong_results"] == []
    assert found["left_over"] == []
    assert found["strangers"] == []
    assert found["counts"]["done"] == found["jobs"] == found["folders"]
    assert sum(found["counts"].values()) == found["jobs"]


def test_two_hundred_kills_at_random_moments_leave_each_job_done_once(place, tmp_path):
    found = killed(place, tmp_path / "out", jobs=10, kills=200)
    assert found["kills"] >= 200
    assert found["attempts"] > found["jobs"]  # some were killed at work
    assert_each_once(found)


def test_three_at_work_at_once_all_killed_fifty_times(place, tmp_path):
    found = killed(place, tmp_path / "out", jobs=12, kills=150, at_once=3, seed=6)
    assert_each_once(found)


WINDOWS = (
    "taken, nothing done",
    "results written",
    "about to place",
    "receipt written",
    "placed, not recorded",
    "recorded, not cleared",
)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_kill_in_each_window_leaves_each_job_done_once(place, tmp_path, window):
    found = killed(place, tmp_path / "out", jobs=2, kills=3, window=window)
    assert_each_once(found)
    assert found["kills"] == (
        2 if found["attempts"] == found["jobs"] else 3
    )  # two jobs: no third to be killed at
    again = 0 if window in ("placed, not recorded", "recorded, not cleared") else 3
    assert found["attempts"] == found["jobs"] + again


@pytest.mark.parametrize("number", range(1, 9))
def test_a_kill_while_earlier_results_are_replaced_leaves_the_new_ones_whole(tmp_path, number):
    for n in range(2):
        (tmp_path / "out" / str(n)).mkdir(parents=True)
        for name in ("case.json", "report.html", "job.json"):
            (tmp_path / "out" / str(n) / name).write_text("earlier")
    place = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    found = killed(place, tmp_path / "out", jobs=2, kills=1, window=f"rename {number}")
    assert_each_once(found)
