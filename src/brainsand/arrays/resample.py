"""What would the array be on another lattice? Block means, linear resampling, warps.

Coordinates are array indices throughout; whoever knows millimetres composes the matrices. Linear
interpolation only: it never makes a value that was not between its neighbours, which is what attenuation
and probabilities want.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

Array = NDArray[Any]
Single = NDArray[np.float32]


def block_mean(array: Array, factors: tuple[int, int, int]) -> Single:
    """Means over blocks of ``factors`` cells, float32; cells that fill no block at the far ends are left out.

    Examples
    --------
    >>> block_mean(np.arange(8.0).reshape(1, 2, 4), (1, 2, 2)).tolist()
    [[[2.5, 4.5]]]
    """
    if factors == (1, 1, 1):
        return array.astype(np.float32)
    a, b, c = factors
    k, r, q = (n // f for n, f in zip(array.shape, factors, strict=True))
    kind = np.int32 if np.issubdtype(array.dtype, np.integer) else np.float32
    out = np.empty((k, r, q), np.float32)
    # Slice by slice the sums stay in the processor's cache; whole rows first, for sums along memory are quick.
    for z, mean in enumerate(out):
        block = array[z * a : (z + 1) * a, : r * b, : q * c].reshape(a, r, b, q * c)
        rows = np.add.reduce(block, axis=(0, 2), dtype=kind)
        mean[...] = sum(rows[:, m::c] for m in range(c))
    out /= a * b * c
    return out


def resampled(
    array: Array, matrix: ArrayLike, shape: tuple[int, int, int], *, fill: float, nearest: bool = False
) -> Array:
    """The array on another lattice.

    Parameters
    ----------
    array : array (a, b, c)
        Any number type; the answer has the same (linear values are rounded in integer arrays).
    matrix : array (4, 4)
        Takes an index of the answer to an index of ``array``.
    shape : tuple of int
        Of the answer.
    fill : float
        Value outside the array.
    nearest : bool
        Nearest cell in place of linear.

    Examples
    --------
    >>> half = np.diag([1, 1, 0.5, 1])
    >>> resampled(np.array([[[0.0, 2.0, 4.0]]]), half, (1, 1, 5), fill=-1).tolist()
    [[[0.0, 1.0, 2.0, 3.0, 4.0]]]
    """
    m = np.asarray(matrix, float)
    # SimpleITK counts axes the other way round: (column, row, slice).
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(m[:3, :3][::-1, ::-1].ravel().tolist())
    transform.SetTranslation(m[:3, 3][::-1].tolist())
    image = sitk.GetImageFromArray(np.ascontiguousarray(array))
    out = sitk.Resample(
        image,
        [int(n) for n in shape[::-1]],
        transform,
        sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear,
        [0.0] * 3,
        [1.0] * 3,
        [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0],
        float(fill),
        image.GetPixelID(),
    )
    return np.asarray(sitk.GetArrayFromImage(out))


def values_at(array: Array, index: Array) -> Single:
    """Linear values (n,) float32 of ``array`` at fractional indices (3, n); the edge goes on outside."""
    return np.asarray(ndimage.map_coordinates(array, index, output=np.float32, order=1, mode="nearest"))


def values_of(maps: Single, index: NDArray[np.floating]) -> Single:
    """Linear values (m, n) of several maps (m, a, b, c) at the same fractional indices (3, n), all float32.

    The edge goes on outside, as in :func:`values_at`; where each place lies is worked out once for all maps.

    Examples
    --------
    >>> ramp = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    >>> values_of(np.stack([ramp, 10 * ramp]), np.array([[0.5], [0.0], [3.0]])).tolist()
    [[3.0], [30.0]]
    """
    sizes = maps.shape[1:]
    low, share = [], []
    for along, size in zip(index, sizes, strict=True):
        kept = np.clip(along, 0, size - 1).astype(np.float32)
        below = np.minimum(np.floor(kept), np.float32(max(size - 2, 0)))
        low.append(below.astype(np.intp))
        share.append(kept - below)
    first = (low[0] * sizes[1] + low[1]) * sizes[2] + low[2]
    flat = maps.reshape(len(maps), -1)
    out = np.zeros((len(maps), first.size), np.float32)
    for up in np.ndindex(2, 2, 2):
        weight = np.ones(first.size, np.float32)
        for one, part in zip(up, share, strict=True):
            weight *= part if one else 1 - part
        at = first + (up[0] * sizes[1] + up[1]) * sizes[2] + up[2]
        for row, values in zip(out, flat, strict=True):
            # Beyond the last cell only values of no weight are taken.
            row += weight * np.take(values, at, mode="clip")
    return out


def stretched(array: Single, axis: int, at: Single) -> Single:
    """Linear values at fractional places along one axis; the edge goes on outside.

    Examples
    --------
    >>> stretched(np.array([[0.0, 2.0]], np.float32), 1, np.array([-1, 0.5, 1], np.float32)).tolist()
    [[0.0, 1.0, 2.0]]
    """
    last = array.shape[axis] - 1
    kept = np.clip(at, 0, last).astype(np.float32)
    low = np.minimum(np.floor(kept), max(last - 1, 0)).astype(int)
    share = (kept - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(array.ndim)])
    high = np.minimum(low + 1, last)
    return np.asarray((1 - share) * array.take(low, axis) + share * array.take(high, axis), np.float32)


def evened(array: Single, positions: ArrayLike, step: float) -> tuple[Single, int]:
    """Slices at even distances, from slices at uneven ``positions`` (increasing), and how many they are.

    Each new slice mixes its two neighbours by nearness; the first lies on the first.

    Examples
    --------
    >>> slices, count = evened(np.array([0.0, 4.0, 6.0], np.float32).reshape(3, 1, 1), [0, 2, 3], 1.0)
    >>> slices.ravel().tolist(), count
    ([0.0, 2.0, 4.0, 6.0], 4)
    """
    p = np.asarray(positions, float)
    count = int(np.floor((p[-1] - p[0]) / step + 1e-6)) + 1
    at = p[0] + step * np.arange(count)
    low = np.clip(np.searchsorted(p, at, side="right") - 1, 0, len(p) - 2)
    share = ((at - p[low]) / (p[low + 1] - p[low])).astype(np.float32)[:, None, None]
    return (1 - share) * array[low] + share * array[low + 1], count
