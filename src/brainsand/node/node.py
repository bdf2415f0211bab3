"""The node as one thing: everything put together from the options, started, looked after and stopped."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import threading
import time
from collections.abc import Hashable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from brainsand.errors import OutputError, UsageError
from brainsand.exports import FORMATS
from brainsand.jobs import Patience, Queue, Workers
from brainsand.node.arrivals import Arrivals
from brainsand.node.audit import Audit, audit_key
from brainsand.node.commit import COMMITMENT, Commitments
from brainsand.node.desk import Desk
from brainsand.node.dicomweb import WebServer
from brainsand.node.fetch import Fetcher
from brainsand.node.health import HealthPage
from brainsand.node.instance import Instance, NotKept, read_instance
from brainsand.node.metrics import Metrics
from brainsand.node.options import MIB, NodeOptions, Web
from brainsand.node.receive import Receiver
from brainsand.node.send import DicomPeer, Sender, Target
from brainsand.node.spool import Spool
from brainsand.node.versions import Versions

GOES_BACK: Final = ("seg", "sr", "pdf")
"""Formats that are DICOM objects and go back where nothing else is asked for; those this version can write."""
WEB: Final = "dicomweb"
"""The name under which results go back to the DICOMweb server."""
_TICK_S: Final = 0.5

log = logging.getLogger("brainsand.node")


class Node:
    """A DICOM node; ``with Node(options):`` for as long as the block lasts.

    Raises (at its making)
    ----------------------
    UsageError
        A format is not known.
    OutputError
        The state's folder or a port cannot be had, or another node works in it.
    """

    def __init__(self, options: NodeOptions, *, workers: bool = True) -> None:
        self._options = options
        formats = _formats(options)
        self._lock = _only_one(options.state)
        try:
            self._put_together(options, formats, workers=workers)
        except BaseException:
            self._lock.close()
            raise

    def _put_together(self, options: NodeOptions, formats: tuple[str, ...], *, workers: bool) -> None:
        self.metrics = Metrics()
        self._audit = Audit(
            options.state / "audit.jsonl",
            audit_key(options.audit_key_file or options.state / "audit.key"),
            failed=lambda: self.metrics.add("brainsand_audit_failures_total"),
        )
        self._arrivals = Arrivals(quiet_s=options.quiet_s, patience_s=options.patience_s)
        self._spool = Spool(options.state / "spool", options.limits, make_room=self._make_room)
        self._versions = Versions(options.state / "versions")
        place = options.queue or options.state / "jobs.sqlite"
        self._queue = Queue.open(place)
        self._desk = Desk(
            self._spool,
            self._versions,
            self._arrivals,
            self._queue,
            peers=_receivers(options),
            formats=formats,
            keep_s=options.keep_hours * 3600,
            keep_failed_s=options.keep_failed_days * 86_400,
            audit=self._audit,
            metrics=self.metrics,
        )
        self._workers = Workers(self._queue, number=options.workers) if workers else None
        self._put_to_the_network(options, place)
        self.metrics.ask(self._gauges)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk")

    def _put_to_the_network(self, options: NodeOptions, place: str | Path) -> None:
        """What takes scans and gives results: receiver, fetcher, senders; and the pages."""
        self._receiver = Receiver(
            options,
            self._spool,
            came=self._came,
            ended=self._ended,
            audit=self._audit,
            metrics=self.metrics,
        )
        self._web = (
            WebServer(options.dicomweb, most_mib=options.limits.instance_mib) if options.dicomweb else None
        )
        self._fetcher = self._fetching(options.dicomweb, self._web)
        commitments = Commitments(self.metrics)
        self._receiver.add_service(COMMITMENT, commitments.handler)
        self._outboxes = Queue.open(
            place, patience=Patience(backoff_s=options.retry_s, longest_backoff_s=options.retry_longest_s)
        )
        self._senders = [
            Sender(name, target, self._outboxes, audit=self._audit, metrics=self.metrics)
            for name, target in self._targets(commitments).items()
        ]
        self._health = HealthPage(
            (options.health_host, options.health_port), metrics=self.metrics.text, health=self.health
        )

    @property
    def port(self) -> int:
        """The DICOM port."""
        return self._receiver.port

    @property
    def health_port(self) -> int:
        """The port of the health page."""
        return self._health.port

    def start(self) -> None:
        """Take up what was left, then listen and work."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        for study in self._desk.take_up():
            self._came_before(study)
        self._receiver.start()
        self._health.start()
        if self._workers is not None:
            self._workers.start()
        for sender in self._senders:
            sender.start()
        if self._fetcher is not None:
            self._fetcher.start()
        self._thread.start()
        self._audit.wrote("application", who="brainsand", address="", outcome="success", words="started")

    def stop(self) -> None:
        """Take no more calls, hand unfinished work back to the queue, and end."""
        self._over.set()
        self._receiver.stop()
        if self._fetcher is not None:
            self._fetcher.stop()
        for sender in self._senders:
            sender.stop()
        if self._workers is not None:
            self._workers.stop(patience_s=0)
        if self._thread.is_alive():
            self._thread.join()
        self._health.stop()
        self._audit.wrote("application", who="brainsand", address="", outcome="success", words="stopped")
        self._outboxes.close()
        self._queue.close()
        self._lock.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def health(self) -> Mapping[str, Any]:
        """What the health page says: ready or not, what is waited for, and how the parts are."""
        free = shutil.disk_usage(self._options.state).free
        workers = self._workers.health() if self._workers is not None else None
        trouble = [
            words
            for holds, words in (
                (not self._receiver.alive, "the DICOM port is not served"),
                (not self._thread.is_alive(), "the desk is not at work"),
                (free < self._options.limits.free_mib * MIB, "the disk is almost full"),
                (workers is not None and workers["trouble"] is not None, "the queue does not answer"),
            )
            if holds
        ]
        return {
            "ready": not trouble,
            "trouble": trouble,
            "waiting": self._arrivals.waiting(),
            "jobs": self._queue.counts(),
            "workers": workers,
            "spool_bytes": self._spool.total_bytes,
            "free_bytes": free,
        }

    def _run(self) -> None:
        while not self._over.wait(_TICK_S):
            try:
                self._desk.tick(now_s=time.monotonic())
            except Exception:  # a full disk, a database that does not answer: the next tick tries again
                log.exception("a fault at the desk")

    def _came(self, instance: Instance, association: Hashable) -> None:
        self._arrivals.came(instance, association, now_s=time.monotonic())

    def _ended(self, association: Hashable) -> None:
        self._arrivals.ended(association, now_s=time.monotonic())

    def _came_before(self, study: str) -> None:
        """Objects that were kept before a restart and are not read yet."""
        for name in self._spool.files(study):
            try:
                instance = read_instance((self._spool.folder_of(study) / name).read_bytes())
            except (NotKept, OSError) as fault:
                log.warning("%s: an object of the spool cannot be read: %s", study, fault)
                continue
            self._came(instance, "before")
        self._ended("before")

    def _make_room(self, wanted: int) -> bool:
        return self._desk.make_room(wanted)

    def _targets(self, commitments: Commitments) -> dict[str, Target]:
        options = self._options
        targets: dict[str, Target] = {
            name: DicomPeer(
                options.peers[name], own_title=options.ae_title, tls=options.tls, commitments=commitments
            )
            for name in options.send_to
        }
        if WEB in _receivers(options) and self._web is not None:
            targets[WEB] = self._web
        return targets

    def _fetching(self, options: Web | None, server: WebServer | None) -> Fetcher | None:
        if options is None or server is None:
            return None
        return Fetcher(
            options,
            server,
            self._spool,
            self._options.state / "web.json",
            has=self._spool.has,
            came=self._came,
            ended=self._ended,
            audit=self._audit,
            metrics=self.metrics,
        )

    def _gauges(self) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], float]:
        jobs: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {
            ("brainsand_jobs", (("state", str(state)),)): float(number)
            for state, number in self._queue.counts().items()
        }
        return {
            **jobs,
            ("brainsand_studies_waiting", ()): len(self._arrivals.waiting()),
            ("brainsand_spool_bytes", ()): self._spool.total_bytes,
            ("brainsand_disk_free_bytes", ()): shutil.disk_usage(self._options.state).free,
        }


def _receivers(options: NodeOptions) -> tuple[str, ...]:
    gives_back = options.dicomweb is not None and options.dicomweb.give_back
    return (*options.send_to, WEB) if gives_back else options.send_to


def _formats(options: NodeOptions) -> tuple[str, ...]:
    unknown = [name for name in options.formats if name not in FORMATS]
    if unknown:
        raise UsageError(
            f"formats: this version does not write {unknown[0]}. It writes: {', '.join(FORMATS)}."
        )
    return options.formats or tuple(name for name in GOES_BACK if name in FORMATS and _can_write(name))


def _can_write(name: str) -> bool:
    """Whether what a format needs is installed; said once where it is not."""
    if name != "pdf":
        return True
    from brainsand.report.pdf import check_pdf

    try:
        check_pdf()
    except UsageError as lacking:
        log.warning("results go back without PDF: %s", lacking)
        return False
    return True


def _only_one(state: Path) -> IO[str]:
    """The state's folder for us alone, for as long as the file is open."""
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (state / "node.lock").open("w")
    except OSError as fault:
        raise OutputError(f"The folder {state} cannot be used: {fault.strerror or fault}.") from fault
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        lock.close()
        raise OutputError(f"Another node works in {state}; give each a folder of its own.") from fault
    os.set_inheritable(lock.fileno(), False)
    return lock
