"""The shipped file: half of each map, cropped, eight bits. The atlas is symmetric, so half is the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from build_atlas.lattice import SCALE_LPS, SHAPE, Single, atlas_affine

MIDDLE = SHAPE[2] // 2


def eight_bits(probability: Single) -> NDArray[np.uint8]:
    """0 to 1 as 0 to 255; under 2 in 255 nothing, so that faint tails cost no space."""
    value = (np.clip(probability, 0, 1) * 255).round().astype(np.uint8)
    value[value < 2] = 0
    return value


def write(
    path: Path,
    *,
    version: str,
    hu: NDArray[np.int16],
    classes: dict[str, Single],
    bone: Single,
    labels: NDArray[np.uint8],
    lobes: NDArray[np.uint8],
    zones: dict[str, Single],
) -> None:
    """Write the atlas; refuses maps that are not symmetric, since their other half would be lost."""
    members: dict[str, NDArray] = {
        "version": np.array(version),
        "affine": atlas_affine(),
        "mni_scale": np.array(SCALE_LPS),
        "shape": np.array(SHAPE, np.int32),
        "class_names": np.array(list(classes)),
        "zone_names": np.array(list(zones)),
        "hu": _half("hu", hu),
        "classes": np.stack([_half(name, eight_bits(p)) for name, p in classes.items()]),
        "bone": _half("bone", eight_bits(bone)),
        "labels": labels,
        "lobes": _half("lobes", lobes),
    }
    for name, probability in zones.items():
        part, corner = _cropped(_half(name, eight_bits(probability)))
        members[f"zone_{name}"], members[f"corner_{name}"] = part, corner
    np.savez_compressed(path, **members)


def _half(name: str, array: NDArray) -> NDArray:
    if not np.array_equal(array, array[..., ::-1]):
        raise ValueError(f"{name} differs from its mirror image; maps must be made symmetric before packing")
    return np.ascontiguousarray(array[..., MIDDLE:])


def _cropped(array: NDArray) -> tuple[NDArray, NDArray[np.int32]]:
    index = np.argwhere(array)
    if not len(index):
        raise ValueError("a zone is empty; its coordinates or the tissue it is cut by are wrong")
    low, high = index.min(0), index.max(0) + 1
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return np.ascontiguousarray(array[box]), low.astype(np.int32)
