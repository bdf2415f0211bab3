"""``brainsand diagnose``: ranked conditions from facts alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainsand.cli.analyze import formats
from brainsand.cli.command import new_command

if TYPE_CHECKING:
    from brainsand.diagnosis import Diagnosis

DESCRIPTION = """\
Rank the conditions that explain a patient's calcification from facts alone, no
image needed: FILE is a patient file with findings, a case.json, or a GA4GH
Phenopacket v2. Each weight is shown with its source; what would change the
ranking most is named. Writes diagnosis.json and diagnosis.html into OUT.
"""
EXAMPLE = """\
examples:
  brainsand diagnose patient.yaml
  brainsand diagnose result/case.json -o result
  brainsand diagnose phenopacket.json --also phenopacket
"""
MOST_STEPS = 8


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "diagnose",
        help="ranked conditions from a patient file, a case or a Phenopacket",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    own.add_argument("file", metavar="FILE", type=Path, help="patient file, case.json, or Phenopacket v2")
    own.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        type=Path,
        help="folder for the results (default: ./brainsand-NAME of the file)",
    )
    own.add_argument(
        "--also", metavar="FORMAT,...", type=formats, default=(), help="further formats: phenopacket"
    )
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Do it, and say what came of it."""
    from brainsand.diagnosis import diagnose

    out = args.out or Path(f"brainsand-{args.file.stem or 'patient'}")
    found = diagnose(args.file, out, also=args.also)
    if not args.quiet:
        tell(found)


def tell(found: Diagnosis) -> None:
    """The ranking and what to do next on stdout, cautions on stderr."""
    from brainsand.report.differential import differential_text

    record = found.record
    for caution in record["cautions"]:
        print(f"caution: {caution['words']}", file=sys.stderr)
    print(f"Significance: {record['significance']['level']}. {record['significance']['why'][0]}")
    print(differential_text(record["differential"]))
    if record["next_steps"]:
        print("\nNext steps:")
    for number, step in enumerate(record["next_steps"][:MOST_STEPS], start=1):
        print(f"{number:2d}. [{step['urgency']}] {_sentence(step['step'])} {step['why']}")
    if found.out is not None:
        print(f"\n{found.out / 'diagnosis.html'}")


def _sentence(words: str) -> str:
    """Words with the stop they lack.

    >>> _sentence("ECG"), _sentence("Is there lupus?"), _sentence("Treat it.")
    ('ECG.', 'Is there lupus?', 'Treat it.')
    """
    return words if words.endswith((".", "?")) else f"{words}."
