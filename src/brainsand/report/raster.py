"""One picture with what is drawn upon it as plain pixels, for a PACS that shows nothing else.

The same panel as ``panel`` draws in SVG: outlines in the colour and dash of their kind, numbers, letters,
ticks, a scale bar and the window; below it a caption. No name, number or date of the patient is in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from brainsand.report.figure import Pixels
from brainsand.report.panel import (
    BAR_MM,
    KIND_COLOURS,
    KIND_DASHES,
    Mark,
    Panel,
    letter_size_mm,
    letters,
    number_size_mm,
    numbers,
)
from brainsand.report.words import KIND_WORDS

PER_MM: Final = 3
"""Pixels a mm."""

_FINER: Final = 2
"""Lines are drawn so many times finer and brought down, which smooths them."""

Points = list[tuple[float, float]]
Pen = Any
"""``PIL.ImageDraw.ImageDraw``."""


def panel_pixels(panel: Panel, caption: tuple[str, ...], *, kinds: Iterable[str]) -> Pixels:
    """The picture and, below it, a legend of ``kinds`` and the caption's lines.

    Returns
    -------
    uint8 array (rows, columns, 3)
        :data:`PER_MM` pixels a mm; the picture itself is the square at the top.
    """
    size = round(panel.side_mm * PER_MM * _FINER)
    picture = Image.fromarray(np.ascontiguousarray(panel.pixels)).convert("RGB")
    picture = picture.resize((size, size), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for mark in panel.marks:
        _draw_mark(pen, mark)
    _draw_ticks(pen, panel)
    _draw_texts(pen, panel)
    _draw_bar(pen, panel)
    foot = _foot(list(kinds), caption, size)
    whole = Image.new("RGB", (size, size + foot.height))
    whole.paste(picture, (0, 0))
    whole.paste(foot, (0, size))
    smaller = (whole.width // _FINER, whole.height // _FINER)
    return np.asarray(whole.resize(smaller, Image.Resampling.BOX), np.uint8)


def _px(mm: float) -> float:
    return mm * PER_MM * _FINER


def _draw_mark(pen: Pen, mark: Mark) -> None:
    heavy = mark.kind == "ectopic"
    dashes = [float(d) * _FINER * 1.5 for d in KIND_DASHES[mark.kind].split()]
    for curve in _curves(mark.path):
        pen.line(curve, fill="#000000", width=5 * _FINER if heavy else 4 * _FINER, joint="curve")
        for piece in _dashed(curve, dashes):
            pen.line(piece, fill=KIND_COLOURS[mark.kind], width=(3 if heavy else 2) * _FINER, joint="curve")


def _curves(path: str) -> Iterator[Points]:
    """The closed curves of an SVG path as ``outline.path_data`` writes it, in fine pixels.

    >>> [[(x / 6, y / 6) for x, y in curve] for curve in _curves("M0 0L0 2L2 2Z")]
    [[(0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (0.0, 0.0)]]
    """
    for part in path.split("Z"):
        values = [float(x) for x in re.findall(r"-?[\d.]+(?:e-?\d+)?", part)]
        points = [(_px(x), _px(y)) for x, y in zip(values[::2], values[1::2], strict=True)]
        if points:
            yield [*points, points[0]]


def _dashed(curve: Points, dashes: list[float]) -> Iterator[Points]:
    """The pieces of a curve that a dash pattern (on, off, …) leaves; the whole of it without a pattern.

    >>> list(_dashed([(0.0, 0.0), (4.0, 0.0)], [1.0, 2.0]))
    [[(0.0, 0.0), (1.0, 0.0)], [(3.0, 0.0), (4.0, 0.0)]]
    """
    if not dashes:
        yield curve
        return
    turn, left, piece = 0, dashes[0], [curve[0]]
    for start, end in pairwise(curve):
        length, done = math.dist(start, end), 0.0
        while length - done > left:
            done += left
            here = _between(start, end, done / length)
            if turn % 2 == 0:
                yield [*piece, here]
            turn += 1
            left, piece = dashes[turn % len(dashes)], [here]
        left -= length - done
        piece.append(end)
    if turn % 2 == 0 and len(piece) > 1:
        yield piece


def _between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _draw_ticks(pen: Pen, panel: Panel) -> None:
    if panel.tick is None:
        return
    side, (x, y) = _px(panel.side_mm), (_px(panel.tick[0]), _px(panel.tick[1]))
    a = side * 0.045
    for line in ((x, 0, x, a), (x, side, x, side - a), (0, y, a, y), (side, y, side - a, y)):
        pen.line(line, fill="white", width=2 * _FINER)


def _draw_texts(pen: Pen, panel: Panel) -> None:
    for letter, x, y in letters(panel):
        _write(pen, letter, x, y, letter_size_mm(panel), anchor="ms")
    for text, (left, top, _, _) in numbers(panel):
        size = number_size_mm(panel)
        _write(pen, text, left, top + size * 0.76, size, anchor="ls")


def _draw_bar(pen: Pen, panel: Panel) -> None:
    s, size = panel.side_mm, panel.side_mm * 0.04
    y, right = s * 0.965, s * 0.965
    left = right - BAR_MM
    pen.line([(_px(left), _px(y)), (_px(right), _px(y))], fill="white", width=2 * _FINER)
    _write(pen, f"{BAR_MM // 10} cm", (left + right) / 2, y - size * 0.45, size, anchor="ms")
    _write(pen, panel.window, s * 0.03, y, size, anchor="ls")


def _write(pen: Pen, text: str, x_mm: float, y_mm: float, size_mm: float, *, anchor: str) -> None:
    font = ImageFont.load_default(_px(size_mm))
    edge = round(_px(size_mm * 0.09))
    pen.text(
        (_px(x_mm), _px(y_mm)),
        text,
        font=font,
        fill="white",
        anchor=anchor,
        stroke_width=edge,
        stroke_fill="black",
    )


def _foot(kinds: list[str], caption: tuple[str, ...], width: int) -> Image.Image:
    """The legend and the caption on black, as wide as the picture."""
    height = 11 * PER_MM * _FINER // 2
    font = ImageFont.load_default(height * 0.72)
    lines = [line for words in caption for line in _wrapped(words, font, width - 2 * height)]
    rows = len(lines) + bool(kinds)
    foot = Image.new("RGB", (width, round((rows + 0.8) * height)))
    pen = ImageDraw.Draw(foot)
    x, y = float(height), 0.4 * height
    for kind in kinds:
        pen.rectangle((x, y + 0.3 * height, x + height, y + 0.75 * height), fill=KIND_COLOURS[kind])
        pen.text(
            (x + 1.3 * height, y + 0.85 * height), KIND_WORDS[kind], font=font, fill="white", anchor="ls"
        )
        x += 2.2 * height + pen.textlength(KIND_WORDS[kind], font=font)
    for n, line in enumerate(lines, start=bool(kinds)):
        pen.text((height, y + (n + 0.85) * height), line, font=font, fill="#e4e4e4", anchor="ls")
    return foot


def _wrapped(words: str, font: Any, width: float) -> list[str]:
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
