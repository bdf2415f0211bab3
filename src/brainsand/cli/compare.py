"""``brainsand compare``: what changed between scans of one person."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainsand.cli.analyze import default_out, formats, kilovolts
from brainsand.cli.command import new_command
from brainsand.cli.watch import watching
from brainsand.heap import keep_memory

if TYPE_CHECKING:
    from brainsand.compare import Compared

DESCRIPTION = """\
Compare two or more head CTs of one person, the earliest first: lay them upon
each other, measure every deposit over the same place in each, and say what is
new, grown, shrunk or gone beyond what measurement error can make. Writes
compare.json, changes.tsv and report.html into OUT, all or nothing.
"""
EXAMPLE = """\
examples:
  brainsand compare scan_2019 scan_2024
  brainsand compare first.nii.gz second.nii.gz -o change --interval-years 2.5 --kvp 120 --same-scanner
  brainsand compare result_2015 result_2019 result_2024
  brainsand compare scan_2019 scan_2024 --corrected revised_2019 --corrected revised_2024
"""


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "compare",
        help="what changed between scans of one person",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    own.add_argument(
        "earlier",
        metavar="EARLIER",
        type=Path,
        help="the earliest scan: what analyze reads, or a folder of its results that holds the scan too",
    )
    own.add_argument("later", metavar="LATER", type=Path, nargs="+", help="the later scans, in order of time")
    own.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        type=Path,
        help="folder for the results (default: ./brainsand-compare-NAME of the last scan)",
    )
    own.add_argument(
        "--interval-years",
        metavar="YEARS",
        type=years,
        action="append",
        default=[],
        help="years from each scan to the next, once for each step, where the files do not say the days",
    )
    own.add_argument(
        "--patient", metavar="FILE", type=Path, help="what is known of the patient (JSON or YAML)"
    )
    own.add_argument(
        "--kvp", metavar="KV", type=kilovolts, help="the tube voltage of scans that do not say it"
    )
    own.add_argument(
        "--same-person",
        action="store_true",
        help="vouch for one person where headers or skulls differ (a child that grew, an operation)",
    )
    own.add_argument(
        "--same-scanner",
        action="store_true",
        help="vouch for one scanner and one voltage where the files are silent",
    )
    own.add_argument(
        "--corrected",
        metavar="RESULTS",
        type=Path,
        action="append",
        default=[],
        help="results of brainsand revise for one of the scans, whose corrections are to be followed",
    )
    own.add_argument(
        "--also",
        metavar="FORMAT,...",
        type=formats,
        default=(),
        help="further formats: sr, a DICOM structured report with time points (DICOM scans only)",
    )
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Do it, and say what came of it."""
    from brainsand.compare import compare_scans
    from brainsand.read.standing import read_corrected

    keep_memory()
    with watching(sys.stderr, quiet=args.quiet, verbose=args.verbose) as progress:
        made = compare_scans(
            [args.earlier, *args.later],
            args.out
            or Path(f"brainsand-compare-{default_out(args.later[-1]).name.removeprefix('brainsand-')}"),
            interval_years=args.interval_years,
            patient_file=args.patient,
            kvp=args.kvp,
            same_person=args.same_person,
            same_scanner=args.same_scanner,
            corrected=[read_corrected(folder) for folder in args.corrected],
            also=args.also,
            progress=progress,
        )
    if not args.quiet:
        tell(made)


def tell(made: Compared) -> None:
    """The finding and the report's place on stdout; the cautions on stderr."""
    for caution in made.comparison.cautions:
        print(f"caution: {caution.words}", file=sys.stderr)
    print(made.headline)
    print(made.report)


def years(text: str) -> float:
    """Years typed by a person, 0 to 100.

    >>> years("2.5")
    2.5
    """
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of years: give one from 0 to 100, as in 2.5")
    return found
