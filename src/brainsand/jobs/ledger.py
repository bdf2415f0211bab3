"""What is written down when a claim ends, and in what order? One transaction each, whoever is killed when."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from brainsand.errors import ClaimLost, QueueError
from brainsand.jobs import statements as sql
from brainsand.jobs.job import Claimed, Job
from brainsand.jobs.receipt import Outcome, found_outcome, place_results, sweep
from brainsand.jobs.rows import job_of, json_of
from brainsand.jobs.schema import VERSION
from brainsand.jobs.store import Row, Run, Store

SILENCE: Final[Mapping[str, str]] = {
    "reason": "Whoever worked on it was killed or fell silent.",
    "remedy": "Look whether the machine was stopped or ran out of memory; then: brainsand jobs retry NUMBER.",
    "code": "worker_lost",
}
"""What is said of a job whose worker was lost."""


def queue_name(store: Store) -> str:
    """The queue's own name, drawn once; ``QueueError`` where its tables are of another version."""
    with store.writing() as run:
        run(sql.MARK, {"name": "version", "value": VERSION})
        run(sql.MARK, {"name": "queue", "value": secrets.token_hex(6)})
        found = {row["name"]: row["value"] for row in run(sql.META, {})}
    if found["version"] != VERSION:
        raise QueueError(
            f"The queue was made by another version of brainsand (tables {found['version']}, this one knows "
            f"{VERSION}). Use that version, or begin a new queue."
        )
    return str(found["queue"])


class Ledger:
    """Ends, returns and events of claims on the queue called ``queue``."""

    def __init__(self, store: Store, *, queue: str, clock: Callable[[], float]) -> None:
        self._store, self._queue, self._clock = store, queue, clock

    def settle(self, claimed: Claimed, outcome: Outcome, made: Path | None) -> Job:
        """The job's end, and its results in place, in one transaction; asked again it answers the same."""
        with self._store.writing() as run:
            held = run(sql.LOCK, {"id": claimed.job.id, "token": claimed.token})
            if not held:
                raise _lost(claimed)
            if held[0]["state"] != "running":  # asked again
                return job_of(held[0])
            there = found_outcome(self._queue, claimed.job)
            if made is not None and there is None:
                place_results(self._queue, claimed.job, made, outcome)
            placed = made is not None or there is not None
            return self._end(run, claimed, there or outcome, placed=placed)

    def recall(self, claimed: Claimed) -> Job | None:
        """The job's end, where its results are in place already."""
        there = found_outcome(self._queue, claimed.job)
        return self.settle(claimed, there, None) if there else None

    def give_back(
        self, claimed: Claimed, said: Mapping[str, Any], *, wait_s: float | None, refund: int
    ) -> Job:
        """The job queued again, after a wait where one is given; ``refund`` attempts do not count."""
        with self._store.writing() as run:
            return self._return(run, claimed, said, wait_s=wait_s, refund=refund)

    def take_back(self, row: Row, *, wait_s: Callable[[int], float]) -> Job | None:
        """A lost job: done where its results are in place, else returned, or failed after the last attempt.

        None where its worker was heard of meanwhile.
        """
        job = job_of(row)
        claimed = Claimed(job=job, token=row["token"])
        with self._store.writing() as run:
            if not run(sql.SILENT, {"id": row["id"], "token": row["token"], "beat": row["beat"]}):
                return None
            if there := found_outcome(self._queue, job):
                return self._end(run, claimed, there, placed=True)
            if job.attempts >= job.most_attempts:
                return self._end(run, claimed, {"state": "failed", **SILENCE}, placed=False)
            return self._return(run, claimed, SILENCE, wait_s=wait_s(job.attempts), refund=0)

    def own(
        self, run: Run, statement: str, claimed: Claimed, values: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """A statement on a job that is still this claim's; ``ClaimLost`` where it is not."""
        rows = run(statement, {**(values or {}), "id": claimed.job.id, "token": claimed.token})
        if not rows:
            raise _lost(claimed)
        return rows

    def note(
        self, run: Run, id: int, what: str, words: str | None = None, share: float | None = None
    ) -> None:
        """An event, written last in its transaction."""
        if self._store.order_events:
            run(self._store.order_events, {})
        run(sql.NOTE, {"id": id, "now": self._clock(), "what": what, "words": words, "share": share})

    def _end(self, run: Run, claimed: Claimed, outcome: Outcome, *, placed: bool) -> Job:
        result = outcome.get("result")
        said = {name: outcome.get(name) for name in ("reason", "remedy", "code")}
        values = {
            **said,
            "state": outcome["state"],
            "result": json_of(result, what="result") if result is not None else None,
            "now": self._clock(),
        }
        rows = self.own(run, sql.END, claimed, values)
        # Before the end is recorded, for nobody would look for hidden folders of an ended job after a kill.
        sweep(self._queue, claimed.job, placed=placed)
        self.note(run, claimed.job.id, outcome["state"], said["reason"])
        return job_of(rows[0])

    def _return(
        self, run: Run, claimed: Claimed, said: Mapping[str, Any], *, wait_s: float | None, refund: int
    ) -> Job:
        ready = None if wait_s is None else self._clock() + wait_s
        rows = self.own(run, sql.RETURN, claimed, {**said, "ready": ready, "refund": refund})
        self.note(run, claimed.job.id, "returned", said["reason"])
        return job_of(rows[0])


def _lost(claimed: Claimed) -> ClaimLost:
    return ClaimLost(
        f"Job {claimed.job.id} was cancelled or given to somebody else; what this attempt made is dropped."
    )
