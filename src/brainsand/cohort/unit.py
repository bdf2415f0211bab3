"""One scan, read in a process of its own (``nest``) and put in its place; every scan of a cohort comes here.

``prepare`` is done once for many scans, ``work`` once a scan.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.lay import on_atlas
from brainsand.cohort.model import Unit
from brainsand.cohort.rows import rows_of_case
from brainsand.cohort.store import publish, workplace
from brainsand.errors import InputRefused, OutputError, UsageError
from brainsand.model.reference import Reference
from brainsand.run import RunResult, run_scan

SCHEMA = "brainsand.unit/1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """What all scans share."""

    reference: Reference
    inside: NDArray[np.bool_]


def prepare() -> Prepared:
    """Load what the analysis leans on and every room it uses; on one thread, so that this process can be forked."""
    from brainsand.arrays.beside import use_threads
    from brainsand.run import whole_reference

    use_threads(1)
    for room in ("report.page", "report.record", "report.table", "report.words", "read.scan", "nifti_file"):
        __import__(f"brainsand.{room}")
    reference = whole_reference(threads=1)
    return Prepared(reference=reference, inside=np.asarray(reference.atlas.classes[0] < 128))


def work(job: dict[str, Any], prepared: Prepared) -> dict[str, Any]:
    """Read the scan of a job and publish it; what became of it (``model.Outcome``) without what it cost.

    ``job``: ``unit`` (a :class:`Unit` as plain data), ``out``, ``key``, ``norms`` (a path or None),
    ``also`` (formats).
    """
    unit, out = Unit(**job["unit"]), Path(job["out"])
    if not Path(unit.path).exists():
        words = "Fetch it (a disk not mounted, a link without its content, a wrong path in the table), then run again."
        return _failed(unit, "not_there", f"There is nothing at {unit.source}.", words)
    room = workplace(out, unit)
    try:
        return _read(unit, out, room, job, prepared)
    except OutputError as fault:
        return _failed(unit, "output", str(fault), "Free some space or mend permissions, then run again.")
    except OSError as fault:
        words = f"{type(fault).__name__}: {fault.strerror or fault}"
        return _failed(unit, "output", words, "Look at the disks, then run again: what is done is kept.")
    except UsageError as fault:
        return _failed(unit, "usage", str(fault), "Correct the table or the options, then run again.")
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _read(unit: Unit, out: Path, room: Path, job: dict[str, Any], prepared: Prepared) -> dict[str, Any]:
    made = room / "made"
    record = {"schema": SCHEMA, "unit": unit.id, "key": job["key"]}
    told = unit.patient_file is not None  # then age and sex stand there
    try:
        result = run_scan(
            Path(unit.path),
            made,
            patient_file=Path(unit.patient_file) if unit.patient_file else None,
            age_years=None if told else unit.age_years,
            sex=None if told else unit.sex,
            series=unit.series,
            kvp=unit.kvp,
            also=job.get("also", ()),
            norms_file=Path(job["norms"]) if job.get("norms") else None,
            reference=prepared.reference,
        )
    except InputRefused as refusal:
        publish(out, unit, made, {**record, "state": "refused", "refusal": refusal.as_record()})
        words = {"code": refusal.code, "came": refusal.came, "todo": refusal.todo}
        return {"unit": unit.id, "state": "refused", **words}
    _as_derivative(made)
    publish(out, unit, made, {**record, "state": "done", **_rows(made, result, prepared)})
    return {"unit": unit.id, "state": "done"}


def _rows(made: Path, result: RunResult, prepared: Prepared) -> dict[str, Any]:
    case = json.loads((made / "case.json").read_bytes())
    return {**rows_of_case(case), "atlas": on_atlas(result.case.picture, prepared.inside)}


def _as_derivative(made: Path) -> None:
    """The tables beside the maps, with the columns ``index`` and ``name`` that BIDS asks of a segmentation's."""
    for name, first in (("deposits.tsv", "id"), ("sites.tsv", "index")):
        rows = [line.split("\t") for line in (made / name).read_text(encoding="utf-8").splitlines()]
        head, *body = rows
        at = [head.index(column) for column in (first, "site", "side")]
        lines = [["index", "name", *(c for c in head if c != first)]]
        for row in body:
            number, site, side = (row[k] for k in at)
            lines.append([number, f"{side}_{site}", *(v for k, v in enumerate(row) if k != at[0])])
        (made / name).write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def _failed(unit: Unit, code: str, came: str, todo: str) -> dict[str, Any]:
    return {"unit": unit.id, "state": "failed", "code": code, "came": came, "todo": todo}
