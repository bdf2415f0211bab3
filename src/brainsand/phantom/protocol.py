"""How is the head scanned? The protocol, how the head lies, and the slices that follow from both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.errors import UsageError
from brainsand.model.grid import Grid
from brainsand.phantom.head import VirtualHead
from brainsand.phantom.labels import CEREBELLUM, CEREBRUM

Floats = NDArray[np.float64]

_BELOW_MM, _ABOVE_MM = 8.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One way to scan a head. The defaults are a thin-slice adult head CT.

    Parameters
    ----------
    slice_mm, increment_mm : float, float or None
        Thickness of a slice; distance between neighbouring slices' planes (None: equal to the thickness).
    in_plane_mm, matrix : float, int
        Pixel size and number of rows and columns.
    tilt_deg : float
        Gantry tilt, -30 to 30. As a GE scanner writes it: with +18.5 the slices' front edge is nearer the
        crown. The table runs on straight (by ``increment / cos(tilt)``), so the stack is sheared.
    pitch_deg, roll_deg, yaw_deg : float
        Turn of the head about x (positive: chin down), y (positive: crown to the left) and z (positive: nose
        to the left), each mathematically positive about the LPS axis, in this order.
    shift_mm : tuple of 3
        Shift of the head's middle from the isocentre, LPS.
    kvp : float
        Tube voltage; calcium and bone grow as it falls (``deposits.calcium_gain``).
    psf_fwhm_mm : float
        Width of the in-plane point spread.
    sharp : bool
        A bone kernel: overshoot at edges, noise of high frequency.
    noise_hu : float
        Standard deviation of the noise in the middle of the slice of median size; about 4 HU in clinical
        head CT (doi 10.4236/act.2019.82003). More where the slice holds more bone.
    beam_hardening : float
        Strength of beam hardening left after correction (0 none, 1 plainly seen between the petrous bones).
    upper_from_slice, upper_slice_mm : int, float or None
        From this slice on, slices of this thickness and distance (an uneven stack).
    cut_bottom_mm, cut_top_mm : float
        Left out below and above; negative adds. Without cuts the scan runs from 8 mm below the
        cerebellum to 5 mm above the scalp.
    metal_mm : tuple of points
        Centres (LPS in the head) of 4 mm clips of metal.
    table : bool
        Whether a headrest is in the image.
    """

    slice_mm: float = 1.0
    increment_mm: float | None = None
    in_plane_mm: float = 0.45
    matrix: int = 512
    tilt_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    yaw_deg: float = 0.0
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    kvp: float = 120.0
    psf_fwhm_mm: float = 1.0
    sharp: bool = False
    noise_hu: float = 4.0
    beam_hardening: float = 0.5
    upper_from_slice: int | None = None
    upper_slice_mm: float | None = None
    cut_bottom_mm: float = 0.0
    cut_top_mm: float = 0.0
    metal_mm: tuple[tuple[float, float, float], ...] = ()
    table: bool = True

    def __post_init__(self) -> None:
        if min(self.slice_mm, self.in_plane_mm, self.increment_mm or self.slice_mm) <= 0 or self.matrix < 8:
            raise UsageError(
                f"Slices of {self.slice_mm} mm every {self.increment_mm} mm, {self.matrix} pixels of "
                f"{self.in_plane_mm} mm: sizes must be above 0 and the matrix at least 8."
            )
        if abs(self.tilt_deg) > 30:
            raise UsageError(f"Gantry tilt {self.tilt_deg} degrees; scanners reach 30.")
        if (self.upper_from_slice is None) != (self.upper_slice_mm is None):
            raise UsageError("upper_from_slice and upper_slice_mm go together: give both or none.")

    @property
    def kernel(self) -> str:
        """The name of the kernel as the header says it."""
        return "PHANTOM-BONE" if self.sharp else "PHANTOM-SOFT"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pose:
    """How the head lies in the scanner: ``scan = rotation @ (head - middle) + shift``, LPS mm."""

    rotation: Floats
    middle_mm: Floats
    shift_mm: Floats

    def to_scan(self, points_mm: ArrayLike) -> Floats:
        """Points (n, 3) of the head, in the scanner."""
        p = np.asarray(points_mm, float).reshape(-1, 3)
        return np.asarray((p - self.middle_mm) @ self.rotation.T + self.shift_mm)

    def to_head(self, points_mm: ArrayLike) -> Floats:
        """Points (n, 3) of the scanner, in the head."""
        p = np.asarray(points_mm, float).reshape(-1, 3)
        return np.asarray((p - self.shift_mm) @ self.rotation + self.middle_mm)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slices:
    """The slices of a scan: their grid and the thickness (n,) of each in mm."""

    grid: Grid
    thickness_mm: Floats


def pose_of(head: VirtualHead, protocol: Protocol) -> Pose:
    """The middle of the box around the brain (or around everything) brought to the isocentre, and turned."""
    brain = _brain_points(head)
    angles = np.radians([protocol.pitch_deg, protocol.roll_deg, protocol.yaw_deg])
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return Pose(
        rotation=about_z @ about_y @ about_x,
        middle_mm=(brain.min(axis=0) + brain.max(axis=0)) / 2,
        shift_mm=np.asarray(protocol.shift_mm, float),
    )


def slices_of(head: VirtualHead, protocol: Protocol, pose: Pose) -> Slices:
    """The slices that cover the head as the protocol says.

    Raises
    ------
    UsageError
        When the cuts leave no slice.

    Notes
    -----
    The gap between two slices is half of each one's own increment, so thin and thick parts touch.
    """
    tilt = np.radians(protocol.tilt_deg)
    down_row = np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    normal = np.array([0.0, np.sin(tilt), np.cos(tilt)])
    low, high = _reach(head, pose, normal)
    low, high = low + protocol.cut_bottom_mm, high - protocol.cut_top_mm
    places, thickness = _stack(low, high, protocol)
    corner = (protocol.matrix - 1) / 2 * protocol.in_plane_mm
    feet = np.stack([np.zeros_like(places), np.zeros_like(places), places / np.cos(tilt)], axis=1)
    grid = Grid(
        shape=(len(places), protocol.matrix, protocol.matrix),
        origins_mm=feet - corner * (down_row + np.array([1.0, 0.0, 0.0])),
        row_step_mm=down_row * protocol.in_plane_mm,
        column_step_mm=np.array([protocol.in_plane_mm, 0.0, 0.0]),
    )
    return Slices(grid=grid, thickness_mm=thickness)


def _stack(low: float, high: float, protocol: Protocol) -> tuple[Floats, Floats]:
    """Places along the normal and thicknesses of slices from ``low`` up to ``high``."""
    step = protocol.increment_mm or protocol.slice_mm
    places: list[float] = []
    thickness: list[float] = []
    edge = low
    while edge < high - 1e-6:
        upper = protocol.upper_from_slice is not None and len(places) >= protocol.upper_from_slice
        own = float(protocol.upper_slice_mm or 0) if upper else step
        places.append(edge + own / 2)
        thickness.append(own if upper else protocol.slice_mm)
        edge += own
    if not places:
        raise UsageError(
            f"The cuts ({protocol.cut_bottom_mm} mm below, {protocol.cut_top_mm} mm above) leave no slice."
        )
    return np.array(places), np.array(thickness)


def _reach(head: VirtualHead, pose: Pose, normal: Floats) -> tuple[float, float]:
    """Lowest and highest place along the normal that a whole scan covers."""
    shell = head.grid.points(np.argwhere(head.labels[::2, ::2, ::2] > 0) * 2)
    brain = pose.to_scan(_brain_points(head)) @ normal
    return float(brain.min()) - _BELOW_MM, float((pose.to_scan(shell) @ normal).max()) + _ABOVE_MM


def _brain_points(head: VirtualHead) -> Floats:
    thin = head.labels[::2, ::2, ::2]
    found = np.argwhere(np.isin(thin, (*CEREBRUM, *CEREBELLUM)))
    if not len(found):
        found = np.argwhere(thin > 0)
    if not len(found):
        raise UsageError("The label map is empty; there is no head to scan.")
    return head.grid.points(found * 2)
