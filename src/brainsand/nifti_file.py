"""How is an array written so that other people's viewers lay it on the scan? As NIfTI-1, gzipped.

Equal arrays give equal bytes: the gzip header carries no time and no name.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

GZIP_LEVEL: Final = 1
"""Of isal's levels 0 to 3, on a random map of 42 MB: level 0 takes twice the time and 45 % more bytes,
level 3 twice the time for no fewer bytes."""


def labels_gz(labels: NDArray[Any], affine: NDArray[np.float64], *, words: str) -> bytes:
    """A label map as the bytes of a ``.nii.gz``, in the smallest type that holds it.

    Parameters
    ----------
    labels : integer array (i, j, k), none below 0
        Already in NIfTI's order of axes.
    affine : array (4, 4)
        From (i, j, k, 1) to RAS mm.
    words : str
        What the map is, at most 79 bytes, for the header's ``descrip``.
    """
    return _gz(labels.astype(smallest_type(labels), copy=False), affine, words=words, intent="label")


def image_gz(hu: NDArray[np.int16], affine: NDArray[np.float64], *, words: str) -> bytes:
    """A CT volume (i, j, k) in HU as the bytes of a ``.nii.gz``; arguments as of :func:`labels_gz`."""
    return _gz(hu, affine, words=words, intent="none")


def _gz(array: NDArray[Any], affine: NDArray[np.float64], *, words: str, intent: str) -> bytes:
    """A sheared affine goes into the sform alone, for a qform cannot say it."""
    from isal import igzip
    from nibabel.nifti1 import Nifti1Image

    image = Nifti1Image(array, affine)
    image.header.set_xyzt_units("mm")
    image.header.set_intent(intent)
    image.header["descrip"] = words.encode()
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="unknown" if is_sheared(affine) else "scanner", strip_shears=True)
    packed: bytes = igzip.compress(image.to_bytes(), GZIP_LEVEL, mtime=0)
    return packed


def smallest_type(labels: NDArray[Any]) -> type[np.integer[Any]]:
    """The smallest of uint8, int16 and int32 that holds labels from 0 to the largest (0 for an empty array).

    >>> smallest_type(np.array([0, 255])).__name__, smallest_type(np.array([0, 256])).__name__
    ('uint8', 'int16')
    """
    largest = int(labels.max(initial=0))
    kinds: tuple[type[np.integer[Any]], ...] = (np.uint8, np.int16, np.int32)
    return next(kind for kind in kinds if largest <= np.iinfo(kind).max)


def is_sheared(affine: NDArray[np.float64], tolerance: float = 1e-4) -> bool:
    """Whether the axes of an affine (4, 4) do not stand upright on each other (cosine above ``tolerance``).

    >>> is_sheared(np.diag([1.0, 2.0, 3.0, 1.0]))
    False
    """
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() > tolerance)
