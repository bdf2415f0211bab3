"""Were two scans made alike? What differs, and how much doubt that adds to a change, as a share of the amount.

Errors that both scans share cancel in a change, whatever they are: the scanner's own calibration, a form of the body
that the volume rule takes for another. They cancel as far as the scans were made alike; what differs adds:

- another day and pose on one scanner: 2 % (expert; hardening by the skull takes 5 to 14 % of a deposit, by place,
  ``docs/methods/projections.md``, and a little more or less in another pose)
- another voltage: 5 % beside the table's ratio (expert; the ratios of three published tables lie within that)
- a voltage not known in one scan or both: 11 % (between 100 and 120 kV calcium changes by 11.5 %)
- another scanner, or one not known: root two times the 11 % by which four makers' scanners differ (van Praagh 2021)
- one sharp kernel, one soft: 5 % (expert; its overshoot reaches beyond what is summed)

Thickness and soft kernels leave the excess as it is; for the *volume* each adds 5 % more. Whoever knows that the
voltage and the scanner were the same, where the files do not say it, may say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from brainsand.model.acquisition import Acquisition
from brainsand.model.caution import Caution

REPEAT_PM: Final = 0.02
VOLTAGE_PM: Final = 0.05
VOLTAGE_UNKNOWN_PM: Final = 0.11
SCANNER_PM: Final = 0.11 * np.sqrt(2)
SHARP_PM: Final = 0.05
VOLUME_PM: Final = 0.05
UNSHARED: Final = {"excess": (0.08, 0.2), "volume": (0.25, 0.35), "parted": (0.15, 0.6)}
"""Of the variance that is not noise (a background foretold wrong, a body the volume rule takes for another), so much
does not cancel: on thin slices, and where a slice is thick or the kernel differs. A thick slice falls elsewhere in
the body when the head lies otherwise, so less cancels; and where bodies border on each other, other slices part them
otherwise, so still less does. Set on virtual people (``docs/methods/followup.md``) such that nine in ten true changes
lie within 1.6 deviations, before the shares are added that virtual people do not need."""
PARTED_PM: Final = (0.0, 0.06)
"""Of the amount of a body that borders on another (or is a cloud of dots), so much goes over to its neighbour or out of
sight, one deviation, on thin slices and else: up to 12 % did between 1.25 and 5 mm."""
THICK_MM: Final = 3.0
THICKNESS_ALIKE: Final = 0.1
"""Thicknesses within this share of each other are one protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocols:
    """``mismatches`` in words of the contract (``thickness``, ``kernel``, ``voltage``, ``voltage_unknown``,
    ``scanner``, ``scanner_unknown``), and the deviation they add to a change, as a share of the mean amount, of the
    excess and of the volume; ``unshared``, ``volume_unshared`` and, for bodies that border on each other,
    ``parted_unshared`` are how much (0 to 1) of the variance that is not noise does not cancel; ``parted_share_pm`` is
    what the latter's cuts add, as a share of the mean amount."""

    mismatches: tuple[str, ...]
    share_pm: float
    volume_share_pm: float
    unshared: float
    volume_unshared: float
    parted_unshared: float
    parted_share_pm: float


def protocols(
    earlier: Acquisition,
    later: Acquisition,
    *,
    gaps_mm: tuple[float, float],
    same_scanner: bool = False,
) -> Protocols:
    """How two scans' protocols differ.

    Parameters
    ----------
    gaps_mm : two floats
        Slice distances, which stand in where the headers are silent on thickness.
    same_scanner : bool
        The user vouches for one scanner and one voltage where the files are silent.

    Examples
    --------
    >>> thin = Acquisition(source="a", format="DICOM", sha256="", kvp=120.0, thickness_mm=1.0, manufacturer="M")
    >>> thick = Acquisition(source="b", format="DICOM", sha256="", kvp=120.0, thickness_mm=5.0, manufacturer="M")
    >>> protocols(thin, thin, gaps_mm=(1.0, 1.0)).mismatches
    ()
    >>> protocols(thin, thick, gaps_mm=(1.0, 5.0)).mismatches
    ('thickness',)
    """
    found = {
        "thickness": _thickness_differs(earlier, later, gaps_mm),
        "kernel": earlier.kernel != later.kernel,
        **_voltage(earlier.kvp, later.kvp, same_scanner),
        **_scanner(earlier, later, same_scanner),
    }
    sharp = bool(earlier.sharp_kernel) != bool(later.sharp_kernel)
    parts = [
        REPEAT_PM,
        VOLTAGE_PM * found["voltage"],
        VOLTAGE_UNKNOWN_PM * found["voltage_unknown"],
        SCANNER_PM * (found["scanner"] or found["scanner_unknown"]),
        SHARP_PM * sharp,
    ]
    share = float(np.linalg.norm(parts))
    of_volume = float(np.linalg.norm([share, VOLUME_PM * found["thickness"], VOLUME_PM * found["kernel"]]))
    names = tuple(name for name, differs in found.items() if differs)
    thick = max(earlier.thickness_mm or gaps_mm[0], later.thickness_mm or gaps_mm[1]) > THICK_MM
    coarse = int(thick or found["kernel"])
    return Protocols(
        mismatches=names,
        share_pm=share,
        volume_share_pm=of_volume,
        unshared=UNSHARED["excess"][coarse],
        volume_unshared=UNSHARED["volume"][coarse],
        parted_unshared=UNSHARED["parted"][coarse],
        parted_share_pm=PARTED_PM[coarse],
    )


def _thickness_differs(earlier: Acquisition, later: Acquisition, gaps_mm: tuple[float, float]) -> bool:
    one, other = earlier.thickness_mm or gaps_mm[0], later.thickness_mm or gaps_mm[1]
    return abs(one - other) > THICKNESS_ALIKE * max(one, other)


def _voltage(one: float | None, other: float | None, vouched: bool) -> dict[str, bool]:
    known = one is not None and other is not None
    return {"voltage": known and one != other, "voltage_unknown": not known and not vouched}


def _scanner(one: Acquisition, other: Acquisition, vouched: bool) -> dict[str, bool]:
    """Whether maker or model differ; a maker named in one scan only is not known."""
    known = one.manufacturer is not None and other.manufacturer is not None
    differs = known and (one.manufacturer, one.model_name) != (other.manufacturer, other.model_name)
    return {"scanner": differs, "scanner_unknown": not known and not vouched}


def mismatch_cautions(mismatches: Iterable[str]) -> tuple[Caution, ...]:
    """What to say of protocols that differ.

    >>> [c.code for c in mismatch_cautions(["voltage_unknown", "thickness"])]
    ['thickness_mismatch', 'voltage_unknown']
    """
    said = set(mismatches)
    return tuple(
        Caution(code=code if code.endswith("_unknown") else f"{code}_mismatch", words=words)
        for code, words in MISMATCH_WORDS.items()
        if code in said
    )


MISMATCH_WORDS: Final[dict[str, str]] = {
    "thickness": "The scans differ in slice thickness: volumes are doubted by 5 % more, masses are not.",
    "kernel": "The scans differ in kernel: volumes are doubted by 5 % more; masses too where one is sharp.",
    "voltage": "The scans differ in tube voltage: amounts are carried to 120 kV, with 5 % more doubt.",
    "voltage_unknown": "The tube voltage is not known for every scan: every change is doubted by 11 % of the amount "
    "more. Where all were made alike, say so with --same-scanner.",
    "scanner": "The scans were made on different scanners, whose brightness of calcium differs: every change is "
    "doubted by 16 % of the amount more.",
    "scanner_unknown": "The files do not say on which scanners they were made: every change is doubted by 16 % of the "
    "amount more. Where it was one scanner, say so with --same-scanner.",
}
