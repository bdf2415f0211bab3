"""The training heads on the atlas's lattice: how much of each class every voxel holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainsand.anatomy.parcel import BOX, CLASSES

ACCUMBENS = (26, 58)
OUTSIDE = ("bone", "soft", "air")
WHITE, LATERAL = CLASSES.index("wm"), CLASSES.index("lv")

Bytes = NDArray[np.uint8]
Single = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingHeads:
    """Shares of each class, then of bone, soft tissue and air: uint8 (heads, channels, s, r, c), 255 = whole."""

    shares: Bytes

    def saved(self, path: Path) -> None:
        """Write them, some 2 MB a head."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, shares=self.shares)

    @staticmethod
    def loaded(path: Path) -> TrainingHeads:
        """Read what :meth:`saved` wrote."""
        with np.load(path) as kept:
            return TrainingHeads(shares=kept["shares"])


def training_heads(folder: Path, heads: tuple[int, ...]) -> TrainingHeads:
    """Label maps laid affinely on the lattice; the choroid plexus taken out of what it was counted to."""
    return TrainingHeads(shares=np.stack([_shares(folder, head) for head in heads]))


def _shares(folder: Path, head: int) -> Bytes:
    # Heads kept from an earlier run are trained on without what makes the atlas.
    from build_atlas.group import affine_of, on_lattice
    from build_atlas.labels import AIR, BONE, EYE, NUMBERS, SOFT, TRACED
    from build_atlas.labels import CLASSES as NUMBERS_OF

    maps = on_lattice(folder, head, affine_of(folder, head)).maps[(slice(None), *BOX)].astype(np.float32)
    traced = dict(zip(TRACED, maps[len(NUMBERS) :], strict=True))
    plexus = np.clip(traced["choroid"] + traced["choroid_temporal"], 0, 255)

    def joined(numbers: tuple[int, ...]) -> Single:
        return np.asarray(np.clip(maps[[NUMBERS.index(n) for n in numbers]].sum(0), 0, 255))

    def share(name: str) -> Single:
        if name == "acc":
            return joined(ACCUMBENS)
        numbers = NUMBERS_OF.get(name)
        return plexus if numbers is None else joined(tuple(n for n in numbers if n not in ACCUMBENS))

    classes = np.stack([share(name) for name in CLASSES])
    classes[WHITE] = np.maximum(classes[WHITE] - plexus, 0)
    classes[LATERAL] = np.minimum(classes[LATERAL], 255 - plexus)
    outside = np.stack([joined((BONE,)), joined((SOFT, EYE)), joined((AIR,))])
    return np.concatenate([classes, outside]).round().astype(np.uint8)
