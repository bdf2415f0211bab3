"""``brainsand revise``: the results of a case that a reader corrected."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainsand.cli.analyze import default_out, formats, tell
from brainsand.cli.command import new_command
from brainsand.cli.watch import watching
from brainsand.heap import keep_memory

if TYPE_CHECKING:
    from brainsand.model.correction import Corrections, Verifier

DESCRIPTION = """\
Write the results of a corrected case: everything that analyze writes, of what a
reader made of the machine's reading. RESULTS is the folder of an analysis made
with --also viewer, SCAN the scan it was made of, which is read again and not
analyzed again. Rejected deposits are in none of the files; what was put
elsewhere or called otherwise carries the reader's words. Where nothing was
corrected, the files are those of the analysis to the last byte.
"""
EXAMPLE = """\
examples:
  brainsand revise result scan_folder --corrections corrections.json -o corrected
  brainsand revise result scan_folder --corrections corrections.json -o corrected --also seg,sr,fhir,pdf,csv
  brainsand revise result scan_folder --corrections c.json -o signed --also sr --verified-by "Doe^Jane" \\
    --organization "General Hospital"

corrections.json:
  {"deposits": [{"id": 1, "rejected": true, "note": "a clip"},
                {"id": 3, "site": "putamen", "side": "left"}, {"id": 4, "kind": "vascular"}]}
"""


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "revise",
        help="the results of a case that a reader corrected",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    own.add_argument("results", metavar="RESULTS", type=Path, help="results of analyze --also viewer")
    own.add_argument("scan", metavar="SCAN", type=Path, help="the scan they were made of")
    own.add_argument(
        "--corrections", metavar="FILE", type=Path, help="what the reader said (JSON; nothing where left out)"
    )
    own.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        type=Path,
        help="folder for the corrected results (default: ./brainsand-NAME-corrected)",
    )
    own.add_argument(
        "--patient",
        metavar="FILE",
        type=Path,
        help="what is known of the patient (JSON or YAML), in place of what the case has",
    )
    own.add_argument(
        "--also", metavar="FORMAT,...", type=formats, default=(), help="further formats (see: brainsand info)"
    )
    own.add_argument(
        "--verified-by",
        metavar="NAME",
        help="who answers for the corrected reading: named in SR and FHIR, which are then verified and final",
    )
    own.add_argument("--organization", metavar="NAME", help="for whom that person answers")
    own.add_argument("--series", metavar="UID", help="the Series Instance UID, for results that name nobody")
    own.add_argument(
        "--key", metavar="FILE", type=Path, help="the secret of results that name nobody (analyze --key)"
    )
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Do it, and say what came of it."""
    from brainsand.corrected import revise
    from brainsand.read.secret import read_secret

    keep_memory()
    with watching(sys.stderr, quiet=args.quiet, verbose=args.verbose) as progress:
        result = revise(
            args.results,
            args.scan,
            args.out or Path(f"{default_out(args.scan)}-corrected"),
            corrections_of(args),
            also=args.also,
            verifier=verifier_of(args),
            series=args.series,
            key=read_secret(args.key) if args.key else None,
            progress=progress,
        )
    if not args.quiet:
        tell(result)


def corrections_of(args: argparse.Namespace) -> Corrections:
    """The corrections typed; refuses (UsageError) facts that come twice."""
    from brainsand.errors import UsageError
    from brainsand.model.correction import Corrections
    from brainsand.read.corrections import read_corrections
    from brainsand.read.patient import read_record

    found = read_corrections(args.corrections) if args.corrections else Corrections()
    if args.patient is None:
        return found
    if found.patient is not None:
        raise UsageError("--patient is given and the file of corrections says a patient too. Keep one.")
    return replace(found, patient=read_record(args.patient))


def verifier_of(args: argparse.Namespace) -> Verifier | None:
    """Who answers for the reading; refuses (UsageError) a name without a house, or a house without a name."""
    from brainsand.errors import UsageError
    from brainsand.model.correction import Verifier

    if args.verified_by is None and args.organization is None:
        return None
    if not (args.verified_by or "").strip() or not (args.organization or "").strip():
        raise UsageError(
            "--verified-by and --organization go together: DICOM wants both of whoever verifies."
        )
    return Verifier(name=args.verified_by.strip()[:64], organization=args.organization.strip()[:64])
