"""How many milligrams is an HU mm3? From attenuation to hydroxyapatite at the scan's tube voltage.

``mass_mg = excess_hu_mm3 / slope / 1000``, where the slope is how much a milligram of hydroxyapatite per cm3
of tissue adds, in HU. It falls as the voltage rises and differs between scanners: at 120 kVp four makers'
scanners needed 0.71 to 0.93 mg/cm3 per HU for the same insert (van Praagh 2021). So every slope of the table
carries a deviation, and a phantom measured on the own scanner (``settings.measure``) replaces both.

Between the voltages of the table the logarithm of the slope runs straight. Outside it (70 to 150 kVp), or
without a voltage, there is no calibration and no mass.

Misleads: the table's slopes are of chest phantoms at 120 kVp; none for the head was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

REFERENCE_KVP: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """``hu_per_mg_cm3`` and its deviation as a share (0 to 1); ``basis`` published or phantom; where from."""

    hu_per_mg_cm3: float
    share_pm: float
    basis: str
    source: str

    def mass_mg(self, excess_hu_mm3: float) -> float:
        """Milligrams of hydroxyapatite.

        >>> cal = Calibration(hu_per_mg_cm3=1.343, share_pm=0.1, basis="published", source="table")
        >>> round(cal.mass_mg(1343.0), 6)
        1.0
        """
        return excess_hu_mm3 / self.hu_per_mg_cm3 / 1000


def calibration_at(
    kvp: float | None,
    *,
    table: Sequence[Mapping[str, Any]],
    own_hu_per_mg_cm3: float | None = None,
    own_share_pm: float = 0.05,
) -> Calibration | None:
    """The calibration for one scan; None without a voltage inside the table, unless the user gave one.

    Parameters
    ----------
    kvp : float or None
        Tube voltage.
    table : rows
        ``norms["calibration"]``: ``kvp``, ``hu_per_mg_cm3``, ``share_pm``, ``cite``.
    own_hu_per_mg_cm3, own_share_pm : float
        Measured with a phantom on the user's scanner at this scan's voltage, and its deviation as a share.

    Examples
    --------
    >>> table = [{"kvp": 80, "hu_per_mg_cm3": 2.0, "share_pm": 0.1, "cite": "a"},
    ...          {"kvp": 120, "hu_per_mg_cm3": 1.0, "share_pm": 0.2, "cite": "a"}]
    >>> between = calibration_at(100, table=table)
    >>> round(between.hu_per_mg_cm3, 3), round(between.share_pm, 2)
    (1.414, 0.15)
    >>> calibration_at(None, table=table) is None, calibration_at(60, table=table) is None
    (True, True)
    >>> calibration_at(None, table=table, own_hu_per_mg_cm3=1.25).basis
    'phantom'
    """
    if own_hu_per_mg_cm3 is not None:
        return Calibration(
            hu_per_mg_cm3=own_hu_per_mg_cm3, share_pm=own_share_pm, basis="phantom", source="user"
        )
    if kvp is None or not table:
        return None
    rows = sorted(table, key=lambda row: float(row["kvp"]))
    known = np.array([float(row["kvp"]) for row in rows])
    if not known[0] <= kvp <= known[-1]:
        return None
    slope = float(np.exp(np.interp(kvp, known, np.log([float(row["hu_per_mg_cm3"]) for row in rows]))))
    share = float(np.interp(kvp, known, [float(row["share_pm"]) for row in rows]))
    nearest = rows[int(np.abs(known - kvp).argmin())]
    return Calibration(
        hu_per_mg_cm3=slope, share_pm=share, basis="published", source=str(nearest.get("cite", ""))
    )


def gain_at(kvp: float | None, *, table: Sequence[Mapping[str, Any]]) -> float:
    """How much brighter the same calcium is than at 120 kVp; 1 where the voltage is not known.

    >>> table = [{"kvp": 80, "hu_per_mg_cm3": 2.0, "share_pm": 0.1}, {"kvp": 120, "hu_per_mg_cm3": 1.0,
    ...          "share_pm": 0.1}]
    >>> gain_at(80, table=table), gain_at(None, table=table)
    (2.0, 1.0)
    """
    here = calibration_at(kvp, table=table)
    there = calibration_at(REFERENCE_KVP, table=table)
    return here.hu_per_mg_cm3 / there.hu_per_mg_cm3 if here and there else 1.0
