"""One process that works, seen from the one who employs it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brainsand.jobs.child import work
from brainsand.jobs.job import Claimed
from brainsand.machine import held_mb


class Hand:
    """A process begun afresh (spawn), the line to it, and the job it has, if any."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        fresh = multiprocessing.get_context("spawn")
        self.line, theirs = fresh.Pipe()
        self.process = fresh.Process(
            target=work, args=(theirs, dict(kinds), os.getpid()), daemon=True, name="brainsand-job"
        )
        self.process.start()
        theirs.close()
        self.began = time.monotonic()
        self.ready = False
        self.jobs = 0
        self.claimed: Claimed | None = None
        self.folder: Path | None = None
        self.stage: str | None = None

    @property
    def idle(self) -> bool:
        """Whether it waits for a job."""
        return self.ready and self.claimed is None

    @property
    def seconds(self) -> float:
        """How long the present job takes already."""
        return time.monotonic() - self.began

    @property
    def held_mb(self) -> float:
        """The memory it holds; 0 where the system does not tell."""
        return held_mb(self.process.pid or 0) or 0.0

    def give(self, claimed: Claimed, folder: Path | None) -> None:
        """Hand it a job; ``OSError`` where it has just died."""
        self.claimed, self.folder, self.stage = claimed, folder, None
        self.began = time.monotonic()
        self.jobs += 1
        job = claimed.job
        self.line.send(
            {"kind": job.kind, "payload": dict(job.payload), "folder": str(folder) if folder else None}
        )

    def done(self) -> tuple[Claimed, Path | None]:
        """Take the job off it."""
        claimed, self.claimed = self.claimed, None
        if claimed is None:
            raise ValueError("this process has no job")
        return claimed, self.folder

    def heard(self) -> list[dict[str, Any]] | None:
        """What it said since it was last asked; None when it has said all and is dead."""
        said: list[dict[str, Any]] = []
        try:
            while self.line.poll():
                said.append(self.line.recv())
        except (EOFError, OSError):  # nobody holds the other end any more
            return said or None
        return said

    def end(self) -> str:
        """End the process, if it has not ended; how it did, in words."""
        self.process.kill()
        return self.last_words()

    def last_words(self) -> str:
        """How it ended."""
        self.process.join()
        self.line.close()
        code = self.process.exitcode or 0
        if code >= 0:
            return f"ended with exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        return f"was ended by {name}"
