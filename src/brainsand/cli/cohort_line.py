"""How far is a cohort, and how long will it still take? One line that is drawn anew with every scan."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from brainsand.cohort.model import Outcome


class Line:
    """One line that tells how far the cohort is and when it will be through."""

    def __init__(self, stream: TextIO, *, quiet: bool, verbose: bool, workers: int) -> None:
        self._stream, self._quiet, self._verbose, self._workers = stream, quiet, verbose, workers
        self._began = time.monotonic()
        self._total = self._before = self._now = self._bad = 0
        self._drawn = False

    def begins(self, *, total: int, done: int) -> None:
        """Remember where it starts."""
        self._total, self._before, self._began = total, done, time.monotonic()
        self.says(f"{total} scans, {done} of them done before; {self._workers} at once")

    def ended(self, outcome: Outcome) -> None:
        """One more."""
        self._now += 1
        self._bad += outcome.state != "done"
        if outcome.state != "done" or self._verbose:
            words = (
                f": {outcome.came} {outcome.todo}"
                if outcome.state != "done"
                else f" in {outcome.cpu_s:.1f} s CPU"
            )
            self.says(f"{outcome.unit} {outcome.state}{words}")
        if not self._quiet and self._stream.isatty():
            self._drawn = True
            self._stream.write(f"\r\x1b[K{self.words()}")
            self._stream.flush()

    def words(self) -> str:
        """How far, and how long still."""
        done = self._before + self._now
        bad = f", {self._bad} without a measurement" if self._bad else ""
        return f"{done} of {self._total} scans{bad}, {self._left()} left"

    def says(self, words: str) -> None:
        """A line of its own."""
        if not self._quiet:
            self.clear()
            print(words, file=self._stream, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._drawn = False

    def _left(self) -> str:
        if not self._now:
            return "unknown time"
        seconds = (time.monotonic() - self._began) / self._now * (self._total - self._before - self._now)
        return duration(seconds)


def duration(seconds: float) -> str:
    """A span of time in words.

    >>> duration(42), duration(600), duration(3 * 3600 + 300), duration(3e5)
    ('42 s', '10 min', '3 h 5 min', '3 d 11 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
