"""Sheets of the atlas with zones outlined, for looking at after a change.

PYTHONPATH=src:tools python -m build_atlas.picture FOLDER

Axial, coronal and sagittal cuts through each zone's middle, at true proportions, the patient's left on the
right hand as radiologists see it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from brainsand.model.reference import Atlas
from brainsand.read.atlas import load_atlas

PIXEL_MM = 0.6
WINDOW_HU = (-20.0, 80.0)


def sheet(atlas: Atlas, zone: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Three rows (axial, coronal, sagittal) of five cuts through a zone's left half, outlined in red."""
    middle = atlas.hu.shape[2] // 2
    index = np.argwhere((zone > 127) & (np.arange(zone.shape[2]) >= middle))
    rows = []
    for axis in range(3):
        cuts = np.unique(np.percentile(index[:, axis], (2, 25, 50, 75, 98)).round().astype(int))
        pictures = [_cut(atlas, zone, axis, int(k)) for k in cuts]
        pictures += [np.zeros_like(pictures[0])] * (5 - len(pictures))
        rows.append(np.concatenate(pictures, axis=1))
    width = max(row.shape[1] for row in rows)
    return np.concatenate([np.pad(r, ((0, 4), (0, width - r.shape[1]), (0, 0))) for r in rows])


def _cut(atlas: Atlas, zone: NDArray[np.uint8], axis: int, k: int) -> NDArray[np.uint8]:
    steps = [s for a, s in enumerate(atlas.grid.spacing_mm) if a != axis]
    hu, belongs = (
        ndimage.zoom(np.take(m, k, axis).astype(np.float32), [s / PIXEL_MM for s in steps], order=1)
        for m in (atlas.hu, zone)
    )
    low, high = WINDOW_HU
    picture = np.repeat((np.clip((hu - low) / (high - low), 0, 1) * 255).astype(np.uint8)[..., None], 3, 2)
    within = belongs > 127
    picture[within & ~ndimage.binary_erosion(within)] = (255, 40, 40)
    # Slices run upwards, pictures downwards.
    return picture if axis == 0 else picture[::-1]


def main() -> None:
    """One PNG a zone."""
    folder, atlas = Path(sys.argv[1]), load_atlas()
    folder.mkdir(parents=True, exist_ok=True)
    for name, zone in atlas.zones.items():
        Image.fromarray(sheet(atlas, zone)).save(folder / f"{name}.png")
    print(folder, len(atlas.zones), "sheets")


if __name__ == "__main__":
    main()
