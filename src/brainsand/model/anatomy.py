"""The head put straight, and what lies where in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainsand.model.caution import Caution
from brainsand.model.grid import Grid

Bytes = NDArray[np.uint8]
Single = NDArray[np.float32]

CSF, WHITE, GRAY, SINUS = 1, 2, 3, 5
"""Values of ``Anatomy.tissue``; 0 is outside, 4 (bone) is never inside."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anatomy:
    """Anatomy of one head, on a regular grid aligned with the head, and on the scan's own voxels.

    Parameters
    ----------
    head_grid : Grid
        1 mm, slices from chin to crown, rows from nose to back, columns from the patient's right to left.
    head_hu : int16 array
        The scan resampled (linear) to ``head_grid``; air (-1024) outside the scan.
    inside : bool array on ``head_grid``
        The intracranial space (brain, CSF, meninges up to the inner table).
    tissue : uint8 array on ``head_grid``
        0 outside, 1 CSF, 2 white matter, 3 gray matter, 5 venous sinus.
    sites, lobes : uint8 arrays on ``head_grid``
        Most probable site and side (``model.sites.site_index``), 0 outside the inside; lobe, 0 none, else
        1 + index in ``model.sites.LOBES``.
    native_inside, native_sites : arrays on the volume's grid
        ``inside`` and ``sites`` laid on the scan's own voxels.
    depth_mm : float32 array on ``head_grid``
        Distance to the edge of the inside, mm, 0 outside.
    hazard : uint8 array on ``head_grid``
        0 to 255: where, by the atlas, bone of the skull base looks like calcium on a thick slice.
    veins : uint8 array on ``head_grid``
        0 to 255: where the atlas expects the venous sinuses and deep veins.
    expected : mapping of site to uint8 array on ``head_grid``
        0 to 255: where the atlas expects thin or small sites (``choroid_plexus``, ``vessel_wall``, ``pineal``,
        ``habenula``), whatever else the site map names there.
    midline_mm : float32 array on ``head_grid``
        Signed distance from the midsagittal surface, mm, positive to the patient's left.
    level_hu : float32 array on ``head_grid``
        Attenuation of the brain tissue round each place (slow means over white and gray matter), HU.
    tissue_hu : mapping
        Median attenuation of ``csf``, ``white_matter``, ``gray_matter`` found on this scan, HU; a tissue
        that was not found is left out.
    share_in_scan, residual_hu, stretch : float, float, tuple of 3
        How the atlas's head lies in the scan (``anatomy.pose.Pose``).
    fit : float
        How well the atlas lies on the scan after bending, 0 to 1.
    cautions : tuple of Caution
        That it lies badly, where it does.
    """

    head_grid: Grid
    head_hu: NDArray[np.int16]
    inside: NDArray[np.bool_]
    tissue: Bytes
    sites: Bytes
    lobes: Bytes
    native_inside: NDArray[np.bool_]
    native_sites: Bytes
    depth_mm: Single
    hazard: Bytes
    veins: Bytes
    expected: Mapping[str, Bytes]
    midline_mm: Single
    level_hu: Single
    tissue_hu: dict[str, float]
    share_in_scan: float
    residual_hu: float
    stretch: tuple[float, float, float]
    fit: float
    cautions: tuple[Caution, ...]
