"""How many scans fit into the memory there is? What the machine, or the container round it, has left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

NEED_MB: Final = 2000.0
"""What a scan is reckoned with: 320 slices of 512 x 512 take 1.94 GB at their height (docs/limits.md)."""
SHARE: Final = 0.85
"""Of the free memory; the rest is for the system and the files' cache."""


def free_mb() -> float | None:
    """Free memory in MB: of the machine, or less where a control group allows less; None where neither says."""
    limits = [m for m in (_machine_mb(), _group_mb()) if m is not None]
    return min(limits, default=None)


def _machine_mb() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _group_mb() -> float | None:
    root = Path("/sys/fs/cgroup")
    for most, now in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            limit, used = (root / most).read_text().strip(), (root / now).read_text().strip()
            if limit != "max" and int(limit) < 1 << 50:
                return (int(limit) - int(used)) / 1e6
        except (OSError, ValueError):
            continue
    return None


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers_and_mb(
    wanted: int | None, mem_gb: float | None, *, free: float | None, cores_: int, need_mb: float = NEED_MB
) -> tuple[int, float | None]:
    """How many scans at once, and the MB each may use (None: no limit known).

    As many as there are cores, fewer where memory would not hold them; a number asked for is kept, and memory shared.

    >>> workers_and_mb(None, None, free=5000.0, cores_=8)
    (2, 2125.0)
    >>> workers_and_mb(4, 16.0, free=None, cores_=2)
    (4, 4000.0)
    """
    whole = mem_gb * 1000 if mem_gb is not None else None if free is None else free * SHARE
    if whole is None:
        return wanted or cores_, None
    number = wanted or max(1, min(cores_, int(whole // need_mb)))
    return number, whole / number
