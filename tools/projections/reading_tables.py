"""What brainsand reads of deposits in these images. As tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from accuracy.tables import Table
from projections.cells import kept, median_range, percent
from projections.conditions import CORRECTIONS
from projections.image_domain import STRENGTHS
from projections.reconstruct import KERNELS
from projections.study import KVPS, MAIN_KVP, NOISY, Repeat, Row, Study


def by_place(study: Study) -> Table:
    """What brainsand reads at 120 kV, place by place, without noise and with."""
    rows = []
    for level in study.levels:
        for place in level.places:
            part = kept(study.rows, level=level.name, place=place, correction=NOISY, kvp=MAIN_KVP)
            cells = [" / ".join(percent(study.bias(r, r.read)) for r in part)]
            cells += [_repeated(study, r) for r in part]
            rows.append((f"{level.name}: {place}", percent(study.bias(part[0], part[0].seen)), *cells))
    return Table(
        title="Excess read by brainsand at 120 kV, % off that in brain without a skull",
        head=("place", "in the image", "read, soft / sharp / edge", *(f"with noise, {k}" for k in KERNELS)),
        rows=tuple(rows),
        notes=("Corrected for water and bone. With noise: mean and deviation over repeats.",),
    )


def causes(study: Study) -> Table:
    """Where the error of a reading comes from, place by place, in both worlds."""
    rows = []
    for level in study.levels:
        for place in level.places:
            own = _errors(study, level.name, place, "one energy")
            plain, shaded = (_simple(study, level.name, place, s) for s in STRENGTHS)
            cells = [_three(own), _three(plain)]
            for correction in CORRECTIONS[1:]:
                part = kept(study.rows, level=level.name, place=place, correction=correction, kvp=MAIN_KVP)
                hardened = _errors(study, level.name, place, correction)
                cells += [percent(study.bias(part[0], part[0].seen)), _three(_less(hardened, own))]
            rows.append((f"{level.name}: {place}", *cells, _three(_less(shaded, plain))))
    return Table(
        title="Where the error comes from at 120 kV, % of the true excess: soft / sharp / edge",
        head=(
            *("place", "the measure's own", "the same, image-domain, soft / sharp"),
            *("water: lost in the image", "added to the measure's"),
            *("water and bone: lost in the image", "added to the measure's"),
            "added, image-domain at 1, soft / sharp",
        ),
        rows=tuple(rows),
        notes=(
            "The measure's own: read less held by the image, X-rays of one energy. Added: by how much that",
            "changes with the spectrum, which is what beam hardening does to the background and the blur.",
        ),
    )


def _simple(study: Study, level: str, place: str, strength: float) -> list[float]:
    """Errors in the image-domain scanner's images, soft and sharp."""
    return [study.in_image_domain[level, sharp, strength][place] for sharp in (False, True)]


def _less(these: Sequence[float], those: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(these, those, strict=True)]


def _three(shares: Sequence[float]) -> str:
    return " / ".join(map(percent, shares))


def _errors(study: Study, level: str, place: str, correction: str) -> list[float]:
    """Read less held by the image, by kernel, as shares of the expected."""
    part = kept(study.rows, level=level, place=place, correction=correction, kvp=MAIN_KVP)
    return [study.bias(r, r.read) - study.bias(r, r.seen) for r in part]


def _repeated(study: Study, row: Row) -> str:
    own = [study.bias(row, r.read) for r in study.repeats if r.row is row]
    return f"{100 * np.mean(own):+.0f} ± {100 * np.std(own, ddof=1):.1f}" if len(own) > 1 else "-"


def by_voltage(study: Study) -> Table:
    """What brainsand reads by voltage and kernel, places at least 6 mm off bone."""
    rows = []
    for level in study.levels:
        for kernel in KERNELS:
            cells = []
            for kvp in KVPS:
                part = kept(study.rows, level=level.name, correction=NOISY, kvp=kvp, kernel=kernel)
                cells.append(median_range([study.bias(r, r.read) for r in part if r.place in level.clear]))
            rows.append((f"{level.name}: {kernel}", *cells))
    return Table(
        title="Excess read by brainsand at least 6 mm off bone, % off that in brain without a skull",
        head=("", *(f"{kvp:g} kV" for kvp in KVPS)),
        rows=tuple(rows),
        notes=("Corrected for water and bone, no noise: median over places (range).",),
    )


def masses(study: Study) -> Table:
    """Milligrams read against milligrams put in, with the calibration brainsand ships."""
    rows = []
    for level in study.levels:
        for correction in CORRECTIONS[1:]:
            for kernel in KERNELS:
                cells = []
                for kvp in KVPS:
                    part = kept(study.rows, level=level.name, correction=correction, kvp=kvp, kernel=kernel)
                    cells.append(_mass_cell([r for r in part if r.place in level.clear]))
                rows.append((f"{level.name}: {correction}, {kernel}", *cells))
    return Table(
        title="Mass read at least 6 mm off bone, % off the true mass (range; how many within the stated ±)",
        head=("", *(f"{kvp:g} kV" for kvp in KVPS)),
        rows=tuple(rows),
        notes=("No noise. The calibration is brainsand's own at each voltage, the filter the usual one.",),
    )


def _mass_cell(part: Sequence[Row]) -> str:
    sized = [r for r in part if r.mass_mg is not None and r.mass_pm_mg is not None]
    if not sized:
        return "-"
    within = sum(abs(r.mass_mg - r.ball.mass_mg) <= r.mass_pm_mg for r in sized)
    return f"{median_range([r.mass_mg / r.ball.mass_mg - 1 for r in sized])}, {within} of {len(sized)}"


def others(study: Study) -> Table:
    """Other sizes and densities at the deep level."""
    level = study.levels[0]
    rows = []
    for radius, mg in dict.fromkeys((r.ball.radius_mm, r.ball.mg_cm3) for r in study.others):
        part = [r for r in study.others if (r.ball.radius_mm, r.ball.mg_cm3) == (radius, mg)]
        clear = [study.bias(r, r.read) for r in part if r.place in level.clear]
        cells = [median_range([study.bias(r, r.seen) for r in part]), median_range(clear)]
        for gap in ("3 mm", "1 mm"):
            near = [r for r in part if r.place.startswith(gap)]
            cells.append(" / ".join(percent(study.bias(r, r.read)) for r in near))
        rows.append((f"{radius:g} mm, {mg:g} mg/cm3", *cells))
    return Table(
        title="Other balls, deep level, 120 kV, water and bone: % off brain without a skull",
        head=(
            "radius, density",
            "in the image",
            "read, 6 mm off bone and more",
            "read, 3 mm off",
            "read, 1 mm off",
        ),
        rows=tuple(rows),
        notes=("Near bone by kernel: soft / sharp / edge.",),
    )


def stated(study: Study) -> Table:
    """Does the ± that brainsand states hold? Against what the image holds."""
    rows = []
    clear = {(level.name, place) for level in study.levels for place in level.clear}
    for kernel in KERNELS:
        for kvp in KVPS:
            part = [r for r in study.repeats if (r.row.kernel, r.row.kvp) == (kernel, kvp)]
            far = [r for r in part if (r.row.level, r.row.place) in clear]
            noise = [v for (_, k, n, _), v in study.noise_hu.items() if (k, n) == (kvp, kernel)]
            rows.append(
                (
                    f"{kernel}, {kvp:g} kV",
                    f"{np.mean(noise):.1f}",
                    f"{_scatter(far):.1f}",
                    f"{100 * np.median([r.pm / r.read for r in far]):.1f}",
                    _within(far),
                    _within([r for r in part if r not in far]),
                )
            )
    return Table(
        title="Does the stated ± hold? Readings within it of what the image holds",
        head=("", "noise HU", "spread by noise %", "stated ± %", "6 mm off bone and more", "nearer"),
        rows=tuple(rows),
        notes=(
            "Water and bone. Spread and ±: at least 6 mm off bone, one deviation; 68 % should lie within.",
        ),
    )


def _scatter(repeats: Sequence[Repeat]) -> float:
    """Deviation of readings about the mean of their own place, pooled, % of the reading."""
    groups: dict[int, list[float]] = {}
    for r in repeats:
        groups.setdefault(id(r.row), []).append(r.read)
    squares = [(v / np.mean(g) - 1) ** 2 for g in groups.values() for v in g]
    return 100 * float(np.sqrt(sum(squares) / max(len(squares) - len(groups), 1)))


def _within(part: Sequence[Repeat]) -> str:
    hits = [abs(r.read - r.row.seen) <= r.pm for r in part]
    return f"{100 * np.mean(hits):.0f} % of {len(hits)}" if hits else "-"
