"""Which planted body is which thing found? By overlap on the scan's voxels, else the nearest within 3 mm.

A thing found belongs to every planted body whose voxels it shares; where it shares none, to the body nearest
to it, if the gap (from the body's fine cells to the found voxels through their whole slice thickness) is at
most 3 mm; else it is false. So a body in the shade of a found neighbour does not count as found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from brainsand.phantom.deposits import PlantedDeposit, calcium_gain
from brainsand.phantom.protocol import Pose, Protocol, Slices
from brainsand.phantom.scanner import filled_share

Labels = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEAR_MM: Final = 3.0
_STEP_MM: Final = 0.7
_FWHM_PER_SIGMA: Final = 2.3548


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """A planted thing as the scan shows it.

    ``number`` in the truth's labels · ``planted`` · ``peak_hu`` of its own share of the image, before noise ·
    ``cells`` tree of its fine cells in the scan's frame.
    """

    number: int
    planted: PlantedDeposit
    peak_hu: float
    cells: cKDTree

    @property
    def calcium(self) -> bool:
        """Whether it is calcium (or blood)."""
        return self.planted.substance == "calcium"


def bodies(planted: Sequence[PlantedDeposit], protocol: Protocol, slices: Slices, pose: Pose) -> list[Body]:
    """The planted things that the scan shows at all, numbered as in the truth's labels."""
    out = []
    for number, deposit in enumerate(planted, start=1):
        peak = imaged_peak_hu(deposit, protocol, slices, pose)
        if peak is not None:
            cells = cKDTree(pose.to_scan(deposit.points_mm))
            out.append(Body(number=number, planted=deposit, peak_hu=peak, cells=cells))
    return out


def imaged_peak_hu(deposit: PlantedDeposit, protocol: Protocol, slices: Slices, pose: Pose) -> float | None:
    """How far the brightest voxel stands above the tissue by this body alone, before noise; None out of view.

    The slice's averaging and the in-plane point spread of a soft kernel are in it (as ``phantom.scanner``).
    """
    gain = calcium_gain(protocol.kvp) if deposit.substance == "calcium" else 1.0
    shared = filled_share(replace(deposit, share=gain * deposit.excess_hu), slices, pose)
    if shared is None:
        return None
    sigma = protocol.psf_fwhm_mm / _FWHM_PER_SIGMA / protocol.in_plane_mm
    reach = int(np.ceil(3 * sigma))
    padded = np.pad(shared[1], ((0, 0), (reach, reach), (reach, reach)))
    return float(ndimage.gaussian_filter(padded, (0, sigma, sigma), truncate=3.5).max())


def owners(
    found: Mapping[int, Ints], truth: Labels, planted: Sequence[Body], slices: Slices
) -> dict[int, dict[int, int]]:
    """The planted bodies that each thing found belongs to, with the voxels shared (0: near); none if false.

    Parameters
    ----------
    found : mapping of number to index (n, 3)
        The voxels of each thing found.
    truth : int32 array
        The planted bodies' numbers on the scan's voxels.
    """
    out: dict[int, dict[int, int]] = {}
    for number, index in found.items():
        touched, voxels = np.unique(truth[tuple(index.T)], return_counts=True)
        own = {int(t): int(v) for t, v in zip(touched, voxels, strict=True) if t > 0}
        out[number] = own or _nearest(through(index, slices), planted)
    return out


def _nearest(points_mm: Floats, planted: Sequence[Body]) -> dict[int, int]:
    gaps = {b.number: gap_mm(points_mm, b, NEAR_MM) for b in planted}
    best = min(gaps, key=lambda n: gaps[n], default=0)
    return {best: 0} if best and gaps[best] <= NEAR_MM else {}


def gap_mm(points_mm: Floats, body: Body, most_mm: float) -> float:
    """The least distance of points to a body's cells; infinite beyond ``most_mm``."""
    away, _ = body.cells.query(points_mm, distance_upper_bound=most_mm + 1e-9)
    return float(np.min(away))


def through(index: Ints, slices: Slices) -> Floats:
    """Points (LPS mm) of voxels, each also above and below its centre through its slice's thickness."""
    thickness = slices.thickness_mm[index[:, 0]]
    planes = max(1, int(np.ceil(thickness.max() / _STEP_MM)))
    centres = slices.grid.points(index)
    shifts = ((np.arange(planes) + 0.5) / planes - 0.5)[:, None] * thickness
    return np.concatenate([centres + s[:, None] * slices.grid.normal for s in shifts])


def voxels_of(labels: Labels) -> dict[int, Ints]:
    """The voxels (n, 3) of each number above 0.

    >>> {k: v.tolist() for k, v in voxels_of(np.array([[[0, 2, 2]]], np.int32)).items()}
    {2: [[0, 0, 1], [0, 0, 2]]}
    """
    index = np.argwhere(labels)
    number = labels[tuple(index.T)]
    order = np.argsort(number, kind="stable")
    cuts = np.flatnonzero(np.diff(number[order])) + 1
    return {int(number[part[0]]): index[part] for part in np.split(order, cuts) if len(part)}
