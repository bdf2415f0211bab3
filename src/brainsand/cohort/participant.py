"""The participant level: read every scan that is not done yet, then gather the tables.

Idempotent: what is done with the same version, settings and facts is left alone, so the same command goes on where
it was stopped. Scans that failed are tried again; refused ones only under another version or other settings.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from brainsand.cohort.failures import write_failures
from brainsand.cohort.gather import gather
from brainsand.cohort.model import Outcome, Plan, Unit
from brainsand.cohort.spread import How, answers
from brainsand.cohort.store import key_of, note, read_head, sweep
from brainsand.errors import OutputError

DISK: Final = "output"


class Watcher(Protocol):
    """Who is told how it goes."""

    def begins(self, *, total: int, done: int) -> None:
        """So many scans in all, so many of them done before."""

    def ended(self, outcome: Outcome) -> None:
        """One more scan is done, refused or failed."""

    def says(self, words: str) -> None:
        """Something worth knowing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How the scans are to be read.

    ``program`` names version, knowledge and settings (``store.key_of``). ``most_mb`` and ``most_s`` are what one scan
    may use. ``also``: further formats, of ``store.ALSO``.
    ``shard``: other shards work beside this one, so the tables are left to a later run. ``redo``: also what
    is done.
    """

    program: str
    how: How
    most_mb: float | None = None
    most_s: float | None = None
    norms: Path | None = None
    also: tuple[str, ...] = ()
    stop_on_first_crash: bool = False
    shard: bool = False
    redo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended: scans in all, done now and before, failed or refused, and why it stopped early (if it did)."""

    total: int
    done: int
    before: int
    bad: int
    stopped: str | None = None


def read_cohort(out: Path, plan: Plan, whole: Plan, wishes: Wishes, watcher: Watcher) -> Summary:
    """Read the scans of ``plan``, and gather the tables of ``whole`` (the plan without labels and shards).

    Raises
    ------
    OutputError
        ``out`` cannot be written.
    """
    _make(out)
    todo = [u for u in plan.units if wishes.redo or not is_done(out, u, wishes.program)]
    before = len(plan.units) - len(todo)
    watcher.begins(total=len(plan.units), done=before)
    stopped = None
    try:
        stopped = _read_all(out, todo, wishes, watcher) if todo else None
    finally:
        sweep(out)
        # Also when stopped by hand: what is done is told, so that nobody has to guess.
        bad = _finish(out, plan if wishes.shard else whole, shard=wishes.shard)
    done = sum(is_done(out, u, wishes.program) for u in plan.units)
    return Summary(total=len(plan.units), done=done, before=before, bad=bad, stopped=stopped)


def is_done(out: Path, unit: Unit, program: str) -> bool:
    """Whether a scan has a record (measured or refused) of this program and these facts."""
    head = read_head(out, unit)
    return head is not None and head[0] == key_of(unit, program)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "logs").mkdir(exist_ok=True)
    except OSError as fault:
        raise OutputError(
            f"The results cannot be written to {out}: {fault.strerror}. Choose another OUT."
        ) from fault


def _read_all(out: Path, todo: list[Unit], wishes: Wishes, watcher: Watcher) -> str | None:
    """Read the scans; why it stopped early, None where it did not."""
    log = _log(out)
    with closing(answers(_jobs(out, todo, wishes), wishes.how, tell=watcher.says)) as running:
        for answer in running:
            outcome = Outcome.of(answer)
            _keep(out, outcome, log)
            watcher.ended(outcome)
            if outcome.state == "failed" and outcome.code == DISK:
                return f"{outcome.came} {outcome.todo}"
            if outcome.state == "failed" and wishes.stop_on_first_crash:
                return f"{outcome.unit} failed ({outcome.came}), and --stop-on-first-crash was given."
    return None


def _jobs(out: Path, todo: list[Unit], wishes: Wishes) -> Iterator[dict[str, Any]]:
    for unit in todo:
        yield {
            "unit": unit.as_record(),
            "out": str(out.resolve()),
            "key": key_of(unit, wishes.program),
            "norms": str(wishes.norms.resolve()) if wishes.norms else None,
            "also": list(wishes.also),
            "most_mb": wishes.most_mb,
            "most_s": wishes.most_s,
        }


def _keep(out: Path, outcome: Outcome, log: Callable[[dict[str, Any]], None]) -> None:
    """Keep what became of a scan; a disk that is full must not hide why the work stopped."""
    try:
        note(out, outcome)
        log(asdict(outcome))
    except OSError:
        if outcome.code != DISK:
            raise


def _log(out: Path) -> Callable[[dict[str, Any]], None]:
    """A writer of one line a scan: what it cost, and when. The only place where time is kept."""
    path = out / "logs" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{time.time_ns() % 10**9:09d}.jsonl"

    def write(row: dict[str, Any]) -> None:
        ended = datetime.now(UTC).isoformat(timespec="milliseconds")
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({**row, "ended": ended}, ensure_ascii=False) + "\n")

    return write


def _finish(out: Path, plan: Plan, *, shard: bool) -> int:
    """The tables; how many scans failed or were refused. A shard leaves the tables to whoever comes last."""
    from brainsand.cohort.failures import failures

    if shard:
        return len(failures(out, plan.units))
    try:
        gather(out, plan)
        return write_failures(out, plan)
    except OSError as fault:
        raise OutputError(f"The tables cannot be written to {out}: {fault.strerror or fault}.") from fault
