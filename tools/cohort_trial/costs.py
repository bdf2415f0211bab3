"""What a run of a cohort costs: CPU of all it started and of the scans alone, memory of whoever does not read."""

from __future__ import annotations

import json
import os
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
    """Wall seconds of a run, CPU seconds of its scans (from the log), and what everybody else took.

    ``beside_s`` is the CPU of parent, workers and nests at the end of all, ``marginal_s`` their CPU a scan once all
    was started; memory of nests and workers in the second tenth of the run and in the last.
    """

    workers: int
    scans: int
    wall_s: float
    scans_cpu_s: float
    most_mb: float
    beside_s: float
    marginal_s: float
    nest_mb: tuple[float, float]
    worker_mb: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """Scans done, CPU seconds and fattest memory (MB) of nests and of workers, at one time."""

    done: int
    cpu_s: float
    nest_mb: float
    other_mb: float


def measured(command: Sequence[str], out: Path, *, env: Mapping[str, str], workers: int) -> Cost:
    """Run a command to its end and say what it cost."""
    began, log = time.monotonic(), set(_logs(out))
    seen: list[_Moment] = []
    spent: dict[int, float] = {}
    process = subprocess.Popen(command, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        time.sleep(0.5)
        seen.append(_moment(process.pid, records(out), spent))
    busy = [m for m in seen if m.done < max(s.done for s in seen)]
    rows = [json.loads(line) for p in _logs(out) if p not in log for line in p.read_text().splitlines()]
    return Cost(
        workers=workers,
        scans=len(rows),
        wall_s=time.monotonic() - began,
        scans_cpu_s=sum(r["cpu_s"] for r in rows),
        most_mb=max((r["most_mb"] for r in rows), default=0.0),
        beside_s=sum(spent.values()),
        marginal_s=_marginal(seen),
        nest_mb=_ends([m.nest_mb for m in busy if m.nest_mb]),
        worker_mb=_ends([m.other_mb for m in busy if m.other_mb]),
    )


def _logs(out: Path) -> list[Path]:
    return sorted((out / "logs").glob("*.jsonl"))


def _moment(pid: int, done: int, spent: dict[int, float]) -> _Moment:
    """Look at everybody who reads no scan; ``spent`` keeps the CPU seconds each was last seen with."""
    nests, others = [0.0], [0.0]
    for one in _family(pid):
        try:
            if not one.cmdline():
                continue  # a scan on its way out: its words are gone before its seconds
            is_nest = _of_nest(one)
            if is_nest and _of_nest(one.parent()):
                continue  # a scan
            cpu = one.cpu_times()
            spent[one.pid] = cpu.user + cpu.system
            if one.pid != pid:
                (nests if is_nest else others).append(one.memory_info().rss / 1e6)
        except psutil.Error:
            continue
    return _Moment(done=done, cpu_s=sum(spent.values()), nest_mb=max(nests), other_mb=max(others))


def _family(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def _of_nest(process: psutil.Process | None) -> bool:
    return process is not None and any("cohort.nest" in w for w in process.cmdline())


def _marginal(seen: list[_Moment]) -> float:
    """CPU a scan of everybody else, between the first scan done and the last."""
    through = [m for m in seen if 0 < m.done < max(s.done for s in seen)] if seen else []
    scans = through[-1].done - through[0].done if through else 0
    return (through[-1].cpu_s - through[0].cpu_s) / scans if scans else 0.0


def _ends(values: list[float]) -> tuple[float, float]:
    """Median of the second tenth and of the last: the first is the start."""
    tenth = max(len(values) // 10, 1)
    early, late = values[tenth : 2 * tenth] or values, values[-tenth:] or values
    return (statistics.median(early), statistics.median(late)) if values else (0.0, 0.0)


def load() -> float:
    """How busy the machine is: the load of the last minute."""
    return os.getloadavg()[0]
