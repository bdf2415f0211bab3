"""The first picture, seconds after the files came: the middle of the head, in a process of its own.

What comes from outside may be anything, so it is opened under a limit of memory and time, by a process that can be lost
without harm. Demonstration patients are made there too.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import resource
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

import numpy as np

from brainsand.jobs.child import die_with
from brainsand.web.folder import DataFolder

MOST_BYTES: Final = 6 * 2**30
MOST_S: Final = 60
SIDE: Final = 320
WINDOW_HU: Final = (0.0, 80.0)
SHARE: Final = 0.6
DEMO_PROTOCOL: Final = {"matrix": 256, "in_plane_mm": 0.9, "slice_mm": 3.0}
_LOG: Final = logging.getLogger("brainsand.web")


class Previewer:
    """One process that draws first pictures; started at the first need, and anew where it was lost."""

    def __init__(self, folder: DataFolder, *, idle: bool = False) -> None:
        self._folder, self._idle = folder, idle
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def draw(self, id: str, input: Path) -> Future[None] | None:
        """Have the first picture of a case drawn; it appears in the folder, or does not."""
        if self._idle:
            return None
        return self._submit(draw_preview, input, self._folder.preview(id))

    def demo(self, out: Path, preset: str, seed: int, protocol: dict[str, float] | None = None) -> None:
        """A virtual patient written into ``out``; waits for it."""
        made = self._submit(make_demo, out, preset, seed, protocol or DEMO_PROTOCOL)
        if made is not None:
            made.result(timeout=10 * MOST_S)

    def warm(self) -> None:
        """Start the process, so that the first picture does not wait for it."""
        if not self._idle:
            self._submit(_nothing)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
                self._pool = None

    def _submit(self, work: object, *args: object) -> Future[None] | None:
        for _ in range(2):
            with self._lock:
                if self._pool is None:
                    context = multiprocessing.get_context("spawn")
                    self._pool = ProcessPoolExecutor(
                        1, mp_context=context, initializer=_bounded, initargs=(os.getpid(),)
                    )
                pool = self._pool
            try:
                return pool.submit(work, *args)  # type: ignore[arg-type]
            except (BrokenProcessPool, RuntimeError):
                self.close()
        return None


def draw_preview(input: Path, out: Path) -> None:
    """An axial slice of the upper middle of the head, in the brain window, as PNG; nothing where it cannot be read."""
    from PIL import Image

    from brainsand.read.scan import read_scan

    signal.alarm(MOST_S)
    try:
        volume = read_scan(input).volume
        k = min(volume.hu.shape[0] - 1, round(volume.hu.shape[0] * SHARE))
        pixels = _seen_from_below(volume.hu[k], volume.grid.row_step_mm, volume.grid.column_step_mm)
        image = Image.fromarray(pixels)
        image.thumbnail((SIDE, SIDE))
        part = out.with_suffix(".part")
        image.save(part, "PNG")
        part.rename(out)
    except Exception as fault:  # whatever it was: the analysis will say it properly
        _LOG.info("no first picture: %s", type(fault).__name__)
    finally:
        signal.alarm(0)


def _seen_from_below(hu: np.ndarray, row_step: np.ndarray, column_step: np.ndarray) -> np.ndarray:
    """Gray values with the patient's right on the left and the nose on top, as far as the axes are near to that."""
    low, high = WINDOW_HU
    gray = np.clip((hu.astype(np.float32) - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    if abs(row_step[1]) >= abs(row_step[0]) and abs(column_step[0]) >= abs(column_step[1]):
        gray = gray[::-1] if row_step[1] < 0 else gray
        gray = gray[:, ::-1] if column_step[0] < 0 else gray
    return np.ascontiguousarray(gray)


def make_demo(out: Path, preset: str, seed: int, protocol: dict[str, float]) -> None:
    """A virtual patient: scan and patient file."""
    from brainsand.virtual_scan import write_virtual_scan

    write_virtual_scan(out, preset=preset, seed=seed, protocol=protocol)


def _bounded(parent: int) -> None:
    die_with(parent, by_system=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def _nothing() -> None:
    """Nothing, by a process that has started."""
