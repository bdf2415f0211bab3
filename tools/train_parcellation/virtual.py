"""One virtual CT of a training head, never the same twice: what varies between people and between scanners.

Bending (smooth, and the few millimetres an affine fit leaves), attenuation of every tissue, white matter gone
dark round the ventricles, cupping under the skull, infarcts and masses, calcium as specks and filling whole
structures, slice thickness, blur, noise, a wrong offset of the scale.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from brainsand.anatomy.parcel import CLASSES, network_input
from train_parcellation.heads import TrainingHead

BONE, SOFT, AIR = range(3)
CALCIFIED = ("pal", "put", "caud", "thal", "cbwm", "wm", "chor")


class Chance:
    """Random numbers of one seed."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def within(self, low: float, high: float) -> float:
        return float(torch.rand((), generator=self.generator) * (high - low) + low)

    def whole(self, count: int) -> int:
        return int(torch.randint(count, (), generator=self.generator))

    def happens(self, share: float) -> bool:
        return self.within(0, 1) < share

    def field(self, shape: torch.Size, cells: int, amplitude: float) -> torch.Tensor:
        """Smooth noise that changes over so many cells."""
        few = [max(2, math.ceil(n / cells) + 1) for n in shape]
        noise = torch.randn((1, 1, *few), generator=self.generator) * amplitude
        return functional.interpolate(noise, size=tuple(shape), mode="trilinear", align_corners=True)[0, 0]


def virtual_ct(head: TrainingHead, chance: Chance) -> tuple[torch.Tensor, torch.Tensor]:
    """Input channels (5, s, r, c) as the program makes them of a scan, and the class of each voxel."""
    shape = head.shares.shape[1:]
    source, filling = _attenuation(head, chance), _filling(head, chance)
    places = _bending(shape, chance)
    both = torch.stack([source + 1000, filling])[None]
    hu, filled = functional.grid_sample(both, places, padding_mode="border", align_corners=True)[0]
    hu = hu - 1000 + filled
    classes = head.shares.argmax(0).float()[None, None]
    target = functional.grid_sample(
        classes, places, mode="nearest", padding_mode="border", align_corners=True
    )
    target = target[0, 0].long()
    hu = hu + chance.field(shape, 14, chance.within(0, 2)) * (target > 0)
    hu = _stones(_lesions(hu, target, chance), target, chance)
    hu = _scanned(hu, chance)
    return torch.from_numpy(network_input(hu.numpy())[0]), target


def _attenuation(head: TrainingHead, chance: Chance) -> torch.Tensor:
    white, step, fluid = chance.within(22, 31), chance.within(5, 11), chance.within(1, 11)
    gray = white + step
    spread = {
        "csf": (fluid, 0, 0), "wm": (white, 0, 0), "cortex": (gray, -2, 1), "lv": (fluid, -1, 1),
        "cbwm": (white, -1, 3), "cbcx": (gray, -2, 2), "thal": (gray, -3, 1), "caud": (gray, -1, 2),
        "put": (gray, -1, 2), "pal": (gray, -4, 3), "v3": (fluid, 0, 0), "v4": (fluid, 0, 0), "bs": (white, 0, 5),
        "hip": (gray, -3, 1), "amy": (gray, -2, 1), "vdc": (white, 0, 6), "sinus": (0, 42, 68), "chor": (0, 28, 44),
    }  # fmt: skip
    means = [0.0] + [
        middle + chance.within(low, high) for middle, low, high in (spread[n] for n in CLASSES[1:])
    ]
    hu = torch.tensordot(torch.tensor(means), head.shares, 1)
    outside = torch.tensor([chance.within(500, 1300), chance.within(-20, 55), -1000.0])
    hu = hu + torch.tensordot(outside, head.outside, 1)
    if chance.happens(0.35):
        near = _blurred(head.shares[CLASSES.index("lv")], 3)
        hu = hu - chance.within(3, 14) * (near * 4).clamp(0, 1) * head.shares[CLASSES.index("wm")]
    return hu + chance.within(0, 10) * _blurred(head.outside[BONE], 4)


def _filling(head: TrainingHead, chance: Chance) -> torch.Tensor:
    shape = head.shares.shape[1:]
    if not chance.happens(0.2):
        return torch.zeros(shape)
    share = head.shares[CLASSES.index(CALCIFIED[chance.whole(5)])]
    return share * chance.within(30, 300) * (chance.field(shape, 4, 1) > -0.3)


def _bending(shape: torch.Size, chance: Chance) -> torch.Tensor:
    a, b, c = (chance.within(-0.14, 0.14) for _ in range(3))
    turn = _about(0, a) @ _about(1, b) @ _about(2, c)
    scale = torch.diag(torch.tensor([chance.within(0.9, 1.12) for _ in range(3)]))
    axes = [torch.arange(n) - (n - 1) / 2 for n in shape]
    at = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1) @ (turn @ scale).T
    at = at + torch.tensor([chance.within(-2.5, 2.5) for _ in range(3)])
    if chance.happens(0.5):
        at[..., 2] *= -1
    for cells, most in ((24, 2.2), (10, 0.9)):
        amplitude = chance.within(0, most)
        at = at + torch.stack([chance.field(shape, cells, amplitude) for _ in range(3)], dim=-1)
    half = torch.tensor([(n - 1) / 2 for n in shape])
    return (at / half)[..., [2, 1, 0]][None]


def _about(axis: int, angle: float) -> torch.Tensor:
    i, j = [k for k in range(3) if k != axis]
    turn = torch.eye(3)
    turn[i, i] = turn[j, j] = math.cos(angle)
    turn[i, j], turn[j, i] = -math.sin(angle), math.sin(angle)
    return turn


def _lesions(hu: torch.Tensor, target: torch.Tensor, chance: Chance) -> torch.Tensor:
    axes = torch.meshgrid(*[torch.arange(n, dtype=torch.float32) for n in hu.shape], indexing="ij")
    for _ in range(int(chance.within(0, 2.2))):
        centre, radii = _a_place(target > 0, chance), [chance.within(3, 11) for _ in range(3)]
        apart = sum(((x - c) / r) ** 2 for x, c, r in zip(axes, centre, radii, strict=True))
        hu = torch.where((apart < 1) & (target > 0), 0.3 * hu + 0.7 * chance.within(5, 60), hu)
    return hu


def _stones(hu: torch.Tensor, target: torch.Tensor, chance: Chance) -> torch.Tensor:
    if not chance.happens(0.6):
        return hu
    for _ in range(int(chance.within(1, 9))):
        kind = chance.whole(len(CALCIFIED) + 3)
        where = target > 0 if kind >= len(CALCIFIED) else target == CLASSES.index(CALCIFIED[kind])
        if not where.any():
            continue
        centre, radius = _a_place(where, chance), chance.within(0.5, 3.5)
        box = tuple(slice(max(0, c - 5), c + 6) for c in centre)
        axes = torch.meshgrid(
            *[torch.arange(s.start, min(s.stop, n)) for s, n in zip(box, hu.shape, strict=True)],
            indexing="ij",
        )
        apart = sum((x - c) ** 2 for x, c in zip(axes, centre, strict=True)).float().sqrt()
        share = (radius - apart).clamp(0, 1)
        hu[box] = torch.maximum(hu[box], chance.within(70, 700) * share + hu[box] * (1 - share))
    return hu


def _a_place(where: torch.Tensor, chance: Chance) -> list[int]:
    places = torch.nonzero(where)
    return [int(n) for n in places[chance.whole(len(places))]]


def _scanned(hu: torch.Tensor, chance: Chance) -> torch.Tensor:
    across = 1 if chance.happens(0.15) else 0
    hu = _blurred(hu, chance.within(0.3, 6) / 5.2, axes=(across,))
    hu = _blurred(hu, chance.within(0.1, 0.7))
    noise = _blurred(torch.randn(hu.shape, generator=chance.generator), chance.within(0.1, 0.7))
    hu = hu + noise / noise.std() * chance.within(0.8, 5.5)
    return hu + chance.within(-15, 10) if chance.happens(0.1) else hu


def _blurred(image: torch.Tensor, cells: float, axes: tuple[int, ...] = (0, 1, 2)) -> torch.Tensor:
    if cells < 0.15:
        return image
    reach = math.ceil(2.5 * cells)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / cells) ** 2)
    kernel /= kernel.sum()
    for axis in axes:
        shape, pad = [1, 1, 1, 1, 1], [0] * 6
        shape[axis + 2] = len(kernel)
        pad[2 * (2 - axis)] = pad[2 * (2 - axis) + 1] = reach
        padded = functional.pad(image[None, None], pad, mode="replicate")
        image = functional.conv3d(padded, kernel.reshape(shape))[0, 0]
    return image
