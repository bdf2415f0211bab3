"""Precision of the measures on virtual patients of unseen heads: error, coverage and totals, as tables and plots.

    PYTHONPATH=tools python -m precision              # one patient of each head at four thicknesses, a few minutes
    PYTHONPATH=tools python -m precision --patients 2 --whole 1 --write
                                                      # make precision: tables into docs/limits.md, plots beside it

The anatomy and the islands' starts are taken as known, so that measuring alone is judged; ``--whole N`` then puts
the first N patients of each head through the whole pipeline. The heads are three label maps that neither the atlas
nor the network was made from (``../shared/data/head_labels``).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from brainsand.phantom.deposits import PlantedDeposit
from brainsand.phantom.survey import survey
from brainsand.read.knowledge import load_reference
from precision.compare import Row, rows_of
from precision.plan import UNSEEN, Planned, planned
from precision.plant import planted
from precision.plots import plots
from precision.scan import head_of, scanned
from precision.tables import report
from precision.whole import read, rows_of_case

ROOT: Final = Path(__file__).resolve().parents[2]
HEADS: Final = ROOT.parent / "shared" / "data" / "head_labels"
LIMITS: Final = ROOT / "docs" / "limits.md"
PICTURES: Final = ROOT / "docs" / "pictures"
MARKS: Final = ("<!-- precision: written by `make precision` -->", "<!-- precision ends -->")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; 2 where the label maps are missing."""
    args = parsed(argv)
    heads = tuple(args.head or UNSEEN)
    missing = [h for h in heads if not (args.heads / f"{h}.nii.gz").is_file()]
    if missing:
        print(
            f"No label maps {', '.join(missing)} in {args.heads}; give their folder with --heads.",
            file=sys.stderr,
        )
        return 2
    known, whole = measured(planned(heads, args.patients), args.heads, whole_patients=args.whole)
    parts = ["Anatomy and islands known, measuring alone", report(known)]
    if whole:
        parts += ["Whole pipeline: anatomy and islands as found", report(whole)]
    print("\n\n".join(["", *parts]))
    if args.write:
        write(known, whole)
    return 0


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command's own words."""
    own = argparse.ArgumentParser(prog="precision", description=(__doc__ or "").partition("\n")[0])
    own.add_argument("--patients", type=int, default=1, help="patients of each head (1)")
    own.add_argument(
        "--whole", type=int, default=0, metavar="N", help="of these, N through the whole pipeline"
    )
    own.add_argument("--head", action="append", help="a head (may be given again); all unseen ones")
    own.add_argument("--heads", type=Path, default=HEADS, help="folder of the label maps")
    own.add_argument(
        "--write", action="store_true", help="tables into docs/limits.md, plots into docs/pictures"
    )
    return own.parse_args(argv)


def measured(plans: Sequence[Planned], folder: Path, *, whole_patients: int) -> tuple[list[Row], list[Row]]:
    """The rows of all plans, measured with everything known and (some) by the whole pipeline."""
    reference = load_reference()
    known: list[Row] = []
    whole: list[Row] = []
    made: dict[int, tuple[PlantedDeposit, ...]] = {}
    for number, plan in enumerate(plans, start=1):
        begun = time.perf_counter()
        head = head_of(folder, plan.head)
        if plan.planting_seed not in made:
            made = {
                plan.planting_seed: tuple(
                    planted(survey(head), rng=np.random.default_rng(plan.planting_seed))
                )
            }
        bodies = made[plan.planting_seed]
        scan = scanned(head, bodies, plan.protocol, rng=np.random.default_rng(plan.scan_seed))
        rows, spent = rows_of(scan, plan, reference.norms)
        known += rows
        if plan.patient < whole_patients:
            whole += rows_of_case(scan, plan, read(scan, plan, reference), reference)
        said = f"{len(scan.islands)} islands measured in {spent:.2f} s of CPU"
        print(f"{number}/{len(plans)} {plan.name}: {said}, {time.perf_counter() - begun:.0f} s", flush=True)
    return known, whole


def write(known: Sequence[Row], whole: Sequence[Row]) -> None:
    """Put the tables between the marks of ``docs/limits.md`` and the plots beside it."""
    before, begun, rest = LIMITS.read_text(encoding="utf-8").partition(MARKS[0])
    _, ended, after = rest.partition(MARKS[1])
    if not (begun and ended):
        raise ValueError(f"{LIMITS.name} lacks the marks {MARKS[0]} and {MARKS[1]}; put them where tables go")
    parts = [MARKS[0], "Anatomy and islands known, measuring alone:", f"```text\n{report(known)}\n```"]
    if whole:
        parts += ["The whole pipeline, anatomy and islands as found:", f"```text\n{report(whole)}\n```"]
    PICTURES.mkdir(exist_ok=True)
    for name, (caption, svg) in plots(whole or known).items():
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
        parts.append(f"![{caption}](pictures/{name}.svg)")
    LIMITS.write_text(
        f"{before}{chr(10).join([p + chr(10) for p in parts])}{MARKS[1]}{after}", encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
