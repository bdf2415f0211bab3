"""``brainsand cohort``: many scans, then the group's tables and plots; a BIDS App."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from brainsand.cli.analyze import formats
from brainsand.cli.cohort_line import Line
from brainsand.cli.command import new_command
from brainsand.errors import UsageError

if TYPE_CHECKING:
    from brainsand.cohort.model import Plan
    from brainsand.cohort.participant import Summary

DESCRIPTION = """\
Read every head CT of a BIDS dataset, a folder tree of DICOM, zips and NIfTI, or
a table of paths; each scan once, in a process of its own. OUT becomes a BIDS
derivative dataset with one table a scan, a site and a deposit. The same command
goes on where it was stopped. `group` then draws the group's tables, plots,
centile curves and associations; `audit` tells what is done, failed and missing.
"""
EXAMPLE = """\
examples:
  brainsand cohort dataset out participant
  brainsand cohort archive out participant --n-workers 8 --mem-gb 24
  brainsand cohort paths.csv out participant --shard 3/20
  brainsand cohort dataset out audit
  brainsand cohort dataset out group --phenotype dementia --compare site
"""
FAILURES: Final = 4
INTERRUPTED: Final = 130


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "cohort",
        help="many scans, then the group's tables and plots (BIDS App)",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    own.add_argument(
        "input", metavar="IN", type=Path, help="BIDS dataset, folder of scans, or table of paths"
    )
    own.add_argument("out", metavar="OUT", type=Path, help="folder for the results")
    own.add_argument("level", choices=("participant", "group", "audit"), help="what to do")
    _participant_options(own.add_argument_group("which scans, and how they are read"))
    _group_options(own.add_argument_group("group level"))
    own.set_defaults(run=run)


def _participant_options(own: Any) -> None:
    own.add_argument("--participant-label", metavar="LABEL", nargs="+", default=(), help="only these people")
    own.add_argument("--session-label", metavar="LABEL", nargs="+", default=(), help="only these sessions")
    own.add_argument(
        "--shard", metavar="I/N", type=shard, help="only the Ith of N shares, for plain job arrays"
    )
    own.add_argument(
        "--n-workers", metavar="N", type=number, help="scans at once (default: as cores and memory allow)"
    )
    own.add_argument("--mem-gb", metavar="GB", type=amount, help="memory for all workers together")
    own.add_argument(
        "--most-minutes",
        metavar="MIN",
        type=amount,
        default=30.0,
        help="a scan may take (default: %(default)g)",
    )
    own.add_argument(
        "--cluster",
        metavar="WHERE",
        default="local",
        help="local, none (no dask), slurm, pbs, kubernetes, or the address of a dask scheduler (default: %(default)s)",
    )
    own.add_argument(
        "--cluster-options", metavar="FILE", type=Path, help="JSON handed on to the cluster's maker"
    )
    own.add_argument(
        "--also",
        metavar="FORMAT,...",
        type=formats,
        default=(),
        help="further files for each scan: phenopacket, seg, sr, pdf, fhir (DICOM objects and FHIR name the patient)",
    )
    own.add_argument("--norms", metavar="FILE", type=Path, help="your own centile curves, as for analyze")
    own.add_argument("--stop-on-first-crash", action="store_true", help="stop when a scan fails")
    own.add_argument("--redo", action="store_true", help="read again what is done")
    own.add_argument(
        "--skip-bids-validation", action="store_true", help="take a dataset as it is, without remarks"
    )


def _group_options(own: Any) -> None:
    own.add_argument(
        "--phenotype",
        metavar="COLUMN",
        nargs="+",
        default=(),
        help="columns to relate to burden (two values or numbers)",
    )
    own.add_argument(
        "--compare", metavar="COLUMN", nargs="+", default=(), help="columns whose groups are compared"
    )
    own.add_argument(
        "--phenotypes", metavar="FILE", type=Path, help="table of people (default: participants.tsv of IN)"
    )
    own.add_argument(
        "--population",
        metavar="WORDS",
        default="population not stated",
        help="whom the cohort stands for, in words",
    )
    own.add_argument(
        "--reference-thickness", metavar="MM", type=amount, help="slices to harmonize to (default: median)"
    )
    own.add_argument(
        "--bootstrap", metavar="N", type=number, default=200, help="resamples (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked; the exit code."""
    from brainsand.cohort.plan import find_scans, only

    plan = find_scans(args.input)
    _check(args, plan)
    if args.level == "group":
        return group(args, plan)
    chosen = only(plan, people=args.participant_label, sessions=args.session_label, shard=args.shard)
    if args.level == "audit":
        return look(args, chosen)
    return read(args, chosen, plan)


def _check(args: argparse.Namespace, plan: Plan) -> None:
    from brainsand.cohort.store import ALSO

    if not args.skip_bids_validation and not args.quiet:
        for remark in plan.remarks[:10]:
            print(f"remark: {remark.place}: {remark.words} {remark.todo}", file=sys.stderr)
        if len(plan.remarks) > 10:
            print(f"remark: and {len(plan.remarks) - 10} more, see remarks.tsv", file=sys.stderr)
    strange = [name for name in args.also if name not in ALSO]
    if strange:
        raise UsageError(
            f"A cohort has no place for {', '.join(strange)}; --also takes {', '.join(ALSO)}. "
            "Its tables (Parquet, TSV) hold every deposit, site and scan already."
        )
    if not plan.units:
        raise UsageError(
            f"There is no scan in {args.input}. Give a BIDS dataset, a folder of scans or a table of paths."
        )


def read(args: argparse.Namespace, chosen: Plan, whole: Plan) -> int:
    """The participant level."""
    from brainsand.cohort.memory import workers_and_mb
    from brainsand.cohort.participant import Wishes, read_cohort
    from brainsand.cohort.program import program_of
    from brainsand.cohort.spread import How
    from brainsand.machine import available_mb, cores

    workers, most_mb = workers_and_mb(args.n_workers, args.mem_gb, free=available_mb(), cores_=cores())
    wishes = Wishes(
        program=program_of(args.norms, args.also),
        how=How(cluster=args.cluster, workers=workers, options=options(args.cluster_options)),
        most_mb=most_mb,
        most_s=args.most_minutes * 60,
        norms=args.norms,
        also=args.also,
        stop_on_first_crash=args.stop_on_first_crash,
        shard=args.shard is not None,
        redo=args.redo,
    )
    watcher = Line(sys.stderr, quiet=args.quiet, verbose=args.verbose, workers=workers)
    try:
        summary = read_cohort(args.out, chosen, whole, wishes, watcher)
    except KeyboardInterrupt:
        watcher.clear()
        print("stopped; what is done is kept, and the same command goes on from there", file=sys.stderr)
        return INTERRUPTED
    watcher.clear()
    if not args.quiet:
        tell(summary, args.out)
    return FAILURES if summary.bad or summary.stopped else 0


def look(args: argparse.Namespace, plan: Plan) -> int:
    """The audit."""
    from brainsand.cohort.audit import audit, write_audit
    from brainsand.cohort.program import program_of

    found = audit(args.out, plan, program_of(args.norms, args.also))
    if args.out.is_dir():
        write_audit(args.out, found)
    print(found.words())
    return 0 if found.whole else FAILURES


def group(args: argparse.Namespace, plan: Plan) -> int:
    """The group level."""
    from brainsand.cohort.group import GroupWishes, study_group

    wishes = GroupWishes(
        phenotypes=tuple(args.phenotype),
        compare=tuple(args.compare),
        people=args.phenotypes,
        population=args.population,
        reference_thickness_mm=args.reference_thickness,
        resamples=args.bootstrap,
    )
    page = study_group(args.input, args.out, plan, wishes)
    if not args.quiet:
        print(page)
    return 0


def tell(summary: Summary, out: Path) -> None:
    """How it ended, on stdout; why it stopped early, on stderr."""
    print(
        f"{summary.done} of {summary.total} scans read ({summary.before} before), {summary.bad} without a measurement."
    )
    if summary.stopped:
        print(f"stopped early: {summary.stopped}", file=sys.stderr)
    print(out / ("failures.tsv" if summary.bad else "scans.tsv"))


def options(path: Path | None) -> dict[str, Any]:
    """The options of a cluster, from a JSON file."""
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise UsageError(f"--cluster-options {path} cannot be read: {fault}.") from fault
    if not isinstance(found, dict):
        raise UsageError(f"--cluster-options {path}: needed is a JSON object of options.")
    return found


def shard(text: str) -> tuple[int, int]:
    """Which share of how many.

    >>> shard("3/20")
    (3, 20)
    """
    first, _, last = text.partition("/")
    if not (first.isdigit() and last.isdigit() and 1 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"{text!r} is no share: give I/N, as in 3/20, with I from 1 to N")
    return int(first), int(last)


def number(text: str) -> int:
    """A whole number from 1 on.

    >>> number("8")
    8
    """
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def amount(text: str) -> float:
    """A number above 0.

    >>> amount("1.5")
    1.5
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value
