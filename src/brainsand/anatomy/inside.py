"""What lies within the skull? The intracranial space on the atlas's lattice.

The skull is the largest connected piece of bone near the edge of the atlas's own intracranial space. What is
neither skull nor air, near enough to where the atlas expects the inside, is then opened by several
millimetres, which cuts the thin sheets of scalp and neck that hang on through the foramen magnum, and grown
back by as much. Calcium deep inside is bright but does not hang on the skull, so it stays. A deposit that
touches the inner table hangs on the skull and dents the inside: away from the skull base, where the inner
table is smooth, narrow dents are filled, and wide ones where they are calcified gyri (``anatomy.dents``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.anatomy.dents import behind_gyri
from brainsand.arrays.beside import together
from brainsand.arrays.distance import distance_to

Single = NDArray[np.float32]
Bool = NDArray[np.bool_]

BONE_HU = 130.0
AIR_HU = -100.0
BEYOND_MM = 10.0
"""How far outside the atlas's inside a head may still have brain: the affine leaves a few millimetres."""
DEEP_MM = 14.0
"""Bone farther than this within the atlas's inside is no skull."""
OPEN_MM = 6.0
DENT_MM = 5.0
"""Dents of the inside up to twice as wide, at the convexity, belong to it."""


def intracranial(
    hu: Single, *, expected: Single, rough: Bool, spacing_mm: tuple[float, float, float]
) -> Bool:
    """The intracranial space.

    Parameters
    ----------
    hu : float32 array (slice, row, column)
        The scan on the atlas's lattice.
    expected : float32 array, same shape
        The atlas's probability of the inside, 0 to 1.
    rough : bool array, same shape
        Where the inner table has ridges of its own, by the atlas: the skull base.
    spacing_mm : tuple of float
        Size of a lattice cell in the patient.

    Returns
    -------
    bool array, same shape
        True inside; holes (calcium, blood) filled. All False where there is no such space.
    """
    prior = expected > 0.5
    outward, inward, smooth = together(
        lambda: distance_to(prior, spacing_mm=spacing_mm),
        lambda: distance_to(~prior, spacing_mm=spacing_mm),
        lambda: ndimage.gaussian_filter(np.clip(hu, -300, 900), 0.4),
    )
    room = ~_skull(smooth, deep=inward > DEEP_MM) & (smooth > AIR_HU) & (outward < BEYOND_MM)
    core = _most_expected(distance_to(~room, spacing_mm=spacing_mm) > OPEN_MM, prior)
    if not core.any():
        return core
    # A little farther than was opened, so that corners come back.
    grown = distance_to(core, spacing_mm=spacing_mm) <= OPEN_MM * 1.25
    inside = np.asarray(ndimage.binary_fill_holes(room & grown), bool)
    inside |= _dents(inside, spacing_mm) & ~rough & (smooth > AIR_HU)
    gyri = behind_gyri(inside, hu, inward_mm=inward, outward_mm=outward, rough=rough, spacing_mm=spacing_mm)
    return np.asarray(inside | gyri, bool)


def _dents(inside: Bool, spacing_mm: tuple[float, float, float]) -> Bool:
    """Narrow dents of the inside: at the convexity the inner table is smooth, and what dents it there is calcium."""
    near = distance_to(inside, spacing_mm=spacing_mm) <= DENT_MM
    return np.asarray((distance_to(~near, spacing_mm=spacing_mm) > DENT_MM) & ~inside)


def _skull(hu: Single, *, deep: Bool) -> Bool:
    labels, count = ndimage.label((hu > BONE_HU) & ~deep)
    if count == 0:
        return np.zeros(hu.shape, bool)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax(), bool)


def _most_expected(pieces: Bool, prior: Bool) -> Bool:
    """The connected piece that shares most with the atlas's inside."""
    labels, count = ndimage.label(pieces)
    if count == 0:
        return pieces
    shared = np.bincount(labels[prior], minlength=count + 1)
    shared[0] = 0
    return np.asarray(labels == shared.argmax(), bool)
