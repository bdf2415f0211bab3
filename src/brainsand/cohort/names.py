"""How is a scan called, and what does a cell of somebody's table say?

Labels are those of BIDS: letters and digits. What is not (a name with spaces or umlauts, which may be a person's) is
replaced by a sum of it, so that no name travels into results; ``units.tsv`` keeps the key.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

MISSING: Final = ("", "n/a", "na", "nan", "none", "null", ".")
_PLAIN: Final = re.compile(r"^[A-Za-z0-9]+$")
_DIGITS: Final = 14
_SEXES: Final = {"f": "F", "female": "F", "w": "F", "m": "M", "male": "M", "o": "U", "u": "U", "other": "U"}


def label_of(text: str) -> str:
    """A label for a name: itself where it is one, else a sum of it (the same on every system).

    >>> label_of("P001"), label_of("Müller, Hans") == label_of("Mu\\u0308ller, Hans"), len(label_of("a b"))
    ('P001', True, 14)
    """
    if _PLAIN.match(text):
        return text
    data = unicodedata.normalize("NFC", text).encode("utf-8", "surrogateescape")
    return hashlib.sha256(data).hexdigest()[:_DIGITS]


def cell(text: str | None) -> str | None:
    """A cell of a table, None where it says that nothing is known.

    >>> cell(" 47 "), cell("n/a"), cell(None)
    ('47', None, None)
    """
    stripped = (text or "").strip()
    return None if stripped.lower() in MISSING else stripped


def number_of(text: str | None) -> float | None:
    """A number, None where there is none; ``89+`` is 89 and a decimal comma is a point.

    >>> number_of("47,5"), number_of("89+"), number_of("old")
    (47.5, 89.0, None)
    """
    try:
        value = float((cell(text) or "").rstrip("+").replace(",", "."))
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None


def age_of(text: str | None) -> float | None:
    """An age in years from 0 to 130, also as DICOM writes it.

    >>> age_of("47"), age_of("046Y"), age_of("018M"), age_of("-3")
    (47.0, 46.0, 1.5, None)
    """
    said = cell(text) or ""
    dicom = re.match(r"^(\d{1,3})([YMWD])$", said.upper())
    years = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.2425, "D": 1 / 365.2425}
    value = float(dicom[1]) * years[dicom[2]] if dicom else number_of(said)
    return value if value is not None and 0 <= value <= 130 else None


def sex_of(text: str | None) -> str | None:
    """F, M or U; None where it is not said.

    >>> sex_of("female"), sex_of("M"), sex_of("n/a"), sex_of("1")
    ('F', 'M', None, None)
    """
    return _SEXES.get((cell(text) or "").lower())
