"""The atlas, read once at the edge from ``brainsand/knowledge/atlas.npz`` (written by ``tools/build_atlas``).

The file holds the patient's left half of every map, since the atlas is its own mirror image, and only the box
in which a zone is not zero.
"""

from __future__ import annotations

import io
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.model.grid import Grid
from brainsand.model.reference import Atlas

Array = NDArray[Any]


def load_atlas() -> Atlas:
    """The atlas that ships with the package.

    Returns
    -------
    Atlas
        Every map of shape (96, 115, 93); see :class:`brainsand.model.reference.Atlas`.

    Examples
    --------
    >>> atlas = load_atlas()
    >>> atlas.classes.shape, atlas.class_names[7], sorted(atlas.zones)[-1]
    ((18, 96, 115, 93), 'thal', 'vertebrobasilar')
    """
    raw = resources.files("brainsand.knowledge").joinpath("atlas.npz").read_bytes()
    with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
        slices, rows, columns = (int(n) for n in stored["shape"])
        shape = (slices, rows, columns)
        left, back, up = (float(s) for s in stored["mni_scale"])
        return Atlas(
            grid=Grid.from_affine(shape, stored["affine"]),
            hu=_whole(stored["hu"]),
            maps={
                "bone": _whole(stored["bone"]),
                "lobes": _whole(stored["lobes"]),
                "labels": stored["labels"],
            },
            version=str(stored["version"]),
            class_names=tuple(str(name) for name in stored["class_names"]),
            classes=_whole(stored["classes"]),
            zones={
                str(name): _placed(stored[f"zone_{name}"], stored[f"corner_{name}"], shape)
                for name in stored["zone_names"]
            },
            mni_scale=(left, back, up),
        )


def _whole(half: Array) -> Array:
    """Both sides from the patient's left half, whose first column is the midline.

    >>> _whole(np.array([[5, 1, 2]])).tolist()
    [[2, 1, 5, 1, 2]]
    """
    return np.concatenate([half[..., :0:-1], half], axis=-1)


def _placed(part: Array, corner: Array, shape: tuple[int, int, int]) -> Array:
    """A cropped left half set back at its corner, and mirrored.

    >>> _placed(np.array([[[7]]]), np.array([0, 0, 1]), (1, 1, 5)).tolist()
    [[[0, 7, 0, 7, 0]]]
    """
    half = np.zeros((*shape[:2], shape[2] // 2 + 1), part.dtype)
    half[tuple(slice(int(c), int(c) + n) for c, n in zip(corner, part.shape, strict=True))] = part
    return _whole(half)
