"""How large is it really? From the spread of a deposit's attenuation to cubic millimetres.

A deposit is a body of some density that blur and slices have spread out. Mass is what survives that; volume
is mass over density, and the density is seen only where the deposit is larger than the blur. What is known of
it in any case lies in the sums of ``measure.spread``, and the rule here turns them into a volume:

    log(volume / filled volume) = a polynomial of second order in what is seen (:data:`TERMS`)

Its coefficients are the least-squares answer over some thousand simulated bodies (ellipsoids, lumps dense in
the middle, plates, threads, shells, clusters of dots; 3 to 3000 mm3; 80 to 900 HU above tissue, even on a
logarithmic scale: deposits of 100 to 800 HU are those described; slices of 0.5 to 7 mm; soft kernels; noise), and
so is the rule's own deviation, which grows as slices become thicker than the deposit. On thick slices the rule
leans on what bodies are like (about as deep as they are wide); that is the assumption behind every volume that
slices do not resolve, and its doubt is in the +-.

Misleads for a body unlike those: a sheet lying in the plane of a thick slice reads too thick, a thread across
slices too short.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.measure.spread import Spread

Floats = NDArray[np.float64]

TERMS: Final = (
    "kept_within",
    "kept_across",
    "across_over_slice",
    "across",
    "depth_over_across",
    "density",
    "uneven",
)
"""What the polynomial is in: logarithms, see :func:`seen`."""
USUAL_HU: Final = 200.0
LEAST_PM: Final = 0.03
OF_FORM: Final = 0.85
"""Share of the rule's deviation that is of the bodies' forms and of kernels: the rest is their noise and a background
off by 1 HU, which the deposit's own deviations hold already."""
DENSEST_HU: Final = 900.0
"""The densest of the bodies: no deposit is taken to be denser."""


def seen(spread: Spread, *, gain: float = 1.0) -> Floats:
    """What is seen of a deposit (:data:`TERMS`): logarithms of shares, lengths and density at 120 kVp."""
    depth_mm = float(np.cbrt(spread.filled_mm3))
    return np.log(
        [
            spread.kept_within,
            spread.kept_across,
            spread.across_mm / spread.slice_mm,
            spread.across_mm,
            depth_mm / spread.across_mm,
            spread.density_hu / gain / USUAL_HU,
            spread.uneven,
        ]
    )


def products(values: ArrayLike) -> Floats:
    """One, every value, and every product of two: the terms of a polynomial of second order.

    >>> products([[2.0, 3.0]]).tolist()
    [[1.0, 2.0, 3.0, 4.0, 6.0, 9.0]]
    """
    v = np.atleast_2d(np.asarray(values, float))
    pairs = [v[:, i] * v[:, j] for i in range(v.shape[1]) for j in range(i, v.shape[1])]
    return np.stack([np.ones(len(v)), *v.T, *pairs], axis=1)


def volume_of(
    spread: Spread,
    *,
    rule: Mapping[str, Any],
    background_pm_hu: float,
    collected_mm3: float,
    excess_share_pm: float,
    gain: float = 1.0,
) -> tuple[float, float]:
    """Volume (mm3) and its deviation.

    Parameters
    ----------
    spread : Spread
    rule : mapping
        ``norms["volume_rule"]``: ``low`` and ``high`` (the range of each term in the bodies it was made
        from; beyond it, its end is taken and the doubt grows by the distance), ``volume`` and ``doubt``
        (coefficients of :func:`products`).
    background_pm_hu : float
        Deviation of the background, HU.
    collected_mm3 : float
        Volume that was summed over.
    excess_share_pm : float
        Deviation of the excess from anything else, as a share.
    gain : float
        Brightness of calcium at this voltage over that at 120 kVp.
    """
    values = seen(spread, gain=gain)
    within = np.clip(values, rule["low"], rule["high"])
    terms = products(within)[0]
    volume = spread.filled_mm3 * float(np.exp(terms @ np.asarray(rule["volume"], float)))
    volume = max(volume, spread.excess_hu_mm3 / (DENSEST_HU * gain))
    own = OF_FORM * float(np.exp(terms @ np.asarray(rule["doubt"], float)))
    own += float(np.abs(values - within).sum())
    # Of a background off by d, the excess loses d * collected, its sum of squares 2 d * excess.
    per_hu = abs(collected_mm3 / spread.excess_hu_mm3 - 1 / spread.density_hu)
    share = float(np.sqrt(own**2 + (2 * background_pm_hu * per_hu) ** 2 + excess_share_pm**2))
    return volume, volume * max(share, LEAST_PM)
