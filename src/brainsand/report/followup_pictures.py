"""How is a change shown? The same section of two scans side by side, and what the later one has more or less.

All come from the later scan's straightened head, the earlier one laid on it. The difference is smoothed over about a
millimetre and shown within the skull only, over the faint later picture: orange where the later scan is brighter, blue
where it is darker (two of Okabe and Ito's colours, told apart with any colour vision), from 25 HU on, in full at 150.
Scans of other thickness differ at every border between tissues too; only what is marked is a deposit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.model.comparison import Comparison, Track
from brainsand.report.figure import Frame, calcium_window, frame_around, framed, grey, section
from brainsand.report.outline import outlines, path_data
from brainsand.report.panel import Mark, Panel

Pixels = NDArray[np.uint8]

MORE: Final = (230, 159, 0)
LESS: Final = (86, 180, 233)
FROM_HU: Final = 25.0
FULL_HU: Final = 150.0
SMOOTH_MM: Final = 0.8
SIDE_MM: Final = 60
MOST_PLATES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """A track with its three panels: earlier, later, difference."""

    track: Track
    panels: tuple[Panel, ...]


def pictured(made: Comparison, tracks: list[Track], *, most: int = MOST_PLATES) -> list[Pictured]:
    """The first ``most`` of the tracks that lie in the later scan's picture."""
    shown: list[Pictured] = []
    for t in tracks:
        places = np.argwhere(made.aligned.tracks == t.number)
        if len(places) and len(shown) < most:
            shown.append(Pictured(track=t, panels=_panels(made, t, places)))
    return shown


def difference_hu(made: Comparison, at: int) -> NDArray[np.float32]:
    """What the last scan has more than the first in an axial section, smoothed; 0 outside the skull and the scans."""
    earlier, later = made.aligned.hu[0], made.aligned.hu[-1]
    rows = slice(max(at - 2, 0), at + 3)
    both = [np.clip(h[rows].astype(np.float32), -1024, 3000) for h in (earlier, later)]
    seen = (both[0] > -1000) & (both[1] > -1000)
    change = np.where(seen, both[1] - both[0], 0)
    smooth = ndimage.gaussian_filter(change, SMOOTH_MM, truncate=3)[at - rows.start]
    return np.asarray(np.where(made.aligned.inside[at], smooth, 0), np.float32)


def coloured(grey_: Pixels, change_hu: NDArray[np.float32]) -> Pixels:
    """A grey picture, made faint, with more in orange and less in blue (rows, columns, 3).

    >>> coloured(np.zeros((1, 3), np.uint8), np.array([[0, 150, -150]], np.float32)).tolist()
    [[[0, 0, 0], [230, 159, 0], [86, 180, 233]]]
    """
    strength = np.clip((np.abs(change_hu) - FROM_HU) / (FULL_HU - FROM_HU), 0, 1)[..., None]
    hue = np.where(change_hu[..., None] > 0, np.array(MORE, np.float32), np.array(LESS, np.float32))
    return np.asarray((1 - strength) * 0.6 * grey_[..., None] + strength * hue).astype(np.uint8)


def _panels(made: Comparison, t: Track, places: NDArray[np.int64]) -> tuple[Panel, ...]:
    at = int(np.bincount(places[:, 0]).argmax())
    cut = places[places[:, 0] == at]
    centre = cut[:, 1:].mean(axis=0)
    side = int(max(SIDE_MM, 2.2 * np.ptp(cut[:, 1:], axis=0).max()))
    frame = frame_around((float(centre[0]), float(centre[1])), side)
    peak = max((a.peak_hu for a in t.amounts if a.peak_hu is not None), default=240.0)
    window = calcium_window(min(peak, 600.0))
    marks = (_mark(t, cut, frame),)
    first, last = made.pairs[made.overall].earlier + 1, made.pairs[made.overall].later + 1
    plain = [framed(section(made.aligned.hu[k], "axial", at), frame, fill=-1024) for k in (0, -1)]
    change = framed(difference_hu(made, at), frame, fill=0)
    faint = grey(plain[1], window)
    pixels: list[tuple[Any, str, str]] = [
        (grey(plain[0], window), f"axial section of scan {first}", window.words),
        (grey(plain[1], window), f"the same section of scan {last}", window.words),
        (coloured(faint, change), f"scan {last} less scan {first}", f"±{FROM_HU:.0f} to {FULL_HU:.0f} HU"),
    ]
    return tuple(
        Panel(
            plane="axial",
            pixels=p,
            side_mm=side,
            scale=max(2, 380 // side),
            words=w,
            window=note,
            marks=marks,
        )
        for p, w, note in pixels
    )


def _mark(t: Track, cut: NDArray[np.int64], frame: Frame) -> Mark:
    spots = cut[:, 1:]
    corner = spots.min(axis=0)
    shift = corner - np.array([frame.top, frame.left]) + 0.5
    size = spots.max(axis=0) - corner + 1
    mask = np.zeros(size, bool)
    mask[tuple((spots - corner).T)] = True
    curves = [c + shift for c in outlines(mask)]
    low, high = shift - 1.0, shift + size
    box = (float(low[1]), float(low[0]), float(high[1]), float(high[0]))
    return Mark(id=t.number, kind=t.kind, path=path_data(curves), box=box)
