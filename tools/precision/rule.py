"""The volume rule: coefficients fitted to simulated bodies, written to ``knowledge/volume.yaml``.

PYTHONPATH=tools python -m precision.rule            # 8000 bodies, some ten minutes
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from brainsand.errors import UsageError
from brainsand.measure.volume import TERMS, products, seen
from precision.bodies import Sample, sample

Floats = NDArray[np.float64]

RULE: Final = Path(__file__).resolve().parents[2] / "src/brainsand/knowledge/volume.yaml"
SMALLEST_MM3: Final = 2.0
FITTED_FROM_MM3: Final = 4.0
"""Smaller bodies are seen by luck of noise alone: they would teach the rule that luck."""
ONE_DEVIATION: Final = 0.683
USUAL: Final = {"ellipsoid": 1.5, "lump": 0.6}
"""How often each form is met, over how often it was made (others half): for the doubt, which is of the usual mix;
the volume itself is fitted to all forms alike."""
OTHER: Final = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate, fit, write."""
    own = argparse.ArgumentParser(prog="precision.rule", description=(__doc__ or "").partition("\n")[0])
    own.add_argument("--bodies", type=int, default=4500, help="of each seed")
    own.add_argument("--seeds", type=int, nargs="+", default=[11, 12])
    args = own.parse_args(argv)
    bodies = [b for seed in args.seeds for b in samples(args.bodies, rng=np.random.default_rng(seed))]
    RULE.write_text(as_yaml(fitted(bodies), args.bodies, args.seeds), encoding="utf-8")
    print(f"{RULE.name}: {len(bodies)} bodies")
    return 0


def samples(count: int, *, rng: np.random.Generator) -> list[Sample]:
    """So many bodies that were seen."""
    found: list[Sample] = []
    while len(found) < count:
        try:
            one = sample(rng)
        except UsageError:
            continue
        if one is not None and one.volume_mm3 >= SMALLEST_MM3:
            found.append(one)
    return found


def fitted(bodies: Sequence[Sample]) -> dict[str, list[float]]:
    """Coefficients of the volume (robust least squares) and of its deviation.

    Bodies count alike in every class of thickness against size, so that thick slices do not rule thin ones.
    """
    bodies = [b for b in bodies if b.volume_mm3 >= FITTED_FROM_MM3]
    values = np.array([seen(b.spread) for b in bodies])
    low, high = np.percentile(values, 0.5, axis=0), np.percentile(values, 99.5, axis=0)
    terms = products(np.clip(values, low, high))
    wanted = np.array([np.log(b.volume_mm3 / b.spread.filled_mm3) for b in bodies])
    weight = np.array([USUAL.get(b.form, OTHER) for b in bodies])
    doubt = np.full(len(wanted), 0.2)
    for _ in range(6):
        volume = _robust(terms, wanted, doubt)
        left = wanted - terms @ volume
        spread = _log_deviation(terms, left, weight)
        doubt = np.exp(terms @ spread)
    return {"low": low.tolist(), "high": high.tolist(), "volume": volume.tolist(), "doubt": spread.tolist()}


def _robust(terms: Floats, wanted: Floats, doubt: Floats) -> Floats:
    ridge = 1e-3 * np.eye(terms.shape[1])
    weight = 1 / doubt**2
    for _ in range(8):
        found = np.linalg.solve(
            (terms * weight[:, None]).T @ terms + ridge, (terms * weight[:, None]).T @ wanted
        )
        left = (wanted - terms @ found) / doubt
        weight = 1 / doubt**2 / (1 + (left / 2) ** 2)
    return np.asarray(found)


def _log_deviation(terms: Floats, left: Floats, weight: Floats) -> Floats:
    """The deviation as a polynomial in what is seen, so that 68 % of what is left lies within one."""
    size = np.maximum(np.abs(left), 1e-3)
    share = weight / weight.sum()

    def loss(c: Floats) -> tuple[float, Floats]:
        scale = np.clip(terms @ c, -6, 1)
        ratio = size / np.exp(scale)
        # Student's t with 5 degrees: tails of odd shapes do not rule the middle.
        value = scale + 3 * np.log1p(ratio**2 / 5)
        slope = 1 - 6 * (ratio**2 / 5) / (1 + ratio**2 / 5)
        return float(share @ value + 1e-4 * c @ c), np.asarray(terms.T @ (share * slope) + 2e-4 * c)

    start = np.zeros(terms.shape[1])
    start[0] = float(np.log(np.median(size) * 1.48))
    found = np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)
    ratio = size / np.exp(terms @ found)
    order = np.argsort(ratio)
    middle = order[int(np.searchsorted(np.cumsum(share[order]), ONE_DEVIATION))]
    found[0] += float(np.log(ratio[middle]))
    return found


def as_yaml(rule: dict[str, Any], bodies: int, seeds: Sequence[int]) -> str:
    """The rule as it is stored."""
    lines = [
        "# The volume rule of measure/volume.py. Made by `python -m precision.rule`; not to be changed by hand.",
        f"# Terms, in order: {', '.join(TERMS)}; then every product of two.",
        f"made_from: {{bodies_of_each: {bodies}, seeds: [{', '.join(map(str, seeds))}]}}",
    ]
    lines += [
        f"{name}: [{', '.join(f'{v:.6g}' for v in rule[name])}]"
        for name in ("low", "high", "volume", "doubt")
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
