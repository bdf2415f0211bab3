"""Did the head move between slices? Steps of the skull's inner outline from one slice to the next.

The middle of the intracranial outline, in patient millimetres, runs along a smooth line through the vault. A
slice's *step* is how far its middle lies from the straight line between its neighbours' middles, each at its
own true position, so neither gantry tilt nor uneven gaps make one. Two things are told:

``motion``
    A jump between two slices shows as two steps of opposite direction; it is said only where both pass 2 mm
    and six times the median of all steps.
``alternating_slices``
    In a tilted sequential scan with two detector rows, the two slices of one rotation lie along the gantry's
    axis, while some headers place them along the table. The steps then change sign from slice to slice. Seen
    on a GE scan of 7 mm slices tilted by 18.5 degrees: the skull's steps were 2.0 to 2.4 mm (7.4 mm times the
    sine of the tilt is 2.3), and 0.1 to 0.4 mm once each pair was placed along the gantry's axis.

Conservative on purpose: slow drift, nodding and movement within one slice (doubled contours, swirls) are not
seen, and only the upper half of the inside is looked at, as the outline below changes from slice to slice by
itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.caution import Caution
from brainsand.model.grid import Grid

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

_LEAST_STEP_MM: Final = 2.0
_TIMES_MEDIAN: Final = 6.0
_ALTERNATING_MM: Final = 1.0
_ALTERNATING_SHARE: Final = 0.8
_FROM_TILT_DEG: Final = 3.0
_FEWEST_STEPS: Final = 5
_LEAST_SHARE: Final = 0.35
_TAIL: Final = 0.02


def outline_middles(inside: Mask, grid: Grid) -> tuple[NDArray[np.int64], Floats]:
    """Slices (n,) of the vault and the LPS point (n, 3), mm, in the middle of the brain's outline in each.

    The vault is the upper half of the slices whose area of brain stays above 35 % of the largest; the middle
    is the mean of the places that leave two percent of the area on either side.
    """
    area = inside[:, ::2, ::2].sum(axis=(1, 2))
    held = np.flatnonzero(area > _LEAST_SHARE * max(int(area.max()), 1))
    # Towards the crown, whichever way the slices are stacked.
    vault = held[len(held) // 2 :] if grid.normal[2] >= 0 else held[: (len(held) + 1) // 2]
    index = [[k, *_middle(inside[k])] for k in vault]
    return vault.astype(np.int64), grid.points(np.array(index, float).reshape(-1, 3))


def steps_mm(middles_mm: Floats, positions_mm: Floats) -> Floats:
    """How far each point (n, 3) lies from the line between its neighbours, as vectors (n - 2, 3) in mm.

    Examples
    --------
    >>> line = np.array([[0, 0, 0], [1, 0, 2], [3, 0, 6.0]])
    >>> steps_mm(line, line[:, 2]).tolist()
    [[0.0, 0.0, 0.0]]
    """
    before, after = middles_mm[:-2], middles_mm[2:]
    t = (positions_mm[1:-1] - positions_mm[:-2]) / (positions_mm[2:] - positions_mm[:-2])
    return np.asarray(middles_mm[1:-1] - (before + t[:, None] * (after - before)), float)


def motion_cautions(inside: Mask, grid: Grid) -> tuple[Caution, ...]:
    """What to say of jumps and of alternating slices; nothing where fewer than 7 slices show the vault.

    Parameters
    ----------
    inside : bool array (slice, row, column)
        The intracranial space on the scan's own voxels.
    grid : Grid
        Of the scan.
    """
    slices, middles = outline_middles(inside, grid)
    if len(slices) < _FEWEST_STEPS + 2:
        return ()
    steps = steps_mm(middles, grid.positions_mm[slices])
    sizes = np.linalg.norm(steps, axis=1)
    against = (steps[:-1] * steps[1:]).sum(axis=1) < 0
    typical = float(np.median(sizes))
    tilted = grid.tilt_deg > _FROM_TILT_DEG
    if tilted and typical >= _ALTERNATING_MM and float(against.mean()) >= _ALTERNATING_SHARE:
        return (_alternating(typical),)
    limit = max(_LEAST_STEP_MM, _TIMES_MEDIAN * typical)
    jumps = np.flatnonzero(against & (sizes[:-1] > limit) & (sizes[1:] > limit))
    if not len(jumps):
        return ()
    largest_mm = float((sizes[:-1] + sizes[1:])[jumps].max())
    return (_moved([int(slices[i + 1]) + 1 for i in jumps], largest_mm),)


def _middle(inside: Mask) -> tuple[float, float]:
    """Row and column in the middle of a slice's outline."""
    return _mid(inside.sum(axis=1)), _mid(inside.sum(axis=0))


def _mid(profile: NDArray[np.int64]) -> float:
    share = np.cumsum(profile) / profile.sum()
    return float(np.interp([_TAIL, 1 - _TAIL], share, np.arange(len(profile))).mean())


def _moved(after: list[int], jump_mm: float) -> Caution:
    words = (
        f"The head jumps by about {jump_mm:.1f} mm after slice {', '.join(map(str, after))}: it moved "
        "during the scan. Deposits that cross there are cut or doubled, and sites near are less sure."
    )
    return Caution(code="motion", words=words)


def _alternating(step_mm: float) -> Caution:
    words = (
        f"Neighbouring slices of this tilted scan lie alternately about {step_mm:.1f} mm to and fro, as "
        "when the two slices of one rotation are placed along the table and not along the gantry: places "
        "are that uncertain and shapes across slices jagged; volumes are not touched."
    )
    return Caution(code="alternating_slices", words=words)
