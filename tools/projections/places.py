"""Where in a slice may balls lie? Points chosen by anatomy and by distance from bone, none within reach of another.

A place is x, y in mm from the middle of the slice. Two places lie at least 20.7 mm apart, so that no ball
reaches into the square reconstructed about another.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.phantom import labels as lab

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
Labels = NDArray[np.uint16]
Place = tuple[float, float]

APART_MM: Final = 20.7
_DEEP_GRAY: Final = lab.LEFT["putamen"] + lab.LEFT["globus_pallidus"]
_CEREBELLAR_WHITE: Final = lab.LEFT["cerebellar_white_matter"]
_DEEP_TURNS: Final = ((1.0, 20.0), (3.0, 75.0), (6.0, 105.0), (10.0, 160.0))
_PETROUS_TURNS: Final = ((1.0, 10.0), (3.0, 170.0), (6.0, 45.0))
_TOLERANCE_MM: Final = 0.4
_FAR_MM: Final = 6.0


def deep_places(
    numbers: Labels, inside: Mask, to_bone: Floats32, *, radius_mm: float, pixel_mm: float
) -> dict[str, Place]:
    """Both lentiform nuclei, and 1, 3, 6 and 10 mm of tissue between ball and vault, in four directions."""
    left = _points(np.isin(numbers, _DEEP_GRAY), pixel_mm).mean(axis=0)
    right = _points(np.isin(lab.mirrored(numbers), _DEEP_GRAY), pixel_mm).mean(axis=0)
    places = {"lentiform left": _place(left), "lentiform right": _place(right)}
    middle = _points(inside, pixel_mm).mean(axis=0)
    for gap, turn in _DEEP_TURNS:
        shell = _points(inside & _near(to_bone, radius_mm + gap), pixel_mm)
        places[f"{gap:g} mm off the vault"] = _towards(turn, shell, middle, list(places.values()))
    return places


def petrous_places(
    numbers: Labels, inside: Mask, to_bone: Floats32, *, radius_mm: float, pixel_mm: float
) -> dict[str, Place]:
    """The brainstem between the petrous bones, the left dentate, and behind the bones as above."""
    middle = _points(numbers == lab.BRAINSTEM, pixel_mm).mean(axis=0)
    places = {"pons": _place(middle)}
    white = _points(np.isin(numbers, _CEREBELLAR_WHITE), pixel_mm).mean(axis=0)
    cerebellum = np.isin(numbers, lab.CEREBELLUM) & (to_bone > radius_mm + _FAR_MM)
    places["dentate"] = _nearest(white, _points(cerebellum, pixel_mm), list(places.values()))
    for gap, turn in _PETROUS_TURNS:
        shell = _points(inside & _near(to_bone, radius_mm + gap), pixel_mm)
        places[f"{gap:g} mm off bone behind"] = _towards(turn, shell, middle, list(places.values()))
    far = _points(inside & _near(to_bone, radius_mm + 12.0), pixel_mm)
    places["midline, far behind"] = _towards(90.0, far, middle, list(places.values()))
    return places


def apart(points: Floats, taken: list[Place]) -> Floats:
    """The points (n, 2) that lie far enough from all taken places.

    >>> apart(np.array([[0.0, 0.0], [30.0, 0.0]]), [(5.0, 0.0)]).tolist()
    [[30.0, 0.0]]
    """
    for place in taken:
        points = points[np.linalg.norm(points - place, axis=1) >= APART_MM]
    return points


def _nearest(wanted: Floats, points: Floats, taken: list[Place]) -> Place:
    """Of the points free of what is taken, the nearest to the one wanted."""
    free = apart(points, taken)
    return _place(free[int(np.argmin(np.linalg.norm(free - wanted, axis=1)))])


def _towards(turn_deg: float, points: Floats, middle: Floats, taken: list[Place]) -> Place:
    """Of the points free of what is taken, that whose direction from the middle is nearest (0 left, 90 back)."""
    free = apart(points, taken)
    away = free - middle
    turn = np.degrees(np.arctan2(away[:, 1], away[:, 0]))
    return _place(free[int(np.argmin(np.abs((turn - turn_deg + 180) % 360 - 180)))])


def _near(to_bone: Floats32, depth_mm: float) -> Mask:
    return np.asarray(np.abs(to_bone - depth_mm) < _TOLERANCE_MM)


def _points(mask: Mask, pixel_mm: float) -> Floats:
    """Middles (n, 2; x, y in mm) of the pixels of a mask."""
    index = np.argwhere(mask)[:, ::-1]
    return np.asarray((index - (np.array(mask.shape[::-1]) - 1) / 2) * pixel_mm)


def _place(point: Floats) -> Place:
    return float(point[0]), float(point[1])
