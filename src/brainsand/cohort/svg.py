"""Plain vector drawing: a panel with axes, into which points, lines and bands are put; text of SVG, nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

INK: Final = "#1a1a1a"
SOFT: Final = "#5c5c5c"
GRID: Final = "#e4e4e2"
BLUE: Final = "#0072b2"
ORANGE: Final = "#d55e00"
GREEN: Final = "#009e73"
GRAY: Final = "#8a8a8a"
"""Okabe and Ito's colours, told apart with any colour vision."""


@dataclass(slots=True, kw_only=True)
class Panel:
    """A plot area ``width`` by ``height`` at (``left``, ``top``) of the drawing.

    ``x`` and ``y`` are the ends of its axes; ``log_x``: that axis is of logarithms.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    log_x: bool = False
    parts: list[str] = field(default_factory=list)

    def px(self, value: float) -> float:
        """Where a value lies across."""
        low, high, at = (math.log(v) for v in (*self.x, value)) if self.log_x else (*self.x, value)
        return self.left + self.width * min(max((at - low) / (high - low), -0.02), 1.02)

    def py(self, value: float) -> float:
        """Where a value lies up."""
        low, high = self.y
        return self.top + self.height * (1 - min(max((value - low) / (high - low), -0.02), 1.02))

    def grid(
        self, xs: Sequence[float], ys: Sequence[float] = (), *, x_words: str = "", y_words: str = ""
    ) -> None:
        """Hair lines and figures at these values, and what the axes are."""
        bottom, right = self.top + self.height, self.left + self.width
        for v in xs:
            self.parts.append(_line(self.px(v), self.top, self.px(v), bottom, GRID, 1))
            self.parts.append(text(self.px(v), bottom + 14, short(v), anchor="middle", soft=True))
        for v in ys:
            self.parts.append(_line(self.left, self.py(v), right, self.py(v), GRID, 1))
            self.parts.append(text(self.left - 6, self.py(v) + 4, short(v), anchor="end", soft=True))
        self.parts.append(_line(self.left, bottom, right, bottom, INK, 1))
        if x_words:
            self.parts.append(text((self.left + right) / 2, bottom + 30, x_words, anchor="middle", soft=True))
        if y_words:
            self.parts.append(text(self.left, self.top - 8, y_words, soft=True))

    def line(self, xs: ArrayLike, ys: ArrayLike, colour: str, *, width: float = 1.6, dash: str = "") -> None:
        """A line through points; it breaks where one is not known."""
        pieces: list[str] = []
        pen = "M"
        for x, y in zip(np.asarray(xs, float), np.asarray(ys, float), strict=True):
            if math.isfinite(x) and math.isfinite(y):
                pieces.append(f"{pen}{self.px(x):.1f} {self.py(y):.1f}")
                pen = "L"
            else:
                pen = "M"
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<path d="{"".join(pieces)}" fill="none" stroke="{colour}" stroke-width="{width}"{style}/>'
        )

    def band(self, xs: ArrayLike, low: ArrayLike, high: ArrayLike, colour: str) -> None:
        """The room between two lines."""
        x = np.asarray(xs, float)
        up = [f"{self.px(a):.1f},{self.py(b):.1f}" for a, b in zip(x, np.asarray(high, float), strict=True)]
        down = [f"{self.px(a):.1f},{self.py(b):.1f}" for a, b in zip(x, np.asarray(low, float), strict=True)]
        points = " ".join([*up, *reversed(down)])
        self.parts.append(f'<polygon points="{points}" fill="{colour}" fill-opacity="0.16"/>')

    def point(self, x: float, y: float, colour: str, *, size: float = 3.4) -> None:
        """A dot."""
        self.parts.append(f'<circle cx="{self.px(x):.1f}" cy="{self.py(y):.1f}" r="{size}" fill="{colour}"/>')

    def across(self, y: float, low: float, high: float, colour: str) -> None:
        """An interval that lies flat."""
        at = self.py(y)
        self.parts.append(_line(self.px(low), at, self.px(high), at, colour, 1.6))

    def upright(self, x: float, low: float, high: float, colour: str) -> None:
        """An interval that stands."""
        at = self.px(x)
        self.parts.append(_line(at, self.py(low), at, self.py(high), colour, 1.4))

    def mark_x(self, value: float) -> None:
        """A line of no difference."""
        at = self.px(value)
        self.parts.append(_line(at, self.top, at, self.top + self.height, INK, 1))

    def title(self, words: str) -> None:
        """Above the panel."""
        self.parts.append(text(self.left, self.top - 8, words, bold=True))


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    soft: bool = False,
    bold: bool = False,
    size: float = 12,
) -> str:
    """One line of words."""
    weight = ' font-weight="600"' if bold else ""
    colour = SOFT if soft else INK
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}" fill="{colour}"{weight}>'
        f"{escape(words)}</text>"
    )


def drawing(width: float, height: float, parts: Sequence[str], *, words: str) -> str:
    """The whole figure; ``words`` say what it shows to whoever does not see it."""
    return (
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(words)}" font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">'
        f"{''.join(parts)}</svg>"
    )


def key(x: float, y: float, entries: Sequence[tuple[str, str]]) -> str:
    """What the colours mean, in one row."""
    parts, at = [], x
    for colour, words in entries:
        parts.append(_line(at, y - 4, at + 18, y - 4, colour, 2.4))
        parts.append(text(at + 23, y, words, soft=True))
        at += 23 + 6.6 * len(words) + 18
    return "".join(parts)


def steps(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round values across a range.

    >>> steps(0, 0.93)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    """
    if not high > low:
        return [low]
    rough = (high - low) / about
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(s * size for s in (1, 2, 5, 10) if s * size >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def short(value: float) -> str:
    """A figure for an axis.

    >>> short(0.25), short(1000.0), short(0.0)
    ('0.25', '1000', '0')
    """
    return f"{value:.4g}"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width:g}"/>'
