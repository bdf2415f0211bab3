"""Accuracy of anatomy and finding on virtual patients with unseen heads, as tables.

    PYTHONPATH=tools python -m accuracy                      # six scans, some minutes
    PYTHONPATH=tools python -m accuracy --full               # sixty scans
    PYTHONPATH=tools python -m accuracy --only every_site    # scans with these words in their names
    PYTHONPATH=tools python -m accuracy --full --write       # and put the tables into docs/limits.md

The heads are three label maps that neither the atlas nor the network was made from
(``../shared/data/head_labels``). Every miss, every false deposit and every wrong place is written, scan by
scan, to a table of its own (``out/accuracy_faults.tsv``).
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from accuracy import plan
from accuracy.compare import Result, compared, lost
from accuracy.scan import Scanned, head_of, read, scanned
from accuracy.tables import FAULTS, as_markdown, as_text, faults, tables
from brainsand.errors import InputRefused
from brainsand.model.reference import Reference
from brainsand.read.knowledge import load_reference

ROOT: Final = Path(__file__).resolve().parents[2]
HEADS: Final = ROOT.parent / "shared" / "data" / "head_labels"
LIMITS: Final = ROOT / "docs" / "limits.md"
MARKS: Final = ("<!-- accuracy: written by `make accuracy` -->", "<!-- accuracy ends -->")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 where a head was lost, 2 where the label maps are missing."""
    args = parsed(argv)
    missing = [h for h in plan.UNSEEN if not (args.heads / f"{h}.nii.gz").is_file()]
    if missing:
        print(
            f"No label maps {', '.join(missing)} in {args.heads}; give their folder with --heads.",
            file=sys.stderr,
        )
        return 2
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, signal.default_int_handler)
    plans = [p for p in (plan.full() if args.full or args.only else plan.quick()) if args.only in p.name]
    results = measured(plans, args)
    made = tables(results)
    print("\n\n".join(["", *map(as_text, made)]))
    if args.write:
        write_limits([as_markdown(t) for t in made])
    return int(any(r.lost is not None for r in results))


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command's own words."""
    own = argparse.ArgumentParser(prog="accuracy", description=(__doc__ or "").partition("\n")[0])
    own.add_argument("--full", action="store_true", help="sixty scans in place of six")
    own.add_argument("--only", default="", metavar="WORDS", help="of all scans, those whose name holds this")
    own.add_argument("--heads", type=Path, default=HEADS, help="folder of the label maps")
    own.add_argument(
        "--faults", type=Path, default=Path("out/accuracy_faults.tsv"), help="a line for each fault"
    )
    own.add_argument("--write", action="store_true", help="put the tables into docs/limits.md")
    return own.parse_args(argv)


def measured(plans: Sequence[plan.Planned], args: argparse.Namespace) -> list[Result]:
    """The accounts of all plans; the table of faults grows with each. Stopped early, it gives those done."""
    reference = load_reference()
    heads = cache(lambda name: head_of(args.heads, name))
    args.faults.parent.mkdir(parents=True, exist_ok=True)
    args.faults.write_text("\t".join(FAULTS) + "\n", encoding="utf-8")
    results: list[Result] = []
    try:
        for number, planned in enumerate(plans, start=1):
            begun = time.perf_counter()
            result = account(scanned(planned, heads(planned.head)), reference)
            results.append(result)
            with args.faults.open("a", encoding="utf-8") as file:
                file.writelines("\t".join(line) + "\n" for line in faults(result))
            print(f"{number}/{len(plans)} {said(result)} {time.perf_counter() - begun:.0f} s", flush=True)
    except KeyboardInterrupt:
        print(f"Stopped after {len(results)} of {len(plans)} scans.", file=sys.stderr)
    return results


def account(scan: Scanned, reference: Reference) -> Result:
    """The account of one scan; a refusal or a fault of the analysis loses it."""
    try:
        return compared(scan, read(scan, reference))
    except InputRefused as refusal:
        return lost(scan, f"refused, {refusal.code}: {refusal.came}")
    except Exception as fault:
        traceback.print_exc()
        return lost(scan, f"failed, {type(fault).__name__}: {fault}")


def said(result: Result) -> str:
    """One line on one scan."""
    if result.lost is not None:
        return f"{result.name}: LOST, {result.lost}"
    counted = [p for p in result.plantings if p.counted]
    right = sum((p.found_site, p.found_side) == (p.site, p.side) for p in counted)
    return (
        f"{result.name}: found {sum(p.found for p in counted)} of {len(counted)}, placed right {right}, "
        f"false {len(result.alarms)}, 100 HU false {result.fixed_false[1]}, "
        f"Dice {sum(result.dice.values()) / max(len(result.dice), 1):.3f}"
    )


def write_limits(parts: Sequence[str]) -> None:
    """Put the tables between the marks of ``docs/limits.md``; a page without them is refused (ValueError)."""
    before, begun, rest = LIMITS.read_text(encoding="utf-8").partition(MARKS[0])
    _, ended, after = rest.partition(MARKS[1])
    if not (begun and ended):
        raise ValueError(f"{LIMITS.name} lacks the marks {MARKS[0]} and {MARKS[1]}; put them where tables go")
    text = "\n\n".join([MARKS[0], *parts, MARKS[1]])
    LIMITS.write_text(f"{before}{text}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
