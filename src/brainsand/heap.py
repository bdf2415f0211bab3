"""Must memory that was let go be given back to the system at once? Not while an analysis runs, but between two.

The C library gives every large array back when it is let go and asks for fresh pages for the next one, which the
system has to clear again: a tenth of the time of an analysis. Where the C library can be told to keep them
(glibc), a process that analyzes keeps them, in one heap that all threads share; it then also needs less at its
height. One that goes on living gives them back between two analyses.
"""

from __future__ import annotations

import sys
from typing import Any, Final

# mallopt(3): the numbers of M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX.
_WISHES: Final = ((-1, 2**31 - 1), (-3, 2**31 - 1), (-8, 1))


def keep_memory() -> bool:
    """Ask the C library to keep what is let go; whether it could be asked."""
    ask = _glibc("mallopt")
    if ask is None:
        return False
    heard = [ask(what, much) == 1 for what, much in _WISHES]
    return all(heard)


def give_memory_back() -> bool:
    """Give back at once what was kept (malloc_trim(3)); whether the C library could be asked."""
    ask = _glibc("malloc_trim")
    if ask is None:
        return False
    ask(0)
    return True


def _glibc(name: str) -> Any:
    """A function of glibc, None where there is another C library."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    try:
        return getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
