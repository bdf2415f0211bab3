"""Error against size, density, thickness and noise, as SVG: median and middle half of each class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from precision.compare import Row

WIDTH: Final = 760
HEIGHT: Final = 330
PANEL: Final = 300
TOP: Final = 62
BOTTOM: Final = 46
LEFT: Final = 58
RANGE: Final = 60.0
"""Percent shown above and below zero; what lies beyond is drawn at the edge."""
COLOURS: Final = {"thin": "#0072B2", "thick": "#D55E00", "fixed": "#888888"}
"""Okabe and Ito's blue and vermilion, and gray."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One method on some slices."""

    name: str
    colour: str
    holds: Callable[[Row], bool]
    errors: Callable[[Row], tuple[float, float]]
    dashed: bool = False


def _own(r: Row) -> tuple[float, float]:
    return 100 * ((r.mg or 0.0) / r.true_mg - 1), 100 * ((r.mm3 or 0.0) / r.true_mm3 - 1)


def _fixed(r: Row) -> tuple[float, float]:
    return 100 * (r.fixed_mg / r.true_mg - 1), 100 * (r.fixed_mm3 / r.true_mm3 - 1)


def _thin(r: Row) -> bool:
    return r.slice_mm <= 1


def _thick(r: Row) -> bool:
    return r.slice_mm >= 5


def _any(r: Row) -> bool:
    return True


BY_SLICE: Final = (
    Series(name="slices up to 1 mm", colour=COLOURS["thin"], holds=_thin, errors=_own),
    Series(name="5 mm slices", colour=COLOURS["thick"], holds=_thick, errors=_own),
    Series(name="fixed 100 HU, up to 1 mm", colour=COLOURS["fixed"], holds=_thin, errors=_fixed),
    Series(name="fixed 100 HU, 5 mm", colour=COLOURS["fixed"], holds=_thick, errors=_fixed, dashed=True),
)
ALL: Final = (
    Series(name="brainsand", colour=COLOURS["thin"], holds=_any, errors=_own),
    Series(name="fixed 100 HU", colour=COLOURS["fixed"], holds=_any, errors=_fixed),
)

Classes = Sequence[tuple[str, Callable[[Row], bool]]]


def _between(low: float, high: float, value: Callable[[Row], float]) -> Callable[[Row], bool]:
    return lambda r: low <= value(r) < high


def _classes(ends: Sequence[float], value: Callable[[Row], float]) -> Classes:
    """Classes from end to end, the first and the last open outwards."""
    open_ends = [-np.inf, *ends[1:-1], np.inf]
    return [
        (f"{a:g}-{b:g}", _between(low, high, value))
        for a, b, low, high in zip(ends, ends[1:], open_ends, open_ends[1:], strict=False)
    ]


def plots(rows: Sequence[Row]) -> dict[str, tuple[str, str]]:
    """Name of the file: caption and SVG, for the bodies that were found."""
    found = [r for r in rows if r.mg is not None and r.mm3 is not None]
    large = [r for r in found if r.true_mm3 >= 20]
    sizes = _classes((5, 20, 50, 150, 500, 2600), lambda r: r.true_mm3)
    densities = _classes((100, 150, 250, 400, 800), lambda r: r.density_hu)
    noises = _classes((3, 4.5, 6.2, 8, 10), lambda r: r.noise_hu)
    slices = [
        (f"{t:g}", _between(t - 0.01, t + 0.01, lambda r: r.slice_mm))
        for t in sorted({r.slice_mm for r in rows})
    ]
    return {
        "error-by-size": ("Error by true volume", _figure("true volume, mm³", sizes, found, BY_SLICE)),
        "error-by-density": (
            "Error by density",
            _figure("attenuation above tissue, HU", densities, large, BY_SLICE),
        ),
        "error-by-thickness": (
            "Error by slice thickness",
            _figure("slice thickness, mm", slices, large, ALL),
        ),
        "error-by-noise": ("Error by noise", _figure("noise, HU", noises, large, ALL)),
    }


def _figure(axis: str, classes: Classes, rows: Sequence[Row], series: Sequence[Series]) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _legend(series),
    ]
    for n, name in enumerate(("mass", "volume")):
        x = LEFT + n * (PANEL + 62)
        parts.append(_frame(x, f"error of the {name}, %", axis, [c[0] for c in classes]))
        for m, one in enumerate(series):
            own = [r for r in rows if one.holds(r)]
            parts.append(_marks(x, classes, own, one, which=n, place=(m + 0.5) / len(series)))
    return "\n".join([*parts, "</svg>", ""])


def _y(value: float) -> float:
    share = (float(np.clip(value, -RANGE, RANGE)) + RANGE) / (2 * RANGE)
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _legend(series: Sequence[Series]) -> str:
    parts, x = [], float(LEFT)
    for one in series:
        dash = ' stroke-dasharray="3 3"' if one.dashed else ""
        line = f'<line x1="{x:.0f}" y1="16" x2="{x + 20:.0f}" y2="16"'
        parts.append(f'{line} stroke="{one.colour}" stroke-width="3"{dash}/>')
        parts.append(f'<text x="{x + 26:.0f}" y="20">{one.name}</text>')
        x += 52 + 6.7 * len(one.name)
    return "\n".join(parts)


def _frame(x: float, title: str, axis: str, names: Sequence[str]) -> str:
    parts = [f'<text x="{x}" y="{TOP - 12}" font-weight="bold">{title}</text>']
    for value in range(-60, 61, 20):
        y = _y(value)
        width, colour = ("1.5", "#333") if value == 0 else ("0.5", "#bbb")
        line = f'<line x1="{x}" y1="{y:.1f}" x2="{x + PANEL}" y2="{y:.1f}"'
        parts.append(f'{line} stroke="{colour}" stroke-width="{width}"/>')
        parts.append(
            f'<text x="{x - 6}" y="{y + 4:.1f}" text-anchor="end">{f"{value:+d}" if value else 0}</text>'
        )
    for n, name in enumerate(names):
        middle = x + (n + 0.5) * PANEL / len(names)
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{name}</text>')
    parts.append(f'<text x="{x + PANEL / 2}" y="{HEIGHT - 8}" text-anchor="middle">{axis}</text>')
    return "\n".join(parts)


def _marks(x: float, classes: Classes, rows: Sequence[Row], one: Series, *, which: int, place: float) -> str:
    """A dot at the median, a bar over the middle half; nothing for fewer than three bodies."""
    step = PANEL / len(classes)
    parts = []
    for n, (_, holds) in enumerate(classes):
        values = [one.errors(r)[which] for r in rows if holds(r)]
        if len(values) < 3:
            continue
        low, middle, high = (_y(float(v)) for v in np.percentile(values, [25, 50, 75]))
        at = x + (n + 0.15 + 0.7 * place) * step
        dash = ' stroke-dasharray="3 3"' if one.dashed else ""
        line = f'<line x1="{at:.1f}" y1="{low:.1f}" x2="{at:.1f}" y2="{high:.1f}"'
        parts.append(
            f'{line} stroke="{one.colour}" stroke-width="3"{dash}/>'
            f'<circle cx="{at:.1f}" cy="{middle:.1f}" r="4" fill="{one.colour}"/>'
        )
    return "\n".join(parts)
