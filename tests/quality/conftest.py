"""A head a reader can count, and where the shared real scans lie."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from brainsand.model.grid import Grid


@pytest.fixture(scope="session")
def shared_data() -> Path:
    given = os.environ.get("BRAINSAND_SHARED")
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    data = (Path(given) if given else beside) / "data"
    if not data.is_dir():
        pytest.skip("the shared scans are not here (set BRAINSAND_SHARED to the folder that holds data/)")
    return data


class BallHead:
    """Skull of 900 HU, 6 mm thick, about a ball of 60 mm: white matter of 28 HU, a rim of gray of 37, a
    core of fluid of 5, air outside. ``hu`` without noise on 2 mm; ``tissue`` 1 CSF, 2 white, 3 gray."""

    def __init__(self, *, step_mm: float = 2.0, slices: int = 72, radius_mm: float = 60.0) -> None:
        self.step_mm = step_mm
        self.grid = Grid.regular((slices, 72, 72), spacing_mm=(step_mm,) * 3)
        middle = np.array([(slices - 1) / 2, 35.5, 35.5]) * step_mm
        k, r, c = np.indices(self.grid.shape) * step_mm
        away = np.sqrt((k - middle[0]) ** 2 + (r - middle[1]) ** 2 + (c - middle[2]) ** 2)
        self.inside = away < radius_mm
        self.tissue = np.zeros(self.grid.shape, np.uint8)
        self.tissue[self.inside] = 2
        self.tissue[self.inside & (away > radius_mm - 15)] = 3
        self.tissue[away < 15] = 1
        levels = np.array([-1000, 5, 28, 37], np.float32)
        self.hu = levels[self.tissue]
        self.hu[(away >= radius_mm) & (away < radius_mm + 6)] = 900

    def noisy(self, noise_hu: float = 4.0, *, add_hu: float = 0.0, seed: int = 0) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(0, noise_hu, self.hu.shape)
        return np.rint(self.hu + add_hu + noise).clip(-1024, 3071).astype(np.int16)


@pytest.fixture(scope="session")
def ball_head() -> BallHead:
    return BallHead()
