"""What does the person who waits see? A bar on a terminal, lines with ``--verbose``, otherwise nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from brainsand.progress import SILENT, STAGES, Progress

PATIENCE_S: Final = 2.0
"""Nobody needs a bar for less."""
TICK_S: Final = 0.2
WIDTH: Final = 24


@contextmanager
def watching(stream: TextIO, *, quiet: bool, verbose: bool) -> Iterator[Progress]:
    """Someone to tell of the stages, as loud as the person wishes; leaves a clean line behind."""
    if quiet or not (verbose or stream.isatty()):
        yield SILENT
    elif verbose:
        yield StageLines(stream)
    else:
        bar = Bar(stream)
        try:
            yield bar
        finally:
            bar.close()


class StageLines:
    """One line a stage, with the seconds it took."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the stage and say so when it ends well."""
        began = time.perf_counter()
        yield
        print(f"{name}: {time.perf_counter() - began:.2f} s", file=self._stream, flush=True)


class Bar:
    """A bar that redraws itself on one line of a terminal, from two seconds on.

    A thread of its own draws, so that the seconds go on while a long stage says nothing.
    """

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._began = clock()
        self._done: set[str] = set()
        self._now = "starting"
        self._drawn = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_drawing, daemon=True)
        self._thread.start()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show the stage while it lasts."""
        self._now = name
        yield
        self._done.add(name)

    def close(self) -> None:
        """Stop drawing and clear the line."""
        self._over.set()
        self._thread.join()
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def line(self) -> str:
        """The line as it stands: how many of the stages are done, which is under way, seconds so far."""
        stages = max(len(STAGES), len(self._done) + 1)
        full = WIDTH * len(self._done) // stages
        return f"[{'#' * full}{'.' * (WIDTH - full)}] {self._now} {self._clock() - self._began:.0f} s"

    def _keep_drawing(self) -> None:
        while not self._over.wait(TICK_S):
            if self._clock() - self._began >= PATIENCE_S:
                self._drawn = True
                self._stream.write(f"\r\x1b[K{self.line()}")
                self._stream.flush()
