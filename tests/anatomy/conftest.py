"""A stack as awkward as clinical ones: tilted, thin slices below and thick ones above."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.model.grid import Grid
from brainsand.model.reference import Atlas
from brainsand.read.atlas import load_atlas

TILT = np.radians(18.5)


@pytest.fixture(scope="session")
def atlas() -> Atlas:
    return load_atlas()


@pytest.fixture
def awkward_grid() -> Grid:
    """18 slices of 72 x 64 pixels of 1.5 mm, tilted by 18.5 degrees, first 4, then 7 mm apart."""
    up = np.concatenate([[0.0], np.cumsum([4.0] * 9 + [7.0] * 8)])
    origins = np.array([-47.0, -53.0, -61.0]) + np.stack([0 * up, 0 * up, up], axis=1) / np.cos(TILT)
    return Grid(
        shape=(18, 72, 64),
        origins_mm=origins,
        row_step_mm=1.5 * np.array([0.0, np.cos(TILT), -np.sin(TILT)]),
        column_step_mm=np.array([1.5, 0.0, 0.0]),
    )
