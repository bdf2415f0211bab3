"""Knowledge as it is handed in: loaded once at the edge by ``read.knowledge``, never opened further in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Atlas:
    """The CT template and its maps, all on one lattice, axes (slice, row, column).

    Parameters
    ----------
    affine : array (4, 4)
        Index to atlas LPS mm: MNI152 2009a symmetric space shrunk to the size of an average head.
    hu : float32 array
        Attenuation of the average head, HU.
    classes : uint8 array (classes, ...)
        Probability of each tissue or structure, 0 to 255, sides merged; named in ``class_names``.
    zones : mapping of name to uint8 array
        Probability, 0 to 255, of sites that no label map has.
    lobes : uint8 array
        0 none, else 1 + index in ``model.sites.LOBES``.
    box : three slices
        The part of the lattice that holds the brain; the network sees this.
    network : callable
        Float32 (1, 5, s, r, c) to logits (1, classes, s, r, c), over the box.
    version : str
        Of atlas and network together.
    """

    affine: NDArray[np.float64]
    hu: NDArray[np.float32]
    classes: NDArray[np.uint8]
    class_names: tuple[str, ...]
    zones: Mapping[str, NDArray[np.uint8]]
    lobes: NDArray[np.uint8]
    box: tuple[slice, slice, slice]
    network: Network
    version: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """Everything analyze leans on: the atlas, the norms by age, limits, sources."""

    atlas: Atlas
    norms: Mapping[str, Any]
    version: str
