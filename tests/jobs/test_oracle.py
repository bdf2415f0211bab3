"""Whatever is asked of the queue in whatever order, it answers as a plain list in memory would."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from brainsand.errors import ClaimLost, UsageError
from brainsand.jobs.address import open_store
from brainsand.jobs.job import STATES, Patience
from brainsand.jobs.queue import Queue

PATIENCE = Patience(lease_s=30.0, backoff_s=5.0, longest_backoff_s=40.0, attempts=3)


@dataclass
class Plain:
    """A job as the oracle keeps it."""

    id: int
    key: str | None
    priority: int
    state: str = "queued"
    attempts: int = 0
    round: int = 1
    ready: float = 0.0
    token: str | None = None
    silent_since: float = 0.0
    whats: list[str] = field(default_factory=lambda: ["put"])


class Both(RuleBasedStateMachine):
    """The queue and the oracle, asked the same."""

    place: str

    def __init__(self):
        super().__init__()
        self.now = self.elapsed = 1_000_000.0
        self.queue = Queue(
            open_store(self.new_place()),
            patience=PATIENCE,
            clock=lambda: self.now,
            elapsed=lambda: self.elapsed,
        )
        self.jobs, self.claims = [], []

    def teardown(self):
        self.queue.close()

    # The oracle

    def held_by(self, claimed):
        return next((j for j in self.jobs if j.token == claimed.token and j.state == "running"), None)

    def returned(self, job, what="returned"):
        job.state, job.token = "queued", None
        job.whats.append(what)

    def reaped(self):
        """Those silent for the lease go back, or have failed."""
        for job in self.jobs:
            if job.state == "running" and self.elapsed - job.silent_since >= PATIENCE.lease_s:
                self.failed_once(job)

    def failed_once(self, job):
        if job.attempts >= PATIENCE.attempts:
            job.state = "failed"
            job.whats.append("failed")
        else:
            self.returned(job)
            job.ready = self.now + min(40.0, 5.0 * 2 ** (job.attempts - 1))

    def ready_ones(self):
        waiting = [
            j for j in self.jobs if j.state == "queued" and (j.ready <= self.now or j.ready > self.now + 40)
        ]
        return sorted(waiting, key=lambda j: (-j.priority, j.id))

    # What is asked

    @rule(key=st.sampled_from([None, "a", "b"]), priority=st.integers(-1, 1))
    def put(self, key, priority):
        same = [j for j in self.jobs if key and j.key == key and j.state in ("queued", "running", "done")]
        got = self.queue.put("fake", {}, key=key, priority=priority)
        if same:
            assert got.id == same[0].id
        else:
            self.jobs.append(Plain(got.id, key, priority))

    @rule()
    def take(self):
        self.reaped()
        ready = self.ready_ones()
        claimed = self.queue.take("elsewhere:1")
        assert (claimed.job.id if claimed else None) == (ready[0].id if ready else None)
        if claimed:
            job = ready[0]
            job.state, job.token, job.ready, job.attempts = "running", claimed.token, 0.0, job.attempts + 1
            job.silent_since = self.elapsed
            job.whats.append("taken")
            self.claims.append(claimed)
            self.reap()  # the listener hears of it now

    @rule()
    def reap(self):
        self.reaped()
        self.queue.reap()

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), act=st.sampled_from(["finish", "retry", "refuse", "hand_back", "beat", "progress"]))
    def act_on_a_claim(self, data, act):
        claimed = data.draw(st.sampled_from(self.claims[-2:]))
        job = self.held_by(claimed)
        ended = next(
            (j for j in self.jobs if j.token == claimed.token and j.state in ("done", "failed")), None
        )
        ask = {
            "finish": lambda: self.queue.finish(claimed, {}),
            "retry": lambda: self.queue.fail(claimed, "no", retry=True),
            "refuse": lambda: self.queue.fail(claimed, "no", retry=False),
            "hand_back": lambda: self.queue.hand_back(claimed),
            "beat": lambda: self.queue.beat(claimed),
            "progress": lambda: self.queue.progress(claimed, "find", 0.5),
        }[act]
        last = claimed.job.attempts >= PATIENCE.attempts
        if job is None and ended and (act in ("finish", "refuse") or (act == "retry" and last)):
            assert ask().state == ended.state  # asked again, the same answer
            return
        if job is None:
            with pytest.raises(ClaimLost):
                ask()
            return
        ask()
        if act == "finish":
            job.state = "done"
            job.whats.append("done")
        elif act == "refuse":
            job.state = "failed"
            job.whats.append("failed")
        elif act == "retry":
            self.failed_once(job)
        elif act == "hand_back":
            self.returned(job)
            job.attempts -= 1
        else:
            job.whats += ["progress"] if act == "progress" else []
            job.silent_since = self.elapsed
            self.reap()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data):
        job = data.draw(st.sampled_from(self.jobs))
        self.queue.cancel(job.id)
        if job.state in ("queued", "running", "failed"):
            job.state, job.token = "cancelled", None
            job.whats.append("cancelled")

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def requeue(self, data):
        job = data.draw(st.sampled_from(self.jobs))
        same = [
            j for j in self.jobs if j is not job and job.key and j.key == job.key
            and j.state in ("queued", "running", "done")
        ]  # fmt: skip
        if same:
            with pytest.raises(UsageError):
                self.queue.requeue(job.id)
            return
        self.queue.requeue(job.id)
        if job.state in ("done", "failed", "cancelled"):
            job.state, job.token, job.attempts, job.ready, job.round = "queued", None, 0, 0.0, job.round + 1
            job.whats.append("requeued")

    @rule(seconds=st.sampled_from([1.0, 6.0, 31.0, 1000.0]))
    def time_passes(self, seconds):
        self.now += seconds
        self.elapsed += seconds

    @rule(seconds=st.sampled_from([-100_000.0, 100_000.0]))
    def the_clock_is_set(self, seconds):
        self.now += seconds

    # What must be alike

    @invariant()
    def each_job_is_as_the_oracle_has_it(self):
        got = {job.id: job for job in self.queue.list(limit=1000)}
        assert set(got) == {job.id for job in self.jobs}
        for job in self.jobs:
            found = got[job.id]
            assert (found.state, found.attempts, found.round) == (job.state, job.attempts, job.round)
        counts = self.queue.counts()
        assert counts == {s: sum(j.state == s for j in self.jobs) for s in STATES}

    @invariant()
    def each_job_has_the_events_the_oracle_has(self):
        for job in self.jobs:
            assert [event.what for event in self.queue.events(job=job.id, limit=1000)] == job.whats


def test_the_queue_in_sqlite_answers_as_the_oracle(tmp_path):
    class InSqlite(Both):
        def new_place(self):
            return f"sqlite:///{Path(tempfile.mkdtemp(dir=tmp_path)) / 'jobs.sqlite'}"

    run_state_machine_as_test(
        InSqlite, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )


def test_the_queue_in_postgres_answers_as_the_oracle(postgres):
    class InPostgres(Both):
        def new_place(self):
            return postgres.new_place()

    run_state_machine_as_test(
        InPostgres, settings=settings(max_examples=25, stateful_step_count=40, deadline=None)
    )
