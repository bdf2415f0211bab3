"""Which scans are measured? Heads neither atlas nor network has seen, at four thicknesses, tilts and doses."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Final

from brainsand.phantom.protocol import Protocol

UNSEEN: Final = ("head_02", "head_07", "head_11")
"""Label maps left out of the atlas and of the network's training (as in ``tools/accuracy``)."""

THICKNESSES: Final = (0.6, 1.0, 2.5, 5.0)
NOISE_HU: Final = {0.6: 6.0, 1.0: 4.0, 2.5: 4.0, 5.0: 3.0}
"""Usual noise at each thickness; every other patient has 1.6 times as much."""

VIEWS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"tilt_deg": 18.0},
    {"pitch_deg": 12.0, "roll_deg": -5.0, "yaw_deg": 8.0},
    {"tilt_deg": -15.0},
)
POINT_SPREADS_MM: Final = (1.0, 0.8, 1.2, 1.4)
"""Width of the in-plane point spread (full, at half height) of each patient's kernel in turn."""
MATRIX: Final = 448


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One patient of one head at one thickness; every thickness of a patient shows the same deposits."""

    head: str
    patient: int
    slice_mm: float
    kvp: float = 120.0

    @property
    def name(self) -> str:
        """As tables name it.

        >>> Planned(head="head_02", patient=1, slice_mm=5.0).name
        'head_02 patient 1, 5 mm'
        """
        return f"{self.head} patient {self.patient}, {self.slice_mm:g} mm"

    @property
    def planting_seed(self) -> int:
        """The chance of the deposits: the same at every thickness."""
        return zlib.crc32(f"{self.head} {self.patient}".encode())

    @property
    def scan_seed(self) -> int:
        """The chance of tissue and noise."""
        return zlib.crc32(self.name.encode())

    @property
    def protocol(self) -> Protocol:
        """How it is scanned: tilt and turn by patient and thickness, dose by patient."""
        turn = (self.patient + THICKNESSES.index(self.slice_mm)) % len(VIEWS)
        return Protocol(
            slice_mm=self.slice_mm,
            matrix=MATRIX,
            kvp=self.kvp,
            noise_hu=NOISE_HU[self.slice_mm] * (1.6 if self.patient % 2 else 1.0),
            psf_fwhm_mm=POINT_SPREADS_MM[self.patient % len(POINT_SPREADS_MM)],
            **VIEWS[turn],
        )


def planned(heads: tuple[str, ...], patients: int) -> tuple[Planned, ...]:
    """Every head with so many patients at every thickness.

    >>> len(planned(("head_02",), 2))
    8
    """
    return tuple(
        Planned(head=h, patient=p, slice_mm=t) for p in range(patients) for h in heads for t in THICKNESSES
    )
