"""Knowledge as it is handed in: loaded once at the edge by ``read.knowledge``, never opened further in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.model.grid import Grid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Atlas:
    """The CT template and its maps, all on ``grid`` (MNI152 2009a symmetric space turned to LPS)."""

    grid: Grid
    hu: NDArray[np.float32]
    maps: dict[str, NDArray[np.uint8]]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """Everything analyze leans on: the atlas, the norms by age, thresholds, sources."""

    atlas: Atlas
    norms: dict[str, Any]
    version: str
