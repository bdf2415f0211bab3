"""Train for so many minutes, then write the weights the package ships."""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import torch

from brainsand.anatomy.parcel import BOX, CLASSES
from build_atlas.labels import AVERAGED
from train_parcellation.heads import training_head
from train_parcellation.network import CHANNELS_IN, UNet, loss_of
from train_parcellation.virtual import Chance, virtual_ct

RATE, CLIP, WARM_STEPS = 3e-3, 1.0, 50


def main() -> None:
    """Train on the heads of the atlas; print the running Dice of each class."""
    given = _parser().parse_args()
    torch.manual_seed(given.seed)
    chance = Chance(given.seed)
    heads = [training_head(given.heads, head) for head in AVERAGED]
    network = UNet(len(CLASSES))
    if given.start:
        network.load_state_dict(torch.load(given.start))
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-4)
    begun, step, running = time.monotonic(), 0, torch.zeros(len(CLASSES))
    while (share := (time.monotonic() - begun) / 60 / given.minutes) < 1:
        for group in optimizer.param_groups:
            warm = min(1.0, (step + 1) / WARM_STEPS)
            group["lr"] = RATE * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        channels, target = virtual_ct(heads[chance.whole(len(heads))], chance)
        # Half the time of single precision on processors that know bfloat16, with the same result.
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(channels[None])
        loss, dice = loss_of(logits, target[None])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        running = dice if step == 0 else 0.95 * running + 0.05 * dice
        step += 1
        if step % 20 == 0:
            told = " ".join(f"{name} {float(d):.2f}" for name, d in zip(CLASSES, running, strict=True))
            print(f"{step} steps, {share:.0%}: loss {float(loss.detach()):.3f} {told}", flush=True)
            torch.save(network.state_dict(), given.out.with_suffix(".pt"))
    torch.save(network.state_dict(), given.out.with_suffix(".pt"))
    _export(network, given.out)


def _export(network: UNet, path: Path) -> None:
    shape = [s.stop - s.start for s in BOX]
    torch.onnx.export(
        network.eval(),
        (torch.zeros(1, CHANNELS_IN, *shape),),
        str(path),
        opset_version=17,
        input_names=["channels"],
        output_names=["logits"],
        dynamo=False,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="train_parcellation", description=__doc__)
    parser.add_argument("--heads", type=Path, required=True, help="folder of the label maps")
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights (.pt) to go on from")
    parser.add_argument("--out", type=Path, default=Path("out/parcellation.onnx"))
    return parser


if __name__ == "__main__":
    main()
