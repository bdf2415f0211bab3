"""What would the Agatston method say? Per slice and lesion: area times a weight for the peak.

``score = sum over slices and lesions of area_mm2 * weight(peak) * extent_mm / 3``

Weight 1, 2, 3, 4 from 130, 200, 300, 400 HU at 120 kVp (Agatston 1990, J Am Coll Cardiol 15:827-832); at
other tube voltages the steps that calcium of the same density reaches there (Gräni 2018,
doi:10.1093/ehjci/jey019), linear between the voltages of the table. A lesion counts from 1 mm2. The method is
defined on 3 mm slices that touch, so each slice counts by the thickness of space it stands for over 3 mm.

It is *like* the Agatston score and no more: defined for coronary arteries on gated chest scans. It misleads
in the brain wherever calcium is faint (below 130 HU it sees nothing) or slices are thin (peaks rise).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

#: Slice thickness the method is defined on, mm.
AGATSTON_SLICE_MM = 3.0
#: Smallest lesion in a slice, mm2.
LEAST_AREA_MM2 = 1.0


def steps_at(kvp: float | None, *, table: Mapping[float, Sequence[float]]) -> tuple[float, ...] | None:
    """The four HU steps at a tube voltage, or None outside the table.

    Parameters
    ----------
    kvp : float or None
        Tube voltage, kVp.
    table : mapping of kVp to four HU
        ``norms["kvp_thresholds"]``.

    Examples
    --------
    >>> table = {100.0: (145, 222, 334, 446), 120.0: (130, 200, 300, 400)}
    >>> steps_at(110, table=table)
    (137.5, 211.0, 317.0, 423.0)
    >>> steps_at(140, table=table) is None
    True
    """
    if kvp is None or not table:
        return None
    known = np.array(sorted(table))
    if not known[0] <= kvp <= known[-1]:
        return None
    steps = np.array([table[k] for k in known], float)
    return tuple(float(np.interp(kvp, known, steps[:, i])) for i in range(steps.shape[1]))


def weight(peak_hu: float, *, steps_hu: Sequence[float]) -> int:
    """How many of the steps the peak reaches: 0 (no calcium by this method) to 4.

    >>> [weight(p, steps_hu=(130, 200, 300, 400)) for p in (129, 130, 199, 200, 400)]
    [0, 1, 1, 2, 4]
    """
    return int(sum(peak_hu >= step for step in steps_hu))


def agatston_like(
    index: ArrayLike,
    hu: ArrayLike,
    *,
    pixel_area_mm2: float,
    slice_extents_mm: ArrayLike,
    steps_hu: Sequence[float],
) -> float:
    """The score of one deposit; 0.0 where no slice holds a lesion of enough area above the first step.

    Parameters
    ----------
    index : int array (n, 3)
        The deposit's voxels (slice, row, column).
    hu : array (n,)
        Their attenuation, HU.
    pixel_area_mm2 : float
        Area of one pixel.
    slice_extents_mm : array (slices of the volume,)
        Thickness of space each slice stands for (``Grid.slice_extents_mm``).
    steps_hu : four floats
        From :func:`steps_at`.

    Examples
    --------
    Four pixels of 1 mm2 peaking at 250 HU in one 3 mm slice: 4 x 2.

    >>> four = [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]]
    >>> agatston_like(four, [150, 160, 170, 250], pixel_area_mm2=1.0, slice_extents_mm=[3.0],
    ...               steps_hu=(130, 200, 300, 400))
    8.0
    """
    i, h = np.asarray(index, int).reshape(-1, 3), np.asarray(hu, float)
    extents = np.asarray(slice_extents_mm, float)
    total = 0.0
    for k in np.unique(i[:, 0]):
        here = i[:, 0] == k
        lesions = _lesions(i[here, 1:], h[here], steps_hu=steps_hu, pixel_area_mm2=pixel_area_mm2)
        total += sum(lesions) * float(extents[k]) / AGATSTON_SLICE_MM
    return total


def _lesions(
    places: NDArray[np.int64], hu: NDArray[np.float64], *, steps_hu: Sequence[float], pixel_area_mm2: float
) -> list[float]:
    """Area times weight of each lesion (connected within the slice, corners too) in one slice."""
    bright = hu >= steps_hu[0]
    if not bright.any():
        return []
    low = places[bright].min(axis=0)
    image = np.full(tuple(places[bright].max(axis=0) - low + 1), -np.inf)
    image[tuple((places[bright] - low).T)] = hu[bright]
    labels, count = ndimage.label(np.isfinite(image), np.ones((3, 3), int))
    numbers = np.arange(1, count + 1)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:] * pixel_area_mm2
    peaks = ndimage.maximum(image, labels, numbers)
    return [
        float(a) * weight(float(p), steps_hu=steps_hu)
        for a, p in zip(areas, peaks, strict=True)
        if a >= LEAST_AREA_MM2
    ]
