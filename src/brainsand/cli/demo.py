"""``brainsand demo``: the first thing a new user runs; no data needed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from brainsand.cli.analyze import tell
from brainsand.cli.command import new_command
from brainsand.cli.watch import watching
from brainsand.heap import keep_memory

DESCRIPTION = """\
Make a virtual patient with known calcium in the brain, analyze the scan as any
other, and name the report. The scan and the truth lie in OUT/virtual_patient.
"""
EXAMPLE = """\
examples:
  brainsand demo
  brainsand demo try --preset pfbc
"""


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "demo",
        help="make a virtual patient and analyze it: no data needed",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    own.add_argument(
        "out",
        metavar="OUT",
        type=Path,
        nargs="?",
        default=Path("brainsand-demo"),
        help="folder for the results (default: ./%(default)s)",
    )
    own.add_argument(
        "--preset",
        metavar="NAME",
        default="pfbc",
        help="what is planted; brainsand phantom --list names them",
    )
    own.add_argument(
        "--seed", metavar="N", type=int, default=0, help="another number, another patient (default: 0)"
    )
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Make the patient, analyze the scan, and say what was planted and what was found."""
    from brainsand.run import run_scan
    from brainsand.virtual_scan import write_virtual_scan

    keep_memory()
    with watching(sys.stderr, quiet=args.quiet, verbose=args.verbose) as progress:
        made = write_virtual_scan(
            args.out / "virtual_patient", preset=args.preset, seed=args.seed, progress=progress
        )
        result = run_scan(made.scan, args.out, patient_file=made.patient_file, progress=progress)
    if not args.quiet:
        print(f"Deposits planted: {made.deposits}; found: {len(result.case.deposits)}.")
        tell(result)
