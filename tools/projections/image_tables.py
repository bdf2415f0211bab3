"""What the images are like: texture, shading, calibration, what they hold of a deposit. As tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from accuracy.tables import Table
from projections.cells import kept, median_range
from projections.conditions import CORRECTIONS
from projections.patches import PIXEL_MM, SIZE
from projections.rays import Beams
from projections.reconstruct import KERNELS
from projections.shading import Shade
from projections.spectrum import FILTERS_MM, tube
from projections.study import BODIES, CALIBRATED_KVPS, HEAD, KVPS, MAIN_KVP, MG_CM3, RADIUS_MM, Row, Study
from projections.texture import spread_of_phantom, spread_of_projections, texture_of_phantom

LITERATURE: Final[dict[str, dict[float, str]]] = {
    "published, simulated chest": {80.0: "0.579", 100.0: "0.677", 120.0: "0.745"},
    "published, measured chest": {100.0: "0.656", 120.0: "0.71 to 0.91"},
}
"""mg/cm3 per HU. Simulated: Black, Molloi, doi 10.1117/1.JMI.10.4.043502 (135 kV: 0.784). Measured: four
vendors, two sizes, van Praagh 2021, PMC8360117, as tabulated in MolloiLab/cac-qrm-phantom."""


def texture_table(study: Study, *, rng: np.random.Generator) -> Table:
    """Point spread and noise texture by kernel, beside the image-domain scanner's."""
    rows = []
    for kernel in KERNELS:
        spread, seen = spread_of_projections(kernel, Beams()), study.textures[kernel]
        rows.append((f"projections, {kernel}", spread, seen, *_noise_here(study, kernel)))
    for sharp in (False, True):
        seen = texture_of_phantom(SIZE, PIXEL_MM, sharp=sharp, rng=rng)
        name = f"image-domain scanner, {'sharp' if sharp else 'soft'}"
        rows.append((name, spread_of_phantom(sharp=sharp), seen, "as asked", "0.86"))
    return Table(
        title="Point spread and noise texture",
        head=(
            *("", "width mm", "undershoot %", "MTF 0.5 /mm", "MTF 0.1 /mm"),
            *("noise peak /mm", "noise mean /mm", "pixels together, 2 / 4.5 mm"),
            *("noise HU", "near vault / middle"),
        ),
        rows=tuple(
            (
                name,
                f"{s.width_mm:.2f}",
                f"{abs(s.undershoot) * 100:.1f}",
                f"{s.mtf_half:.2f}",
                f"{s.mtf_tenth:.2f}",
                f"{t.peak:.2f}",
                f"{t.mean:.2f}",
                f"{t.together[0]:.1f} / {t.together[1]:.1f}",
                noise,
                ratio,
            )
            for name, s, t, noise, ratio in rows
        ),
        notes=(
            "Noise at 120 kV, deep level, 1 mm slices. Pixels (0.45 mm) together: variance of a sum over a disc of",
            "that radius, over that of white noise. The last column of the scanner is its rule at 65 and 24 mm.",
        ),
    )


def _noise_here(study: Study, kernel: str) -> tuple[str, str]:
    at = {
        p: v
        for (level, kvp, k, p), v in study.noise_hu.items()
        if (level, kvp, k) == ("deep", MAIN_KVP, kernel)
    }
    middle = np.mean([at["lentiform left"], at["lentiform right"]])
    outer = np.mean([v for p, v in at.items() if "vault" in p])
    return f"{middle:.1f}", f"{outer / middle:.2f}"


def shade_table(shaded: Sequence[Shade]) -> Table:
    """Shading of the brain by beam hardening."""
    return Table(
        title="Shading inside the skull by beam hardening at 120 kV, HU, 4 mm off bone",
        head=("level, made by", "median", "deviation", "5th", "95th hundredth", "likeness"),
        rows=tuple(
            (
                f"{s.level}: {s.made_by}",
                f"{s.median_hu:+.1f}",
                f"{s.deviation_hu:.1f}",
                f"{s.low_hu:+.1f}",
                f"{s.high_hu:+.1f}",
                f"{s.like:+.2f}",
            )
            for s in shaded
        ),
        notes=("Hundredths about the median; likeness: correlation with what is corrected for water alone.",),
    )


def factor_table(study: Study) -> Table:
    """mg/cm3 of hydroxyapatite per HU, by what lies around and by voltage."""
    rows: list[tuple[str, ...]] = [
        (body, *(f"{1 / study.factor(body, kvp):.3f}" for kvp in CALIBRATED_KVPS)) for body in BODIES
    ]
    for level in ("deep", "petrous"):
        for correction in CORRECTIONS[1:]:
            cells = [_factor_in_head(study, level, correction, kvp) for kvp in CALIBRATED_KVPS]
            rows.append((f"head, {level} level, {correction}", *cells))
    for name, values in LITERATURE.items():
        rows.append((name, *(values.get(kvp, "") for kvp in CALIBRATED_KVPS)))
    return Table(
        title="Calibration: mg/cm3 of hydroxyapatite per HU (range over places)",
        head=("", *(f"{kvp:g} kV" for kvp in CALIBRATED_KVPS)),
        rows=tuple(rows),
        notes=(
            "Usual filter. Heads: of what the image holds, median over places; other bodies: in the middle.",
        ),
    )


def _factor_in_head(study: Study, level: str, correction: str, kvp: float) -> str:
    seen = [1 / r.seen for r in kept(study.rows, level=level, correction=correction, kvp=kvp, kernel="soft")]
    return f"{np.median(seen):.3f} ({min(seen):.3f} to {max(seen):.3f})" if seen else ""


def filter_table(study: Study) -> Table:
    """The same by filter, in the head without a skull, and the ratio to 120 kV."""
    rows = []
    for name in FILTERS_MM:
        factors = [1 / study.factor(HEAD, kvp, name) for kvp in CALIBRATED_KVPS]
        at_main = 1 / study.factor(HEAD, MAIN_KVP, name)
        cells = [f"{f:.3f} ({f / at_main:.3f})" for f in factors]
        rows.append((f"{name}, {tube(MAIN_KVP, name).half_value_mm():.1f} mm Al at 120 kV", *cells))
    return Table(
        title="Calibration by filter, 16 cm of brain without skull: mg/cm3 per HU (over that at 120 kV)",
        head=("filter, half-value layer", *(f"{kvp:g} kV" for kvp in CALIBRATED_KVPS)),
        rows=tuple(rows),
    )


def held(study: Study) -> Table:
    """What the image holds of a deposit, against brain without a skull."""
    rows = []
    for level in study.levels:
        for correction in CORRECTIONS:
            cells = []
            for kvp in KVPS:
                part = kept(study.rows, level=level.name, correction=correction, kvp=kvp)
                cells.append(median_range([study.bias(r, r.seen) for r in part]))
            part = kept(study.rows, level=level.name, correction=correction)
            rows.append((f"{level.name}: {correction}", *cells, f"{100 * _kernel_spread(study, part):.2f}"))
    return Table(
        title="Excess attenuation that the image holds, % off that in brain without a skull (range over places)",
        head=("", *(f"{kvp:g} kV" for kvp in KVPS), "kernels differ by"),
        rows=tuple(rows),
        notes=(
            f"Balls of {RADIUS_MM:g} mm radius and {MG_CM3:g} mg/cm3. One energy: off its own expectation.",
        ),
    )


def _kernel_spread(study: Study, part: Sequence[Row]) -> float:
    """The most by which what two kernels' images hold differs at one place, as a share."""
    groups: dict[tuple[str, float], list[float]] = {}
    for r in part:
        groups.setdefault((r.place, r.kvp), []).append(study.bias(r, r.seen))
    return max((max(g) - min(g) for g in groups.values()), default=float("nan"))
