"""The nouns of a cohort: a unit (one scan to read), what became of it, and the plan that holds all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

State = Literal["done", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One scan: where it lies, whose it is, and what is known beside the image.

    ``id`` names its files (``sub-01_ses-2``) and depends on nothing but the scan itself, so adding scans never renames
    one. ``source`` is the path as the user knows it, below ``IN``. ``order`` is its place among the person's scans.
    ``beside`` are columns of the table of scans that a file beside the scan tells (scanner, thickness), for where the
    scan itself is silent.
    """

    id: str
    path: str
    source: str
    person: str
    session: str | None = None
    order: int = 1
    age_years: float | None = None
    sex: str | None = None
    kvp: float | None = None
    series: str | None = None
    patient_file: str | None = None
    beside: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its results lie, below ``OUT``.

        >>> Unit(id="sub-01_ses-2_run-1", path="", source="", person="sub-01").folder.as_posix()
        'sub-01/ses-2/ct'
        """
        parts = self.id.split("_")
        return Path(*(p for p in parts[:2] if p.startswith(("sub-", "ses-"))), "ct")

    def as_record(self) -> dict[str, Any]:
        """As plain data, to be sent to another process."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about the input that a person ought to know; ``hole`` where a scan is missing because of it."""

    place: str
    code: str
    words: str
    todo: str
    hole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every scan found, in the order of their ids, and what was remarkable on the way. ``kind``: bids, tree or csv."""

    kind: str
    units: tuple[Unit, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one unit. ``code`` and the words are empty where it is done."""

    unit: str
    state: State
    code: str = ""
    came: str = ""
    todo: str = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    most_mb: float = 0.0

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Outcome:
        """From plain data; what it does not know is left out."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in record.items() if k in known})


def shard_of(unit_id: str, shards: int) -> int:
    """Which of so many shards (1 to ``shards``) a unit belongs to: by its name alone, so that it never changes.

    >>> shard_of("sub-01", 1), 1 <= shard_of("sub-01", 7) <= 7
    (1, True)
    """
    return int.from_bytes(hashlib.sha256(unit_id.encode()).digest()[:8]) % shards + 1
