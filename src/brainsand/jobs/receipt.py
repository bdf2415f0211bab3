"""How do a job's results take their place once, whatever is killed when?

An attempt works in a hidden folder of its own beside the place (``.job-QUEUE-JOB-TOKEN.brainsand-part``). Its
results carry ``job.json``, a receipt with the queue, the job, the round and the result, and are moved to their
place in the very transaction that records "done". A kill between the two leaves results with their receipt and
a job that seems to run; whoever comes next finds the receipt and records what it says.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from brainsand.compare import RESULTS as OF_A_PAIR
from brainsand.jobs.job import Claimed, Job
from brainsand.save import RESULTS, json_text, put_in_place

NAME: Final = "job.json"
SCHEMA: Final = "brainsand.receipt/1"
NAMES: Final = (
    *RESULTS,
    *(name for name in OF_A_PAIR if name not in RESULTS),
    NAME,
)
"""Whatever a job may leave in its place, and replace there."""
Outcome = Mapping[str, Any]
"""What a receipt says came of the job: ``{"state": "done", "result": ...}``, or ``failed`` with its reason."""


def attempt_folder(queue: str, claimed: Claimed) -> Path | None:
    """The hidden folder of one attempt; None for a job without a place for results."""
    out = claimed.job.out
    return out.parent / f"{_stem(queue, claimed.job)}{claimed.token}.brainsand-part" if out else None


def found_outcome(queue: str, job: Job) -> Outcome | None:
    """What the receipt in the job's place says, where it is this job's and this round's."""
    if job.out is None:
        return None
    try:
        receipt = json.loads((job.out / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    same = isinstance(receipt, dict) and _head(queue, job).items() <= receipt.items()
    return receipt["outcome"] if same else None


def place_results(queue: str, job: Job, folder: Path, outcome: Outcome) -> None:
    """Put the receipt among the results in ``folder`` and move them to the job's place, whole or not at all."""
    if job.out is None:
        raise ValueError(f"job {job.id} has no place for results")
    receipt = {**_head(queue, job), "attempt": job.attempts, "outcome": outcome}
    put_in_place(folder, job.out, names=NAMES, last={NAME: json_text(receipt)})


def sweep(queue: str, job: Job, *, placed: bool, only: Path | None = None) -> None:
    """Remove the hidden folders of this job's attempts, or of one.

    Unless new results were ``placed``, one that holds earlier results on their way back stays: their only copy.
    """
    if job.out is None or not job.out.parent.is_dir():
        return
    folders = [only] if only else job.out.parent.glob(f"{_stem(queue, job)}*.brainsand-part")
    for folder in folders:
        if placed or not any(folder.glob("*/earlier/*")):
            shutil.rmtree(folder, ignore_errors=True)


def _stem(queue: str, job: Job) -> str:
    return f".job-{queue}-{job.id}-"


def _head(queue: str, job: Job) -> dict[str, Any]:
    return {"schema": SCHEMA, "queue": queue, "job": job.id, "kind": job.kind, "round": job.round}
