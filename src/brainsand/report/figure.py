"""How is the head shown? Windows, sections and projections as pixels, with nothing drawn upon them.

All pictures come from the head put straight (1 mm, chin to crown, nose to back, patient's right to left) and
follow the radiological convention: the patient's right is on the viewer's left; sagittal pictures are seen
from the patient's left, the face to the viewer's left.
"""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brainsand.model.case import Picture

Plane = Literal["axial", "coronal", "sagittal"]
Pixels = NDArray[np.uint8]

PLANES: Final[tuple[Plane, ...]] = ("axial", "coronal", "sagittal")

LETTERS: Final[dict[Plane, tuple[str, str, str, str]]] = {
    "axial": ("A", "L", "P", "R"),
    "coronal": ("S", "L", "I", "R"),
    "sagittal": ("S", "P", "I", "A"),
}
"""What lies at the top, right, bottom and left edge of a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A display window: ``level_hu`` in the middle of ``width_hu`` (DICOM PS3.3 C.11.2.1.2).

    >>> Window(level_hu=40, width_hu=80).words
    'W 80 L 40 HU'
    """

    level_hu: int
    width_hu: int

    @property
    def words(self) -> str:
        """The window as radiologists write it."""
        return f"W {self.width_hu} L {self.level_hu} HU"


BRAIN: Final = Window(level_hu=40, width_hu=80)
PROJECTION: Final = Window(level_hu=180, width_hu=240)


def calcium_window(peak_hu: float) -> Window:
    """A window from -60 HU to the peak, at least 240 HU, so that the densest calcium still shows its form.

    >>> calcium_window(168).words, calcium_window(900).words
    ('W 300 L 90 HU', 'W 960 L 420 HU')
    """
    top = min(max(240, 60 * math.ceil(peak_hu / 60)), 2040)
    return Window(level_hu=(top - 60) // 2, width_hu=top + 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A square field of view on a displayed section: its top left corner and its side, in mm (= pixels)."""

    top: int
    left: int
    side: int


def check_head(picture: Picture) -> None:
    """Refuse a head that is not on a 1 mm grid: pictures would be out of proportion.

    Raises
    ------
    ValueError
        With the spacing that came.
    """
    spacing = picture.head_grid.spacing_mm
    if not np.allclose(spacing, 1.0, atol=0.01):
        raise ValueError(f"The head grid has spacing {spacing} mm; pictures need 1 mm in all directions.")


def grey(hu: NDArray[Any], window: Window) -> Pixels:
    """Attenuation to grey: black at and below the window's foot, white at and above its top.

    >>> grey(np.array([[-1000, 0, 40, 80, 3000]]), BRAIN).tolist()
    [[0, 0, 127, 255, 255]]
    """
    foot = window.level_hu - window.width_hu / 2
    scaled = (np.asarray(hu, np.float32) - foot) * (255 / window.width_hu)
    return np.asarray(np.clip(scaled, 0, 255).astype(np.uint8))


def section(array: NDArray[Any], plane: Plane, at: int) -> NDArray[Any]:
    """One section of a head array as it is shown, crown on top: ``at`` is the slice, row or column."""
    return _upright(np.take(array, at, axis=along(plane)), plane)


def shown(index: tuple[float, float, float], plane: Plane, shape: tuple[int, ...]) -> tuple[float, float]:
    """Where a head index (slice, row, column) is shown in a section or projection: (down, across).

    >>> shown((10.0, 20.0, 30.0), "coronal", (100, 200, 180))
    (89.0, 30.0)
    """
    k, r, c = index
    if plane == "axial":
        return r, c
    return shape[0] - 1 - k, (c if plane == "coronal" else r)


def along(plane: Plane) -> int:
    """The axis of the head array that a section of this plane, or a projection onto it, runs across."""
    return {"axial": 0, "coronal": 1, "sagittal": 2}[plane]


def framed(pixels: NDArray[Any], frame: Frame, *, fill: int = 0) -> NDArray[Any]:
    """The part of a section inside a frame, filled where the frame runs over the edge."""
    out = np.full((frame.side, frame.side, *pixels.shape[2:]), fill, pixels.dtype)
    r0, c0 = max(frame.top, 0), max(frame.left, 0)
    r1 = min(frame.top + frame.side, pixels.shape[0])
    c1 = min(frame.left + frame.side, pixels.shape[1])
    if r1 > r0 and c1 > c0:
        out[r0 - frame.top : r1 - frame.top, c0 - frame.left : c1 - frame.left] = pixels[r0:r1, c0:c1]
    return out


def head_box(picture: Picture) -> NDArray[np.int64]:
    """First and last index (2, 3) of what belongs in the pictures: the inside, or the whole grid if empty."""
    inside = picture.head_inside
    slices = np.flatnonzero(inside.any(axis=(1, 2)))
    if not slices.size:
        return np.array([(0, 0, 0), np.array(inside.shape) - 1], np.int64)
    shadow = np.any(inside[slices[0] : slices[-1] + 1], axis=0)
    hits = [slices, np.flatnonzero(np.any(shadow, axis=1)), np.flatnonzero(np.any(shadow, axis=0))]
    return np.array([[hit[0] for hit in hits], [hit[-1] for hit in hits]], np.int64)


def head_frame(picture: Picture, plane: Plane, *, margin: int = 18) -> Frame:
    """The frame that holds the inside and its skull in all three planes at one common scale."""
    box = head_box(picture)
    side = int(np.clip((box[1] - box[0] + 1).max() + 2 * margin, 60, 260))
    middle = shown(tuple(box.mean(axis=0).tolist()), plane, picture.head_hu.shape)
    return frame_around(middle, side)


def frame_around(centre: tuple[float, float], side: int) -> Frame:
    """A square of ``side`` mm around a shown point."""
    half = (side - 1) / 2
    return Frame(top=round(centre[0] - half), left=round(centre[1] - half), side=side)


def projections(picture: Picture, plane: Plane) -> tuple[Pixels, Pixels]:
    """The head from one side: brightest attenuation inside the skull, and the skull's faint silhouette.

    Returns
    -------
    brightest, silhouette : uint8 arrays
        Maximum-intensity projection of the inside, 4 mm from its edge, in the window :data:`PROJECTION`, and
        the square root of the length of bone passed, scaled to its 99th percentile.
    """
    axis = along(plane)
    box = head_box(picture)
    part = tuple(slice(int(a), int(b) + 1) for a, b in box.T)
    kept = _shrunk(picture.head_inside[part], 4)
    inner = np.where(kept, picture.head_hu[part], np.int16(-1024)).max(axis=axis)
    bone = np.sqrt((picture.head_hu > 250).sum(axis=axis, dtype=np.uint16).astype(np.float32))
    top = float(np.percentile(bone, 99)) or 1.0
    silhouette = np.clip(bone * (255 / top), 0, 255).astype(np.uint8)
    brightest = np.zeros_like(silhouette)
    brightest[tuple(s for a, s in enumerate(part) if a != axis)] = grey(inner, PROJECTION)
    return _upright(brightest, plane), _upright(silhouette, plane)


def _shrunk(inside: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """What lies ``by`` voxels inside along every axis: the inner table's blur would veil a projection."""
    padded = np.pad(inside, by)
    middle = slice(by, -by)
    kept = inside.copy()
    for axis in range(3):
        for shift in (slice(None, -2 * by), slice(2 * by, None)):
            kept &= padded[tuple(shift if a == axis else middle for a in range(3))]
    return kept


def projected(mask_indices: NDArray[np.int64], plane: Plane, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The shadow of voxels (n, 3) on a plane, as it is shown."""
    keep = [a for a in range(3) if a != along(plane)]
    shadow = np.zeros([shape[a] for a in keep], bool)
    shadow[mask_indices[:, keep[0]], mask_indices[:, keep[1]]] = True
    return _upright(shadow, plane)


def _upright(image: NDArray[Any], plane: Plane) -> NDArray[Any]:
    return image if plane == "axial" else image[::-1]


def png_uri(pixels: Pixels, *, scale: int) -> str:
    """Pixels as a PNG data URI, enlarged ``scale`` times by bicubic interpolation."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    # Level 6 takes twice the time for 2 % fewer bytes.
    image.save(out, "PNG", compress_level=4)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")
