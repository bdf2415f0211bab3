"""Work that is killed at random, again and again, and then let go on to its end."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

TABLES: Final = ("scans", "sites", "deposits", "units")
PATIENCE_S: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """Who was killed, and how many scans were done then."""

    who: str
    done: int


def records(out: Path) -> int:
    """How many scans have a record."""
    return len(list(out.glob("sub-*/**/*_unit.json")))


def killed_run(
    command: Sequence[str], out: Path, *, env: Mapping[str, str], total: int, rng: np.random.Generator
) -> list[Kill]:
    """Run a command with a worker, the parent, and again somebody killed, each after some scans; then to its end.

    Only processes that the command itself started are touched.
    """
    marks = sorted(int(k) for k in rng.choice(np.arange(1, max(total - 1, 4)), size=3, replace=False))
    victims = ["worker", "parent", str(rng.choice(["worker", "parent"]))]
    kills: list[Kill] = []
    process = _start(command, env)
    for mark, who in zip(marks, victims, strict=True):
        if not _waits(process, out, mark):
            process = _start(command, env)
            continue
        kills.append(Kill(who=_kill(process, who, rng), done=records(out)))
        if who == "parent":
            process.wait()
            process = _start(command, env)
    process.wait(timeout=PATIENCE_S * 4)
    subprocess.run(command, env=dict(env), check=False, capture_output=True, timeout=PATIENCE_S * 4)
    return kills


def _start(command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=dict(env), stdout=quiet, stderr=quiet, start_new_session=True)


def _waits(process: subprocess.Popen[bytes], out: Path, mark: int) -> bool:
    """Whether so many scans came to be done while the process lived."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        if records(out) >= mark:
            return True
        time.sleep(0.02)
    return False


def _kill(process: subprocess.Popen[bytes], who: str, rng: np.random.Generator) -> str:
    if who == "parent":
        process.send_signal(signal.SIGKILL)
        return "parent"
    below = psutil.Process(process.pid).children(recursive=True)
    victims = [p for p in below if "resource_tracker" not in " ".join(_words(p))]
    if not victims:
        return "nobody"
    victim = victims[int(rng.integers(len(victims)))]
    name = _role(_words(victim))
    victim.kill()
    return name


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _role(words: list[str]) -> str:
    return "nest or scan" if any("cohort.nest" in w for w in words) else "dask worker"


def differing(one: Path, other: Path) -> list[str]:
    """Names of the tables that are not the same to the last byte."""
    names = [f"{t}.{e}" for t in TABLES for e in ("tsv", "json", "parquet")] + [
        "failures.tsv",
        "atlas.parquet",
    ]
    return [n for n in names if _bytes(one / n) != _bytes(other / n)]


def _bytes(path: Path) -> Any:
    return path.read_bytes() if path.is_file() else None
