"""The tables: error of mass and volume by thickness beside the aims and the fixed threshold, and coverage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precision.compare import Row

LEAST_MM3: Final = 20.0
"""The aims are for bodies of at least this volume."""
THIN_MM: Final = 1.0
AIMS: Final = {
    ("mass", True): (3, 6),
    ("mass", False): (6, 15),
    ("volume", True): (5, 10),
    ("volume", False): (10, 20),
}
COVER_AIM: Final = (0.60, 0.76)
TOTAL_AIM: Final = 8.0


def report(rows: Sequence[Row]) -> str:
    """Every table, as text of fixed width."""
    return "\n\n".join([errors(rows), coverage(rows), totals(rows), by_size(rows), by_form(rows)])


def counted(rows: Sequence[Row]) -> list[Row]:
    """Found, of at least 20 mm3, one body to an island or islands of one body."""
    return [r for r in rows if r.mm3 is not None and r.mg is not None and r.true_mm3 >= LEAST_MM3]


def errors(rows: Sequence[Row]) -> str:
    """Median bias and median absolute error in percent, brainsand beside the fixed threshold."""
    use = counted(rows)
    lines = [
        f"Error, deposits of at least {LEAST_MM3:.0f} mm3: median bias / median absolute error, %",
        f"  {'slices':<12}{'n':>5}  {'mass':>13}{'fixed 100 HU':>16}  {'volume':>13}{'fixed 100 HU':>16}  missed",
    ]
    for thickness in sorted({r.slice_mm for r in rows}):
        own = [r for r in use if r.slice_mm == thickness]
        missed = sum(
            r.true_mm3 for r in rows if r.slice_mm == thickness and r.true_mm3 >= LEAST_MM3 and r.mg is None
        )
        gone = sum(r.mg is None and r.true_mm3 >= LEAST_MM3 for r in rows if r.slice_mm == thickness)
        lines.append(
            f"  {thickness:<4g} mm     {len(own):>5}  {_pair(own, _mass):>13}{_pair(own, _fixed_mass):>16}"
            f"  {_pair(own, _volume):>13}{_pair(own, _fixed_volume):>16}  {gone} ({missed:.0f} mm3)"
        )
    for name, thin in (("<= 1 mm", True), ("5 mm", False)):
        m, v = AIMS["mass", thin], AIMS["volume", thin]
        lines.append(f"  aim, {name:<8}{'':>4}  {f'{m[0]} / {m[1]}':>13}{'':>16}  {f'{v[0]} / {v[1]}':>13}")
    return "\n".join(lines)


def coverage(rows: Sequence[Row]) -> str:
    """Share of bodies whose truth lies within one and two stated deviations."""
    lines = [
        "Truth within one (two) stated deviations, share of deposits of any size found (aim 0.60 to 0.76, 0.95)",
        f"  {'slices':<12}{'n':>5}{'excess':>16}{'volume':>16}{'mass, scanner drawn':>22}",
    ]
    found = [r for r in rows if r.mg is not None and r.mm3 is not None and r.bodies == 1]
    for thickness in sorted({r.slice_mm for r in rows}):
        own = [r for r in found if r.slice_mm == thickness]
        lines.append(
            f"  {thickness:<4g} mm     {len(own):>5}{_cover(own, _excess_ratio):>16}{_cover(own, _volume_ratio):>16}"
            f"{_cover(own, _mass_ratio):>22}"
        )
    return "\n".join(lines)


def totals(rows: Sequence[Row]) -> str:
    """All mass of one patient: how far the thicknesses and tilts spread, in percent of their mean."""
    lines = [
        "Total mass of a patient over all thicknesses and tilts: (largest - smallest) / mean, %; bodies found "
        "at every thickness"
    ]
    spreads, fixed = [], []
    for patient in sorted({r.patient for r in rows}):
        own = _everywhere([r for r in rows if r.patient == patient])
        sums = [sum(r.mg or 0 for r in own if r.slice_mm == t) for t in sorted({r.slice_mm for r in own})]
        plain = [sum(r.fixed_mg for r in own if r.slice_mm == t) for t in sorted({r.slice_mm for r in own})]
        truth = sum(r.true_mg for r in own) / len({r.slice_mm for r in own})
        if len(sums) > 1:
            spreads.append(100 * (max(sums) - min(sums)) / float(np.mean(sums)))
            fixed.append(100 * (max(plain) - min(plain)) / float(np.mean(plain)))
            lines.append(
                f"  {patient:<16} true {truth:7.0f} mg, measured {' '.join(f'{s:7.0f}' for s in sums)}  "
                f"spread {spreads[-1]:4.1f}   fixed 100 HU {fixed[-1]:5.1f}"
            )
    if spreads:
        lines.append(
            f"  median {np.median(spreads):.1f}, most {max(spreads):.1f} (aim {TOTAL_AIM:.0f}); "
            f"fixed 100 HU median {np.median(fixed):.1f}, most {max(fixed):.1f}"
        )
    return "\n".join(lines)


def _everywhere(rows: Sequence[Row]) -> list[Row]:
    """The rows whose bodies were found at every thickness, as far as islands join the same ones."""
    thicknesses = {r.slice_mm for r in rows}
    lost = {n for r in rows if r.mg is None for n in r.numbers}
    grown = True
    while grown:
        more = {n for r in rows if lost & set(r.numbers) for n in r.numbers}
        grown, lost = not more <= lost, lost | more
    kept = [r for r in rows if not lost & set(r.numbers)]
    return kept if {r.slice_mm for r in kept} == thicknesses else []


def by_size(rows: Sequence[Row]) -> str:
    """The same errors by volume and by density."""
    found = [r for r in rows if r.mg is not None and r.mm3 is not None]
    lines = ["Error by size and density: median bias / median absolute error, %"]
    classes: list[tuple[str, Callable[[Row], bool]]] = [
        ("5 to 20 mm3", lambda r: r.true_mm3 < 20),
        ("20 to 100 mm3", lambda r: 20 <= r.true_mm3 < 100),
        ("100 to 500 mm3", lambda r: 100 <= r.true_mm3 < 500),
        ("500 mm3 and more", lambda r: r.true_mm3 >= 500),
        ("under 200 HU", lambda r: r.density_hu < 200),
        ("200 to 400 HU", lambda r: 200 <= r.density_hu < 400),
        ("400 HU and more", lambda r: r.density_hu >= 400),
    ]
    thicknesses = sorted({r.slice_mm for r in rows})
    lines.append("  " + f"{'':<18}" + "".join(f"{f'mass, {t:g} mm':>16}{'volume':>14}" for t in thicknesses))
    for name, holds in classes:
        cells = []
        for t in thicknesses:
            own = [r for r in found if r.slice_mm == t and holds(r)]
            cells.append(f"{_pair(own, _mass):>16}{_pair(own, _volume):>14}")
        lines.append(f"  {name:<18}" + "".join(cells))
    return "\n".join(lines)


def by_form(rows: Sequence[Row]) -> str:
    """The same errors by the planted form, bodies alone in their islands."""
    found = [r for r in counted(rows) if r.bodies == 1]
    thicknesses = sorted({r.slice_mm for r in rows})
    lines = ["Error by form: median bias / median absolute error, %"]
    lines.append("  " + f"{'':<18}" + "".join(f"{f'mass, {t:g} mm':>16}{'volume':>14}" for t in thicknesses))
    for form in sorted({f for r in found for f in r.forms}):
        cells = []
        for t in thicknesses:
            own = [r for r in found if r.slice_mm == t and r.forms == (form,)]
            cells.append(f"{_pair(own, _mass):>16}{_pair(own, _volume):>14}")
        lines.append(f"  {form:<18}" + "".join(cells))
    return "\n".join(lines)


def _mass(r: Row) -> float:
    return (r.mg or 0.0) / r.true_mg - 1


def _volume(r: Row) -> float:
    return (r.mm3 or 0.0) / r.true_mm3 - 1


def _fixed_mass(r: Row) -> float:
    return r.fixed_mg / r.true_mg - 1


def _fixed_volume(r: Row) -> float:
    return r.fixed_mm3 / r.true_mm3 - 1


def _excess_ratio(r: Row) -> float:
    return ((r.mg or 0.0) - r.true_mg) / ((r.excess_share_pm or 0.0) * (r.mg or 0.0) or 1e-9)


def _volume_ratio(r: Row) -> float:
    return ((r.mm3 or 0.0) - r.true_mm3) / (r.mm3_pm or 1e-9)


def _mass_ratio(r: Row) -> float:
    return ((r.mg or 0.0) * r.drawn_gain - r.true_mg) / ((r.mg_pm or 1e-9) * r.drawn_gain)


def _pair(rows: Sequence[Row], error: Callable[[Row], float]) -> str:
    if not rows:
        return "-"
    values = 100 * np.array([error(r) for r in rows])
    return f"{np.median(values):+.1f} / {np.median(np.abs(values)):.1f}"


def _cover(rows: Sequence[Row], ratio: Callable[[Row], float]) -> str:
    if not rows:
        return "-"
    values: NDArray[np.float64] = np.abs([ratio(r) for r in rows])
    return f"{(values < 1).mean():.2f} ({(values < 2).mean():.2f})"
