"""How far do the skulls of different people lie apart when laid upon each other?

    PYTHONPATH=tools python -m followup_bench.strangers

The label maps of real heads (``../shared/data/head_labels``), each scanned once, every two laid upon each other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import nibabel
import numpy as np

from brainsand.anatomy.lay import lay_atlas, place_head
from brainsand.followup.align import Head, aligned
from brainsand.followup.person import skull_gap_mm
from brainsand.model.reference import Reference
from brainsand.phantom.head import head_from_labels
from brainsand.phantom.protocol import Protocol
from brainsand.phantom.scanner import image
from brainsand.read.knowledge import load_reference
from followup_bench import plan

HEADS: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "head_labels"


def main(argv: Sequence[str] | None = None) -> int:
    """Print the gaps of all pairs; 2 where the label maps are missing."""
    own = argparse.ArgumentParser(
        prog="followup_bench.strangers", description=(__doc__ or "").partition("\n")[0]
    )
    own.add_argument("--heads", type=Path, default=HEADS, help="folder of the label maps")
    own.add_argument("--every", type=int, default=1, help="take every n-th head only")
    args = own.parse_args(argv)
    folder = args.heads
    paths = sorted(folder.glob("head_*.nii.gz"))[:: args.every]
    if len(paths) < 2:
        print(f"No label maps in {folder}; give their folder with --heads.", file=sys.stderr)
        return 2
    reference = load_reference()
    heads = [laid(p, list(plan.PROTOCOLS.values())[k % 2], reference) for k, p in enumerate(paths)]
    gaps = sorted(gap(a, b) for a, b in combinations(heads, 2))
    print(f"{len(heads)} heads, {len(gaps)} pairs: least {gaps[0]:.2f}, ", end="")
    print(f"5th centile {np.percentile(gaps, 5):.2f}, median {np.median(gaps):.2f}, most {gaps[-1]:.2f} mm")
    return 0


def laid(path: Path, protocol: dict[str, Any], reference: Reference) -> Head:
    """A head put straight."""
    stored: Any = nibabel.load(path)
    head = head_from_labels(np.asarray(stored.dataobj), stored.affine)
    how = Protocol(**plan.COARSE, **protocol)
    volume = image(head, (), how, rng=np.random.default_rng(1))
    found = lay_atlas(volume, reference.atlas, reference.network, place_head(volume, reference.atlas))
    return Head(hu=found.head_hu, inside=found.inside, grid=found.head_grid)


def gap(one: Head, other: Head) -> float:
    """Mean distance of the inner tables, mm."""
    return skull_gap_mm(one, other, aligned(one, other).matrix)


if __name__ == "__main__":
    sys.exit(main())
