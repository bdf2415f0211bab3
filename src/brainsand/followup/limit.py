"""How far must a change stand out? The chance of a false change, shared out among all that is compared.

All comparisons of a pair of scans together may go wrong once in twenty unchanged pairs. Whatever share of that chance
each comparison gets, they go wrong together no oftener than the shares add up to (Boole's inequality), however they
hang together. So half of the chance is shared out evenly, and half where it helps most: a change of 30 % in a body
whose doubt is 2 % is seen by any limit and in one whose doubt is 30 % by none, so the bodies between get more. The
shares that see most, on the whole, go by

    chance = P(|normal| > m / 2 + c / m)

where ``m`` is what the wanted change comes to in deviations, and one ``c`` makes the shares add up (Roeder and
Wasserman 2009, doi 10.1214/09-STS289). No limit gets wider by it than that of half the chance shared out evenly: 3.9
deviations for 30 comparisons, against 3.6. Both allow for errors with longer tails than the normal law's (``TAIL``).

``m`` goes by the mean of both amounts, which tells nothing of their difference where nothing changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm, t

WANTED: Final = 0.3
"""The change that one wants to see, as a share of the amount (expert)."""
EVEN: Final = 0.5
"""So much of the chance is shared out evenly."""
TAIL: Final = 20
"""Errors of one comparison fall off as Student's t of so many degrees of freedom: a doubt is itself known to a sixth
(1 / sqrt(2 x 20)), and thick slices beside bone err more than they say (``docs/methods/followup.md``)."""
HOPELESS: Final = 0.01
CERTAIN: Final = 30.0
"""Deviations that the wanted change is taken to come to at least and at most."""
MOST_OFFSET: Final = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """``even`` is the chance that every comparison gets, ``uneven`` what is shared out by what the wanted change comes
    to, as ``offset`` (``c`` above) says."""

    even: float
    uneven: float
    offset: float

    @property
    def widest(self) -> float:
        """Deviations that are enough for any comparison."""
        return float(t.isf(self.even / 2, TAIL))

    def deviations(self, expected: float) -> float:
        """Deviations beyond which something has changed, where the wanted change comes to ``expected`` deviations.

        >>> limit = limit_for([2.0, 4.0, 40.0], chance=0.05)
        >>> [round(limit.deviations(m), 2) for m in (2.0, 4.0, 40.0)]
        [2.4, 2.64, 2.93]
        """
        own = min(self.uneven, _share(expected, self.offset))
        return float(t.isf((self.even + own) / 2, TAIL))


def limit_for(expected: Sequence[float], *, chance: float) -> Limit:
    """How a chance is shared out among comparisons.

    Parameters
    ----------
    expected : floats
        One a comparison: what the wanted change comes to in it, in deviations.
    chance : float
        That any goes wrong where nothing changed.

    Examples
    --------
    >>> round(limit_for([3.0], chance=0.05).deviations(3.0), 2)
    2.09
    """
    sizes = [float(m) for m in expected] or [0.0]
    uneven = (1 - EVEN) * chance

    def over(offset: float) -> float:
        return sum(_share(m, offset) for m in sizes) - uneven

    offset = float(brentq(over, -MOST_OFFSET, MOST_OFFSET, xtol=1e-9))
    return Limit(even=EVEN * chance / len(sizes), uneven=uneven, offset=offset)


def _share(expected: float, offset: float) -> float:
    m = float(np.clip(expected, HOPELESS, CERTAIN))
    return float(2 * norm.sf(np.maximum(m / 2 + offset / m, 0.0)))
