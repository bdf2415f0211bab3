"""How many scans fit into the memory there is (``machine.available_mb``)?"""

from __future__ import annotations

from typing import Final

NEED_MB: Final = 2000.0
"""What a scan is reckoned with: 320 slices of 512 x 512 take 1.94 GB at their height (docs/limits.md)."""
SHARE: Final = 0.85
"""Of the free memory; the rest is for the system and the files' cache."""


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
