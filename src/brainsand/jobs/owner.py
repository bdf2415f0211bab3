"""Who holds a job, and is it certain that he lives no more?

A name as ``pacs-1:4711@3f2a91c0d4e5/123456``: host and process for people, then the machine's current start and
process namespace, and the moment the process began, so that a number used again is not taken for the old process.
"""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def own_name() -> str:
    """The name of this process."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}@{_place()}/{_began(pid) or 0}"


def surely_gone(name: str) -> bool:
    """Whether the process of this name has ended for certain; False where that cannot be known from here.

    >>> surely_gone(own_name()), surely_gone("elsewhere:1@0123456789ab/7"), surely_gone("by hand")
    (False, False, False)
    """
    who, _, where = name.partition("@")
    place, _, began = where.partition("/")
    pid = who.rpartition(":")[2]
    if not _place() or place != _place() or not pid.isdigit() or began in ("", "0"):
        return False
    return str(_began(int(pid))) != began


@cache
def _place() -> str:
    """This start of this machine and this space of process numbers; empty where the system does not tell."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return ""
    return hashlib.sha256(f"{boot} {space}".encode()).hexdigest()[:12]


def _began(pid: int) -> int | None:
    """When a living process began, in ticks since the machine's start (proc(5), stat, field 22); else None."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
