"""Who empties the queue? One process an analysis, watched: for time, for memory, and for being alive.

One thread of the employing process (``brainsand jobs work``, the node, the web application) hands the jobs out,
listens, and records what came. Whatever is killed, the job returns or its end is recorded once:

- a process that works: noticed at once, the attempt counts, the job waits and is tried again;
- the employing process: its workers die with it; the next one on the same machine sees that it is gone, one on
  another machine after ``Patience.lease_s``;
- a database that does not answer: what came is kept and recorded when it does.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from brainsand.errors import ClaimLost
from brainsand.jobs.child import OUT_OF_MEMORY
from brainsand.jobs.hand import Hand
from brainsand.jobs.job import Claimed
from brainsand.jobs.kinds import KINDS, Limits
from brainsand.jobs.owner import own_name
from brainsand.jobs.queue import Queue
from brainsand.jobs.receipt import attempt_folder, sweep
from brainsand.jobs.recorder import ROOM, Record, Recorder
from brainsand.machine import available_mb, cores

RESULTS: Final = "results"
"""The folder within an attempt's hidden one that will become the job's place."""
LOOK_S: Final = 1.0
LISTEN_S: Final = 0.2
LAST_TRIES_S: Final = 5.0

log: Final = logging.getLogger("brainsand.jobs")


class Workers:
    """Processes that empty a queue; ``with Workers(queue):`` for as long as the block lasts.

    Parameters
    ----------
    queue : Queue
        Where jobs come from.
    number : int, optional
        How many analyses at once; one a core where left out. Fewer run while memory is short.
    kinds : mapping
        Which kinds of work to take, and their modules.
    limits : Limits
        What one job may use.
    """

    def __init__(
        self,
        queue: Queue,
        *,
        number: int | None = None,
        kinds: Mapping[str, str] = KINDS,
        limits: Limits | None = None,
    ) -> None:
        self.queue, self.kinds, self.limits = queue, dict(kinds), limits or Limits()
        self.number = number or cores()
        self.name = own_name()
        self._hands: list[Hand] = []
        self._recorder = Recorder(queue)
        self._give_up_at: float | None = None
        self._next_look = self._next_take = self._next_hire = self._last_beat = 0.0
        self._hire_wait_s = LOOK_S
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in a thread of its own, until ``stop`` or the end of the program."""
        atexit.register(self.stop)
        self._thread = threading.Thread(target=self.run, name="brainsand-jobs", daemon=True)
        self._thread.start()

    def stop(self, *, patience_s: float = 0.0) -> None:
        """Take no more jobs, let those under way go on for ``patience_s``, hand the rest back, and end."""
        self.ask_to_stop(patience_s=patience_s)
        atexit.unregister(self.stop)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def ask_to_stop(self, *, patience_s: float = 0.0) -> None:
        """As ``stop``, without waiting for it; good in a signal handler. Asked again, the sooner moment counts."""
        moment = time.monotonic() + patience_s
        self._give_up_at = moment if self._give_up_at is None else min(moment, self._give_up_at)

    @property
    def trouble(self) -> str | None:
        """Why the database does not answer, None where it does."""
        return self._recorder.trouble

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run(self) -> None:
        """Work in this thread until asked to stop."""
        log.info("at work as %s, %d at once", self.name, self.number)
        with self._recorder.asking():
            for job in self.queue.list(state="cancelled", limit=1000):
                sweep(self.queue.name, job, placed=False)
        try:
            while self._give_up_at is None or (self._busy() and time.monotonic() < self._give_up_at):
                self._round()
        finally:
            self._close()

    def run_until_empty(self) -> None:
        """Work in this thread until nothing is queued or running."""
        try:
            while self._give_up_at is None and self._anything_left():
                self._round()
        finally:
            self.ask_to_stop()
            self._close()

    def health(self) -> dict[str, Any]:
        """How it goes, for a page of health and metrics."""
        hands = list(self._hands)
        return {
            "name": self.name,
            "workers": len(hands),
            "most": self.number,
            "busy": sum(hand.claimed is not None for hand in hands),
            "available_mb": available_mb(),
            "held_mb": sum(hand.held_mb for hand in hands),
            "trouble": self._recorder.trouble,
            "stopping": self._give_up_at is not None,
        }

    def _round(self) -> None:
        """One round; a fault of ours is said and must not leave the queue without anybody at work."""
        try:
            self._once()
        except Exception:
            log.exception("a fault in brainsand itself; the work goes on")
            time.sleep(LOOK_S)

    def _once(self) -> None:
        """Hire, hand out, listen, record, look."""
        if self._give_up_at is None:
            self._hire()
            self._hand_out()
        self._listen()
        if self._recorder.record():
            self._next_take = 0.0
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + min(LOOK_S, self.queue.patience.lease_s / 8)
            self._look()

    def _hire(self) -> None:
        """Begin the processes that are missing; one that never got ready makes the next wait longer."""
        while len(self._hands) < self.number and time.monotonic() >= self._next_hire:
            self._hands.append(Hand(self.kinds))

    def _hand_out(self) -> None:
        for hand in [hand for hand in self._hands if hand.idle]:
            if time.monotonic() < max(self._next_take, self._recorder.paused_until):
                return
            if not self._memory_for(hand):
                return
            claimed = None
            with self._recorder.asking():
                claimed = self.queue.take(self.name, kinds=list(self.kinds))
            if claimed is None:
                self._next_take = time.monotonic() + self.limits.poll_s
                return
            self._begin(hand, claimed)

    def _begin(self, hand: Hand, claimed: Claimed) -> None:
        """Give a job to a process, in a hidden folder of its own beside the place of its results."""
        try:
            with self._recorder.asking():
                if self.queue.recall(claimed) is not None:  # its results were in place already
                    return
        except ClaimLost:  # cancelled within this moment
            return
        attempt = attempt_folder(self.queue.name, claimed)
        try:
            if attempt is not None:
                sweep(self.queue.name, claimed.job, placed=False)
                attempt.mkdir(parents=True)
        except OSError as fault:
            words = f"The results cannot be written beside {claimed.job.out}: {fault.strerror or fault}."
            self._recorder.add(claimed, self._recorder.failure(claimed, words, code="output", remedy=ROOM))
            return
        log.info("job %d (%s) begun, attempt %d", claimed.job.id, claimed.job.kind, claimed.job.attempts)
        with suppress(OSError):  # it has just died: the next round notices
            hand.give(claimed, attempt / RESULTS if attempt else None)

    def _listen(self) -> None:
        """Wait a moment for what the processes say, and for those that die."""
        wait([hand.line for hand in self._hands], LISTEN_S)
        for hand in list(self._hands):
            said = hand.heard()
            if said is None:
                self._mourn(hand)
            for word in said or ():
                self._hear(hand, word)

    def _hear(self, hand: Hand, word: Mapping[str, Any]) -> None:
        if "ready" in word:
            hand.ready, self._hire_wait_s = True, LOOK_S
        elif "stage" in word and hand.claimed:
            hand.stage = word["stage"]
            with self._recorder.asking(), suppress(ClaimLost):
                self.queue.progress(hand.claimed, word["stage"], word["share"])
        elif "outcome" in word and hand.claimed:
            claimed, folder = hand.done()
            self._recorder.add(claimed, self._outcome(claimed, folder, word["outcome"]))
            if hand.jobs >= self.limits.jobs_per_process:
                self._dismiss(hand)

    def _outcome(self, claimed: Claimed, folder: Path | None, outcome: Mapping[str, Any]) -> Record:
        """What to record of what a process said came of its job."""
        if outcome["state"] == "done":
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            return partial(self.queue.finish, claimed, outcome["result"], made=folder)
        made = folder if folder is not None and folder.is_dir() and not outcome["retry"] else None
        said = {name: outcome[name] for name in ("retry", "remedy", "code")}
        return partial(self.queue.fail, claimed, outcome["reason"], **said, made=made)

    def _mourn(self, hand: Hand) -> None:
        """A process died by itself: its job has failed once, and a new process is begun."""
        self._hands.remove(hand)
        words = hand.last_words()
        if not hand.ready:
            log.error("a worker %s before it was ready", words)
            self._next_hire = time.monotonic() + self._hire_wait_s
            self._hire_wait_s = min(60.0, 2 * self._hire_wait_s)
        if hand.claimed is not None:
            reason = f"The worker {words} during {hand.stage or 'its start'}."
            claimed, _ = hand.done()
            self._recorder.add(
                claimed, self._recorder.failure(claimed, reason, code="worker_died", remedy=_DIED)
            )

    def _look(self) -> None:
        """Whatever wants a look every second: time, memory, whose the jobs are, and that we are heard of."""
        for hand in [hand for hand in self._hands if hand.claimed is not None]:
            held = hand.held_mb
            if hand.seconds > self.limits.time_s:
                words = f"It took longer than {self.limits.time_s:.0f} s and was ended during {hand.stage}."
                self._stop_job(hand, words, code="too_long", remedy=_TIME)
            elif held > self.limits.memory_mb:
                words = (
                    f"out of memory: it held {held:.0f} MB of {self.limits.memory_mb:.0f} MB in {hand.stage}."
                )
                self._stop_job(hand, words, code="out_of_memory", remedy=OUT_OF_MEMORY)
        with self._recorder.asking():
            self._let_go_of_lost()
            self._beat()

    def _stop_job(self, hand: Hand, reason: str, *, code: str, remedy: str) -> None:
        self._hands.remove(hand)
        hand.end()
        claimed, _ = hand.done()
        self._recorder.add(claimed, self._recorder.failure(claimed, reason, code=code, remedy=remedy))

    def _let_go_of_lost(self) -> None:
        """End the work on jobs that were cancelled or given to somebody else."""
        held = self.queue.held_tokens()
        for hand in [hand for hand in self._hands if hand.claimed and hand.claimed.token not in held]:
            self._hands.remove(hand)
            hand.end()
            claimed, _ = hand.done()
            self._recorder.let_go(claimed)

    def _beat(self) -> None:
        if time.monotonic() - self._last_beat < self.queue.patience.lease_s / 4:
            return
        self._last_beat = time.monotonic()
        for claimed in self._claims():
            with suppress(ClaimLost):
                self.queue.beat(claimed)

    def _claims(self) -> list[Claimed]:
        held = [hand.claimed for hand in self._hands if hand.claimed is not None]
        return held + self._recorder.claims

    def _busy(self) -> bool:
        return bool(self._claims())

    def _anything_left(self) -> bool:
        counts = self.queue.counts()
        return self._busy() or counts["queued"] + counts["running"] > 0

    def _memory_for(self, hand: Hand) -> bool:
        """Whether one more may begin: with what the others will still need, and always where none is under way."""
        available = available_mb()
        busy = [other for other in self._hands if other.claimed is not None]
        if available is None or not busy:
            return True
        expected = self.limits.expected_mb
        wanted = sum(max(0.0, expected - other.held_mb) for other in [*busy, hand])
        return available >= wanted

    def _dismiss(self, hand: Hand) -> None:
        """Let an idle process go."""
        self._hands.remove(hand)
        hand.line.close()
        if hand.ready:
            hand.process.join(LOOK_S)
        hand.process.kill()

    def _close(self) -> None:
        """Hand back what is under way, record what can be, and let the processes go."""
        for hand in [hand for hand in self._hands if hand.claimed is not None]:
            self._hands.remove(hand)
            hand.end()
            claimed, _ = hand.done()
            self._recorder.add(claimed, partial(self.queue.hand_back, claimed))
        until = time.monotonic() + LAST_TRIES_S
        self._recorder.record()
        while self._recorder.claims and time.monotonic() < until:
            time.sleep(LISTEN_S)
            self._recorder.record()
        for hand in list(self._hands):
            self._dismiss(hand)
        log.info("stopped")


_DIED: Final = (
    "The system may have been out of memory: let fewer run at once; then: brainsand jobs retry NUMBER."
)
_TIME: Final = "Allow more time (--time-limit), or look at the scan; then: brainsand jobs retry NUMBER."
