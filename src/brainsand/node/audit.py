"""Who did what, when, and how did it end? One JSON line an access, for the hospital's audit repository.

Events bear the names of the DICOM audit profile (PS3.15 A.5, on which IHE ATNA rests): code, participants, outcome.
No name of a patient and no number is written: the number is given as HMAC-SHA256 with a key of the
node's own (``audit.key``), so that who holds the key can find a patient's lines and nobody else can. Studies
appear under the node's own names for them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

Event = Literal["application", "authentication", "transfer", "alert", "query", "export"]
Outcome = Literal["success", "minor_failure", "serious_failure"]

# PS3.16 CID 400
_CODES: Final[dict[str, tuple[str, str]]] = {
    "application": ("110100", "Application Activity"),
    "authentication": ("110126", "Node Authentication"),
    "transfer": ("110104", "DICOM Instances Transferred"),
    "alert": ("110113", "Security Alert"),
    "query": ("110112", "Query"),
    "export": ("110106", "Export"),
}
_OUTCOMES: Final = {
    "success": 0,
    "minor_failure": 4,
    "serious_failure": 8,
}  # PS3.15 A.5.2, EventOutcomeIndicator
_LONGEST_FILE: Final = 64 * 2**20

log = logging.getLogger("brainsand.node")


class Audit:
    """A file of lines, added to and never changed; at 64 MiB it is set aside and a new one begun.

    Parameters
    ----------
    file : Path
        Made when missing, readable by its owner alone.
    key : bytes
        What patients' numbers are hashed with.
    failed : callable
        Told when a line could not be written; whatever was to be told of goes on, for it has happened.
    """

    def __init__(self, file: Path, key: bytes, *, failed: Callable[[], None] = lambda: None) -> None:
        self._file, self._key, self._failed = file, key, failed
        self._lock = threading.Lock()

    def wrote(
        self,
        event: Event,
        *,
        who: str,
        address: str,
        outcome: Outcome,
        words: str = "",
        study: str | None = None,
        patient: tuple[str, str] | None = None,
        objects: int | None = None,
    ) -> None:
        """Add one line: who (AE title or role) from which address did what with which study."""
        code, name = _CODES[event]
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": {"code": code, "name": name},
            "outcome": _OUTCOMES[outcome],
            "words": words,
            "participant": {"id": who, "address": address},
            "study": study,
            "patient": self.hashed(patient) if patient and any(patient) else None,
            "objects": objects,
        }
        try:
            self._add(json.dumps({k: v for k, v in line.items() if v is not None}, ensure_ascii=True) + "\n")
        except OSError as fault:
            log.error("an audit line could not be written: %s", fault.strerror or fault)
            self._failed()

    def hashed(self, patient: tuple[str, str]) -> str:
        """A patient's number and its issuer as 32 hexadecimal digits that only the key can make again."""
        return hmac.new(self._key, "\0".join(patient).encode(), hashlib.sha256).hexdigest()[:32]

    def _add(self, line: str) -> None:
        with self._lock:
            self._set_aside_when_long()
            handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)

    def _set_aside_when_long(self) -> None:
        try:
            if self._file.stat().st_size < _LONGEST_FILE:
                return
        except FileNotFoundError:
            return
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        self._file.rename(self._file.with_name(f"{self._file.stem}-{stamp}-{secrets.token_hex(2)}.jsonl"))


def audit_key(file: Path) -> bytes:
    """The key in ``file``; a new one is made (readable by its owner alone) where there is none."""
    try:
        return file.read_bytes().strip()
    except FileNotFoundError:
        pass
    key = secrets.token_hex(32).encode()
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(key)
    return key
