"""What may be known of the patient? Age and sex, and nothing that names anybody.

Only facts listed in :class:`~brainsand.model.acquisition.Acquisition` leave this room. Ages from 90 up are
given as 90 (45 CFR 164.514(b)(2)(i)(C), "safe harbor": ages over 89 are one class), and free text (descriptions,
names of files and folders) has the patient's name and number struck out. Values the scanner itself writes from a
list of its own (kernel, manufacturer, model) are no free text and stay as they are, as in the profiles of PS3.15
Annex E: a patient called Head, Stand or Philips must not change what is known of the scan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

OLDEST_SAID: Final = 90.0
_DAYS_A_YEAR: Final = 365.2425
_UNIT_YEARS: Final = {"Y": 1.0, "M": 1 / 12, "W": 7 / _DAYS_A_YEAR, "D": 1 / _DAYS_A_YEAR}
_AGE: Final = re.compile(r"^(\d{1,3}) ?([YMWD])$")
_DATE: Final = re.compile(r"^(\d{4})[.\-]?(\d{2})[.\-]?(\d{2})$")
_SHORTEST_STRUCK: Final = 3


def age_years(*, said: str | None, born: str | None, scanned: str | None) -> float | None:
    """Age at the scan in years, 90 at most; ``None`` where it is not known or cannot be.

    Parameters
    ----------
    said : str, optional
        Patient's Age (0010,1010), such as ``046Y`` or ``003W`` (PS3.5 6.2, AS).
    born, scanned : str, optional
        Birth date and study date (DA); asked only where ``said`` is silent or counts whole years of a child
        under two.

    Examples
    --------
    >>> age_years(said="046Y", born=None, scanned=None)
    46.0
    >>> age_years(said=None, born="19500101", scanned="20000701")
    50.5
    >>> age_years(said="097Y", born=None, scanned=None), age_years(said="", born="2030", scanned="2000")
    (90.0, None)
    """
    match = _AGE.match((said or "").strip().upper())
    exact = _between(born, scanned)
    if match and not (exact is not None and match.group(2) == "Y" and int(match.group(1)) < 2):
        return coarse_age(int(match.group(1)) * _UNIT_YEARS[match.group(2)])
    return None if exact is None else coarse_age(exact)


def coarse_age(years: float) -> float:
    """An age no finer than it need be: tenths of a year, hundredths below two, 90 at most.

    >>> coarse_age(46.237), coarse_age(0.4567), coarse_age(101)
    (46.2, 0.46, 90.0)
    """
    return min(OLDEST_SAID, round(years, 2 if years < 2 else 1))


def sex_of(said: str | None) -> str | None:
    """F, M or U (for O, other) of Patient's Sex (0010,0040); ``None`` where silent.

    >>> sex_of("F"), sex_of("o"), sex_of(""), sex_of(None)
    ('F', 'U', None, None)
    """
    letter = (said or "").strip().upper()[:1]
    return {"F": "F", "M": "M", "O": "U", "U": "U"}.get(letter)


def without_names(text: str | None, names: Iterable[str]) -> str | None:
    """Free text with every one of ``names`` struck out, whatever its case.

    >>> without_names("Doe_John head 1 mm", ("DOE", "JOHN"))
    '[removed]_[removed] head 1 mm'
    """
    if not text:
        return None
    for name in sorted({n for n in names if len(n) >= _SHORTEST_STRUCK}, key=lambda n: (-len(n), n)):
        text = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", "[removed]", text, flags=re.IGNORECASE)
    return text


def _between(born: str | None, scanned: str | None) -> float | None:
    first, last = as_date(born), as_date(scanned)
    if first is None or last is None or last < first:
        return None
    years = (last - first).days / _DAYS_A_YEAR
    return years if years < 130 else None


def as_date(text: str | None) -> date | None:
    """A date as DICOM writes it (DA); ``None`` where there is none. For sums of days only: no date leaves this room.

    >>> as_date("20000229").isoformat(), as_date("20010229")
    ('2000-02-29', None)
    """
    match = _DATE.match((text or "").strip())
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None
