"""Train for so many minutes, then write the weights the package ships."""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from brainsand.anatomy.parcel import BOX, CLASSES
from train_parcellation.heads import TrainingHeads, training_heads
from train_parcellation.network import CHANNELS_IN, UNet, loss_of
from train_parcellation.virtual import Chance, VirtualHeads

if TYPE_CHECKING:
    import onnx

RATE, CLIP, WARM_STEPS = 3e-3, 1.0, 100
UNSEEN_SCANS = 12
LEAST_HALVED = 1000


def main() -> None:
    """Train on the heads of the atlas; print the running Dice of each class, at the end that of unseen heads."""
    given = _parser().parse_args()
    torch.manual_seed(given.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
    seen, unseen = (_virtual(_kept(given, name), device) for name in ("averaged", "held_out"))
    network = UNet(len(CLASSES)).to(device)
    if given.start:
        network.load_state_dict(torch.load(given.start, map_location=device))
    _train(network, seen, unseen, given, device)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), given.out.with_suffix(".pt"))
    if not given.weights_only:
        export(network.cpu().float(), given.out)


def _train(
    network: UNet, seen: VirtualHeads, unseen: VirtualHeads, given: argparse.Namespace, device: torch.device
) -> None:
    chance = Chance(given.seed, given.batch, device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=given.rate, weight_decay=1e-4)
    begun, step, running, told = time.monotonic(), 0, torch.zeros(len(CLASSES), device=device), 0.0
    while (share := (time.monotonic() - begun) / 60 / given.minutes) < 1:
        for group in optimizer.param_groups:
            warm = min(1.0, (step + 1) / WARM_STEPS)
            group["lr"] = given.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
        with torch.no_grad():
            channels, shares = seen.virtual_ct(chance)
        # Half the time of single precision on processors that know bfloat16, with the same result.
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = network(channels)
        loss, dice = loss_of(logits, shares)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        running = dice if step == 0 else 0.98 * running + 0.02 * dice
        step += 1
        if share - told > 0.05 or step in (1, 20, 100):
            told = share
            print(f"{step} steps, {share:.0%}: loss {float(loss.detach()):.3f} {_said(running)}", flush=True)
    print(
        f"{step} steps of {given.batch}. Unseen heads: {_said(_judged(network, unseen, device))}", flush=True
    )


@torch.no_grad()
def _judged(network: UNet, unseen: VirtualHeads, device: torch.device) -> torch.Tensor:
    """Dice of the likeliest class with the class that fills most of a cell, mean over virtual CTs."""
    chance, scores = Chance(7, 3, device), []
    for _ in range(UNSEEN_SCANS // 3):
        channels, shares = unseen.virtual_ct(chance)
        said, true = network(channels).argmax(1), shares.argmax(1)
        for a, b in zip(said, true, strict=True):
            same = torch.stack([((a == k) & (b == k)).sum() for k in range(len(CLASSES))])
            both = torch.stack([(a == k).sum() + (b == k).sum() for k in range(len(CLASSES))])
            scores.append(2 * same / both.clamp(min=1))
    return torch.stack(scores).mean(0)


def _said(dice: torch.Tensor) -> str:
    return " ".join(f"{name} {float(d):.3f}" for name, d in zip(CLASSES, dice, strict=True))


def _kept(given: argparse.Namespace, name: str) -> TrainingHeads:
    """The heads from the folder of an earlier run, or laid on the lattice now and kept there."""
    path = given.kept / f"{name}.npz"
    if not path.exists():
        from build_atlas.labels import AVERAGED, HELD_OUT

        training_heads(given.heads, AVERAGED if name == "averaged" else HELD_OUT).saved(path)
    return TrainingHeads.loaded(path)


def _virtual(heads: TrainingHeads, device: torch.device) -> VirtualHeads:
    return VirtualHeads(torch.from_numpy(heads.shares).to(device))


def export(network: UNet, path: Path) -> None:
    """The network as ONNX, its weights kept in half precision and turned back to single as they are loaded."""
    import onnx

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
    onnx.save(_halved(onnx.load(path)), path)


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Every large weight in half precision, behind a cast that the runtime folds away."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != "float32" or values.size < LEAST_HALVED:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype("float16"), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="train_parcellation", description=__doc__)
    parser.add_argument(
        "--heads", type=Path, default=Path("../shared/data/head_labels"), help="folder of the label maps"
    )
    parser.add_argument(
        "--kept", type=Path, default=Path("out/heads"), help="where heads on the lattice are kept"
    )
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights (.pt) to go on from")
    parser.add_argument("--weights-only", action="store_true", help="write no .onnx")
    parser.add_argument("--out", type=Path, default=Path("out/parcellation.onnx"))
    return parser


if __name__ == "__main__":
    main()
