"""The network: a small U-Net over the box of the atlas's lattice that holds the brain."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (8, 32, 64, 128)
CHANNELS_IN = 5


class UNet(nn.Module):
    """Four levels, 1.3 million weights; few at full resolution, where every one costs most."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        inputs = (CHANNELS_IN, *WIDTHS[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(*_layer(a, b), *_layer(b, b)) for a, b in zip(inputs, WIDTHS, strict=True)
        )
        self.up = nn.ModuleList(nn.Sequential(*_layer(a + b, a)) for a, b in pairwise(WIDTHS))
        self.out = nn.Conv3d(WIDTHS[0], classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, classes, s, r, c) of channels (n, 5, s, r, c), sides multiples of eight."""
        kept = []
        for level, block in enumerate(self.down):
            x = block(functional.max_pool3d(x, 2) if level else x)
            kept.append(x)
        for level in reversed(range(len(self.up))):
            x = self.up[level](torch.cat([kept[level], _doubled(x)], dim=1))
        return self.out(x)


def _doubled(x: torch.Tensor) -> torch.Tensor:
    """Each cell repeated twice along each axis: nearest, and a third of the network's time less than a resize."""
    n, c, s, r, w = x.shape
    twice = x[:, :, :, None, :, None, :, None].expand(n, c, s, 2, r, 2, w, 2)
    return twice.reshape(n, c, 2 * s, 2 * r, 2 * w)


def _layer(a: int, b: int) -> tuple[nn.Module, ...]:
    return nn.Conv3d(a, b, 3, padding=1), nn.InstanceNorm3d(b, affine=True), nn.LeakyReLU(0.1)


def loss_of(logits: torch.Tensor, shares: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross-entropy plus one minus the mean Dice of all classes but outside; and the Dice of each class.

    The truth is how much of a cell each class fills, not which fills most: at the border of two classes the
    network then says where in the cell the border runs, which borders read at 1 mm need.
    """
    logits = logits.float()
    weight = torch.ones(logits.shape[1], device=logits.device)
    weight[0] = 0.5
    said = logits.log_softmax(1)
    entropy = -(shares * said * weight.view(1, -1, 1, 1, 1)).sum(1).mean()
    share = said.exp()
    over = (0, 2, 3, 4)
    # Against shares a perfect answer must score one: |a - b| in place of the product.
    dice = 1 - (share - shares).abs().sum(over) / (share.sum(over) + shares.sum(over) + 1)
    return entropy + (1 - dice[1:]).mean(), dice.detach()
