"""Are two scans said to be of one patient? A word for whoever a scan's header names, that tells nobody who it is.

The word is a keyed digest (HMAC-SHA-256, RFC 2104) of the patient's number or, where there is none, of name and birth
date, both of them. What stands where a name was taken out (``PLACEHOLDERS``) names nobody. The same patient under the
same key has the same word; without the key nobody can try numbers until one fits.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from brainsand.errors import InputRefused
from brainsand.read.archive import zip_items
from brainsand.read.files import Item, file_item, folder_items
from brainsand.read.header import read_header
from brainsand.read.nifti import is_nifti

LETTERS: Final = 32
PLACEHOLDERS: Final = frozenset({"0", "NA", "N/A", "NONE", "NULL", "UNKNOWN", "DEIDENTIFIED", "REMOVED"})
"""Numbers and names, beside all that begin with ANON, that many patients have."""
MOST_LOOKED_AT: Final = 20
"""So many files are opened to find one that is an image."""


def whose(path: Path, key: bytes) -> str | None:
    """The word for the patient of a scan (a path as ``read_scan`` takes one); None where no header names anybody."""
    try:
        if path.is_dir():
            return _of_items(folder_items(path), key)
        if is_nifti(path.name):
            return None
        if path.suffix.lower() == ".zip":
            with zip_items(path) as items:
                return _of_items(items, key)
        return _of_items((file_item(path),), key)
    except (InputRefused, OSError):
        return None


def _of_items(items: Iterable[Item], key: bytes) -> str | None:
    for item in list(items)[:MOST_LOOKED_AT]:
        try:
            header = read_header(item)
        except ValueError:
            continue
        if header is not None:
            return word_for(header.patient, key)
    return None


def word_for(patient: tuple[str, ...], key: bytes) -> str | None:
    """The word for a patient as ``read.header`` tells them apart; None where the header is silent.

    A number counts by itself: one file may name its issuer and another not.

    >>> word_for(("17", "WEST"), b"k" * 16) == word_for(("17", ""), b"k" * 16)
    True
    >>> word_for(("", "DOE^A", "19500101"), b"k" * 16) == word_for(("", "Doe^A", "19500101"), b"k" * 16)
    True
    >>> word_for(("", "DOE^A", ""), b"k" * 16) is word_for(("Anonymous-1", ""), b"k" * 16) is None
    True
    """
    number, *rest = [part.strip().upper() for part in patient]
    told = [number] if number else rest
    if not told or not all(told) or told[0] in PLACEHOLDERS or told[0].startswith("ANON"):
        return None
    text = "\n".join([str(len(told)), *told])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:LETTERS]
