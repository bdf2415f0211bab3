"""Did the head move between slices? Steps of the skull from one slice to the next.

The centre of the skull's ring (bone about the intracranial space) in patient millimetres runs along a smooth line
through the vault. A slice's *step* is how far its centre lies from the straight line between its neighbours' centres,
each at its own true position, so neither gantry tilt nor uneven gaps make one. A movement between two slices shows as
two steps of opposite direction; it is said only where both pass 1.5 mm and six times the spread of all steps.

Conservative on purpose: slow drift, nodding and movement within one slice (doubled contours, swirls) are not seen,
and only the upper half of the inside is looked at, as bone below changes from slice to slice by itself.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.caution import Caution
from brainsand.model.grid import Grid

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Image = NDArray[Any]

_BONE_FROM_HU: Final = 300
_LEAST_STEP_MM: Final = 1.5
_TIMES_SPREAD: Final = 6.0
_MARGIN_MM: Final = 15.0
_THIN: Final = 2
_FEWEST_SLICES: Final = 6
_LEAST_SHARE: Final = 0.35


def skull_centres(hu: Image, inside: Mask, grid: Grid) -> tuple[NDArray[np.int64], Floats]:
    """Slices (n,) of the vault and the LPS point (n, 3) of the middle of the skull's ring in each, mm.

    The vault is the upper half of the slices that hold brain, as far as the brain's area stays above 35 % of its
    largest; the middle is that of the box around bone within 15 mm of the brain's box.
    """
    area = inside[:, ::4, ::4].sum(axis=(1, 2))
    held = np.flatnonzero(area > _LEAST_SHARE * max(int(area.max()), 1))
    # Towards the crown: with either order of slices.
    upwards = float(grid.normal[2]) * 1.0
    vault = held[len(held) // 2 :] if upwards >= 0 else held[: (len(held) + 1) // 2]
    found, centres = [], []
    for k in vault:
        middle = _ring_middle(hu[k], inside[k], max(1, round(_MARGIN_MM / grid.spacing_mm[1])))
        if middle is not None:
            found.append(int(k))
            centres.append(grid.points([[k, *middle]])[0])
    return np.array(found, np.int64), np.array(centres, float).reshape(-1, 3)


def steps_mm(centres_mm: Floats, positions_mm: Floats) -> Floats:
    """How far each point (n, 3) lies from the line between its neighbours, as vectors (n - 2, 3) in mm.

    Examples
    --------
    >>> line = np.array([[0, 0, 0], [1, 0, 2], [3, 0, 6.0]])
    >>> steps_mm(line, line[:, 2]).tolist()
    [[0.0, 0.0, 0.0]]
    """
    before, after = centres_mm[:-2], centres_mm[2:]
    t = (positions_mm[1:-1] - positions_mm[:-2]) / (positions_mm[2:] - positions_mm[:-2])
    return np.asarray(centres_mm[1:-1] - (before + t[:, None] * (after - before)), float)


def motion_cautions(hu: Image, inside: Mask, grid: Grid) -> tuple[Caution, ...]:
    """What to say of sudden steps of the skull between neighbouring slices; nothing of fewer than 6 slices."""
    slices, centres = skull_centres(hu, inside, grid)
    if len(slices) < _FEWEST_SLICES:
        return ()
    steps = steps_mm(centres, grid.positions_mm[slices])
    sizes = np.linalg.norm(steps, axis=1)
    limit = max(_LEAST_STEP_MM, _TIMES_SPREAD * float(np.median(sizes)))
    # One step back and one forth beside each other: the head lies elsewhere from here on, or for one slice.
    paired = (sizes[:-1] > limit) & (sizes[1:] > limit) & ((steps[:-1] * steps[1:]).sum(axis=1) < 0)
    if not paired.any():
        return ()
    at = [int(slices[i + 1]) + 1 for i in np.flatnonzero(paired)]
    words = (
        f"The skull jumps by about {float((sizes[:-1] + sizes[1:])[paired].max()):.1f} mm after slice "
        f"{', '.join(map(str, at))}: the head moved during the scan. Deposits that cross there are cut or doubled."
    )
    return (Caution(code="motion", words=words),)


def _ring_middle(image: Image, inside: Mask, margin: int) -> tuple[float, float] | None:
    """Row and column in the middle of the bone about the inside of one slice: the mean of its opposite edges."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return None
    low = (max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin))
    box = (slice(low[0], int(rows[-1]) + margin + 1), slice(low[1], int(columns[-1]) + margin + 1))
    bone = image[box] > _BONE_FROM_HU
    if bone.sum() < 50:
        return None
    return low[0] + _mid(bone.sum(axis=1)), low[1] + _mid(bone.sum(axis=0))


def _mid(profile: NDArray[np.int64]) -> float:
    """The middle between the places where a profile's first and last two percent end."""
    share = np.cumsum(profile) / profile.sum()
    ends = np.interp([0.02, 0.98], share, np.arange(len(profile)))
    return float(ends.mean())
