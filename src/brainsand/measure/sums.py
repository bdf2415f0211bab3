"""What do several deposits come to, and how sure is that?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def total(
    values: Sequence[float | None], pms: Sequence[float | None], *, common_share_pm: float = 0.0
) -> tuple[float | None, float | None]:
    """The sum and its deviation; None where a value is missing. Of nothing the sum is 0.

    Deviations of single deposits add as squares; ``common_share_pm``, the part of each that is an error all
    share (a calibration's), is taken out of them and added once, in full.

    Examples
    --------
    >>> total([3.0, 4.0], [0.3, 0.4])
    (7.0, 0.5)
    >>> total([3.0, None], [0.3, None])
    (None, None)
    >>> total([10.0, 10.0], [1.0, 1.0], common_share_pm=0.1)
    (20.0, 2.0)
    """
    known = [v for v in values if v is not None]
    sure = [p for p in pms if p is not None]
    if len(known) < len(values) or len(sure) < len(values):
        return None, None
    own = [max(p**2 - (common_share_pm * v) ** 2, 0.0) for v, p in zip(known, sure, strict=True)]
    whole = float(sum(known))
    return whole, float(np.sqrt(sum(own) + (common_share_pm * whole) ** 2))
