"""``brainsand phantom``: virtual head CTs with known deposits."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from brainsand.cli.command import new_command
from brainsand.cli.watch import watching

DESCRIPTION = """\
Make a virtual patient with known calcium in the brain, scan it, and write the
scan (DICOM or NIfTI), the truth (truth.json, truth.nii.gz) and what is known
of the person (patient.json) into OUT. All of it appears, or nothing. The same
seed gives the same files.
"""
EXAMPLE = """\
examples:
  brainsand phantom --list
  brainsand phantom virtual --preset pfbc --seed 7
  brainsand phantom virtual --slice-mm 5 --tilt-deg 18 --format nifti
  brainsand phantom first --seed 7 --visit 1
  brainsand phantom later --seed 7 --visit 2 --growth 1.4 --pitch-deg 5
"""

PROTOCOL: Final[tuple[tuple[str, type, str], ...]] = (
    ("slice_mm", float, "thickness of a slice"),
    ("increment_mm", float, "distance between slices (default: the thickness)"),
    ("in_plane_mm", float, "size of a pixel"),
    ("matrix", int, "rows and columns"),
    ("tilt_deg", float, "gantry tilt, -30 to 30"),
    ("pitch_deg", float, "turn of the head, positive: chin up"),
    ("roll_deg", float, "turn of the head, positive: crown to the right"),
    ("yaw_deg", float, "turn of the head, positive: nose to the left"),
    ("kvp", float, "tube voltage"),
    ("noise_hu", float, "noise in the middle of the head"),
    ("upper_from_slice", int, "from this slice on, slices of --upper-slice-mm"),
    ("upper_slice_mm", float, "thickness and distance of the upper slices"),
    ("cut_bottom_mm", float, "how much of the head is missing below"),
    ("cut_top_mm", float, "how much of the head is missing above"),
)
"""Options that are fields of ``phantom.protocol.Protocol``; left out, its defaults hold."""


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "phantom",
        help="make a virtual head CT with known deposits",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    what = own.add_mutually_exclusive_group(required=True)
    what.add_argument("out", metavar="OUT", type=Path, nargs="?", help="folder for the virtual patient")
    what.add_argument("--list", action="store_true", help="name the presets, and stop")
    own.add_argument(
        "--preset", metavar="NAME", default="physiologic", help="what is planted (default: %(default)s)"
    )
    own.add_argument(
        "--seed", metavar="N", type=int, default=0, help="another number, another patient (default: 0)"
    )
    own.add_argument(
        "--format", choices=("dicom", "nifti"), default="dicom", help="of the scan (default: dicom)"
    )
    own.add_argument(
        "--visit",
        metavar="N",
        type=int,
        default=0,
        help="from 1 on: the same person (of one seed) scanned again, two years after the visit before",
    )
    own.add_argument(
        "--growth",
        metavar="TIMES",
        type=float,
        default=1.0,
        help="how many times their size the deposits are",
    )
    own.add_argument("--head", metavar="FILE", type=Path, help="a label map (NIfTI) to take the head from")
    scanner = own.add_argument_group("scanner")
    for name, kind, words in PROTOCOL:
        metavar = "N" if kind is int else name.rpartition("_")[2].upper()
        scanner.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, type=kind, help=words)
    scanner.add_argument("--sharp", action="store_const", const=True, help="a bone kernel")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Do it, and say where it lies."""
    from brainsand.virtual_scan import write_virtual_scan

    if args.list:
        from brainsand.phantom.presets import presets

        print("\n".join(presets()))
        return
    names = [*(name for name, _, _ in PROTOCOL), "sharp"]
    protocol = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    with watching(sys.stderr, quiet=args.quiet, verbose=args.verbose) as progress:
        made = write_virtual_scan(
            args.out,
            preset=args.preset,
            seed=args.seed,
            file_format=args.format,
            head_labels=args.head,
            protocol=protocol,
            visit=args.visit,
            growth=args.growth,
            progress=progress,
        )
    if not args.quiet:
        print(f"Deposits planted: {made.deposits} ({made.truth_file})")
        print(made.scan)
