"""The image: attenuation on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainsand.model.grid import Grid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """A CT volume: ``hu`` (slice, row, column) in Hounsfield units, int16 or float32, on ``grid``."""

    hu: NDArray[np.int16] | NDArray[np.float32]
    grid: Grid

    def __post_init__(self) -> None:
        if self.hu.shape != self.grid.shape:
            raise ValueError(f"hu has shape {self.hu.shape}, its grid {self.grid.shape}; they must be equal")
