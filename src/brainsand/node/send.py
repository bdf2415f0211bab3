"""How do results get to a peer? C-STORE of every DICOM object in a folder of results, as jobs that wait and repeat.

A peer that is gone costs nothing but time: the job goes back into the lasting queue and waits longer each time.
Objects have the same UIDs whenever they are sent, so a peer that had them already has them once. Where
the peer is asked to take charge (storage commitment, PS3.4 Annex J), the job is done when it has said so.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE

from brainsand.errors import BrainsandError, ClaimLost
from brainsand.jobs import Claimed, Queue
from brainsand.node.audit import Audit, Outcome
from brainsand.node.commit import COMMITMENT, Commitments
from brainsand.node.door import client_tls
from brainsand.node.instance import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from brainsand.node.metrics import Metrics
from brainsand.node.options import Peer, Tls

ATTEMPTS: Final = 1000
"""With half an hour between the later ones: three weeks."""
_TIMEOUT_S: Final = 30
_POLL_S: Final = 0.5
_COMMIT_S: Final = 60.0

log = logging.getLogger("brainsand.node")


class NotTaken(BrainsandError):
    """The peer is not there, or did not take an object; to be tried again."""


class Target(Protocol):
    """Somebody who takes DICOM objects."""

    def give(self, files: Sequence[Path]) -> None:
        """Hand all of them over, or raise NotTaken."""
        ...


class DicomPeer:
    """A peer that takes objects by C-STORE."""

    def __init__(
        self,
        peer: Peer,
        *,
        own_title: str,
        tls: Tls | None = None,
        commitments: Commitments | None = None,
    ) -> None:
        self._peer, self._own_title = peer, own_title
        self._tls: ssl.SSLContext | None = client_tls(tls) if peer.tls and tls else None
        self._commitments = commitments if peer.commit else None

    def give(self, files: Sequence[Path]) -> None:
        """Send every file in one association."""
        metas = [pydicom.filereader.read_file_meta_info(file) for file in files]
        kinds = {(str(m.MediaStorageSOPClassUID), str(m.TransferSyntaxUID)) for m in metas}
        with self._association(kinds) as assoc:
            for file in files:
                _send_one(assoc, file)
            if self._commitments is not None:
                objects = [(str(m.MediaStorageSOPClassUID), str(m.MediaStorageSOPInstanceUID)) for m in metas]
                self._commit(assoc, objects)

    @contextmanager
    def _association(self, kinds: set[tuple[str, str]]) -> Iterator[Any]:
        peer = self._peer
        ae = AE(ae_title=self._own_title)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ae.connection_timeout = _TIMEOUT_S
        ae.implementation_class_uid, ae.implementation_version_name = IMPLEMENTATION_UID, IMPLEMENTATION_NAME
        for sop_class, syntax in sorted(kinds):
            ae.add_requested_context(sop_class, list(dict.fromkeys([syntax, ImplicitVRLittleEndian])))
        handlers: list[Any] = []
        if self._commitments is not None:
            ae.add_requested_context(COMMITMENT)
            handlers = [self._commitments.handler]
        tls = (self._tls, peer.host) if self._tls else None
        assoc = ae.associate(
            peer.host, peer.port, ae_title=peer.ae_title, tls_args=tls, evt_handlers=handlers
        )
        if not assoc.is_established:
            how = "rejected the association" if assoc.is_rejected else "does not answer"
            raise NotTaken(f"{peer.ae_title} at {peer.host}:{peer.port} {how}.")
        try:
            yield assoc
        finally:
            assoc.release() if assoc.is_established else assoc.abort()

    def _commit(self, assoc: Any, objects: list[tuple[str, str]]) -> None:
        if self._commitments is None:
            return
        failed = self._commitments.ask(assoc, objects, patience_s=_COMMIT_S)
        if failed is None:
            raise NotTaken(f"{self._peer.ae_title} did not say whether it takes charge of the results.")
        if failed:
            raise NotTaken(f"{self._peer.ae_title} does not take charge of {failed} of the results.")


def _send_one(assoc: Any, file: Path) -> None:
    try:
        answer: Dataset = assoc.send_c_store(pydicom.dcmread(file))
    except (
        ValueError,
        RuntimeError,
        AttributeError,
    ) as fault:  # no context for it, or the association is gone
        raise NotTaken(f"{file.name} could not be sent: {' '.join(str(fault).split())[:200]}") from fault
    status = answer.get("Status")
    # PS3.4 Table B.2-1: 0000 success, Bxxx kept with a warning
    if status is None or (status != 0 and status >> 12 != 0xB):
        said = "no answer" if status is None else f"0x{status:04X}"
        raise NotTaken(f"{file.name} was not taken: {said}.")


class Sender:
    """One thread that empties one peer's outbox.

    Parameters
    ----------
    name : str
        The peer's name in the options; its jobs are of kind ``outbox(name)``.
    target : Target
        The peer.
    queue : Queue
        A queue opened with the patience of sending.
    """

    def __init__(self, name: str, target: Target, queue: Queue, *, audit: Audit, metrics: Metrics) -> None:
        self._name, self._target, self._queue = name, target, queue
        self._audit, self._metrics = audit, metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"send {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more; what is under way is tried again after the next start, should it not end soon."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        from brainsand.jobs.owner import own_name

        while not self._stop.is_set():
            claimed: Claimed | None = None
            try:
                claimed = self._queue.take(own_name(), kinds=[outbox(self._name)])
                if claimed is not None:
                    self._work(claimed)
            except Exception:
                log.exception("a fault while results were sent to %s", self._name)
                self._stop.wait(_POLL_S)
            if claimed is None:
                self._stop.wait(_POLL_S)

    def _work(self, claimed: Claimed) -> None:
        payload = claimed.job.payload
        files = dicom_files(Path(payload["folder"]))
        try:
            with _beating(self._queue, claimed):
                self._target.give(files)
        except NotTaken as reason:
            self._not_taken(claimed, str(reason))
        except Exception as fault:
            log.exception("a fault while results were sent to %s", self._name)
            self._not_taken(claimed, f"{type(fault).__name__}: {fault}")
        else:
            try:
                self._queue.finish(claimed, {"objects": len(files)})
            except ClaimLost:  # a newer version of the study made this job needless while it was sent
                log.info("%s: sent to %s, and superseded meanwhile", payload["study"], self._name)
                return
            self._metrics.add("brainsand_objects_sent_total", len(files), peer=self._name)
            self._tell(claimed, "success", "results sent", len(files))
            log.info("%s: %d objects sent to %s", payload["study"], len(files), self._name)

    def _not_taken(self, claimed: Claimed, words: str) -> None:
        with suppress(BrainsandError):
            self._queue.fail(
                claimed,
                words,
                retry=True,
                code="not_sent",
                remedy="Look to the peer; then: brainsand jobs retry.",
            )
        self._tell(claimed, "minor_failure", words, 0)
        log.warning("%s: not sent to %s: %s", claimed.job.payload["study"], self._name, words)

    def _tell(self, claimed: Claimed, outcome: Outcome, words: str, objects: int) -> None:
        self._metrics.add("brainsand_sends_total", outcome=outcome, peer=self._name)
        payload = claimed.job.payload
        self._audit.wrote(
            "export",
            who=self._name,
            address=str(payload.get("address", "")),
            outcome=outcome,
            words=words,
            study=payload["study"],
            objects=objects,
        )


def outbox(peer: str) -> str:
    """The kind of job that stands for sending to a peer."""
    return f"send {peer}"


def dicom_files(folder: Path) -> tuple[Path, ...]:
    """The DICOM objects in a folder of results: small ones first, so that a report is there before its masks."""
    return tuple(sorted(folder.rglob("*.dcm"), key=lambda path: (path.stat().st_size, path.name)))


@contextmanager
def _beating(queue: Queue, claimed: Claimed) -> Iterator[None]:
    """Let the queue know that the job is worked on, as long as the block lasts."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(queue.patience.lease_s / 4):
            with suppress(BrainsandError):
                queue.beat(claimed)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
