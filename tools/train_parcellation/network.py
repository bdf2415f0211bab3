"""The network: a small U-Net over the box of the atlas's lattice that holds the brain."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (8, 24, 48, 64)
CHANNELS_IN = 5


class UNet(nn.Module):
    """Four levels, half a million weights; few at full resolution, where every one costs most."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        inputs = (CHANNELS_IN, *WIDTHS[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(*_layer(a, b), *_layer(b, b)) for a, b in zip(inputs, WIDTHS, strict=True)
        )
        self.up = nn.ModuleList(nn.Sequential(*_layer(a + b, a)) for a, b in pairwise(WIDTHS))
        self.out = nn.Conv3d(WIDTHS[0], classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (1, classes, s, r, c) of channels (1, 5, s, r, c), sides multiples of eight."""
        kept = []
        for level, block in enumerate(self.down):
            x = block(functional.max_pool3d(x, 2) if level else x)
            kept.append(x)
        for level in reversed(range(len(self.up))):
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.up[level](torch.cat([kept[level], x], dim=1))
        return self.out(x)


def _layer(a: int, b: int) -> tuple[nn.Module, ...]:
    return nn.Conv3d(a, b, 3, padding=1), nn.InstanceNorm3d(b, affine=True), nn.LeakyReLU(0.1)


def loss_of(logits: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross-entropy plus one minus the mean Dice of all classes but outside; and the Dice of each class."""
    logits = logits.float()
    weight = torch.ones(logits.shape[1])
    weight[0] = 0.5
    entropy = functional.cross_entropy(logits, target, weight=weight)
    share = logits.softmax(1)
    true = functional.one_hot(target, logits.shape[1]).permute(0, 4, 1, 2, 3).float()
    over = (0, 2, 3, 4)
    dice = 2 * (share * true).sum(over) / (share.sum(over) + true.sum(over) + 1)
    return entropy + (1 - dice[1:]).mean(), dice.detach()
