"""The queue: who puts work in, who works on it, and what came of it?

What is promised:

- a job that ``put`` gave back is on the disk, and stays until it is done, failed or cancelled;
- the same key is queued once while it is queued, running or done;
- whoever ``take`` gave a job holds it alone as long as he is heard of (``beat``, ``progress``). After
  ``Patience.lease_s`` of silence the job goes back, and his token is worth nothing: he can neither finish it
  nor put results in place;
- silence is measured by the listener's own elapsed time, so no clock that is set forward or back, and no
  difference between two machines' clocks, takes a job from anybody;
- ``done`` is recorded once, together with the results' taking their place (``receipt``).

Examples
--------
>>> import tempfile
>>> queue = Queue.open(tempfile.mkdtemp() + "/jobs.sqlite")
>>> queue.put("scan", {"input": "head.nii.gz"}, key="head").state
'queued'
>>> claimed = queue.take("somebody")
>>> queue.finish(claimed, {"deposits": 3}).state, queue.counts()["done"]
('done', 1)
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from brainsand.errors import QueueError, UsageError
from brainsand.jobs import statements as sql
from brainsand.jobs.address import open_store
from brainsand.jobs.job import STATES, Claimed, Event, Job, Patience, State
from brainsand.jobs.ledger import Ledger, queue_name
from brainsand.jobs.owner import surely_gone
from brainsand.jobs.rows import event_of, job_of, json_of, words_of
from brainsand.jobs.silence import Silence
from brainsand.jobs.store import Store

MOST_LISTED: Final = 1000

# Within the class below `list` is the method.
Jobs = list[Job]
Events = list[Event]


class Queue:
    """A lasting queue; safe to use from several threads, processes and (PostgreSQL) machines at once.

    Parameters
    ----------
    store : Store
        Where it lies; ``Queue.open`` makes one from an address.
    patience : Patience
        How long to wait and how often to try.
    clock : callable
        Seconds since 1970, for what people read and for the wait after a failure.
    elapsed : callable
        Seconds that only ever grow, for silence.
    """

    def __init__(
        self,
        store: Store,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.patience = patience or Patience()
        self._store, self._clock = store, clock
        self._silence = Silence(self.patience.lease_s, elapsed=elapsed)
        self.name = queue_name(store)
        self._ledger = Ledger(store, queue=self.name, clock=clock)

    @classmethod
    def open(cls, url: str | Path, *, patience: Patience | None = None) -> Queue:
        """The queue at ``url`` (a file, ``sqlite:///PATH`` or ``postgresql://...``), made when missing."""
        store = open_store(url)
        try:
            return cls(store, patience=patience)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    # Putting in, and asking about it

    def put(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        key: str | None = None,
        out: Path | None = None,
        priority: int = 0,
        attempts: int | None = None,
    ) -> Job:
        """A job put into the queue; when this returns, it is on the disk.

        Parameters
        ----------
        kind : str
            What is to be done, as ``"scan"``: one of the kinds the workers know.
        payload : mapping
            What they need for it, as JSON.
        key : str, optional
            A name of this work. While a job of this kind and key is queued, running or done, that job is given
            back, and no other made.
        out : Path, optional
            The folder the results will be in, whole or not at all.
        priority : int
            Higher goes first; within one, the oldest.
        attempts : int, optional
            How often it may be begun before it counts as failed (``Patience.attempts``).

        Raises
        ------
        UsageError
            The payload is not JSON, or too long.
        QueueError
            It could not be recorded; there is no such job then.
        """
        values = {
            "kind": words_of(kind),
            "key": words_of(key),
            "payload": json_of(payload, what="payload"),
            "out": json_of(str(out.absolute()), what="folder") if out else None,
            "priority": priority,
            "most": attempts or self.patience.attempts,
            "now": self._clock(),
        }
        with self._store.writing() as run:
            for _ in range(2):  # the one that was in the way may end between the two statements
                if made := run(sql.PUT, values):
                    self._ledger.note(run, made[0]["id"], "put")
                    return job_of(made[0])
                if same := run(sql.SAME_KEY, values):
                    return job_of(same[0])
        raise QueueError(f"The job {kind} {key} could not be put into the queue. Try again.")

    def get(self, id: int) -> Job:
        """The job of this number; ``UsageError`` where there is none."""
        with self._store.reading() as run:
            return _only(run(sql.JOB, {"id": id}), id)

    def find(self, kind: str, key: str) -> Job | None:
        """The newest job of this kind and key."""
        with self._store.reading() as run:
            rows = run(sql.NEWEST, {"kind": kind, "key": words_of(key)})
        return job_of(rows[0]) if rows else None

    def list(self, *, state: State | None = None, limit: int = 100, before: int | None = None) -> Jobs:
        """Jobs, the newest first: at most ``limit``, all with numbers below ``before`` (for the next page)."""
        wanted = sql.listed(state=state, before=before is not None)
        with self._store.reading() as run:
            rows = run(wanted, {"before": before, "limit": _few(limit)})
        return [job_of(row) for row in rows]

    def counts(self) -> dict[State, int]:
        """How many jobs stand in each state."""
        with self._store.reading() as run:
            rows = run(sql.COUNTS, {})
        found = {row["state"]: int(row["jobs"]) for row in rows}
        return {state: found.get(state, 0) for state in STATES}

    # Working on it

    def take(self, worker: str, *, kinds: Sequence[str] | None = None) -> Claimed | None:
        """The next job, now ``worker``'s alone, or None where none is ready.

        Parameters
        ----------
        worker : str
            Who works on it; ``owner.own_name()`` lets others see at once when this process has died.
        kinds : sequence of str, optional
            Take only these.
        """
        self.reap()
        worker, token = words_of(worker) or "", secrets.token_hex(8)
        values = {
            "now": self._clock(),
            "longest": self.patience.longest_backoff_s,
            "worker": worker,
            "token": token,
            **{f"kind{i}": kind for i, kind in enumerate(kinds or ())},
        }
        next_one = sql.next_of(kinds or ())
        with self._store.reading() as run:  # an empty queue costs no transaction
            if not run(next_one, values):
                return None
        with self._store.writing() as run:
            rows = run(sql.TAKE.format(next=next_one + self._store.lock_row), values)
            if not rows:
                return None
            self._ledger.note(run, rows[0]["id"], "taken", worker)
        return Claimed(job=job_of(rows[0]), token=token)

    def beat(self, claimed: Claimed) -> None:
        """Let the queue know that ``claimed`` is still worked on; ``ClaimLost`` where it is not one's own any more."""
        with self._store.writing() as run:
            self._ledger.own(run, sql.BEAT, claimed)

    def progress(self, claimed: Claimed, stage: str, share: float) -> None:
        """Say how far it is (``share`` 0 to 1); counts as a beat."""
        stage, share = words_of(stage) or "", min(1.0, max(0.0, share))
        with self._store.writing() as run:
            self._ledger.own(run, sql.PROGRESS, claimed, {"stage": stage, "share": share})
            self._ledger.note(run, claimed.job.id, "progress", stage, share)

    def held_tokens(self) -> frozenset[str]:
        """The tokens that are worth something: those of the jobs under way."""
        with self._store.reading() as run:
            rows = run(sql.TOKENS, {})
        return frozenset(row["token"] for row in rows)

    def recall(self, claimed: Claimed) -> Job | None:
        """The job, ended as its results say, where an earlier attempt had put them in place; else None."""
        return self._ledger.recall(claimed)

    def finish(
        self, claimed: Claimed, result: Mapping[str, Any] | None = None, *, made: Path | None = None
    ) -> Job:
        """Done: results in ``made`` take the job's place and "done" is recorded, both or neither.

        Asked again by the same claim (after a fault on the way), it gives the same answer.

        Raises
        ------
        ClaimLost
            It is not one's own any more; nothing was put in place.
        OutputError
            The results cannot be put in place; the job is still one's own.
        """
        return self._ledger.settle(claimed, {"state": "done", "result": dict(result or {})}, made)

    def fail(
        self,
        claimed: Claimed,
        reason: str,
        *,
        retry: bool,
        remedy: str | None = None,
        code: str | None = None,
        made: Path | None = None,
    ) -> Job:
        """Not done: back into the queue after a wait where ``retry`` and attempts are left, else ``failed``.

        ``made`` may hold what is to be put in place all the same, a refusal's record. ``ClaimLost`` as for
        ``finish``.
        """
        job = claimed.job
        said = {"reason": words_of(reason), "remedy": words_of(remedy), "code": words_of(code)}
        if retry and job.attempts < job.most_attempts:
            return self._ledger.give_back(claimed, said, wait_s=self.patience.wait_s(job.attempts), refund=0)
        return self._ledger.settle(claimed, {"state": "failed", **said}, made)

    def hand_back(self, claimed: Claimed, reason: str = "the worker was stopped") -> Job:
        """Into the queue again at once, as if it had not been begun; ``ClaimLost`` as for ``finish``."""
        said = {"reason": words_of(reason), "remedy": None, "code": None}
        return self._ledger.give_back(claimed, said, wait_s=None, refund=1)

    # Taking care of it

    def cancel(self, id: int) -> Job:
        """Cancelled, whether it waits, is worked on (who does learns it within a second) or has failed.

        One that is done stays done.
        """
        with self._store.writing() as run:
            if rows := run(sql.CANCEL, {"id": id, "now": self._clock()}):
                self._ledger.note(run, id, "cancelled")
                return job_of(rows[0])
        return self.get(id)

    def requeue(self, id: int) -> Job:
        """An ended job asked for anew, with all its attempts; one that waits or runs stays as it is.

        Raises
        ------
        UsageError
            There is no such job, or another one of the same kind and key waits, runs or is done.
        """
        job = self.get(id)
        with self._store.writing() as run:
            values = {"id": id, "now": self._clock(), "kind": job.kind, "key": job.key}
            if job.key is not None and (other := [r for r in run(sql.SAME_KEY, values) if r["id"] != id]):
                raise UsageError(f"Job {other[0]['id']} ({other[0]['state']}) is the same work as job {id}.")
            if rows := run(sql.REQUEUE, values):
                self._ledger.note(run, id, "requeued")
                return job_of(rows[0])
        return self.get(id)

    def reap(self) -> Jobs:
        """Take back the jobs of those who are silent or certainly dead; what became of each.

        ``take`` does it by itself.
        """
        with self._store.reading() as run:
            rows = run(sql.RUNNING, {})
        silent = self._silence.noticed({row["id"]: (row["token"], row["beat"]) for row in rows})
        lost = [row for row in rows if row["id"] in silent or surely_gone(row["worker"] or "")]
        taken = (self._ledger.take_back(row, wait_s=self.patience.wait_s) for row in lost)
        return [job for job in taken if job is not None]

    def prune(self, *, ended_before: float, failed_before: float | None = None) -> int:
        """Forget done and cancelled jobs that ended before a moment (seconds since 1970); how many.

        Their keys are forgotten too; their results stay where they are. Failed ones are work to be seen to: they stay
        until somebody cancels or retries them, or are forgotten where they ended before ``failed_before``.
        """
        never = 0.0  # nothing ends before 1970
        with self._store.writing() as run:
            gone = run(sql.PRUNE, {"before": ended_before, "failed_before": failed_before or never})
            for row in gone:
                run(sql.FORGET_EVENTS, row)
        return len(gone)

    # Watching it

    def events(self, *, after: int = 0, job: int | None = None, limit: int = 100) -> Events:
        """What happened after the event numbered ``after``, the oldest first; of one job or of all."""
        wanted = sql.events(of_job=job is not None)
        with self._store.reading() as run:
            rows = run(wanted, {"after": after, "job": job, "limit": _few(limit)})
        return [event_of(row) for row in rows]

    def last_event(self) -> int:
        """The number of the newest event, to begin reading from; 0 where nothing ever happened."""
        with self._store.reading() as run:
            return int(run(sql.LAST_EVENT, {})[0]["id"])

    def wait(self, *, after: int, timeout_s: float, job: int | None = None, every_s: float = 0.1) -> Events:
        """The events after ``after``, as soon as there are any; none after ``timeout_s``. Asks every ``every_s``."""
        until = time.monotonic() + timeout_s
        while not (found := self.events(after=after, job=job)) and time.monotonic() < until:
            time.sleep(min(every_s, max(0.0, until - time.monotonic())))
        return found


def _only(rows: Sequence[dict[str, Any]], id: int) -> Job:
    if not rows:
        raise UsageError(f"There is no job {id} in this queue. `brainsand jobs list` shows those there are.")
    return job_of(rows[0])


def _few(limit: int) -> int:
    """So many rows at once as somebody asks for and may have."""
    return max(0, min(limit, MOST_LISTED))
