"""What is a job? The records the queue hands out; none of them changes when the queue does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: Final[tuple[State, ...]] = get_args(State)
"""Where a job may stand. ``failed`` is the place for what did not succeed, with its reason and remedy."""

ENDED: Final[tuple[State, ...]] = ("done", "failed", "cancelled")
"""The states a job leaves only when somebody asks for it (``Queue.requeue``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work as the queue knew it when asked.

    ``key`` keeps the same work from being queued twice, ``out`` is the folder its results will be in, ``round``
    counts how often somebody asked for it (``requeue``), ``attempts`` how often it was begun in this round.
    Moments are UTC; ``ready_at`` is when it may be tried again, None for at once. ``reason``, ``remedy`` and
    ``code`` say why it failed and what to do, ``stage`` and ``share`` (0 to 1) how far it is.
    """

    id: int
    kind: str
    key: str | None
    payload: Mapping[str, Any]
    out: Path | None
    priority: int
    state: State
    round: int
    attempts: int
    most_attempts: int
    put_at: datetime
    ready_at: datetime | None
    taken_at: datetime | None
    ended_at: datetime | None
    worker: str | None
    stage: str | None
    share: float
    result: Mapping[str, Any] | None
    reason: str | None
    remedy: str | None
    code: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in ENDED

    def as_record(self) -> dict[str, Any]:
        """The job as JSON has it: moments in ISO 8601, the folder as text."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A job that somebody works on; ``token`` is the proof, and every attempt has another one."""

    job: Job
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a job: put, taken, progress, returned, done, failed, cancelled, requeued.

    ``id`` grows with time over all jobs, so that whoever reads along asks for what came after the last one seen.
    """

    id: int
    job: int
    at: datetime
    what: str
    words: str | None
    share: float | None

    def as_record(self) -> dict[str, Any]:
        """The event as JSON has it."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited, and how often tried, before something is given up. Seconds of elapsed time.

    Whoever works on a job lets the queue know every ``lease_s / 4``; one that was silent for ``lease_s`` has lost
    the job. A failed attempt waits ``backoff_s``, twice that after the second, and so on up to
    ``longest_backoff_s``. All chosen by us for analyses of some ten seconds (expert).
    """

    lease_s: float = 30.0
    backoff_s: float = 5.0
    longest_backoff_s: float = 600.0
    attempts: int = 3

    def wait_s(self, attempts: int) -> float:
        """How long a job waits that failed so many times.

        >>> [Patience().wait_s(n) for n in (1, 2, 3, 20)]
        [5.0, 10.0, 20.0, 600.0]
        """
        return min(self.longest_backoff_s, self.backoff_s * 2.0 ** min(attempts - 1, 32))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    return str(value) if isinstance(value, Path) else value
