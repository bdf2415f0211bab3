"""Who has not been heard of for too long? Told by the listener's own elapsed time, by no clock on the wall."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Silence:
    """Remembers when each beat was first seen, and names those that stayed the same for ``lease_s``.

    >>> now = [0.0]
    >>> silence = Silence(30.0, elapsed=lambda: now[0])
    >>> silence.noticed({7: ("token", 1)})
    set()
    >>> now[0] = 31.0
    >>> silence.noticed({7: ("token", 1), 8: ("other", 1)}), silence.noticed({7: ("token", 2)})
    ({7}, set())
    """

    def __init__(self, lease_s: float, *, elapsed: Callable[[], float]) -> None:
        self._lease_s, self._elapsed = lease_s, elapsed
        self._seen: dict[int, tuple[object, float]] = {}

    def noticed(self, beats: Mapping[int, object]) -> set[int]:
        """Of those under way (number, and what changes with every beat), the ones that are silent."""
        now = self._elapsed()
        before, self._seen = self._seen, {}
        for name, beat in beats.items():
            known = before.get(name)
            self._seen[name] = known if known is not None and known[0] == beat else (beat, now)
        return {name for name, (_, since) in self._seen.items() if now - since >= self._lease_s}
