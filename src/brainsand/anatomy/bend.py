"""What lies where when the atlas is bent to this head's own structures?

The structures are matched with those of the network (``warp``); zones, lobes and nuclei that the network does
not know then come along. All on the atlas's lattice; a field counts in its cells.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.anatomy.carry import bounds
from brainsand.anatomy.parcel import BOX, CLASSES
from brainsand.anatomy.warp import displacement, warped
from brainsand.arrays.resample import values_of
from brainsand.model.reference import Atlas

Single = NDArray[np.float32]
Bytes = NDArray[np.uint8]

_MATCHED: Final = (
    ("lv", "chor", "v3", "v4"),
    ("thal", "put", "hip"),
    ("caud", "acc", "pal", "amy"),
    ("cortex", "cbcx"),
    ("wm", "cbwm", "bs"),
    ("csf",),
)
_ROUNDS: Final = ((4, 12), (2, 7))
_SCORED: Final = ("lv", "thal", "caud", "put", "cbcx", "bs")
_EVERY: Final = 2
"""The fit is counted on every second cell along each axis."""


def field_to(shares: Bytes, atlas: Atlas) -> Single:
    """How the atlas bends onto the scan's structures (``shares`` of the network), in cells of the box."""

    def joined_classes(maps: Bytes, names: tuple[str, ...], group: tuple[str, ...]) -> Single:
        # The atlas has no choroid plexus of its own among its classes, and counts the accumbens to the caudate.
        known = [names.index(n) for n in group if n in names]
        return np.asarray(maps[known].sum(axis=0, dtype=np.float32) / np.float32(255))

    fixed = [joined_classes(shares, CLASSES, g) for g in _MATCHED]
    moving = [joined_classes(atlas.classes[(slice(None), *BOX)], atlas.class_names, g) for g in _MATCHED]
    return displacement(fixed, moving, rounds=_ROUNDS)


def beyond(field: Single, shape: tuple[int, ...]) -> Single:
    """The field of the box on the whole lattice; outside the box it goes on as at the box's edge."""
    edges = [(s.start, n - s.stop) for s, n in zip(BOX, shape, strict=True)]
    return np.pad(field, [(0, 0), *edges], mode="edge")


def bent(zone: Bytes, field: Single) -> Bytes:
    """A zone of the atlas bent onto the head, on the whole lattice; worked out only where bending can bring it."""
    out = np.zeros(zone.shape, np.uint8)
    near = bounds(zone > 0)
    if near is None:
        return out
    reach = int(np.ceil(np.abs(field).max())) + 1
    a, b, c = (
        slice(max(0, span.start - reach), min(int(count), span.stop + reach))
        for span, count in zip(near, zone.shape, strict=True)
    )
    part = warped(zone[a, b, c].astype(np.float32), field[:, a, b, c])
    out[a, b, c] = (part + np.float32(0.5)).astype(np.uint8)
    return out


def bent_labels(labels: Bytes, field: Single) -> Bytes:
    """A label map of the atlas bent onto the head, on the box."""
    index = np.rint(np.indices(field.shape[1:], dtype=np.float32) + field).astype(int)
    a, b, c = (np.clip(i, 0, n - 1) for i, n in zip(index, field.shape[1:], strict=True))
    return np.asarray(labels[BOX][a, b, c])


def joined(atlas: Atlas, names: tuple[str, ...]) -> Bytes:
    """The greatest of several zones."""
    return np.asarray(np.maximum.reduce([atlas.zones[n] for n in names]))


def grown(zone: Bytes) -> Bytes:
    """A zone wider by one cell all round: a thin course that bending may miss by two millimetres."""
    return np.asarray(ndimage.maximum_filter(zone, size=3))


def softened(zone: Bytes, mm: float, spacing_mm: tuple[float, float, float]) -> Bytes:
    """A zone as nearness: blurred by so many mm, its height kept, for what has no edge on CT."""
    blurred = ndimage.gaussian_filter(zone.astype(np.float32), [mm / s for s in spacing_mm], truncate=3)
    most = float(blurred.max())
    return np.asarray(blurred * (float(zone.max()) / most if most > 0 else 0.0), np.float32).astype(np.uint8)


def fit_of(shares: Bytes, field: Single, atlas: Atlas) -> float:
    """Mean overlap (Dice, of probabilities) of the bent atlas with the structures found: deep nuclei and ventricles."""
    few = (slice(None, None, _EVERY),) * 3
    index = (np.indices(field.shape[1:], dtype=np.float32) + field)[(slice(None), *few)]
    flat = index.reshape(3, -1)
    theirs = np.stack([atlas.classes[atlas.class_names.index(n)][BOX] for n in _SCORED]).astype(np.float32)
    scores = []
    for name, b in zip(_SCORED, values_of(theirs, flat), strict=True):
        members = [CLASSES.index(n) for n in ((name, "acc") if name == "caud" else (name,))]
        a = shares[(members, *few)].sum(axis=0, dtype=np.float32).ravel()
        scores.append(2 * float(np.minimum(a, b).sum()) / max(float(a.sum() + b.sum()), 1.0))
    return float(np.mean(scores))
