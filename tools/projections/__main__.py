"""Check the image-domain scanner and the local background against simulated X-ray projections.

PYTHONPATH=tools:src python -m projections                       # the atlas's own head, two minutes
PYTHONPATH=tools:src python -m projections --head FILE.nii.gz    # a label map (SynthSeg numbers)
PYTHONPATH=tools:src python -m projections --write               # and put tables and picture into docs
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from accuracy.tables import Table, as_markdown, as_text
from brainsand.read.knowledge import load_norms
from projections.head import levels_of, load_head
from projections.image_tables import factor_table, filter_table, held, shade_table, texture_table
from projections.picture import drawn
from projections.reading_tables import by_place, by_voltage, causes, masses, others, stated
from projections.shading import Shade, pictured, shades
from projections.spectrum import tube
from projections.study import MAIN_KVP, RADIUS_MM, Study, run

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "methods" / "projections.md"
PICTURE: Final = ROOT / "docs" / "pictures" / "projections.png"
MARKS: Final = ("<!-- projections: written by `make projections` -->", "<!-- projections end -->")
_SEED: Final = 7


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate, print, draw; 2 where the label map is missing."""
    args = parsed(argv)
    if args.head is not None and not args.head.is_file():
        print(f"No label map {args.head}; leave --head out for the atlas's own head.", file=sys.stderr)
        return 2
    begun = time.process_time()
    study = run(
        levels_of(load_head(args.head), radius_mm=RADIUS_MM),
        norms=load_norms(),
        rng=np.random.default_rng(_SEED),
        say=lambda words: print(f"{time.process_time() - begun:4.0f} s  {words}", flush=True),
    )
    pictures = {level.name: pictured(study.bodies[level.name], tube(MAIN_KVP)) for level in study.levels}
    shaded = [s for level in study.levels for s in shades(level, pictures[level.name])]
    made = tables(study, shaded)
    print("\n\n".join(["", *map(as_text, made)]))
    target = PICTURE if args.write else args.picture
    target.parent.mkdir(parents=True, exist_ok=True)
    drawn(study, pictures, target)
    if args.write:
        write_page([as_markdown(t) for t in made])
    print(f"\n{target}; {time.process_time() - begun:.0f} s of CPU")
    return 0


def tables(study: Study, shaded: Sequence[Shade]) -> tuple[Table, ...]:
    """All tables, in the order of the page."""
    return (
        texture_table(study, rng=np.random.default_rng(_SEED)),
        shade_table(shaded),
        factor_table(study),
        filter_table(study),
        held(study),
        by_place(study),
        causes(study),
        by_voltage(study),
        masses(study),
        others(study),
        stated(study),
    )


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command's own words."""
    own = argparse.ArgumentParser(prog="projections", description=(__doc__ or "").partition("\n")[0])
    own.add_argument("--head", type=Path, default=None, help="label map in place of the atlas's own head")
    own.add_argument(
        "--picture", type=Path, default=Path("out/projections.png"), help="where the picture goes"
    )
    own.add_argument("--write", action="store_true", help="put tables and picture into docs")
    return own.parse_args(argv)


def write_page(parts: Sequence[str]) -> None:
    """Put the tables between the marks of the methods page; a page without them is refused (ValueError)."""
    before, begun, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    _, ended, after = rest.partition(MARKS[1])
    if not (begun and ended):
        raise ValueError(f"{PAGE.name} lacks the marks {MARKS[0]} and {MARKS[1]}; put them where tables go")
    PAGE.write_text(before + "\n\n".join([MARKS[0], *parts, MARKS[1]]) + after, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
