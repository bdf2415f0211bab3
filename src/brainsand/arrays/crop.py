"""What lies round a set of cells? A small box of a large map, so that sums look at thousands of cells, not millions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Cells = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crop:
    """A box of a map with a set of cells in it.

    ``box`` the part of the map, as an index · ``own`` the set's cells within that part, as an index · ``low`` (3,) the
    part's first cell · ``shape`` of the part.
    """

    box: tuple[slice, ...]
    own: tuple[Cells, ...]
    low: Cells
    shape: tuple[int, ...]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The set's cells as a mask of the part."""
        mask = np.zeros(self.shape, bool)
        mask[self.own] = True
        return mask


def crop_round(cells: Cells, shape: tuple[int, ...], *, margin: ArrayLike) -> Crop:
    """The box that holds the cells (n, 3) and ``margin`` more on every side (along each axis), as far as the map goes.

    Examples
    --------
    >>> crop = crop_round(np.array([[0, 2, 2], [0, 3, 2]]), (9, 9, 9), margin=1)
    >>> crop.box
    (slice(0, 2, None), slice(1, 5, None), slice(1, 4, None))
    >>> np.argwhere(crop.mask).tolist()
    [[0, 1, 1], [0, 2, 1]]
    """
    low = np.maximum(cells.min(axis=0) - margin, 0)
    high = np.minimum(cells.max(axis=0) + margin + 1, shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return Crop(box=box, own=tuple((cells - low).T), low=low, shape=tuple(s.stop - s.start for s in box))


def cells_at(index: ArrayLike, shape: tuple[int, ...]) -> Cells:
    """The cells (n, 3) of a map at fractional indices (n, 3); at its edge for what lies beyond.

    >>> cells_at([[0.4, 1.6, 12.0]], (9, 9, 9)).tolist()
    [[0, 2, 8]]
    """
    nearest = np.rint(np.asarray(index, float)).astype(np.intp)
    return np.asarray(np.clip(nearest, 0, np.array(shape) - 1))
