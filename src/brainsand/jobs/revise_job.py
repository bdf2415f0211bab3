"""The work called ``revise``: the results of a corrected case, by the same road as ``brainsand revise``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainsand.errors import UsageError
from brainsand.jobs import scan_job
from brainsand.progress import Progress

if TYPE_CHECKING:
    from brainsand.model.correction import Corrections

KIND = "revise"
_NEEDED = ("results", "input", "corrections")


def revise_payload(
    results: Path, input: Path, corrections: Corrections, *, also: Iterable[str] = ()
) -> dict[str, Any]:
    """What ``Queue.put("revise", ...)`` needs; the words are those of ``corrected.revise``.

    >>> from brainsand.model.correction import Correction, Corrections
    >>> told = Corrections(deposits={1: Correction(rejected=True)})
    >>> revise_payload(Path("/out"), Path("/in"), told, also=["seg"])["corrections"]["deposits"]
    [{'id': 1, 'rejected': True}]
    """
    from brainsand.read.corrections import corrections_record

    return {
        "results": str(results.absolute()),
        "input": str(input.absolute()),
        "corrections": corrections_record(corrections),
        "also": list(also),
    }


def warm() -> None:
    """Load what every scan needs, once a process."""
    scan_job.warm()


def run(payload: Mapping[str, Any], folder: Path | None, progress: Progress) -> dict[str, Any]:
    """Write the corrected results in ``folder``; their headline.

    Raises
    ------
    InputRefused
        As ``corrected.revise``.
    UsageError
        The payload makes no sense.
    """
    from brainsand.corrected import revise
    from brainsand.read.corrections import corrections_of

    if folder is None or not all(payload.get(name) for name in _NEEDED):
        raise UsageError("The payload of a revision is not whole. Make it with revise_payload.")
    made = revise(
        Path(payload["results"]),
        Path(payload["input"]),
        folder,
        corrections_of(payload["corrections"]),
        also=payload.get("also", ()),
        reference=scan_job.the_reference(),
        progress=progress,
    )
    return {"headline": made.headline, "notes": list(made.notes)}
