"""Several independent sums at once, on as many cores as there are; the answers do not depend on how many.

NumPy, SciPy and SimpleITK let go of Python's lock while they work on large arrays, so threads are enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
P = TypeVar("P")
T = TypeVar("T")

_THREADS: Final = 4
_most: list[int] = [_THREADS]
"""How many threads this process may use; like a library's OMP_NUM_THREADS, it changes no answer."""
_SLABS: Final = 12
"""A fixed number, so that the same cells are summed together on every machine."""


def use_threads(most: int) -> None:
    """From now on this process uses so many threads at most; with 1 it starts none (many scans, one a core)."""
    _most[0] = max(1, most)


def both(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """What each of two works gives, done side by side; as :func:`together`.

    >>> both(lambda: 1, lambda: "two")
    (1, 'two')
    """
    if _most[0] == 1:
        return first(), second()
    with ThreadPoolExecutor(max_workers=1) as threads:
        b = threads.submit(second)
        return first(), b.result()


def together(first: Callable[[], A], second: Callable[[], B], third: Callable[[], C]) -> tuple[A, B, C]:
    """What each of three works gives, done side by side; the first fault, if any, is raised.

    Examples
    --------
    >>> together(lambda: 1 + 1, lambda: "two", lambda: [3])
    (2, 'two', [3])
    """
    if _most[0] == 1:
        return first(), second(), third()
    with ThreadPoolExecutor(max_workers=3) as threads:
        a, b, c = threads.submit(first), threads.submit(second), threads.submit(third)
        return a.result(), b.result(), c.result()


def over_slabs(count: int, work: Callable[[slice], object]) -> None:
    """Do ``work`` for each slab of ``count`` slices; a slab is a slice of slices, and each writes its own.

    Examples
    --------
    >>> seen = [0] * 5
    >>> over_slabs(5, lambda s: [seen.__setitem__(k, k * k) for k in range(*s.indices(5))])
    >>> seen
    [0, 1, 4, 9, 16]
    """
    each(work, slabs(count))


def each(work: Callable[[P], T], parts: Sequence[P]) -> list[T]:
    """What ``work`` gives for each part, in their order.

    >>> each(len, ["a", "bcd"])
    [1, 3]
    """
    if len(parts) < 2 or _most[0] == 1:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(max_workers=min(len(parts), _most[0])) as threads:
        return list(threads.map(work, parts))


def slabs(count: int) -> list[slice]:
    """At most a dozen slabs of about equal thickness.

    >>> slabs(3), len(slabs(160))
    ([slice(0, 1, None), slice(1, 2, None), slice(2, 3, None)], 12)
    """
    pieces = min(count, _SLABS)
    ends = [count * k // max(pieces, 1) for k in range(pieces + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(ends)]
