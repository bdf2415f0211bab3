"""False change, change seen and the errors of registration over virtual pairs, as tables.

    PYTHONPATH=tools python -m followup_bench                     # 2 people, 12 scans, 28 pairs
    PYTHONPATH=tools python -m followup_bench --people 12 --write # and put the tables into docs/methods/followup.md

What was measured is kept (``out/followup.jsonl``) person by person, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from brainsand.model.reference import Reference
from brainsand.read.knowledge import load_reference
from followup_bench import plan
from followup_bench.scan import ground_of, rows_of, visited
from followup_bench.tables import tables

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "methods" / "followup.md"
MARKS: Final = ("<!-- followup: written by `make followup` -->", "<!-- followup ends -->")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    args = parsed(argv)
    people = plan.people(args.people, first=args.first)
    done = kept(args.keep)
    reference = None if args.tables else load_reference()
    for person in people:
        if person.name in done or reference is None:
            continue
        begun = time.process_time()
        done[person.name] = measured(person, reference)
        args.keep.parent.mkdir(parents=True, exist_ok=True)
        with args.keep.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in done[person.name])
        print(f"{person.name}: {time.process_time() - begun:.0f} CPU s", flush=True)
    rows = [row for person in people for row in done.get(person.name, [])]
    text = tables(rows)
    print(text)
    if args.write:
        write(text)
    return 0


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command's own words."""
    own = argparse.ArgumentParser(prog="followup_bench", description=(__doc__ or "").partition("\n")[0])
    own.add_argument("--people", type=int, default=2, help="virtual people, six scans and 14 pairs each")
    own.add_argument("--first", type=int, default=plan.FRESH, help="seed of the first")
    own.add_argument("--keep", type=Path, default=Path("out/followup.jsonl"), help="what was measured so far")
    own.add_argument("--tables", action="store_true", help="only the tables, of what was measured so far")
    own.add_argument("--write", action="store_true", help="put the tables into docs/methods/followup.md")
    return own.parse_args(argv)


def kept(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows measured so far by person; a person whose run was broken off is left out."""
    out: dict[str, list[dict[str, Any]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        row = json.loads(line)
        out.setdefault(row["person"], []).append(row)
    return {p: rows for p, rows in out.items() if sum(r["kind"] == "pair" for r in rows) == len(plan.PAIRS)}


def measured(person: plan.Person, reference: Reference) -> list[dict[str, Any]]:
    """Every pair of one person."""
    ground = ground_of(person, reference)
    visits = [visited(ground, v, reference) for v in person.visits()]
    return [row for a, b in plan.PAIRS for row in rows_of(ground, visits[a], visits[b])]


def write(text: str) -> None:
    """Put the tables between the marks of the page; a page without them is refused (ValueError)."""
    before, begun, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    _, ended, after = rest.partition(MARKS[1])
    if not (begun and ended):
        raise ValueError(f"{PAGE.name} lacks the marks {MARKS[0]} and {MARKS[1]}; put them where tables go")
    PAGE.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
