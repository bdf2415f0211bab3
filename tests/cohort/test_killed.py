"""Killed at random and begun again: nothing is lost, nothing counted twice, every table the same to the last byte."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from brainsand.cohort.audit import audit
from brainsand.cohort.plan import find_scans
from brainsand.cohort.store import leftovers
from cohort_trial.killing import differing, killed_run, records
from cohort_trial.patients import make_patients

from .conftest import HERE, environment

SLOW = "slow 0.15 pineal:midline=5.0"


def fake(root, out, cluster):
    return [sys.executable, str(HERE / "fake_cohort.py"), str(root), str(out), cluster, "2"]


def tables_without_duration(scans):
    return {f"sub-{k:02d}": SLOW for k in range(scans)}


@pytest.mark.parametrize("cluster, seed", [("none", 1), ("none", 2), ("local", 3)])
def test_work_killed_three_times_gives_the_tables_of_work_that_was_not(bids, read, tmp_path, cluster, seed):
    root = bids(tables_without_duration(24) | {"sub-30": "refuse", "sub-31": "die"})
    subprocess.run(fake(root, tmp_path / "one", "none"), env=environment(), check=True, timeout=120)
    rng = np.random.default_rng(seed)
    kills = killed_run(
        fake(root, tmp_path / "many", cluster), tmp_path / "many", env=environment(), total=24, rng=rng
    )
    assert kills
    assert differing(tmp_path / "one", tmp_path / "many") == []
    found = audit(tmp_path / "many", find_scans(root), "p")
    assert found.counts == {"done": 24, "refused": 1, "failed": 1, "stale": 0, "missing": 0}
    assert list(leftovers(tmp_path / "many")) == []


def test_when_the_parent_is_killed_nobody_works_on(bids, tmp_path):
    root = bids({f"sub-{k:02d}": "slow 30" for k in range(4)})
    parent = subprocess.Popen(fake(root, tmp_path / "out", "none"), env=environment(), start_new_session=True)
    below = []
    until = time.monotonic() + 60
    while len(below) < 4 and time.monotonic() < until:  # two nests, and a scan in each
        below = psutil.Process(parent.pid).children(recursive=True)
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(below, timeout=20)
    assert len(below) == 4
    assert alive == []
    assert records(tmp_path / "out") == 0


def test_twelve_virtual_patients_killed_three_times_give_the_same_tables(tmp_path):
    """The whole of it: true scans, true analysis, a local cluster."""
    root = make_patients(tmp_path / "in", 12)

    def command(out: Path) -> list[str]:
        words = ("cohort", str(root), str(out), "participant", "--n-workers", "2", "--quiet")
        return [sys.executable, "-m", "brainsand", *words]

    subprocess.run(command(tmp_path / "one"), env=environment(), check=True, timeout=1800)
    rng = np.random.default_rng(12)
    kills = killed_run(command(tmp_path / "many"), tmp_path / "many", env=environment(), total=12, rng=rng)
    assert len(kills) == 3
    assert records(tmp_path / "many") == 12
    assert differing(tmp_path / "one", tmp_path / "many") == []
