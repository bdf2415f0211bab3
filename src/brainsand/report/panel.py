"""One picture with what is drawn upon it: outlines, numbers, letters, ticks and a scale bar, as inline SVG.

The SVG's unit is the millimetre, so the bar is 20 units long and outlines stay crisp at any size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from brainsand.arrays.beside import each
from brainsand.report.figure import LETTERS, Pixels, Plane, png_uri

KIND_COLOURS: Final = {
    "ectopic": "#D55E00",
    "indeterminate": "#F0E442",
    "age_related": "#56B4E9",
    "vascular": "#CC79A7",
    "physiologic": "#009E73",
}
"""Okabe and Ito's colours that can be told apart with any colour vision (jfly.uni-koeln.de/color)."""

KIND_DASHES: Final = {
    "ectopic": "",
    "indeterminate": "5 3",
    "age_related": "1.5 2.5",
    "vascular": "7 2.5 1.5 2.5",
    "physiologic": "",
}
"""Dashes in screen pixels: with the weight of the line (ectopic heavy, physiologic fine) the kind can be told
without colour."""

BAR_MM: Final = 20


Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One deposit in a picture: its outline as an SVG path (may be empty) and the box it fills, in mm."""

    id: int
    kind: str
    path: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A square picture of ``side_mm``, ready to be drawn."""

    plane: Plane
    pixels: Pixels
    side_mm: float
    scale: int
    words: str
    window: str
    marks: tuple[Mark, ...] = ()
    tick: tuple[float, float] | None = None
    """Where the lesion lies (x, y, mm): ticks at the edges point to it."""


def panels_svg(panels: Sequence[Panel]) -> list[str]:
    """The pictures of :func:`panel_svg`, in their order, made side by side."""
    return each(panel_svg, panels)


def panel_svg(panel: Panel) -> str:
    """The picture as one ``<svg>`` element."""
    side = panel.side_mm
    label = escape(f"{panel.words}. {_letters_words(panel.plane)}.", quote=True)
    parts = [
        f'<svg class="panel" viewBox="0 0 {side:g} {side:g}" role="img" aria-label="{label}">',
        f'<image width="{side:g}" height="{side:g}" href="{png_uri(panel.pixels, scale=panel.scale)}"/>',
        *(_mark_svg(mark) for mark in panel.marks if mark.path),
        _numbers_svg(panel),
        _ticks_svg(panel),
        _letters_svg(panel),
        _bar_svg(panel),
        "</svg>",
    ]
    return "".join(parts)


def swatch_svg(kind: str) -> str:
    """A short line in the colour and dash of a kind, for tables and legends."""
    return (
        f'<svg class="swatch" viewBox="0 0 30 8" aria-hidden="true">'
        f'<rect width="30" height="8" rx="1.5" fill="#222"/>'
        f'<path class="{kind}" d="M2 4H28" stroke="{KIND_COLOURS[kind]}" '
        f'stroke-dasharray="{KIND_DASHES[kind]}"/></svg>'
    )


def _letters_words(plane: Plane) -> str:
    return {
        "axial": "The patient's right is on the left of the picture, the front at the top",
        "coronal": "The patient's right is on the left of the picture, the crown at the top",
        "sagittal": "The face is on the left of the picture, the crown at the top",
    }[plane]


def _mark_svg(mark: Mark) -> str:
    return (
        f'<g class="mark {mark.kind}"><path class="halo" d="{mark.path}"/>'
        f'<path d="{mark.path}" stroke="{KIND_COLOURS[mark.kind]}" '
        f'stroke-dasharray="{KIND_DASHES[mark.kind]}"/></g>'
    )


def numbers(panel: Panel) -> list[tuple[str, Box]]:
    """The deposits' numbers, each with its place beside its outline; one that finds no free place is left out.

    The first mark is what the picture is about: its number may lie over other deposits, others' may not.
    """
    size = number_size_mm(panel)
    said: list[tuple[str, Box]] = []
    for first, mark in enumerate(panel.marks):
        text = str(mark.id)
        spots = _spots(mark.box, size * 0.62 * len(text), size * 0.8, panel.side_mm / 2)
        taken = [box for _, box in said]
        free = [s for s in spots if _inside(s, panel.side_mm) and not any(_overlap(s, t) for t in taken)]
        clear = [s for s in free if not any(_overlap(s, m.box) for m in panel.marks)]
        best = (clear or (free if first == 0 else []))[:1]
        said += [(text, spot) for spot in best]
    return said


def number_size_mm(panel: Panel) -> float:
    """The height of a number in a picture."""
    return panel.side_mm * 0.05


def _numbers_svg(panel: Panel) -> str:
    size = number_size_mm(panel)
    return "".join(
        f'<text class="number" x="{x:.1f}" y="{y + size * 0.76:.1f}" font-size="{size:.3g}">{text}</text>'
        for text, (x, y, _, _) in numbers(panel)
    )


def _spots(box: Box, width: float, height: float, middle: float) -> list[Box]:
    """Places for a number beside a box, those away from the middle of the picture first."""
    left, top, right, bottom = box
    gap = height * 0.2
    outer, inner = right + gap, left - gap - width
    if left + right < 2 * middle:
        outer, inner = inner, outer
    across, down = (left + right - width) / 2, (top + bottom - height) / 2
    above, below = top - gap - height, bottom + gap
    corners = [(outer, top - height / 2), (outer, down), (outer, bottom - height / 2), (across, above)]
    corners += [(across, below), (inner, top - height / 2), (inner, down), (inner, bottom - height / 2)]
    return [(x, y, x + width, y + height) for x, y in corners]


def _inside(spot: Box, side: float) -> bool:
    return spot[0] > 0 and spot[1] > 0 and spot[2] < side and spot[3] < side


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _ticks_svg(panel: Panel) -> str:
    if panel.tick is None:
        return ""
    x, y = panel.tick
    s = panel.side_mm
    a = s * 0.045
    d = f"M{x:.2f} 0v{a:.2f}M{x:.2f} {s:g}v-{a:.2f}M0 {y:.2f}h{a:.2f}M{s:g} {y:.2f}h-{a:.2f}"
    return f'<path class="tick" d="{d}"/>'


def letters(panel: Panel) -> list[tuple[str, float, float]]:
    """The letters at the edges (A, P, L, R, S, I), each with the middle of its foot (x, y) in mm.

    A letter gives way to the tick that points at the lesion from the same place.
    """
    s, size = panel.side_mm, letter_size_mm(panel)
    top, right, bottom, left = LETTERS[panel.plane]
    x, y = panel.tick or (math.inf, math.inf)
    across = s / 2 if abs(x - s / 2) > size else s / 2 + math.copysign(1.6 * size, s / 2 - x)
    down = s / 2 if abs(y - s / 2) > size else s / 2 + math.copysign(1.6 * size, s / 2 - y)
    return [
        (top, across, size * 1.1),
        (right, s - size * 0.75, down + size * 0.36),
        (bottom, across, s - size * 0.35),
        (left, size * 0.75, down + size * 0.36),
    ]


def letter_size_mm(panel: Panel) -> float:
    """The height of a letter in a picture."""
    return panel.side_mm * 0.055


def _letters_svg(panel: Panel) -> str:
    size = letter_size_mm(panel)
    return "".join(
        f'<text class="letter" x="{x:.1f}" y="{y:.1f}" font-size="{size:.3g}">{letter}</text>'
        for letter, x, y in letters(panel)
    )


def _bar_svg(panel: Panel) -> str:
    s, size = panel.side_mm, panel.side_mm * 0.04
    y, x1 = s * 0.965, s * 0.965
    x0 = x1 - BAR_MM
    return (
        f'<path class="bar" d="M{x0:.2f} {y:.2f}H{x1:.2f}"/>'
        f'<text class="small" x="{(x0 + x1) / 2:.2f}" y="{y - size * 0.45:.2f}" font-size="{size:.3g}" '
        f'text-anchor="middle">{BAR_MM // 10} cm</text>'
        f'<text class="small" x="{s * 0.03:.2f}" y="{y:.2f}" font-size="{size:.3g}">'
        f"{escape(panel.window)}</text>"
    )
