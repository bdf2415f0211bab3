"""The training heads on the atlas's lattice: how much of each class every voxel holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from brainsand.anatomy.parcel import BOX, CLASSES
from build_atlas.group import affine_of, on_lattice
from build_atlas.labels import AIR, BONE, EYE, NUMBERS, SOFT, TRACED
from build_atlas.labels import CLASSES as NUMBERS_OF

OUTSIDE = ("bone", "soft", "air")
WHITE, LATERAL = CLASSES.index("wm"), CLASSES.index("lv")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingHead:
    """``shares`` (classes, s, r, c) and ``outside`` (bone, soft tissue, air), 0 to 1, float32."""

    shares: torch.Tensor
    outside: torch.Tensor


def training_head(folder: Path, head: int) -> TrainingHead:
    """One label map, laid affinely on the lattice; the choroid plexus taken out of what it was counted to."""
    maps = (
        torch.from_numpy(on_lattice(folder, head, affine_of(folder, head)).maps[(slice(None), *BOX)]).float()
        / 255
    )
    traced = dict(zip(TRACED, maps[len(NUMBERS) :], strict=True))
    plexus = (traced["choroid"] + traced["choroid_temporal"]).clamp(0, 1)

    def joined(numbers: tuple[int, ...]) -> torch.Tensor:
        return maps[[NUMBERS.index(n) for n in numbers]].sum(0).clamp(0, 1)

    shares = torch.stack([joined(NUMBERS_OF[name]) if name in NUMBERS_OF else plexus for name in CLASSES])
    shares[WHITE] = (shares[WHITE] - plexus).clamp(min=0)
    shares[LATERAL] = torch.minimum(shares[LATERAL], 1 - plexus)
    return TrainingHead(
        shares=shares, outside=torch.stack([joined((BONE,)), joined((SOFT, EYE)), joined((AIR,))])
    )
