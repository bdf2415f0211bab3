"""``failures.tsv``: every scan that has no measurement, why, and what to do about it; ``remarks.tsv``: odd input."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from brainsand.cohort.columns_out import write_table
from brainsand.cohort.dictionary import column
from brainsand.cohort.model import Plan, Unit
from brainsand.cohort.store import failure_of, read_head, read_record

FAILURES: Final = (
    column("unit", "text", "The scan"),
    column("state", "text", "refused: it cannot be measured rightly; failed: the work broke off"),
    column("code", "text", "A stable word for scripts"),
    column("came", "text", "What came"),
    column("todo", "text", "What to do about it"),
    column("source", "text", "Where the scan lies below IN"),
)
REMARKS: Final = (
    column("place", "text", "Where in the input"),
    column("code", "text", "A stable word for scripts"),
    column("words", "text", "What was noticed"),
    column("todo", "text", "What to do about it"),
)


def failures(out: Path, units: Iterable[Unit]) -> list[dict[str, Any]]:
    """The rows of ``failures.tsv``, in the order of the scans' ids."""
    rows = []
    for unit in units:
        row = failure_row(unit, out)
        if row is not None:
            rows.append(row)
    return rows


def failure_row(unit: Unit, out: Path) -> dict[str, Any] | None:
    """Why a scan has no measurement; None where it has one, or was not tried yet."""
    head = read_head(out, unit)
    record = read_record(out, unit) if head is not None and head[1] == "refused" else None
    if record is not None:
        why = record["refusal"]
        came = f"{why['came']} Needed: {why['needed']}"
        return _row(unit, "refused", why["code"], came, why["todo"])
    failed = None if head is not None else failure_of(out, unit)
    return None if failed is None else _row(unit, "failed", failed.code, failed.came, failed.todo)


def _row(unit: Unit, state: str, code: str, came: str, todo: str) -> dict[str, Any]:
    return {"unit": unit.id, "state": state, "code": code, "came": came, "todo": todo, "source": unit.source}


def write_failures(out: Path, plan: Plan) -> int:
    """Write both tables; how many scans failed or were refused."""
    rows = failures(out, plan.units)
    write_table(out, "failures.tsv", FAILURES, rows)
    said = ({"place": r.place, "code": r.code, "words": r.words, "todo": r.todo} for r in plan.remarks)
    write_table(out, "remarks.tsv", REMARKS, said)
    return len(rows)
