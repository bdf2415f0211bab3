"""What is done, refused, failed, out of date, still missing? Looks at every scan of the plan and changes none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from brainsand.cohort.columns_out import write_table
from brainsand.cohort.dictionary import column
from brainsand.cohort.failures import failure_row
from brainsand.cohort.model import Plan, Unit
from brainsand.cohort.store import key_of, leftovers, read_head

STATES: Final[Mapping[str, str]] = {
    "done": "measured",
    "refused": "cannot be measured rightly (failures.tsv says why)",
    "failed": "the work broke off (failures.tsv says why); tried again at the next run",
    "stale": "measured with another version, other settings or other facts; made anew at the next run",
    "missing": "not tried yet",
}
AUDIT: Final = (
    column("unit", "text", "The scan"),
    column("state", "text", "; ".join(f"{k}: {v}" for k, v in STATES.items())),
    column("code", "text", "Why it failed or was refused"),
    column("todo", "text", "What to do about it"),
    column("source", "text", "Where the scan lies below IN"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """How the cohort stands: a row a scan, how many of each state, holes in the input, folders of killed work."""

    rows: tuple[dict[str, Any], ...]
    counts: dict[str, int]
    holes: int
    leftovers: int

    @property
    def whole(self) -> bool:
        """Whether every scan is measured."""
        return self.counts["done"] == len(self.rows)

    def words(self) -> str:
        """For a person."""
        lines = [f"{self.counts[s]:>8} {s:<8} {words}" for s, words in STATES.items() if self.counts[s]]
        lines += [f"{self.holes:>8} holes    places without a scan (remarks.tsv)"] if self.holes else []
        return "\n".join([f"{len(self.rows)} scans", *lines])


def audit(out: Path, plan: Plan, program: str) -> Audit:
    """Look at every scan."""
    rows = tuple(_row(out, unit, program) for unit in plan.units)
    found = Counter(row["state"] for row in rows)
    return Audit(
        rows=rows,
        counts={state: found[state] for state in STATES},
        holes=sum(r.hole for r in plan.remarks),
        leftovers=sum(1 for _ in leftovers(out)),
    )


def state_of(out: Path, unit: Unit, program: str) -> str:
    """The state of one scan, a word of ``STATES``."""
    return str(_row(out, unit, program)["state"])


def _row(out: Path, unit: Unit, program: str) -> dict[str, Any]:
    head = read_head(out, unit)
    why = failure_row(unit, out)
    row = {"unit": unit.id, "source": unit.source, "code": None, "todo": None}
    if head is not None and head[0] != key_of(unit, program):
        return row | {"state": "stale"}
    if why is not None:
        return row | {"state": why["state"], "code": why["code"], "todo": why["todo"]}
    return row | {"state": "done" if head is not None else "missing"}


def write_audit(out: Path, found: Audit) -> None:
    """``audit.tsv``."""
    write_table(out, "audit.tsv", AUDIT, found.rows)
