"""How long is an ISO 8601 duration, in years?"""

from __future__ import annotations

import re
from typing import Final

OLDEST_YEARS: Final = 125.0
_DURATION: Final = re.compile(
    r"^P(?=\d|T\d)(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T[\dHMS.]*)?$"
)
_YEARS: Final = (1.0, 1 / 12, 7 / 365.2425, 1 / 365.2425)


def years_of(duration: str) -> float | None:
    """Years of a duration of years, months, weeks and days (ISO 8601-1, 5.5.2); ``None`` if it is none.

    >>> years_of("P47Y6M"), years_of("P6M"), years_of("47 years")
    (47.5, 0.5, None)
    """
    match = _DURATION.match(duration.strip().upper())
    if not match:
        return None
    return sum(float(part) * years for part, years in zip(match.groups(), _YEARS, strict=True) if part)
