"""The work called ``compare``: two scans of one person, by the same road as the command (``compare.compare_scans``)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from brainsand.compare import Compared, compare_scans
from brainsand.errors import ChoiceError, NoImagesToPointTo, UsageError
from brainsand.jobs.scan_job import the_reference
from brainsand.pair_view import FOLDER, pair_files
from brainsand.progress import Progress
from brainsand.save import Draft, json_text

KIND: Final = "compare"
_EACH: Final = ("anatomy", "quality", "find", "locate", "measure", "interpret")
STAGES: Final = (
    "read",
    "reference",
    *_EACH,
    *_EACH,
    "align",
    "match",
    "compare",
    "report",
    "save",
    "sr",
    "pictures",
)
"""Both scans are analyzed, one after the other, then compared."""


def compare_payload(
    scans: Sequence[Path],
    results: Sequence[Path],
    *,
    facts: Sequence[Mapping[str, Any]] = ({}, {}),
    corrected: Sequence[Mapping[str, Any]] = ({}, {}),
    as_given: bool = False,
    interval_years: float | None = None,
    same_person: bool = False,
    same_scanner: bool = False,
) -> dict[str, Any]:
    """What ``Queue.put("compare", ...)`` needs.

    Parameters
    ----------
    scans : two paths
        The scans; the earlier first, where ``as_given``, or where their headers do not say the days.
    results : two paths
        The folder of each scan's own analysis.
    facts : two mappings
        What is known of the patient at each scan: a patient file's fields; those of the later one are used.
    corrected : two mappings
        What readers corrected in each case (``read.standing.standing_record``); empty where they did not.
    interval_years, same_person, same_scanner
        As of ``compare_scans``.
    """
    return {
        "scans": [str(path.absolute()) for path in scans],
        "results": [str(path.absolute()) for path in results],
        "facts": [dict(told) for told in facts],
        "corrected": [dict(told) for told in corrected],
        "as_given": as_given,
        "interval_years": interval_years,
        "same_person": same_person,
        "same_scanner": same_scanner,
    }


def run(payload: Mapping[str, Any], folder: Path | None, progress: Progress) -> dict[str, Any]:
    """Compare and save in ``folder``: what the command writes, and what a viewer needs (``pair_view``).

    Gives ``order``: which of the scans given is the earlier, which the later.

    Raises
    ------
    InputRefused
        As ``compare_scans``; ``folder`` then holds ``refusal.json``.
    UsageError
        The payload makes no sense.
    """
    if folder is None:
        raise UsageError("A comparison needs a place for its results: Queue.put(..., out=FOLDER).")
    if len(payload.get("scans", ())) != 2 or len(payload.get("results", ())) != 2:
        raise UsageError("The payload names no two scans. Make it with compare_payload.")
    order = [0, 1]
    try:
        made = _with_sr_where_it_can_be(payload, order, folder, progress)
    except ChoiceError as refusal:
        if refusal.code != "order_reversed" or payload.get("as_given"):
            raise
        order = [1, 0]
        made = _with_sr_where_it_can_be(payload, order, folder, progress)
    with progress.stage("pictures"):
        records = [_record(Path(payload["results"][k])) for k in order]
        draft = Draft(folder=folder, out=folder, names=(FOLDER,))
        for name, content in pair_files(made.comparison, records, order=order).items():
            draft.write(name, content)
    return {"headline": made.headline, "order": order}


def _with_sr_where_it_can_be(
    payload: Mapping[str, Any], order: Sequence[int], folder: Path, progress: Progress
) -> Compared:
    """With a structured report of DICOM scans; of others, which have no images to point to, without."""
    try:
        return _compared(payload, order, folder, progress, also=("sr",))
    except NoImagesToPointTo:
        return _compared(payload, order, folder, progress, also=())


def _compared(
    payload: Mapping[str, Any],
    order: Sequence[int],
    folder: Path,
    progress: Progress,
    *,
    also: tuple[str, ...],
) -> Compared:
    years = payload.get("interval_years")
    with tempfile.TemporaryDirectory() as place:
        facts = Path(place) / "patient.json"
        facts.write_text(json_text(dict(payload["facts"][order[1]])), encoding="utf-8")
        return compare_scans(
            [Path(payload["scans"][k]) for k in order],
            folder,
            interval_years=() if years is None else (years,),
            patient_file=facts,
            same_person=bool(payload.get("same_person")),
            same_scanner=bool(payload.get("same_scanner")),
            corrected=[told for told in payload.get("corrected", ()) if told],
            also=also,
            reference=the_reference(),
            progress=progress,
        )


def _record(result: Path) -> dict[str, Any]:
    """The machine's record of a scan; nothing where it cannot be read."""
    try:
        record = json.loads((result / "case.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
