"""What happens to a study once it is whole? It is judged, queued, and its results are put into the outboxes.

Everything that must outlast a kill lies on the disk before the next step is taken: the objects in the spool, a
version with its verdict, the job in the queue, the results with their receipt, the sending in the queue. Every
step can be taken twice without being done twice, because the queue knows each by a key of its own; so after a
restart the desk simply looks at what there is and goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Final

from brainsand.errors import UsageError
from brainsand.jobs import Event, Job, Queue, scan_payload
from brainsand.node.arrivals import Arrivals, Due
from brainsand.node.audit import Audit
from brainsand.node.metrics import Metrics
from brainsand.node.send import ATTEMPTS, dicom_files, outbox
from brainsand.node.spool import Spool
from brainsand.node.versions import Version, Versions

SCAN: Final = "scan"
_TIDY_EVERY_S: Final = 60.0

log = logging.getLogger("brainsand.node")


class Desk:
    """The work between the spool, the queue and the outboxes; one thread calls :meth:`tick`.

    Parameters
    ----------
    peers : iterable of str
        Whom results are sent to.
    formats : tuple of str
        What a case is written as besides (``--also``).
    keep_s : float
        How long a study is kept after the last work on it.
    keep_failed_s : float
        How long the queue tells of what failed; its study is gone by then, and must be sent again.
    """

    def __init__(
        self,
        spool: Spool,
        versions: Versions,
        arrivals: Arrivals,
        queue: Queue,
        *,
        peers: Iterable[str],
        formats: tuple[str, ...],
        keep_s: float,
        keep_failed_s: float,
        audit: Audit,
        metrics: Metrics,
    ) -> None:
        self._spool, self._versions, self._arrivals, self._queue = spool, versions, arrivals, queue
        self._peers, self._formats = tuple(peers), formats
        self._keep_s, self._keep_failed_s = keep_s, keep_failed_s
        self._audit, self._metrics = audit, metrics
        self._seen = queue.last_event()
        self._tidied = float("-inf")

    def take_up(self) -> tuple[str, ...]:
        """After a start: go on with what is open; the studies that were never read, or not all of them."""
        for version in self._versions.all_open():
            self._go_on(version)
        return tuple(s for s in self._spool.studies() if not self._versions.holds(s, self._spool))

    def tick(self, *, now_s: float) -> None:
        """Whatever is to be done now."""
        for due in self._arrivals.due(now_s=now_s):
            try:
                self.read(due)
            except Exception:  # a full disk, a database that does not answer
                self._arrivals.again(due.study, now_s=now_s)
                raise
        while events := self._queue.events(after=self._seen):
            for event in events:
                self._on_event(event)
                self._seen = event.id
        if now_s - self._tidied >= _TIDY_EVERY_S:
            self._tidied = now_s
            self.tidy()

    def read(self, due: Due) -> Version | None:
        """Judge a study and queue it where it is wanted; None where there is nothing new in it."""
        version = self._versions.make(due.study, self._spool)
        if version is None:
            self._metrics.add("brainsand_studies_total", verdict="nothing_new")
            log.info("%s: nothing new", due.study)
            return None
        verdict = version.verdict
        log.info(
            "%s: version %d, %s; %s: %s",
            due.study,
            version.number,
            due.words,
            "read" if verdict.wanted else "left",
            verdict.words,
        )
        self._metrics.add("brainsand_studies_total", verdict="read" if verdict.wanted else "left")
        self._supersede(version)
        self._go_on(version)
        return version

    def tidy(self) -> None:
        """Forget studies whose work ended long enough ago, and their jobs."""
        now = time.time()
        before = now - self._keep_s
        for study in self._spool.studies():
            finished = self._finished(study)
            if finished is not None and finished < before:
                self._forget(study)
        # What failed is told of at least as long as its study could be tried again.
        self._queue.prune(ended_before=before, failed_before=now - max(self._keep_failed_s, self._keep_s))

    def make_room(self, wanted: int) -> bool:
        """Forget finished studies, the longest finished first, until so many bytes are free; whether they are."""
        freed = 0
        finished = [(at, s) for s in self._spool.studies() if (at := self._finished(s)) is not None]
        for _, study in sorted(finished):
            if freed >= wanted:
                break
            freed += sum(entry.st_size for entry in self._spool.files(study).values())
            self._forget(study)
            log.info("%s: forgotten to make room", study)
        return freed >= wanted

    def _finished(self, study: str) -> float | None:
        """When the work on a study ended; None where something is left to do."""
        if study in self._arrivals.waiting() or not self._versions.holds(study, self._spool):
            return None
        return self._versions.finished(study)

    def _forget(self, study: str) -> None:
        self._spool.remove(study)
        self._versions.remove(study)
        self._arrivals.forget(study)

    def _go_on(self, version: Version) -> None:
        """The next step of an open version: nothing, the analysis, or what comes after it."""
        if not version.verdict.wanted:
            version.close("left")
            return
        if (version.out / "case.json").exists() and self._queue.find(SCAN, version.key) is None:
            self._put_into_outboxes(version)  # done so long ago that the queue has forgotten it
            return
        payload = scan_payload(version.scan, also=self._formats)
        job = self._queue.put(SCAN, payload, key=version.key, out=version.out)
        if job.ended:
            self._after_analysis(version, job)

    def _supersede(self, version: Version) -> None:
        """Nobody needs the results of earlier versions any more: their jobs that wait or run are cancelled."""
        for earlier in self._versions.of_study(version.study)[:-1]:
            if earlier.closed is None:
                for job in self._jobs_of(earlier):
                    self._queue.cancel(job.id)
                earlier.close("superseded")

    def _jobs_of(self, version: Version) -> list[Job]:
        kinds = [SCAN, *(outbox(peer) for peer in self._peers)]
        found = [self._queue.find(kind, version.key) for kind in kinds]
        return [job for job in found if job is not None and not job.ended]

    def _on_event(self, event: Event) -> None:
        if event.what not in ("done", "failed"):
            return
        try:
            job = self._queue.get(event.job)
        except UsageError:  # forgotten meanwhile
            return
        version = self._versions.of_key(job.key)
        if version is None or version.closed == "superseded":
            return
        if job.kind == SCAN:
            self._count_analysis(version, job)
            self._after_analysis(version, job)
        else:
            self._close_when_sent(version)

    def _count_analysis(self, version: Version, job: Job) -> None:
        refused = job.state == "failed" and (version.out / "refusal.json").exists()
        outcome = "refused" if refused else job.state
        self._metrics.add("brainsand_analyses_total", outcome=outcome)
        words = "analyzed" if job.state == "done" else f"{outcome}: {job.code}"
        log.info("%s: version %d %s", version.study, version.number, words)
        self._audit.wrote(
            "application",
            who="brainsand",
            address="",
            outcome="success" if job.state == "done" else "minor_failure",
            words=words,
            study=version.study,
            patient=version.verdict.patient,
            objects=version.verdict.objects,
        )

    def _after_analysis(self, version: Version, job: Job) -> None:
        """Put the results of an analysis into every outbox, where there are any."""
        if job.state != "done":
            version.close(f"{job.state}: {job.code}")
        else:
            self._put_into_outboxes(version)

    def _put_into_outboxes(self, version: Version) -> None:
        if not dicom_files(version.out):
            version.close("analyzed; there is nothing to send")
            return
        payload = {"folder": str(version.out.absolute()), "study": version.study}
        for peer in self._peers:
            self._queue.put(outbox(peer), payload, key=version.key, attempts=ATTEMPTS)
        self._close_when_sent(version)

    def _close_when_sent(self, version: Version) -> None:
        sent = [self._queue.find(outbox(peer), version.key) for peer in self._peers]
        if all(job is not None and job.ended for job in sent):
            version.close("; ".join(f"{job.kind} {job.state}" for job in sent if job) or "analyzed")
