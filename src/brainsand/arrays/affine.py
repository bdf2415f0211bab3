"""Affine maps of points: put on, joined, taken apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def moved(matrix: ArrayLike, points: ArrayLike) -> Floats:
    """Points (n, 3) taken through a (4, 4) matrix.

    >>> moved(np.diag([2, 2, 2, 1]), [[1, 2, 3]]).tolist()
    [[2.0, 4.0, 6.0]]
    """
    m = np.asarray(matrix, float)
    return np.asarray(np.asarray(points, float).reshape(-1, 3) @ m[:3, :3].T + m[:3, 3], float)


def nearest_rotation(matrix: ArrayLike) -> Floats:
    """The rotation (3, 3) nearest to a matrix (3, 3): what is left when stretch and shear are taken out.

    Source: the polar decomposition by singular values (Higham, SIAM J Sci Stat Comput 1986;7:1160).

    >>> nearest_rotation(np.diag([2.0, 0.5, 1.0])).round(9).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    u, _, vt = np.linalg.svd(np.asarray(matrix, float)[:3, :3])
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    return np.asarray(u @ flip @ vt, float)


def turn(pitch_deg: float, roll_deg: float, yaw_deg: float) -> Floats:
    """Rotation (3, 3) of LPS points: pitch about left, then roll about posterior, then yaw about superior.

    >>> turn(90, 0, 0).round(9)[:, 1].tolist()
    [0.0, 0.0, 1.0]
    """
    a, b, c = np.radians([pitch_deg, roll_deg, yaw_deg])
    pitch = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    roll = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    yaw = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(yaw @ roll @ pitch, float)
