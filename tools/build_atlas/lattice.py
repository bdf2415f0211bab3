"""The atlas's lattice: 2 mm voxels about the MNI152 origin, in the house's axes and millimetres.

Axes are (slice upwards, row to the back, column from the patient's right to left). Two millimetres are in
use:

- *MNI mm* (RAS, as the literature writes coordinates) while the atlas is computed and its zones are drawn;
- *atlas mm* (LPS, scaled by ``SCALE``) in the shipped file, so that the atlas is a head of average size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]

STEP_MM = 2.0
SHAPE = (96, 115, 93)
LOW_LPS_MM = (-92.0, -100.0, -86.0)
SCALE_LPS = (0.935, 0.945, 0.848)
"""Mean stretch from MNI152 2009a to heads, along L, P, S: MNI space is larger than heads are. Rounded from
the affine fits of all twelve heads; the nine of the average alone give 0.933, 0.940, 0.844
(``group.mean_stretch``)."""
VOXEL_MM = tuple(STEP_MM * s for s in SCALE_LPS[::-1])
"""True size of a voxel (slice, row, column) in an average head."""


def mni_affine() -> NDArray[np.float64]:
    """From (slice, row, column, 1) to MNI millimetres turned to LPS."""
    affine = np.eye(4)
    affine[:3, :3] = STEP_MM * np.eye(3)[:, ::-1]
    affine[:3, 3] = LOW_LPS_MM
    return affine


def atlas_affine() -> NDArray[np.float64]:
    """From (slice, row, column, 1) to atlas millimetres (LPS)."""
    return np.asarray(np.diag([*SCALE_LPS, 1.0]) @ mni_affine())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """MNI coordinates (RAS mm) of every voxel; three float32 arrays of ``SHAPE``."""

    x: Single
    y: Single
    z: Single

    @classmethod
    def plain(cls) -> Places:
        """The lattice's own coordinates."""
        k, r, c = np.indices(SHAPE, np.float32)
        left, back, up = (STEP_MM * i + low for i, low in zip((c, r, k), LOW_LPS_MM, strict=True))
        return cls(x=-left, y=-back, z=up)

    def moved(self, shift_voxels: Single) -> Places:
        """Coordinates after a displacement (3, ...) in voxels along slice, row, column."""
        up, back, left = STEP_MM * shift_voxels
        return Places(x=self.x - left, y=self.y - back, z=self.z + up)


def mirrored_mean(maps: Single) -> Single:
    """Half the sum of maps and their mirror image across the midsagittal plane (the last axis)."""
    return np.asarray((maps + maps[..., ::-1]) / 2, np.float32)
