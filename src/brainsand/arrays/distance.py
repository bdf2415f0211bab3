"""How far is it to the nearest cell of a set?"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


def distance_to(mask: NDArray[np.bool_], *, spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Distance from each cell's centre to the nearest cell of the mask, 0 on the mask.

    Maurer's exact transform (IEEE Trans Pattern Anal Mach Intell 2003;25:265) as SimpleITK has it: many times
    as fast as SciPy's on the grids used here. An empty mask is infinitely far.

    Examples
    --------
    >>> distance_to(np.array([[[True, False, False]]]), spacing_mm=(1.0, 1.0, 2.0)).tolist()
    [[[0.0, 2.0, 4.0]]]
    """
    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing([float(s) for s in spacing_mm[::-1]])
    found = sitk.SignedMaurerDistanceMap(
        image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    return np.maximum(sitk.GetArrayFromImage(found), 0).astype(np.float32)
