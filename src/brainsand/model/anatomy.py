"""The head put straight, and what lies where in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainsand.model.caution import Caution
from brainsand.model.grid import Grid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anatomy:
    """Anatomy of one head, on a regular grid aligned with the head, and on the scan's own voxels.

    Parameters
    ----------
    head_grid : Grid
        1 mm, slices from chin to crown, rows from nose to back, columns from the patient's right to left.
    head_hu : int16 array
        The scan resampled (linear) to ``head_grid``; air (-1024) outside the scan.
    inside : bool array
        The intracranial space on ``head_grid`` (brain, CSF, meninges up to the inner table).
    tissue : uint8 array on ``head_grid``
        0 outside, 1 CSF, 2 white matter, 3 gray matter, 4 bone, 5 venous sinus or large vessel.
    sites : uint8 array on ``head_grid``
        Most probable site and side (``model.sites.site_index``), 0 outside the inside.
    lobes : uint8 array on ``head_grid``
        0 none, else 1 + index in ``model.sites.LOBES``.
    structures : uint8 array on ``head_grid``
        Parenchymal parcellation in FreeSurfer's numbers (10 left thalamus ... ), 0 elsewhere.
    native_inside, native_sites : arrays on the volume's grid
        ``inside`` and ``sites`` laid on the scan's own voxels.
    inner_depth_mm : float32 array on ``head_grid``
        Distance to the nearest bone (or edge of the inside), mm, 0 outside.
    midline_mm : float32 array on ``head_grid``
        Signed distance from the midsagittal surface, mm, positive to the patient's left.
    fit : float
        How well the atlas lies on the scan, 0 to 1.
    brain_hu : float
        Median attenuation of the white matter found, for judging an offset.
    """

    head_grid: Grid
    head_hu: NDArray[np.int16]
    inside: NDArray[np.bool_]
    tissue: NDArray[np.uint8]
    sites: NDArray[np.uint8]
    lobes: NDArray[np.uint8]
    structures: NDArray[np.uint8]
    native_inside: NDArray[np.bool_]
    native_sites: NDArray[np.uint8]
    inner_depth_mm: NDArray[np.float32]
    midline_mm: NDArray[np.float32]
    fit: float
    tissue_hu: dict[str, float]
    cautions: tuple[Caution, ...]
