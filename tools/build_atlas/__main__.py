"""Compute the atlas.

    PYTHONPATH=src:tools python -m build_atlas --heads ../shared/data/head_labels

1. Nine label maps are laid on the MNI152 2009a symmetric template, affinely (``group.affine_of``).
2. They are averaged together by demons in three rounds and made symmetric (``group.average_of``): some ten
   minutes on two cores. ``--keep FILE`` saves this average, ``--average FILE`` starts from it.
3. Zones are drawn (``zones``), lobes shared out (``lobes``), and all is packed into ``--out``.

Nothing is left to chance: the same label maps give the same file. Needs the dependency group ``atlas``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from build_atlas import pack
from build_atlas.ground import Ground, most_likely, template_hu
from build_atlas.group import affine_of, average_of, mean_stretch, on_lattice
from build_atlas.labels import AVERAGED, CLASSES, NUMBERS, TRACED
from build_atlas.lattice import SCALE_LPS, Places, Single, mirrored_mean
from build_atlas.lobes import lobes
from build_atlas.zones import drawn

ROOT = Path(__file__).parents[2]
VERSION = "1"


def main() -> None:
    """From label maps, or from their kept average, to the packed atlas."""
    wanted = _parser().parse_args()
    if wanted.average:
        average = np.load(wanted.average)["average"].astype(np.float32) / 255
    else:
        average = _averaged(wanted.heads, tuple(wanted.numbers), wanted.rounds)
    # Kept in eight bits and used as kept, so that both ways give the same atlas.
    kept = (average * 255).round().astype(np.uint8)
    if wanted.keep:
        np.savez_compressed(wanted.keep, average=kept)
    ground = _ground(kept.astype(np.float32) / 255)
    zones = {name: mirrored_mean(zone) for name, zone in drawn(ground).items()}
    pack.write(
        wanted.out,
        version=VERSION,
        hu=template_hu(ground.average),
        classes={name: mirrored_mean(ground.of(name)) for name in CLASSES},
        bone=mirrored_mean(ground.bone()),
        labels=most_likely(ground.average),
        lobes=lobes(ground),
        zones=zones,
    )
    for name, zone in zones.items():
        print(f"{name:26s} {int((zone > 0.5).sum()):6d} voxels")
    print(wanted.out, wanted.out.stat().st_size, "bytes")


def _averaged(folder: Path, numbers: tuple[int, ...], rounds: int) -> Single:
    fits, heads = [], []
    for number in numbers:
        fits.append(affine_of(folder, number))
        heads.append(on_lattice(folder, number, fits[-1]))
        print(f"head {number}: laid on the template", flush=True)
    print("mean stretch along L, P, S:", mean_stretch(fits).round(3), "in use:", SCALE_LPS, flush=True)
    return average_of(heads, rounds=rounds, say=lambda words: print(words, flush=True))


def _ground(average: Single) -> Ground:
    traced = dict(zip(TRACED, average[len(NUMBERS) :], strict=True))
    return Ground(average=average[: len(NUMBERS)], traced=traced, at=Places.plain())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--heads", type=Path, default=ROOT.parent / "shared" / "data" / "head_labels")
    parser.add_argument("--numbers", type=int, nargs="+", default=AVERAGED, help="heads to average")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="save the average here")
    parser.add_argument("--average", type=Path, help="start from a saved average")
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "brainsand" / "knowledge" / "atlas.npz")
    return parser


if __name__ == "__main__":
    main()
