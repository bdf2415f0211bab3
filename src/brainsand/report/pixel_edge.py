"""Where does the border of a set of pixels run, exactly along their edges?

For regions in a DICOM SR, which are read as areas: a curve through the pixels' centres would cut a single pixel
down to nothing. The report's own outlines (``outline``) run round and beside what they mark.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[int, int]


def pixel_edges(mask: NDArray[Any]) -> list[list[Point]]:
    """The outer borders of a mask, one closed curve a piece; holes are filled.

    Parameters
    ----------
    mask : bool array (rows, columns)

    Returns
    -------
    list of curves of (column, row)
        Corners only, clockwise as seen, first point repeated at the end. The pixel in row r and column c fills
        the square from (c, r) to (c + 1, r + 1), as SCOORD counts (PS3.3 C.18.6). Pixels that touch at a corner
        are pieces of their own.

    Examples
    --------
    >>> pixel_edges(np.array([[False, True, True]]))
    [[(1, 0), (3, 0), (3, 1), (1, 1), (1, 0)]]
    """
    follows = _edges(mask)
    curves = []
    while follows:
        curve = _corners(_walk(follows))
        if _area(curve) > 0:
            curves.append(curve)
    return sorted(curves)


def _edges(mask: NDArray[Any]) -> dict[Point, list[Point]]:
    """Each edge between a pixel of the mask and one outside, run so that the mask lies on the right."""
    padded = np.pad(np.asarray(mask, bool), 1)
    inside = padded[1:-1, 1:-1]
    sides = (
        (padded[:-2, 1:-1], (0, 0), (1, 0)),
        (padded[1:-1, 2:], (1, 0), (1, 1)),
        (padded[2:, 1:-1], (1, 1), (0, 1)),
        (padded[1:-1, :-2], (0, 1), (0, 0)),
    )
    follows: dict[Point, list[Point]] = {}
    for beyond, start, end in sides:
        for r, c in np.argwhere(inside & ~beyond).tolist():
            follows.setdefault((c + start[0], r + start[1]), []).append((c + end[0], r + end[1]))
    return follows


def _walk(follows: dict[Point, list[Point]]) -> list[Point]:
    """One closed curve, taken out of ``follows``; where two ways part it keeps to the right."""
    first = min(follows)
    path = [first]
    here = _taken(follows, first, None)
    while here != first:
        path.append(here)
        here = _taken(follows, here, path[-2])
    return path


def _taken(follows: dict[Point, list[Point]], here: Point, before: Point | None) -> Point:
    ways = follows[here]
    if before is not None and len(ways) > 1:
        along = (here[0] - before[0], here[1] - before[1])
        right = (here[0] - along[1], here[1] + along[0])
        ways.sort(key=lambda way: way != right)
    way = ways.pop(0)
    if not ways:
        del follows[here]
    return way


def _corners(path: list[Point]) -> list[Point]:
    """The path without the points on its straight parts, closed."""
    around = zip(path[-1:] + path[:-1], path, path[1:] + path[:1], strict=True)
    kept = [b for a, b, c in around if not (a[0] == b[0] == c[0] or a[1] == b[1] == c[1])]
    return [*kept, kept[0]]


def _area(curve: list[Point]) -> float:
    """Above zero for a curve that runs clockwise as seen (rows count downwards): a border, not a hole."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(curve)) / 2
