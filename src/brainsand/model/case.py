"""The case: everything brainsand says of one scan of one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.model.acquisition import Acquisition
from brainsand.model.caution import Caution
from brainsand.model.correction import Review
from brainsand.model.finding import Deposit, SetAside, SiteSum
from brainsand.model.grid import Grid
from brainsand.model.patient import Patient


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScanFacts:
    """What the image is like: the ``scan`` block of ``case.json``."""

    matrix: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    slice_gaps_mm: tuple[float, ...]
    tilt_deg: float
    noise_hu: float | None
    contrast: str
    coverage: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """What the report draws from: the head put straight, and the maps on it and on the native voxels.

    ``head_hu`` int16, ``head_deposits`` and ``head_sites`` share ``head_grid``: slices run from the chin to
    the crown, rows from the nose to the back, columns from the patient's right to the left, so ``[k]`` seen
    with row 0 on top and column 0 on the left is an axial slice in radiological convention.
    ``deposits`` (int32, the deposit's id) and ``sites`` (uint8, ``model.sites.site_index``) are on the
    scan's own voxels, which lie on ``grid`` (None where nobody needs their place). ``atlas_affine`` (4, 4)
    takes (slice, row, column, 1) of the atlas's lattice to LPS mm of the scan.
    """

    head_grid: Grid
    head_hu: NDArray[np.int16]
    head_inside: NDArray[np.bool_]
    head_sites: NDArray[np.uint8]
    head_deposits: NDArray[np.int32]
    deposits: NDArray[np.int32]
    sites: NDArray[np.uint8]
    grid: Grid | None = None
    atlas_affine: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One scan, read. ``picture`` is left out of ``case.json``; ``review`` is what a person made of the reading."""

    acquisition: Acquisition
    scan: ScanFacts
    patient: Patient
    cautions: tuple[Caution, ...]
    deposits: tuple[Deposit, ...]
    set_aside: tuple[SetAside, ...]
    sites: tuple[SiteSum, ...]
    scores: dict[str, Any]
    pattern: dict[str, Any]
    differential: dict[str, Any] | None
    significance: dict[str, Any]
    next_steps: tuple[dict[str, Any], ...]
    settings: dict[str, Any]
    settings_hash: str
    knowledge_version: str
    picture: Picture
    review: Review | None = None
