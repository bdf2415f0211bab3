"""Is there a head CT in this study, and what is said where there is none?

The choice among the series is the reader's own (``read.choose``), so that the node takes the series that
``brainsand analyze`` would take. A study is left where the rule finds nothing to measure, or where the best there
is names another part of the body; where the headers are silent, the study is read and the analysis sees for
itself whether there is a head.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from brainsand.errors import InputRefused
from brainsand.read.choose import choose
from brainsand.read.deidentify import without_names
from brainsand.read.elements import text_of
from brainsand.read.files import folder_items
from brainsand.read.header import SliceHeader
from brainsand.read.series import gather, issuer_and_name, stacks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a study is read, and why, in words without names. ``patient`` is for the audit's hash alone."""

    wanted: bool
    words: str
    objects: int
    patient: tuple[str, str] = field(default=("", ""), repr=False)

    def as_record(self) -> dict[str, Any]:
        """For ``verdict.json``, which lies beside the objects and like them may hold the patient's number."""
        return {
            "wanted": self.wanted,
            "words": self.words,
            "objects": self.objects,
            "patient": list(self.patient),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Verdict:
        """What :meth:`as_record` gave."""
        number, issuer = record["patient"]
        return cls(
            wanted=record["wanted"],
            words=record["words"],
            objects=record["objects"],
            patient=(number, issuer),
        )


def verdict_on(folder: Path) -> Verdict:
    """The verdict on a folder of DICOM objects of one study."""
    items = folder_items(folder)
    headers = gather(items).headers
    wanted, words = _judged(headers)
    names = {name for header in headers[:: max(1, len(headers) // 50)] for name in issuer_and_name(header)}
    first = headers[0].dataset if headers else None
    return Verdict(
        wanted=wanted,
        words=without_names(words, tuple(sorted(names))) or "",
        objects=len(items),
        patient=(text_of(first, 0x00100020) or "", text_of(first, 0x00100021) or "") if first else ("", ""),
    )


def _judged(headers: Sequence[SliceHeader]) -> tuple[bool, str]:
    if not headers:
        return False, "no images in it"
    if not any(header.modality in ("CT", None) for header in headers):
        kinds = Counter(str(header.modality) for header in headers)
        return False, "no CT in it: " + ", ".join(f"{n} images of {kind}" for kind, n in kinds.most_common(5))
    try:
        choice = choose(stacks_of(headers))
    except InputRefused as refusal:
        return False, refusal.came
    if choice.kind.head is False:
        return False, f"not of the head. {choice.words}"
    return True, choice.words
