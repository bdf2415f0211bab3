"""Does a peer take charge of what it was sent? Storage commitment, push model (PS3.4 Annex J), as its user.

The peer may report in the same association or in one of its own, hours later in principle; here it is waited
for as long as the sending job lasts, and asked again with the next attempt.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from brainsand.node.metrics import Metrics

COMMITMENT: Final = StorageCommitmentPushModel
_REQUEST: Final = 1
"""Action type: request storage commitment (PS3.4 J.3.2.1)."""
_SUCCESS: Final = 0x0000


class Commitments:
    """What was asked of peers and not answered yet. Safe to use from many threads."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._asked: dict[str, tuple[threading.Event, list[int]]] = {}

    @property
    def handler(self) -> tuple[Any, Any]:
        """For an association that a report may come by."""
        return evt.EVT_N_EVENT_REPORT, self._on_report

    def ask(self, assoc: Any, objects: list[tuple[str, str]], *, patience_s: float) -> int | None:
        """Ask for all ``objects`` (class, instance); how many are refused, or None where no answer comes."""
        transaction = str(generate_uid(prefix=None))
        answered, refused = threading.Event(), [0]
        with self._lock:
            self._asked[transaction] = answered, refused
        try:
            status, _ = assoc.send_n_action(
                _request(transaction, objects), _REQUEST, COMMITMENT, StorageCommitmentPushModelInstance
            )
            if status is None or status.get("Status") != _SUCCESS or not answered.wait(patience_s):
                self._metrics.add("brainsand_commitments_total", outcome="unanswered")
                return None
        finally:
            with self._lock:
                self._asked.pop(transaction, None)
        self._metrics.add("brainsand_commitments_total", outcome="refused" if refused[0] else "committed")
        return refused[0]

    def _on_report(self, event: Any) -> tuple[int, None]:
        """A report (PS3.4 J.3.3): taken note of where it was asked for, else only confirmed."""
        said = event.event_information
        with self._lock:
            found = self._asked.get(str(said.get("TransactionUID", "")))
        if found is not None:
            found[1][0] = len(said.get("FailedSOPSequence") or ())
            found[0].set()
        return _SUCCESS, None


def _request(transaction: str, objects: list[tuple[str, str]]) -> Dataset:
    request = Dataset()
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = [_reference(*one) for one in objects]
    return request


def _reference(sop_class: str, sop_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, sop_uid
    return item
