"""Where does the edge of a deposit run? A mask's outline as smooth closed curves for SVG.

The curve runs a small gap outside the mask, so that the edge of the calcium itself stays visible. It is the
level line, by marching squares (Lorensen and Cline 1987, in two dimensions), of the distance to the mask's
pixel centres on a grid three times finer.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]

FINER: Final = 3
"""Sub-pixels a pixel: enough for a curve without visible corners at ten screen pixels a millimetre."""

# For each of the 16 patterns of inside corners (1 top left, 2 top right, 4 bottom right, 8 bottom left):
# the cell edges (0 top, 1 right, 2 bottom, 3 left) that a segment joins, the inside on its left hand.
_SEGMENTS: Final[tuple[tuple[tuple[int, int], ...], ...]] = (
    (),
    ((0, 3),),
    ((1, 0),),
    ((1, 3),),
    ((2, 1),),
    ((0, 3), (2, 1)),
    ((2, 0),),
    ((2, 3),),
    ((3, 2),),
    ((0, 2),),
    ((1, 0), (3, 2)),
    ((1, 2),),
    ((3, 1),),
    ((0, 1),),
    ((3, 0),),
    (),
)


_JOINED: Final = np.array([[*joined, (-1, -1), (-1, -1)][:2] for joined in _SEGMENTS])
"""The same as an array (16, 2, 2), filled up with -1."""


def outlines(mask: NDArray[np.bool_], *, gap: float = 0.6) -> list[Floats]:
    """Closed curves around every piece (and hole) of a mask.

    Parameters
    ----------
    mask : bool array (rows, columns)
    gap : float
        Distance of the curve from the edge of the mask's pixels, in pixels, at least 0.25 so that whole
        pixels are enclosed.

    Returns
    -------
    list of arrays (n, 2)
        Points (row, column) in pixel units, pixel centres at whole numbers, first point not repeated. Empty
        for an empty mask.

    Examples
    --------
    >>> curve, = outlines(np.eye(1, dtype=bool), gap=0.5)
    >>> [round(float(r), 1) for r in np.linalg.norm(curve, axis=1)[:3]]
    [1.0, 1.0, 1.0]
    """
    if gap < 0.25:
        raise ValueError(f"gap is {gap} pixels; at least 0.25 is needed to enclose whole pixels")
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return []
    pad = int(np.ceil(gap)) + 2
    corner = np.array([rows.min() - pad, columns.min() - pad])
    size = (rows.max() - corner[0] + pad + 1, columns.max() - corner[1] + pad + 1)
    off = np.ones((size[0] * FINER, size[1] * FINER), bool)
    off[(rows - corner[0]) * FINER, (columns - corner[1]) * FINER] = False
    # scipy makes its names at run time, where mypy cannot see them.
    distance = ndimage.distance_transform_edt(off) / FINER
    return [corner + curve / FINER for curve in level_lines(-distance, -(0.5 + gap))]


def level_lines(field: Floats, level: float) -> list[Floats]:
    """Closed curves (n, 2) of (row, column) where ``field`` crosses ``level``; its border must lie below.

    >>> curve, = level_lines(np.pad(np.ones((1, 1)), 1), 0.5)
    >>> sorted(map(tuple, curve.tolist()))
    [(0.5, 1.0), (1.0, 0.5), (1.0, 1.5), (1.5, 1.0)]
    """
    inside = field > level
    code = inside[:-1, :-1] * 1 + inside[:-1, 1:] * 2 + inside[1:, 1:] * 4 + inside[1:, :-1] * 8
    cells = np.argwhere((code > 0) & (code < 15))
    width = field.shape[1]
    # A side has the same name from both cells that share it: twice its upper or left corner's place, one more
    # where it stands upright.
    names = np.array([0, 3, 2 * width, 1])
    joined = _JOINED[code[tuple(cells.T)]]
    sides = 2 * (cells @ [width, 1])[:, None, None] + names[joined]
    starts, ends = sides[joined[..., 0] >= 0].T.tolist()
    follows = dict(zip(starts, ends, strict=True))
    curves = []
    while follows:
        first, here = follows.popitem()
        chain = [first]
        while here != first:
            chain.append(here)
            here = follows.pop(here)
        curves.append(_crossings(field, level, np.array(chain)))
    return curves


def path_data(curves: list[Floats], *, origin: tuple[float, float] = (0.0, 0.0), scale: float = 1.0) -> str:
    """Curves as the ``d`` of an SVG path: x is the column, y the row, less ``origin`` (row, column), scaled.

    >>> path_data([np.array([[0.0, 1.0], [2.0, 1.0], [2.0, 3.0]])], origin=(0.0, 1.0))
    'M0 0L0 2L2 2Z'
    """
    pieces = []
    for curve in curves:
        points = (curve - np.asarray(origin)) * scale
        pieces.append("M" + "L".join(f"{x:.5g} {y:.5g}" for y, x in np.round(points, 2).tolist()) + "Z")
    return "".join(pieces)


def _crossings(field: Floats, level: float, sides: NDArray[np.int64]) -> Floats:
    (r, c), upright = np.divmod(sides // 2, field.shape[1]), sides % 2
    a, b = field[r, c], field[r + upright, c + 1 - upright]
    t = (level - a) / (b - a)
    return np.stack([r + t * upright, c + t * (1 - upright)], axis=1).astype(float)
