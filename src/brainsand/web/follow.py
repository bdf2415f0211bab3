"""How does the worklist learn what became of an analysis? One thread reads the queue's events and files what they say.

The number of the last event that was filed is kept with what it told, so that a stop (or a kill) between two events
loses none, and none counts twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from brainsand.errors import BrainsandError, QueueError
from brainsand.jobs import Event, Job, Queue
from brainsand.read.facts import case_facts
from brainsand.report.words import finding_words
from brainsand.web.cases import KIND, summary_of
from brainsand.web.folder import DataFolder
from brainsand.web.store import Store
from brainsand.web.tables import CASES, META

EVERY_S: Final = 0.25
AFTER_FAULT_S: Final = 2.0
_LAST: Final = "last_event"
_LOG: Final = logging.getLogger("brainsand.web")
_STATE_OF: Final = {
    "put": "queued", "taken": "running", "progress": "running", "returned": "queued", "requeued": "queued",
    "done": "done", "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip


class Follower:
    """Files events, and wakes whoever watches (``changed``); ``filed`` is told of every case that is done."""

    def __init__(
        self, store: Store, folder: DataFolder, queue: Queue, *, filed: Callable[[Row[Any]], object]
    ) -> None:
        self._store, self._folder, self._queue, self._filed = store, folder, queue, filed
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Event] = set()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to follow; whoever watches does so in ``loop``."""
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def step(self) -> int:
        """File what happened since the last time; how many events."""
        with self._store.reading() as db:
            last = db.execute(select(META.c.value).where(META.c.name == _LAST)).scalar()
        events = self._queue.events(after=int(last or 0), limit=200)
        for event in _newest(events):
            self._file_or_say(event)
        if events:
            with self._store.writing() as db:
                _remember(db, events[-1].id, known=last is not None)
            self.tell()
        return len(events)

    def tell(self) -> None:
        """Wake whoever watches."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    async def changed(self, timeout_s: float) -> bool:
        """Wait until something has changed; False after ``timeout_s``."""
        own = asyncio.Event()
        self._waiting.add(own)
        try:
            await asyncio.wait_for(own.wait(), timeout_s)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(own)
        return True

    def _wake(self) -> None:
        for event in list(self._waiting):
            event.set()

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                busy = self.step() > 0
                self._end.wait(0.0 if busy else EVERY_S)
            except BrainsandError as fault:
                _LOG.warning("the queue could not be followed: %s", fault)
                self._end.wait(AFTER_FAULT_S)
            except Exception:
                _LOG.exception("a fault while following the queue")
                self._end.wait(AFTER_FAULT_S)

    def _file_or_say(self, event: Event) -> None:
        """File an event; what cannot be understood fails its case, and keeps no other waiting."""
        try:
            self._file(event)
        except (QueueError, SQLAlchemyError):  # the database does not answer: again in a while
            raise
        except Exception as fault:
            _LOG.exception("event %d of job %d cannot be filed", event.id, event.job)
            words = f"The results cannot be read ({type(fault).__name__})."
            values = {"state": "failed", "reason": words, "remedy": "Please report it, then try again."}
            with self._store.writing() as db:
                db.execute(update(CASES).where(CASES.c.job == event.job).values(**values))

    def _file(self, event: Event) -> None:
        with self._store.reading() as db:
            row = db.execute(select(CASES).where(CASES.c.job == event.job)).first()
        if row is None:
            row = self._adopted(event)
        if row is None or (row.state == "done" and event.what in ("progress", "taken")):
            return
        values: dict[str, Any] = {"state": _STATE_OF.get(event.what, row.state), "stage": None}
        if event.what == "progress":
            values |= {"stage": event.words, "share": event.share or 0.0}
        if event.what == "done":
            values |= {"share": 1.0, "done_at": event.at.timestamp(), **self._summary(row.id, row.title)}
            values["person"] = (self._queue.get(event.job).result or {}).get("person")
        if event.what in ("failed", "returned"):
            values |= _failure(self._queue.get(event.job))
        with self._store.writing() as db:
            db.execute(update(CASES).where(CASES.c.id == row.id).values(**values))
        if event.what == "done":  # whoever opens it first does not wait
            self._filed(row)

    def _adopted(self, event: Event) -> Any:
        """The case of a job whose number was not noted yet (its key is the case's id)."""
        try:
            job = self._queue.get(event.job)
        except BrainsandError:
            return None
        if job.kind != KIND or job.key is None:
            return None
        with self._store.writing() as db:
            db.execute(update(CASES).where(CASES.c.id == job.key, CASES.c.job.is_(None)).values(job=job.id))
            return db.execute(select(CASES).where(CASES.c.id == job.key, CASES.c.job == job.id)).first()

    def _summary(self, id: str, title: str) -> dict[str, Any]:
        record: Mapping[str, Any] = json.loads(
            (self._folder.result(id) / "case.json").read_text(encoding="utf-8")
        )
        words = finding_words(case_facts(record).deposits or ())
        return summary_of(record, title=title, headline=words)


def _failure(job: Job) -> dict[str, Any]:
    return {"reason": job.reason, "remedy": job.remedy, "code": job.code}


def _newest(events: list[Event]) -> list[Event]:
    """Of the progress of one job only the newest: nobody reads the others."""
    last = {event.job: event.id for event in events}
    return [e for e in events if e.what != "progress" or last[e.job] == e.id]


def _remember(db: Connection, number: int, *, known: bool) -> None:
    if known:
        db.execute(update(META).where(META.c.name == _LAST).values(value=str(number)))
    else:
        db.execute(insert(META).values(name=_LAST, value=str(number)))
