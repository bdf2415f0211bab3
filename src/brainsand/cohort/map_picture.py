"""The map of calcification as pictures: slices of the template with the share of scans over them (PNG in a page)."""

from __future__ import annotations

import base64
import io
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.atlas_map import AtlasMap

_COLOURS: Final = np.array(
    [(255, 247, 188), (254, 196, 79), (236, 112, 20), (153, 52, 4), (77, 0, 75)], float
)
SLICES: Final = 8


def map_html(found: AtlasMap) -> tuple[str, float]:
    """Slices through where most lies, as one picture in HTML, and the share that the darkest colour stands for."""
    share = np.nan_to_num(found.share.astype(np.float64))
    top = float(np.quantile(share[share > 0], 0.995)) if (share > 0).any() else 1.0
    picture = np.concatenate([_slice(found, k, share, top) for k in _chosen(share)], axis=1)
    half = picture.shape[1] // 2
    words = "Axial slices of the template, the patient's right on the left, from below upwards"
    return (
        f'<img class="map" alt="{words}" src="{_png(np.concatenate([picture[:, :half], picture[:, half:]]))}">',
        top,
    )


def _chosen(share: NDArray[np.float64]) -> list[int]:
    """Slices evenly across the middle nine tenths of all calcium."""
    mass = share.sum(axis=(1, 2)).cumsum()
    if mass[-1] == 0:
        return [int(k) for k in np.linspace(0.3, 0.7, SLICES) * len(mass)]
    low, high = np.searchsorted(mass, [0.03 * mass[-1], 0.97 * mass[-1]])
    return [round(k) for k in np.linspace(low, max(high, low + SLICES), SLICES) if k < len(mass)][:SLICES]


def _slice(found: AtlasMap, k: int, share: NDArray[np.float64], top: float) -> NDArray[np.uint8]:
    gray = np.clip((found.hu[k].astype(float) + 10) / 90, 0, 1)[..., None] * 200 * np.ones(3)
    at = np.clip(share[k] / top, 0, 1)
    place = at * (len(_COLOURS) - 1)
    low = np.minimum(place.astype(int), len(_COLOURS) - 2)
    colour = _COLOURS[low] + (_COLOURS[low + 1] - _COLOURS[low]) * (place - low)[..., None]
    alpha = np.clip(at * 4, 0, 0.95)[..., None]
    return np.asarray(gray * (1 - alpha) + colour * alpha, np.uint8)


def _png(picture: NDArray[np.uint8]) -> str:
    from PIL import Image

    stream = io.BytesIO()
    image = Image.fromarray(picture)
    image.resize((image.width * 2, image.height * 2), Image.Resampling.BILINEAR).save(
        stream, "PNG", optimize=True
    )
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
