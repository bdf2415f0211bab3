"""What a run of a cohort costs: CPU of all it started and of the scans alone, memory of whoever does not read."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from cohort_trial.killing import records


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU and wall seconds of a run, of its scans alone (from the log), memory of nests and workers as it went on."""

    workers: int
    scans: int
    cpu_s: float
    wall_s: float
    scans_cpu_s: float
    most_mb: float
    nest_mb: tuple[float, float]
    worker_mb: tuple[float, float]

    @property
    def beside_s(self) -> float:
        """CPU a scan beside reading it: starting, handing out, gathering."""
        return (self.cpu_s - self.scans_cpu_s) / max(self.scans, 1)


def measured(command: Sequence[str], out: Path, *, env: Mapping[str, str], workers: int) -> Cost:
    """Run a command to its end and say what it cost."""
    before, began, log = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), set(_logs(out))
    seen: list[tuple[int, float, float]] = []
    process = subprocess.Popen(command, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        time.sleep(1.0)
        seen.append((records(out), *_memory(process.pid)))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = [json.loads(line) for p in _logs(out) if p not in log for line in p.read_text().splitlines()]
    return Cost(
        workers=workers,
        scans=len(rows),
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        wall_s=time.monotonic() - began,
        scans_cpu_s=sum(r["cpu_s"] for r in rows),
        most_mb=max((r["most_mb"] for r in rows), default=0.0),
        nest_mb=_ends([nest for _, nest, _ in seen if nest]),
        worker_mb=_ends([worker for _, _, worker in seen if worker]),
    )


def _logs(out: Path) -> list[Path]:
    return sorted((out / "logs").glob("*.jsonl"))


def _memory(pid: int) -> tuple[float, float]:
    """Memory of the fattest nest and of the fattest other process that reads no scan, MB."""
    nests, others = [0.0], [0.0]
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return 0.0, 0.0
    for one in below:
        try:
            is_nest = any("cohort.nest" in w for w in one.cmdline())
            inner = is_nest and any("cohort.nest" in w for w in (one.parent() or one).cmdline())
            if not inner:
                (nests if is_nest else others).append(one.memory_info().rss / 1e6)
        except psutil.Error:
            continue
    return max(nests), max(others)


def _ends(values: list[float]) -> tuple[float, float]:
    """Median of the second tenth and of the last: the first is the start."""
    tenth = max(len(values) // 10, 1)
    early, late = values[tenth : 2 * tenth] or values, values[-tenth:] or values
    return (statistics.median(early), statistics.median(late)) if values else (0.0, 0.0)


def load() -> float:
    """How busy the machine is beside this: the load of the last minute."""
    return os.getloadavg()[0]
