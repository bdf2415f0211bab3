"""What came of the jobs, until the database has it: kept and told again where it does not answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from brainsand.errors import ClaimLost, OutputError, QueueError
from brainsand.jobs.job import Claimed, Job
from brainsand.jobs.queue import Queue
from brainsand.jobs.receipt import attempt_folder, sweep

PAUSE_S: Final = 1.0
"""So long nothing new is asked of a database that did not answer."""
ROOM: Final = "Free some space or give permission there; then: brainsand jobs retry NUMBER."

Record = Callable[[], Job]
log: Final = logging.getLogger("brainsand.jobs")


@dataclass(slots=True, kw_only=True)
class Ending:
    """A claim, and what is to be recorded of it."""

    claimed: Claimed
    record: Record


class Recorder:
    """Tells the queue what came of claims. ``trouble`` says why it cannot, None where it can."""

    def __init__(self, queue: Queue) -> None:
        self.trouble: str | None = None
        self.paused_until = 0.0
        self._queue = queue
        self._endings: list[Ending] = []

    @property
    def claims(self) -> list[Claimed]:
        """The claims whose end is not recorded yet."""
        return [ending.claimed for ending in self._endings]

    def add(self, claimed: Claimed, record: Record) -> None:
        """Remember what is to be recorded."""
        self._endings.append(Ending(claimed=claimed, record=record))

    def failure(self, claimed: Claimed, reason: str, *, code: str, remedy: str) -> Record:
        """Recording that an attempt failed, and may be tried again."""
        return partial(self._queue.fail, claimed, reason, retry=True, code=code, remedy=remedy)

    def record(self) -> int:
        """Record what came, and clear the hidden folders away; how many were recorded."""
        return sum(self._recorded(ending) for ending in list(self._endings))

    def let_go(self, claimed: Claimed) -> None:
        """Nothing is to be recorded of a claim that is lost."""
        log.warning("job %d is no longer ours; what came of it is dropped", claimed.job.id)
        self._clear(claimed, None)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A question to the database; where it does not answer, that is said once, and work goes on."""
        try:
            yield
        except QueueError as error:
            if self.trouble is None:
                log.error("%s", error)
            self.trouble = str(error)
            self.paused_until = time.monotonic() + PAUSE_S
        else:
            self.trouble = None

    def _recorded(self, ending: Ending) -> bool:
        job: Job | None = None
        try:
            with self.asking():
                job = ending.record()
        except OutputError as error:  # the results cannot be put in place
            ending.record = self.failure(ending.claimed, str(error), code="output", remedy=ROOM)
            return False
        except ClaimLost:
            self._endings.remove(ending)
            self.let_go(ending.claimed)
            return True
        if job is None:
            return False
        self._endings.remove(ending)
        log.info("job %d %s%s", job.id, job.state, f" ({job.code})" if job.code else "")
        self._clear(ending.claimed, job)
        return True

    def _clear(self, claimed: Claimed, job: Job | None) -> None:
        mine = attempt_folder(self._queue.name, claimed)
        if mine is not None:
            sweep(self._queue.name, claimed.job, placed=job is not None and job.ended, only=mine)
