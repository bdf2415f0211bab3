"""How often may somebody ask? A bucket of tokens a person (or address), refilled evenly."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST_KNOWN: Final = 10_000


class Rates:
    """``allowed(who)`` is true ``a_minute`` times a minute, and at most so often at once.

    >>> now = [0.0]
    >>> rates = Rates(2, clock=lambda: now[0])
    >>> [rates.allowed("ann") for _ in range(3)], rates.allowed("ben")
    ([True, True, False], True)
    >>> now[0] = 30.0
    >>> rates.allowed("ann"), rates.allowed("ann")
    (True, False)
    """

    def __init__(self, a_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._full, self._clock = float(a_minute), clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allowed(self, who: str) -> bool:
        """Whether one more is allowed, which then counts."""
        with self._lock:
            now = self._clock()
            left, since = self._known.pop(who, (self._full, now))
            left = min(self._full, left + (now - since) * self._full / 60)
            self._known[who] = (left - 1 if left >= 1 else left, now)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
            return left >= 1
