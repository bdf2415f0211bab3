"""The bench of the queue runs and names what it measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_bench_prints_a_line_for_every_step():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "bench_queue.py"), "--jobs", "5"],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    steps = [line.split("|")[2].strip() for line in done.stdout.splitlines() if line.startswith("| sqlite")]
    assert steps == ["put", "take and finish", "take from an empty queue", "whole job through two processes"]
