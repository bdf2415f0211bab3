"""Is a reconstruction kernel a sharp one, made for bone or lung?

Sharp kernels overshoot at edges and raise noise, so peaks and threshold volumes of small calcium come out too
large. Makers name kernels each in their own way; the rules below follow those names.
"""

from __future__ import annotations

import re
from typing import Final

_SHARP_WORDS: Final = re.compile(r"bone|edge|detail|sharp|lung|ultra", re.IGNORECASE)
_SHARP_SPOKEN: Final = re.compile(r"\b(bone|sharp|lung|osse(ux|ous|o)|hueso|knochen)", re.IGNORECASE)
_SOFT_WORDS: Final = re.compile(r"soft|smooth|stand|std|stnd|brain|chst|hirn|weich", re.IGNORECASE)
# Siemens: letters for the organ, two figures for the sharpness, letters and a step of iteration after it.
_SIEMENS: Final = re.compile(r"^[A-Z][a-z]?(\d\d)[a-z]*\b")
_SIEMENS_OLD: Final = re.compile(r"\bA[BHCU](\d\d)\b")
_CANON: Final = re.compile(r"^FC(\d\d)", re.IGNORECASE)
_PHILIPS_SHARP: Final = re.compile(r"^(D|E|F|L|Y[A-D]|CD|XCD)$")
_PHILIPS_SOFT: Final = re.compile(r"^(A|B|C|[UEC][A-C]|XC[A-C])$")
_SIEMENS_SHARP_FROM: Final = 60


def is_sharp(kernel: str | None, description: str = "") -> bool | None:
    """Whether a kernel is sharp; ``None`` where its name says nothing.

    ``kernel`` is Convolution Kernel (0018,1210), ``description`` the series description, asked only where the
    kernel says nothing.

    >>> [is_sharp(k) for k in ("H31s", "Hr64h 3", "STANDARD", "BONEPLUS", "UB", "YA", "FC26", "FC30", "FC81")]
    [False, True, False, True, False, True, False, True, True]
    >>> is_sharp(None, "HEAD BONE 1.0"), is_sharp(None), is_sharp("77")
    (True, None, None)
    """
    name = (kernel or "").strip()
    for known in (_by_word(name), _by_figure(name), _by_philips_letter(name)):
        if known is not None:
            return known
    return True if _SHARP_SPOKEN.search(description) else None


def _by_word(text: str) -> bool | None:
    if _SHARP_WORDS.search(text):
        return True
    return False if _SOFT_WORDS.search(text) else None


def _by_figure(name: str) -> bool | None:
    canon = _CANON.match(name)
    if canon:
        # FC30-39 inner ear and bone, FC50-59 lung, FC80-89 high-resolution bone; the others body and brain.
        return int(canon.group(1)) // 10 in (3, 5, 8)
    siemens = _SIEMENS.match(name) or _SIEMENS_OLD.search(name)
    return int(siemens.group(1)) >= _SIEMENS_SHARP_FROM if siemens else None


def _by_philips_letter(name: str) -> bool | None:
    if _PHILIPS_SHARP.match(name):
        return True
    return False if _PHILIPS_SOFT.match(name) else None
