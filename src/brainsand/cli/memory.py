"""Must memory that was let go be given back to the system at once? Not by a program that runs for seconds.

The C library gives every large array back when it is let go and asks for fresh pages for the next one, which the
system has to clear again: a tenth of the time of an analysis. Where the C library can be told to keep them
(glibc), a command keeps them, in one heap that all threads share; it then also needs less at its height. A
process that goes on living (a server) ought not to ask for this.
"""

from __future__ import annotations

import sys
from typing import Final

# mallopt(3): the numbers of M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX.
_WISHES: Final = ((-1, 2**31 - 1), (-3, 2**31 - 1), (-8, 1))


def keep_memory() -> bool:
    """Ask the C library to keep what is let go; whether it could be asked."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        ask = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library than glibc
        return False
    heard = [ask(what, much) == 1 for what, much in _WISHES]
    return all(heard)
