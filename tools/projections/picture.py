"""One picture of the check: the slices with and without hardening, what is read by place, noise and calibration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image

from projections.head import Level
from projections.patches import PIXEL_MM, SIZE
from projections.reconstruct import KERNELS
from projections.study import CALIBRATED_KVPS, HEAD, MAIN_KVP, NOISY, Study
from projections.texture import texture_of_phantom

Floats32 = NDArray[np.float32]

_WINDOW: Final = {"vmin": 0, "vmax": 80, "cmap": "gray"}
_INKS: Final = {"soft": "#1f5fa8", "sharp": "#c2571a", "edge": "#4b8b3b"}


def drawn(study: Study, pictures: Mapping[str, Mapping[str, Floats32]], path: Path) -> None:
    """Draw and save as PNG."""
    figure, axes = plt.subplots(2, 4, figsize=(15, 7.6), layout="constrained", width_ratios=(3, 3, 4, 4))
    for row, level in enumerate(study.levels):
        for column, correction in enumerate(("water", NOISY)):
            _slice(axes[row, column], pictures[level.name][correction], level, correction)
    _by_place(axes[0, 2], study, study.levels[0])
    _by_place(axes[1, 2], study, study.levels[1])
    _noise(axes[0, 3], study)
    _calibration(axes[1, 3], study)
    figure.savefig(path, dpi=95)
    plt.close(figure)
    Image.open(path).convert("RGB").quantize(160).save(path, optimize=True)


def _slice(axes: Axes, hu: Floats32, level: Level, correction: str) -> None:
    half = len(hu) / 2
    axes.imshow(hu, extent=(-half, half, half, -half), interpolation="bilinear", **_WINDOW)
    for number, (x, y) in enumerate(level.places.values(), start=1):
        axes.text(x, y, str(number), color="#e8402a", fontsize=10, weight="bold", ha="center", va="center")
    axes.set(title=f"{level.name} level, corrected for\n{correction} (0 to 80 HU)", xticks=[], yticks=[])
    axes.set(xlim=(-90, 90), ylim=(112, -112))


def _by_place(axes: Axes, study: Study, level: Level) -> None:
    rows = [r for r in study.rows if (r.level, r.kvp, r.correction) == (level.name, MAIN_KVP, NOISY)]
    at = np.arange(1, len(level.places) + 1)
    for offset, kernel in zip((-0.2, 0.0, 0.2), KERNELS, strict=True):
        own = [r for r in rows if r.kernel == kernel]
        spread = [
            100 * np.std([q.read / study.expected(MAIN_KVP, NOISY) for q in study.repeats if q.row is r])
            for r in own
        ]
        read = [100 * study.bias(r, r.read) for r in own]
        axes.errorbar(at + offset, read, spread, fmt="o", ms=4, color=_INKS[kernel], label=f"read, {kernel}")
    seen = [100 * study.bias(r, r.seen) for r in rows if r.kernel == "soft"]
    axes.plot(at, seen, "k_", ms=16, label="in the image")
    axes.axhline(0, color="0.6", lw=0.8)
    names = [f"{n}  {p}" for n, p in enumerate(level.places, start=1)]
    axes.set(
        ylim=(-50, 115), xticks=at, ylabel="% off brain without skull", title=f"excess, {level.name} level"
    )
    axes.set_xticklabels(names, rotation=35, ha="right", fontsize=7)
    axes.legend(fontsize=7, loc="upper left", ncols=2)


def _noise(axes: Axes, study: Study) -> None:
    for kernel in KERNELS:
        seen = study.textures[kernel]
        axes.plot(
            seen.frequency, seen.power / seen.power.max(), color=_INKS[kernel], label=f"projections, {kernel}"
        )
    for sharp, style in ((False, ":"), (True, "--")):
        seen = texture_of_phantom(SIZE, PIXEL_MM, sharp=sharp, rng=np.random.default_rng(0))
        name = f"image-domain, {'sharp' if sharp else 'soft'}"
        axes.plot(seen.frequency, seen.power / seen.power.max(), "k", ls=style, label=name)
    axes.set(title="noise power, highest = 1", xlabel="per mm")
    axes.legend(fontsize=7)


def _calibration(axes: Axes, study: Study) -> None:
    shown = {HEAD: "0.5", "water, 20 x 30 cm": "#7a9cc6", "water, 30 x 40 cm": "#1f5fa8"}
    for body, ink in shown.items():
        factors = [1 / study.factor(body, kvp) for kvp in CALIBRATED_KVPS]
        axes.plot(CALIBRATED_KVPS, factors, "-", color=ink, label=body)
    for level, mark in (("deep", "o"), ("petrous", "s")):
        rows = [r for r in study.rows if (r.level, r.correction, r.kernel) == (level, NOISY, "soft")]
        axes.plot(
            [r.kvp for r in rows], [1 / r.seen for r in rows], mark, ms=4, mfc="none", label=f"head, {level}"
        )
    axes.plot((80, 100, 120, 135), (0.579, 0.677, 0.745, 0.784), "k--", lw=1, label="published, simulated")
    measured = (0.714, 0.725, 0.783, 0.797, 0.751, 0.816, 0.911, 0.88)
    axes.plot([120] * len(measured), measured, "kx", ms=5, label="published, measured")
    axes.set(title="mg/cm³ per HU", xlabel="kV")
    axes.legend(fontsize=7)
