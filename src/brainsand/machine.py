"""What does the machine tell of its cores, its memory and a process? None where it does not (proc(5), cgroups(7)).

The one reader of these files, for the queue's workers and for a cohort's.
"""

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


def began(pid: int, *, proc: Path = _PROC) -> int | None:
    """When a living process began, in ticks since the machine's start (stat, field 22); None also where it has ended.

    One that ended and waits to be counted out lives no more.
    """
    with suppress(OSError, ValueError, IndexError):
        fields = (proc / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else int(fields[19])
    return None


def lives(pid: int, *, proc: Path = _PROC) -> bool:
    """Whether a process of this number runs; where nothing tells, whether it can be sent a signal (kill(2))."""
    if (proc / str(pid) / "stat").exists():
        return began(pid, proc=proc) is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
