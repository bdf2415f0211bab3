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

from brainsand.machine import began

_PROC: Final = Path("/proc")


def own_name() -> str:
    """The name of this process."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}@{_place()}/{began(pid) or 0}"


def surely_gone(name: str) -> bool:
    """Whether the process of this name has ended for certain; False where that cannot be known from here.

    >>> surely_gone(own_name()), surely_gone("elsewhere:1@0123456789ab/7"), surely_gone("by hand")
    (False, False, False)
    """
    who, _, where = name.partition("@")
    place, _, since = where.partition("/")
    pid = who.rpartition(":")[2]
    if not _place() or place != _place() or not pid.isdigit() or since in ("", "0"):
        return False
    return str(began(int(pid))) != since


@cache
def _place() -> str:
    """This start of this machine and this space of process numbers; empty where the system does not tell."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return ""
    return hashlib.sha256(f"{boot} {space}".encode()).hexdigest()[:12]
