"""Who is at the other end of an association, may he call, what has he brought, and what is said of it in the audit?"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from brainsand.node.audit import Audit


class Overrun(io.BytesIO):
    """What a too large object is received into: nothing is kept of it but why."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words

    def write(self, data: Any, /) -> int:
        """Drop the data."""
        return len(data)


@dataclass(slots=True)
class Caller:
    """One association: who it is, and what it has brought."""

    title: str
    address: str
    began_s: float
    in_flight: int = 0
    bytes: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    patients: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)


def may_call(title: str, address: str, allow: tuple[str, ...]) -> bool:
    """Whether a calling AE title at an address is on the list.

    >>> may_call("CT1", "10.0.0.5", ("CT1@10.0.0.5",)), may_call("CT1", "10.0.0.6", ("CT1@10.0.0.5",))
    (True, False)
    >>> may_call("CT1", "10.0.0.6", ("CT1",)), may_call("X", "10.0.0.6", ("*",)), may_call("X", "", ())
    (True, True, False)
    """
    return any(
        name in ("*", title) and (not place or place == address)
        for name, _, place in (word.partition("@") for word in allow)
    )


def who_of(assoc: Any) -> tuple[str, str]:
    """The calling AE title, without what could break a line of a log, and the address."""
    primitive = assoc.requestor.primitive
    title = str(primitive.calling_ae_title or "").strip() if primitive is not None else ""
    return "".join(c if c.isprintable() else "?" for c in title), str(assoc.requestor.address or "")


def tell_audit(audit: Audit, caller: Caller) -> None:
    """A line for each study and each reason of refusal; one for an association that brought nothing."""
    tell = partial(audit.wrote, who=caller.title, address=caller.address)
    if not caller.kept and not caller.refused:
        tell("authentication", outcome="success", words="association without objects")
    for study, number in caller.kept.items():
        tell(
            "transfer",
            outcome="success",
            words="received",
            study=study,
            patient=caller.patients[study],
            objects=number,
        )
    for words, number in caller.refused.items():
        tell("transfer", outcome="minor_failure", words=words, objects=number)
