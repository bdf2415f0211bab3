"""A small head made of ellipsoids, so that every place in it can be told by hand."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.model.grid import Grid
from brainsand.phantom.head import VirtualHead
from brainsand.phantom.protocol import Protocol
from brainsand.phantom.survey import Survey, survey

STEP_MM = 2.5

_SHELLS = ((511, (76, 93, 86)), (507, (73, 90, 83)), (515, (69, 86, 79)), (24, (62, 79, 72)))
_PAIRED = (
    ((3, 42), (0, -5, 10), (60, 72, 60)),
    ((2, 41), (0, -5, 10), (54, 66, 54)),
    ((24, 24), (0, 45, -36), (52, 32, 27)),
    ((8, 47), (0, 45, -36), (48, 28, 23)),
    ((7, 46), (0, 43, -34), (30, 17, 14)),
    ((4, 43), (11, 0, 14), (6, 40, 9)),
    ((10, 49), (11, 6, 0), (8, 13, 8)),
    ((11, 50), (14, -22, 8), (5, 10, 8)),
    ((12, 51), (30, -6, 0), (5, 15, 10)),
    ((13, 52), (22, -4, -1), (4, 8, 6)),
    ((17, 53), (28, 12, -18), (5, 14, 5)),
)
_MIDDLE = (
    (24, (0, -14, -22), (18, 14, 14)),
    (14, (0, 2, 0), (2.6, 14, 6)),
    (16, (0, 24, -22), (11, 8, 24)),
    (15, (0, 33, -32), (4, 4, 7)),
    (85, (0, -18, -12), (6, 3, 2)),
)


def _ellipsoid(at, middle, semi):
    return sum(((a - m) / s) ** 2 for a, m, s in zip(at, middle, semi, strict=True)) <= 1


def made_of_ellipsoids() -> VirtualHead:
    """Left structures at x > 0 (LPS), nose at y < 0, crown at z > 0; a cleft of 3 mm between the halves."""
    shape = (72, 78, 64)
    origin = tuple(-(n - 1) / 2 * STEP_MM for n in shape[::-1])
    grid = Grid.regular(shape, spacing_mm=(STEP_MM,) * 3, origin_mm=origin)
    lines = [o + STEP_MM * np.arange(n) for o, n in zip(origin[::-1], shape, strict=True)]
    z, y, x = np.meshgrid(*lines, indexing="ij")
    labels = np.zeros(shape, np.uint16)
    for number, semi in _SHELLS:
        labels[_ellipsoid((x, y, z), (0, 0, 0), semi)] = number
    for (left, right), middle, semi in _PAIRED:
        part = _ellipsoid((np.abs(x), y, z), middle, semi) & (np.abs(x) > 1.5)
        labels[part & (x > 0)], labels[part & (x < 0)] = left, right
    for number, middle, semi in _MIDDLE:
        labels[_ellipsoid((x, y, z), middle, semi)] = number
    return VirtualHead(labels=labels, grid=grid)


@pytest.fixture(scope="session")
def head() -> VirtualHead:
    return made_of_ellipsoids()


@pytest.fixture(scope="session")
def surveyed(head: VirtualHead) -> Survey:
    return survey(head)


@pytest.fixture
def coarse() -> Protocol:
    """A scan of 96 pixels of 2.4 mm and slices of 5 mm: quick."""
    return Protocol(slice_mm=5, matrix=96, in_plane_mm=2.4)
