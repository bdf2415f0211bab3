"""How much memory is there, and how much does a process hold? In MB; None where the system does not tell."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

MB: Final = 1_000_000
_PROC: Final = Path("/proc")
_GROUPS: Final = Path("/sys/fs/cgroup")


def available_mb(*, proc: Path = _PROC, groups: Path = _GROUPS) -> float | None:
    """What can still be had without pushing others out: the machine's, or the container's where that is less."""
    found = [mb for mb in (_machine_mb(proc), _container_mb(groups)) if mb is not None]
    return min(found) if found else None


def held_mb(pid: int, *, proc: Path = _PROC) -> float | None:
    """Resident memory of a process (proc(5), statm)."""
    with suppress(OSError, ValueError, IndexError):
        return int((proc / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB
    return None


def _machine_mb(proc: Path) -> float | None:
    with suppress(OSError, ValueError, IndexError):
        for line in (proc / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024 / MB
    return None


def _container_mb(groups: Path) -> float | None:
    """What the control group leaves, version 2 or 1; files kept in memory count as free."""
    for limit, used, idle in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        with suppress(OSError, ValueError):
            most, held = int((groups / limit).read_text()), int((groups / used).read_text())
            stat = (groups / limit).with_name("memory.stat").read_text()
            kept = next((int(x.split()[1]) for x in stat.splitlines() if x.startswith(f"{idle} ")), 0)
            return (most - held + kept) / MB
    return None
