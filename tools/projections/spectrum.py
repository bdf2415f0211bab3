"""Which X-rays does the tube send, and what does the detector make of them?

Kramers' law (Phil Mag 1923;46:836, doi 10.1080/14786442308565244): a thick target at ``kvp`` sends photons of
energy E in proportion to (kvp - E) / E. Aluminium and copper filter them. Left out: the tungsten lines at 58 to
69 keV (a tenth of the photons at 120 kV) and what the target itself absorbs; the filter is therefore chosen by
its half-value layer, which the three filters here put at 5.5, 7.3 and 10 mm of aluminium at 120 kV, about what
scanners have. The detector is ideal and sums energy: a photon counts by its energy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from projections.substances import FILTER_G_CM3, mass_attenuation

Floats = NDArray[np.float64]

FILTERS_MM: Final[dict[str, dict[str, float]]] = {
    "light": {"aluminium": 6.0},
    "usual": {"aluminium": 5.0, "copper": 0.15},
    "heavy": {"aluminium": 5.0, "copper": 0.5},
}
STEP_KEV: Final = 3.0
_LEAST_KEV: Final = 20.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrum:
    """Photon energies (keV) and the share (sum 1) each has of the photons that leave the filter."""

    kev: Floats
    photons: Floats

    @cached_property
    def signal(self) -> Floats:
        """Share of each energy in the detector's signal: photons weighed by energy, sum 1."""
        weighed = self.photons * self.kev
        return np.asarray(weighed / weighed.sum())

    def attenuation(self, substance: str) -> Floats:
        """Mass attenuation coefficient (cm2/g) at each energy."""
        return mass_attenuation(substance, self.kev)

    def effective_kev(self, water_cm: float = 20.0) -> float:
        """The single energy that this depth of water would weaken as much as it does this spectrum."""
        through = self.signal @ np.exp(-self.attenuation("water") * water_cm)
        wanted = -np.log(through) / water_cm
        at = brentq(lambda e: float(mass_attenuation("water", e)) - wanted, *_span(self.kev))
        return float(at)

    def half_value_mm(self) -> float:
        """Aluminium that halves the air kerma, mm; kerma taken as energy times that of water's loss."""
        kerma = self.photons * self.kev * _air_absorbs(self.kev)
        aluminium = self.attenuation("aluminium") * FILTER_G_CM3["aluminium"] / 10

        def left(mm: float) -> float:
            return float(kerma @ np.exp(-aluminium * mm) / kerma.sum()) - 0.5

        return float(brentq(left, 0.01, 50.0))


def tube(kvp: float, filter_name: str = "usual") -> Spectrum:
    """Kramers' spectrum behind a filter of :data:`FILTERS_MM`, in steps of 3 keV from 20 keV up.

    >>> s = tube(120)
    >>> float(s.photons.sum().round(6)), bool(s.kev.max() < 120)
    (1.0, True)
    """
    edges = np.arange(_LEAST_KEV, kvp + STEP_KEV, STEP_KEV)
    kev = (edges[:-1] + np.minimum(edges[1:], kvp)) / 2
    width = np.minimum(edges[1:], kvp) - edges[:-1]
    kev, width = kev[width > 0], width[width > 0]
    photons = (kvp - kev) / kev * width
    for metal, mm in FILTERS_MM[filter_name].items():
        photons *= np.exp(-mass_attenuation(metal, kev) * FILTER_G_CM3[metal] * mm / 10)
    return Spectrum(kev=kev, photons=photons / photons.sum())


def single(kev: float) -> Spectrum:
    """X-rays of one energy."""
    return Spectrum(kev=np.array([kev]), photons=np.ones(1))


def _span(kev: Floats) -> tuple[float, float]:
    return (float(kev.min()) - 0.5, float(kev.max()) + 0.5)


def _air_absorbs(kev: ArrayLike) -> Floats:
    """Mass energy-absorption coefficient of dry air, cm2/g (NIST SRD 126, table 4)."""
    at = (20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 150.0)
    value = (0.5389, 0.1537, 0.06833, 0.04098, 0.03041, 0.02407, 0.02325, 0.02496)
    return np.exp(np.interp(np.log(kev), np.log(at), np.log(value)))
