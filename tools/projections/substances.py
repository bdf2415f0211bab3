"""How much do water, brain, bone and hydroxyapatite weaken X-rays of each energy?

Mass attenuation coefficients of the elements, with coherent scattering, cm2/g: Hubbell and Seltzer, NIST
Standard Reference Database 126 (NISTIR 5632; the values are those of XCOM, NIST SRD 8). Between the tabulated
energies the logarithm follows a cubic spline; no element here has an absorption edge from 10 to 150 keV.
Compositions by weight of brain and of cortical bone: ICRU Report 44, as table 2 of the same database.
Hydroxyapatite is Ca10(PO4)6(OH)2, 3.16 g/cm3. Mineral in the brain is a carbonated apatite with less calcium:
all masses here are hydroxyapatite, as calibration phantoms have it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

Floats = NDArray[np.float64]

KEV: Final = (10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 150.0)
ELEMENTS: Final[dict[str, tuple[float, ...]]] = {
    "H": (0.3854, 0.3764, 0.3695, 0.3570, 0.3458, 0.3355, 0.3260, 0.3091, 0.2944, 0.2651),
    "C": (2.373, 0.8071, 0.4420, 0.2562, 0.2076, 0.1871, 0.1753, 0.1610, 0.1514, 0.1347),
    "N": (3.879, 1.236, 0.6178, 0.3066, 0.2288, 0.1980, 0.1817, 0.1639, 0.1529, 0.1353),
    "O": (5.952, 1.836, 0.8651, 0.3779, 0.2585, 0.2132, 0.1907, 0.1678, 0.1551, 0.1361),
    "Na": (15.57, 4.694, 2.057, 0.7197, 0.3969, 0.2804, 0.2268, 0.1796, 0.1585, 0.1335),
    "Mg": (21.05, 6.358, 2.763, 0.9306, 0.4881, 0.3292, 0.2570, 0.1951, 0.1686, 0.1394),
    "Al": (26.23, 7.955, 3.441, 1.128, 0.5685, 0.3681, 0.2778, 0.2018, 0.1704, 0.1378),
    "P": (40.35, 12.39, 5.352, 1.700, 0.8096, 0.4916, 0.3494, 0.2324, 0.1865, 0.1432),
    "S": (50.12, 15.50, 6.708, 2.113, 0.9872, 0.5849, 0.4053, 0.2585, 0.2020, 0.1506),
    "Cl": (57.25, 17.84, 7.739, 2.425, 1.117, 0.6483, 0.4395, 0.2696, 0.2050, 0.1480),
    "K": (79.07, 25.03, 10.93, 3.413, 1.541, 0.8679, 0.5678, 0.3251, 0.2345, 0.1582),
    "Ca": (93.41, 29.79, 13.06, 4.080, 1.830, 1.019, 0.6578, 0.3656, 0.2571, 0.1674),
    "Cu": (215.9, 74.05, 33.79, 10.92, 4.862, 2.613, 1.593, 0.7630, 0.4584, 0.2217),
}
SHARES: Final[dict[str, dict[str, float]]] = {
    "water": {"H": 0.111898, "O": 0.888102},
    "brain": {
        "H": 0.107,
        "C": 0.145,
        "N": 0.022,
        "O": 0.712,
        "Na": 0.002,
        "P": 0.004,
        "S": 0.002,
        "Cl": 0.003,
        "K": 0.003,
    },
    "bone": {
        "H": 0.034,
        "C": 0.155,
        "N": 0.042,
        "O": 0.435,
        "Na": 0.001,
        "Mg": 0.002,
        "P": 0.103,
        "S": 0.003,
        "Ca": 0.225,
    },
    "hydroxyapatite": {"H": 0.002007, "O": 0.414070, "P": 0.184987, "Ca": 0.398936},
    "aluminium": {"Al": 1.0},
    "copper": {"Cu": 1.0},
}
BONE_G_CM3: Final = 1.92
HYDROXYAPATITE_G_CM3: Final = 3.16
FILTER_G_CM3: Final = {"aluminium": 2.699, "copper": 8.96}


def mass_attenuation(substance: str, kev: ArrayLike) -> Floats:
    """Mass attenuation coefficient (cm2/g) of a substance of :data:`SHARES` at energies from 10 to 150 keV.

    Raises
    ------
    ValueError
        When an energy lies outside the table.

    Examples
    --------
    Water at 60 keV: 0.2059 in the table of compounds of the same database.

    >>> float(mass_attenuation("water", 60.0).round(4))
    0.2058
    """
    energies = np.asarray(kev, float)
    if energies.size and not (energies.min() >= KEV[0] and energies.max() <= KEV[-1]):
        raise ValueError(f"Energies {energies.min()} to {energies.max()} keV; the table has 10 to 150 keV.")
    table = np.log([ELEMENTS[e] for e in SHARES[substance]])
    at = np.exp(CubicSpline(np.log(KEV), table, axis=1)(np.log(energies)))
    return np.asarray(np.tensordot(list(SHARES[substance].values()), at, axes=1), float)


def contrast_per_mg(kev: ArrayLike, *, around: str = "water", around_g_cm3: float = 1.0) -> Floats:
    """HU that one mg/cm3 of hydroxyapatite adds at one energy, the tissue it displaces taken off.

    Examples
    --------
    At 60 keV: (0.4067 cm2/g - 0.2058 / 3.16 cm3/g) x 1 mg/cm3 over 0.2058 per cm of water, times 1000.

    >>> float(contrast_per_mg(60.0).round(2))
    1.66
    """
    tissue = mass_attenuation(around, kev) * around_g_cm3
    added = mass_attenuation("hydroxyapatite", kev) - tissue / HYDROXYAPATITE_G_CM3
    return np.asarray(added / mass_attenuation("water", kev), float)
