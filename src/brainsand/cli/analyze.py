"""``brainsand analyze``: one head CT to a case."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainsand.cli.command import new_command
from brainsand.cli.watch import watching
from brainsand.heap import keep_memory

if TYPE_CHECKING:
    from brainsand.run import RunResult
    from brainsand.settings import Settings

DESCRIPTION = """\
Read one head CT: find, place and measure every calcification, and write the
case (case.json, report.html, deposits.nii.gz and more) into OUT. All of it
appears, or nothing; results of an earlier run in OUT are replaced, other files
are left alone.
"""
EXAMPLE = """\
examples:
  brainsand analyze scan_folder
  brainsand analyze head.nii.gz -o result --age 47 --sex F
  brainsand analyze study.zip -o result --patient patient.yaml --series 1.2.840.113619.2.5
"""


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "analyze",
        help="read one head CT and write its case",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    own.add_argument(
        "input", metavar="INPUT", type=Path, help="DICOM folder, DICOM file, zip of DICOM, or .nii[.gz]"
    )
    own.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        type=Path,
        help="folder for the results (default: ./brainsand-NAME of the input)",
    )
    scan_words(own)
    own.set_defaults(run=run)


def scan_words(own: argparse.ArgumentParser) -> None:
    """The options that say how a scan is to be read, whichever command has it read."""
    own.add_argument(
        "--patient", metavar="FILE", type=Path, help="what is known of the patient (JSON or YAML)"
    )
    own.add_argument(
        "--age", metavar="YEARS", type=age_years, help="age in years, in place of a patient file"
    )
    own.add_argument("--sex", choices=("F", "M", "U"), help="sex, in place of a patient file")
    own.add_argument(
        "--series", metavar="UID", help="the Series Instance UID to read, where there are several"
    )
    own.add_argument(
        "--also", metavar="FORMAT,...", type=formats, default=(), help="further formats (see: brainsand info)"
    )
    own.add_argument(
        "--deidentify",
        action="store_true",
        help="write nothing that names anybody: no names, numbers, dates, UIDs, free text or faces (needs -o)",
    )
    own.add_argument(
        "--key",
        metavar="FILE",
        type=Path,
        help="a secret file (16 bytes or more) that keys the new UIDs of --deidentify, so that scans analyzed with "
        "the same file stay together (without it: a random key, kept nowhere)",
    )
    own.add_argument(
        "--kvp", metavar="KV", type=kilovolts, help="the tube voltage, where the scan does not say it (NIfTI)"
    )
    own.add_argument(
        "--calibration",
        metavar="HU[:SHARE]",
        type=calibration,
        help="HU that one mg/cm3 of hydroxyapatite adds on your scanner at this voltage, by your own phantom, "
        "and its deviation as a share (0.05 where left out)",
    )
    own.add_argument(
        "--score-limits",
        metavar="FILE",
        type=Path,
        help="your own age limits of the Total Calcification Score (YAML: rows of age_from, age_to, largest)",
    )
    own.add_argument(
        "--norms",
        metavar="FILE",
        type=Path,
        help="your own centile curves (norms.json of brainsand cohort ... group): centiles by age and sex",
    )


def run(args: argparse.Namespace) -> None:
    """Do it, and say what came of it."""
    from brainsand.run import run_scan

    keep_memory()
    key = key_of(args)
    with watching(sys.stderr, quiet=args.quiet, verbose=args.verbose) as progress:
        result = run_scan(
            args.input,
            args.out or default_out(args.input),
            patient_file=args.patient,
            age_years=args.age,
            sex=args.sex,
            also=args.also,
            series=args.series,
            kvp=args.kvp,
            deidentify=args.deidentify,
            key=key,
            settings=settings_of(args),
            norms_file=args.norms,
            progress=progress,
        )
    if not args.quiet:
        tell(result)


def key_of(args: argparse.Namespace) -> bytes | None:
    """The secret in the file of ``--key``; refuses (UsageError) what would give away a name."""
    from brainsand.errors import UsageError

    if args.deidentify and args.out is None:
        raise UsageError("--deidentify needs -o OUT: the folder would be called after the input.")
    if args.key is None:
        return None
    if not args.deidentify:
        raise UsageError("--key is for --deidentify, which was not asked for.")
    from brainsand.read.secret import read_secret

    return read_secret(args.key)


def settings_of(args: argparse.Namespace) -> Settings:
    """The standard settings with what was typed."""
    from brainsand.settings import MeasureSettings, Settings

    typed: dict[str, Any] = {}
    if args.calibration:
        typed["own_hu_per_mg_cm3"], typed["own_share_pm"] = args.calibration
    if args.score_limits:
        from brainsand.read.score_limits import read_score_limits

        typed["score_age_limits"] = read_score_limits(args.score_limits)
    return Settings(measure=MeasureSettings(**typed))


def tell(result: RunResult) -> None:
    """The finding and the report's place on stdout; the choice of series and the cautions on stderr."""
    if result.choice_words:
        print(result.choice_words, file=sys.stderr)
    for caution in result.case.cautions:
        print(f"caution: {caution.words}", file=sys.stderr)
    for note in result.notes:
        print(note, file=sys.stderr)
    print(result.headline)
    print(result.report)


def default_out(given: Path) -> Path:
    """The folder for the results where none is named: beside the person, called after the input.

    >>> default_out(Path("scans/head.nii.gz")).as_posix(), default_out(Path("scans/ge_head")).as_posix()
    ('brainsand-head', 'brainsand-ge_head')
    """
    name = given.name or given.resolve().name or "scan"
    for ending in (".nii.gz", ".nii", ".zip", ".dcm", ".ima"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
            break
    return Path(f"brainsand-{name}")


def age_years(text: str) -> float:
    """An age typed by a person, in years from 0 to 130.

    >>> age_years("47.5")
    47.5
    """
    try:
        years = float(text)
    except ValueError:
        years = -1.0
    if not 0 <= years <= 130:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no age in years: give a number from 0 to 130, as in 47.5"
        )
    return years


def kilovolts(text: str) -> float:
    """A tube voltage typed by a person, 40 to 200 kV.

    >>> kilovolts("120")
    120.0
    """
    try:
        voltage = float(text)
    except ValueError:
        voltage = 0.0
    if not 40 <= voltage <= 200:
        raise argparse.ArgumentTypeError(f"{text!r} is no tube voltage in kV: give a number as in 120")
    return voltage


def calibration(text: str) -> tuple[float, float]:
    """HU for one mg/cm3 of hydroxyapatite, and its deviation as a share.

    >>> calibration("1.31"), calibration("1.31:0.01")
    ((1.31, 0.05), (1.31, 0.01))
    """
    slope, _, share = text.partition(":")
    try:
        found = float(slope), float(share or 0.05)
    except ValueError:
        found = 0.0, 0.0
    if not (0.3 <= found[0] <= 5 and 0 < found[1] < 1):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no calibration: give HU for one mg/cm3 (0.3 to 5), and a share after a colon, "
            "as in 1.31:0.05"
        )
    return found


def formats(text: str) -> tuple[str, ...]:
    """The names in a list with commas.

    >>> formats("seg, sr")
    ('seg', 'sr')
    """
    return tuple(name.strip() for name in text.split(",") if name.strip())
