"""Virtual CTs of the training heads, a batch at a time, never the same twice: what varies between people and scanners.

Bending (smooth, wide and narrow ventricles and sulci, and the few millimetres an affine fit leaves),
attenuation of every tissue, white matter gone dark round the ventricles or not yet myelinated, cupping under
the skull, infarcts, masses and blood, calcium as specks and filling whole structures, contrast in veins and
plexus, slice thickness, blur, noise, a wrong offset of the scale, a head cut off at the top or bottom.

Everything is done for the whole batch at once and never waits for the device.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from brainsand.anatomy.parcel import _MIDDLE, BRIGHT_HU, CLASSES, FILL_CELLS

Tensor = torch.Tensor

BONE, SOFT, AIR = (len(CLASSES) + k for k in range(3))
CALCIFIED = ("pal", "put", "caud", "thal", "cbwm", "wm", "chor", "cortex", "lv")
FILLED = ("pal", "put", "caud", "thal", "cbwm")
_GRAY, _WHITE, _FLUID = range(3)
_TISSUE = {
    "csf": (_FLUID, 0, 0), "wm": (_WHITE, 0, 0), "cortex": (_GRAY, -2, 1), "lv": (_FLUID, -1, 1),
    "cbwm": (_WHITE, -1, 3), "cbcx": (_GRAY, -2, 2), "thal": (_GRAY, -3, 1), "caud": (_GRAY, -1, 2),
    "acc": (_GRAY, -2, 2), "put": (_GRAY, -1, 2), "pal": (_GRAY, -4, 3), "v3": (_FLUID, 0, 0), "v4": (_FLUID, 0, 0),
    "bs": (_WHITE, 0, 5), "hip": (_GRAY, -3, 1), "amy": (_GRAY, -2, 1), "vdc": (_WHITE, 0, 6),
}  # fmt: skip


class Chance:
    """Random numbers of one seed, one a head of the batch, shaped to spread over the head."""

    def __init__(self, seed: int, count: int, device: torch.device) -> None:
        self.count, self.device = count, device
        self.generator = torch.Generator(device).manual_seed(seed)

    def within(self, low: float, high: float) -> Tensor:
        drawn = torch.rand((self.count, 1, 1, 1), generator=self.generator, device=self.device)
        return drawn * (high - low) + low

    def whole(self, below: int) -> Tensor:
        return torch.randint(below, (self.count,), generator=self.generator, device=self.device)

    def happens(self, share: float) -> Tensor:
        """1.0 or 0.0."""
        return (self.within(0, 1) < share).float()

    def normal(self, *shape: int) -> Tensor:
        return torch.randn((self.count, *shape), generator=self.generator, device=self.device)

    def even(self, *shape: int) -> Tensor:
        return torch.rand((self.count, *shape), generator=self.generator, device=self.device)

    def field(self, shape: tuple[int, ...], cells: int, kinds: int = 1) -> Tensor:
        """Smooth noise of deviation one that changes over so many cells: (count, kinds, *shape)."""
        few = [max(2, math.ceil(n / cells) + 1) for n in shape]
        noise = self.normal(kinds, *few)
        return functional.interpolate(noise, size=shape, mode="trilinear", align_corners=True)


class VirtualHeads:
    """The heads on a device, and what they are bent by."""

    def __init__(self, shares: Tensor) -> None:
        self.shares = shares.half() / 255
        self.shape = tuple(shares.shape[2:])
        wide = CLASSES.index("lv"), CLASSES.index("v3"), CLASSES.index("chor")
        self.widening = torch.stack(
            [_slopes(_blurred(h[list(wide)].float().sum(0), 2.5)) for h in self.shares]
        )
        self.opening = torch.stack(
            [_slopes(_blurred(h[CLASSES.index("csf")].float(), 1.2)) for h in self.shares]
        )

    def virtual_ct(self, chance: Chance) -> tuple[Tensor, Tensor]:
        """Input channels (n, 5, s, r, c) as the program makes them of a scan; shares (n, classes, s, r, c)."""
        heads = chance.whole(len(self.shares))
        shares = functional.grid_sample(
            self.shares[heads].float(),
            self._places(heads, chance),
            padding_mode="border",
            align_corners=True,
        )
        classes = shares[:, : len(CLASSES)]
        classes = classes / classes.sum(1, keepdim=True).clamp(min=1e-3)
        hu = _scanned(
            _stones(
                _lesions(_filled(_attenuation(shares, chance), classes, chance), classes, chance),
                classes,
                chance,
            ),
            chance,
        )
        kept = _within_view(self.shape, chance)
        hu = torch.where(kept, hu, -1024.0)
        outside = functional.one_hot(
            torch.zeros((), dtype=torch.long, device=hu.device), len(CLASSES)
        ).float()
        classes = torch.where(kept[:, None], classes, outside.view(1, -1, 1, 1, 1))
        hu = without_calcium(hu, classes[:, 0] < 0.5)
        return network_input(hu), classes

    def _places(self, heads: Tensor, chance: Chance) -> Tensor:
        shape, device = self.shape, chance.device
        half = torch.tensor([(n - 1) / 2 for n in shape], device=device)
        axes = [torch.arange(n, device=device) - (n - 1) / 2 for n in shape]
        at = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=0)[None]
        at = torch.einsum("nij,njsrc->nisrc", _affine(chance), at.expand(chance.count, -1, -1, -1, -1))
        at = at + torch.stack([chance.within(-2.5, 2.5) for _ in range(3)], dim=1)
        for cells, most in ((24, 2.5), (10, 1.3), (6, 0.45)):
            at = at + chance.field(shape, cells, 3) * chance.within(0, most)[:, None]
        mirror = 1 - 2 * chance.happens(0.5)
        at = torch.cat([at[:, :2], at[:, 2:] * mirror[:, None]], dim=1)
        spread = torch.cat([self.widening[heads], self.opening[heads]], dim=1)
        pull = functional.grid_sample(spread, _grid(at, half), padding_mode="border", align_corners=True)
        at = (
            at
            + pull[:, :3] * chance.within(-13, 14)[:, None]
            + pull[:, 3:] * chance.within(-2.5, 2.5)[:, None]
        )
        return _grid(at, half)


def _grid(at: Tensor, half: Tensor) -> Tensor:
    return (at / half.view(1, 3, 1, 1, 1)).permute(0, 2, 3, 4, 1)[..., [2, 1, 0]]


def _affine(chance: Chance) -> Tensor:
    turn = torch.eye(3, device=chance.device).expand(chance.count, 3, 3)
    for axis in range(3):
        angle = chance.within(-0.14, 0.14).view(-1)
        i, j = [k for k in range(3) if k != axis]
        one = torch.eye(3, device=chance.device).repeat(chance.count, 1, 1)
        one[:, i, i] = one[:, j, j] = angle.cos()
        one[:, i, j], one[:, j, i] = -angle.sin(), angle.sin()
        turn = turn @ one
    scale = torch.cat([chance.within(0.9, 1.12).view(-1, 1) for _ in range(3)], dim=1)
    return turn @ torch.diag_embed(scale)


def _attenuation(shares: Tensor, chance: Chance) -> Tensor:
    white, fluid = chance.within(22, 31), chance.within(1, 11)
    step = torch.where(chance.happens(0.1) > 0, chance.within(10, 16), chance.within(4, 11))
    level = (white + step, white, fluid)
    hu = torch.zeros_like(shares[:, 0])
    for name, (tissue, low, high) in _TISSUE.items():
        hu += shares[:, CLASSES.index(name)] * (level[tissue] + chance.within(low, high))
    dyed = chance.happens(0.12)
    hu += shares[:, CLASSES.index("sinus")] * (chance.within(42, 68) + dyed * chance.within(30, 150))
    hu += shares[:, CLASSES.index("chor")] * (chance.within(25, 44) + dyed * chance.within(20, 80))
    hu += shares[:, BONE] * chance.within(500, 1300) + shares[:, SOFT] * chance.within(-20, 55)
    hu -= shares[:, AIR] * 1000
    near = (_blurred_by(shares[:, CLASSES.index("lv")], 3 * torch.ones_like(fluid), reach=8) * 4).clamp(0, 1)
    hu -= chance.happens(0.35) * chance.within(3, 14) * near * shares[:, CLASSES.index("wm")]
    hu += chance.within(0, 10) * _blurred_by(shares[:, BONE], 4 * torch.ones_like(fluid), reach=10)
    inside = 1 - shares[:, 0]
    return hu + chance.field(tuple(hu.shape[1:]), 14)[:, 0] * chance.within(0, 2) * inside


def _filled(hu: Tensor, classes: Tensor, chance: Chance) -> Tensor:
    shape, kind = tuple(hu.shape[1:]), chance.whole(len(FILLED))
    number = torch.tensor([CLASSES.index(n) for n in FILLED], device=hu.device)[kind]
    share = classes[torch.arange(chance.count, device=hu.device), number]
    solid = (chance.field(shape, 4)[:, 0] > -0.3).float()
    return hu + chance.happens(0.2) * share * chance.within(30, 300) * solid


def _lesions(hu: Tensor, classes: Tensor, chance: Chance) -> Tensor:
    inside = 1 - classes[:, 0]
    for share in (0.6, 0.3, 0.15):
        away = _away(_a_place(inside > 0.5, chance), tuple(hu.shape[1:]))
        radii = torch.stack([chance.within(3, 11) for _ in range(3)], dim=1)
        within = ((away / radii).square().sum(1) < 1).float() * inside * chance.happens(share)
        hu = hu * (1 - 0.7 * within) + 0.7 * within * chance.within(5, 75)
    return hu


def _stones(hu: Tensor, classes: Tensor, chance: Chance) -> Tensor:
    likely = classes.argmax(1)
    wanted = torch.tensor([*(CLASSES.index(n) for n in CALCIFIED), 0, 0, 0], device=hu.device)
    ill = chance.happens(0.6)
    for k in range(6):
        kind = wanted[chance.whole(len(wanted))].view(-1, 1, 1, 1)
        where = torch.where(kind == 0, likely > 0, likely == kind)
        away = _away(_a_place(where, chance), tuple(hu.shape[1:])).square().sum(1).sqrt()
        share = (chance.within(0.5, 3.5) - away).clamp(0, 1) * ill * chance.happens(1 - 0.12 * k)
        hu = torch.maximum(hu, chance.within(70, 700) * share + hu * (1 - share))
    return hu


def _a_place(where: Tensor, chance: Chance) -> Tensor:
    """Index (n, 3) of a cell where ``where`` holds, all cells alike likely."""
    drawn = (chance.even(*where.shape[1:]) * where).flatten(1).argmax(1)
    r, c = where.shape[2:]
    return torch.stack([drawn // (r * c), drawn // c % r, drawn % c], dim=1)


def _away(place: Tensor, shape: tuple[int, ...]) -> Tensor:
    axes = [torch.arange(n, device=place.device, dtype=torch.float32) for n in shape]
    at = torch.stack(torch.meshgrid(*axes, indexing="ij"))[None]
    return at - place.float().view(-1, 3, 1, 1, 1)


def _scanned(hu: Tensor, chance: Chance) -> Tensor:
    thick, none = chance.within(0.3, 6) / 5.2, torch.zeros_like(chance.within(0, 1))
    across = chance.happens(0.15)
    hu = _blurred_by(hu, torch.where(across > 0, none, thick), reach=3, axes=(0,))
    hu = _blurred_by(hu, torch.where(across > 0, thick, none), reach=3, axes=(1,))
    hu = _blurred_by(hu, chance.within(0.1, 0.7), reach=2)
    noise = _blurred_by(chance.normal(*hu.shape[1:]), chance.within(0.1, 0.8), reach=2)
    noise = noise / noise.std(dim=(1, 2, 3), keepdim=True)
    return hu + noise * chance.within(0.6, 6) + chance.happens(0.1) * chance.within(-15, 10)


def _within_view(shape: tuple[int, ...], chance: Chance) -> Tensor:
    """Which slices the scan holds: one in ten ends within the head at the top, one in ten at the bottom."""
    s = torch.arange(shape[0], device=chance.device).view(1, -1, 1, 1).float() / shape[0]
    top = 1 - chance.happens(0.1) * chance.within(0.05, 0.35)
    bottom = chance.happens(0.1) * chance.within(0.05, 0.35)
    return ((s >= bottom) & (s <= top)).expand(-1, *shape)


def middle_hu(hu: Tensor) -> Tensor:
    """``anatomy.parcel.middle_hu`` of a batch, (n, 1, 1, 1)."""
    a, b, c = (slice(int(n * lo), int(n * hi)) for n, (lo, hi) in zip(hu.shape[1:], _MIDDLE, strict=True))
    core = hu[:, a, b, c].flatten(1)
    core = torch.where((core > 0) & (core < 70), core, torch.nan)
    return core.nanmedian(1).values.nan_to_num(32.0).view(-1, 1, 1, 1)


def without_calcium(hu: Tensor, inside: Tensor) -> Tensor:
    """``anatomy.parcel.without_calcium`` of a batch."""
    bright = (inside & (hu > middle_hu(hu) + BRIGHT_HU)).float()
    bright = torch.stack([_shifted(bright, axis, by) for axis in (0, 1, 2) for by in (-1, 0, 1)]).amax(0)
    bright = (bright > 0) & inside
    cells = torch.full((len(hu), 1, 1, 1), FILL_CELLS, device=hu.device)
    ordinary = (inside & ~bright).float()
    weight = _blurred_by(ordinary, cells, reach=6)
    mean = _blurred_by(hu * ordinary, cells, reach=6)
    return torch.where(bright & (weight > 0.005), mean / weight.clamp(min=1e-6), hu)


def network_input(hu: Tensor) -> Tensor:
    """``anatomy.parcel.network_input`` of a batch."""
    away = hu - middle_hu(hu)
    axes = [torch.linspace(-1, 1, n, device=hu.device) for n in hu.shape[1:]]
    s, r, c = torch.meshgrid(*axes, indexing="ij")
    place = torch.stack([s, r, c.abs()]).expand(len(hu), -1, -1, -1, -1)
    return torch.cat(
        [(away / 15).clamp(-3, 3)[:, None], ((away - 40) / 150).clamp(0, 4)[:, None], place], dim=1
    )


def _shifted(image: Tensor, axis: int, by: int) -> Tensor:
    """Moved by so many cells along an axis of the head, the edge repeated."""
    if by == 0:
        return image
    at = (torch.arange(image.shape[axis + 1], device=image.device) + by).clamp(0, image.shape[axis + 1] - 1)
    return image.index_select(axis + 1, at)


def _blurred_by(image: Tensor, cells: Tensor, *, reach: int, axes: tuple[int, ...] = (0, 1, 2)) -> Tensor:
    """Gaussian of a width of its own for each head, (n, 1, 1, 1)."""
    weights = [torch.exp(-0.5 * (k / cells.clamp(min=0.05)) ** 2) for k in range(reach + 1)]
    total = weights[0] + 2 * sum(weights[1:])
    for axis in axes:
        out = image * weights[0]
        for k in range(1, reach + 1):
            out = out + weights[k] * (_shifted(image, axis, k) + _shifted(image, axis, -k))
        image = out / total
    return image


def _blurred(image: Tensor, cells: float) -> Tensor:
    width = torch.full((1, 1, 1, 1), cells, device=image.device)
    return _blurred_by(image[None], width, reach=math.ceil(3 * cells))[0]


def _slopes(image: Tensor) -> Tensor:
    return torch.stack(torch.gradient(image))
