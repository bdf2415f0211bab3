"""Soft shapes at stated coordinates: 1 within, 0 outside, a linear edge two millimetres wide.

Coordinates are MNI (RAS, mm) with x as the distance from the midline, so every shape is drawn on both sides.
"""

from __future__ import annotations

import itertools

import numpy as np

from build_atlas.lattice import Places, Single

EDGE_MM = 2.0


def soft(depth_mm: Single) -> Single:
    """Degree of belonging from the signed depth under the surface, mm.

    >>> soft(np.array([-2.0, 0.0, 0.5, 3.0])).tolist()
    [0.0, 0.5, 0.75, 1.0]
    """
    return np.clip(depth_mm / EDGE_MM + 0.5, 0, 1)


def ball(at: Places, centre: tuple[float, float, float], semi_axes: tuple[float, float, float]) -> Single:
    """An ellipsoid along the axes."""
    steps = zip((np.abs(at.x), at.y, at.z), centre, semi_axes, strict=True)
    radius = np.sqrt(sum(((v - c) / s) ** 2 for v, c, s in steps))
    return soft((1 - radius) * float(np.mean(semi_axes)))


def tube(at: Places, course: list[tuple[float, float, float]], radius_mm: float) -> Single:
    """All within a distance of a line through the points given."""
    return soft(radius_mm - distance_to_course(at, course))


def distance_to_course(at: Places, course: list[tuple[float, float, float]]) -> Single:
    """Distance to a line through the points given, mm."""
    point = np.stack([np.abs(at.x), at.y, at.z], axis=-1)
    least = np.full(at.x.shape, np.inf, np.float32)
    for start, end in itertools.pairwise(course):
        a, run = np.array(start, np.float32), np.subtract(end, start).astype(np.float32)
        t = np.clip((point - a) @ run / (run @ run), 0, 1)
        away = point - a - t[..., None] * run
        least = np.minimum(least, np.sqrt((away**2).sum(-1)))
    return least


def below(at: Places, line: list[tuple[float, float]]) -> Single:
    """Depth (mm) under a line of (y, z) points in side view, y falling; it goes on level at both ends."""
    y, z = np.array(line, np.float32)[::-1].T
    return np.asarray(np.interp(at.y, y, z) - at.z, np.float32)


def between(value: Single, low: float, high: float) -> Single:
    """1 where a coordinate lies between two bounds, soft at both."""
    return np.minimum(soft(value - low), soft(high - value))


def within_outline(at: Places, outline: list[tuple[float, float]]) -> Single:
    """1 inside a closed outline of (y, z) points in side view, whatever x is; soft at the edge."""
    corners = np.array(outline, np.float32)
    inside = np.zeros(at.y.shape, bool)
    least = np.full(at.y.shape, np.inf, np.float32)
    for (y0, z0), (y1, z1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if z0 != z1:
            crosses = ((z0 > at.z) != (z1 > at.z)) & (at.y < (y1 - y0) * (at.z - z0) / (z1 - z0) + y0)
            inside ^= crosses
        run = np.array([y1 - y0, z1 - z0])
        t = np.clip(((at.y - y0) * run[0] + (at.z - z0) * run[1]) / float(run @ run), 0, 1)
        least = np.minimum(least, np.hypot(at.y - y0 - t * run[0], at.z - z0 - t * run[1]))
    return soft(np.where(inside, least, -least))
