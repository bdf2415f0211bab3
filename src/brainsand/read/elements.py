"""What does one DICOM element say? Values straight from the bytes, forgiving of what is only untidy.

pydicom turns an element into a value when it is asked for, checks it against the standard and warns or
raises on the way. A reader of real files wants the number if there is one and ``None`` if there is not; and
taken from the raw bytes it is several times quicker, which counts when thousands of headers are looked at.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

_INTEGER_CODES: Final = {"US": "H", "SS": "h", "UL": "I", "SL": "i"}
_REAL_CODES: Final = {"FD": "d", "FL": "f"}


def text_of(dataset: Dataset, tag: int) -> str | None:
    """The element as text, stripped; ``None`` where absent or empty.

    >>> data = Dataset()
    >>> data.Modality = "CT"
    >>> text_of(data, 0x00080060)
    'CT'
    """
    value = _value(dataset.get_item(BaseTag(tag), keep_deferred=True))
    if value is None:
        return None
    # PS3.5 6.2: latin-1 keeps every byte, so nothing here can fail; free text shown to people is decoded by
    # `spoken_text_of` instead.
    text = value.decode("latin-1") if isinstance(value, bytes) else _joined(value)
    return text.strip(" \0\t\r\n") or None


def texts_of(dataset: Dataset, tag: int) -> tuple[str, ...]:
    """The parts of a many-valued text element, stripped; empty where absent."""
    text = text_of(dataset, tag)
    return tuple(part.strip(" \0") for part in text.split("\\")) if text else ()


def spoken_text_of(dataset: Dataset, tag: int) -> str | None:
    """Free text, decoded by the file's own character set."""
    try:
        value = dataset.get(BaseTag(tag))
        return (_joined(value.value).strip(" \0") or None) if value is not None else None
    except Exception:  # an undecodable text is no reason to lose a scan
        return text_of(dataset, tag)


def numbers_of(dataset: Dataset, tag: int, count: int) -> tuple[float, ...] | None:
    """Exactly ``count`` finite decimal numbers (VR DS, IS, FD or FL), else ``None``."""
    found = _numbers(dataset, tag)
    return found if len(found) == count else None


def number_of(dataset: Dataset, tag: int) -> float | None:
    """The first of the numbers in the element, or ``None``."""
    found = _numbers(dataset, tag)
    return found[0] if found else None


def integer_of(dataset: Dataset, tag: int) -> int | None:
    """An integer (VR US, SS, UL, SL or IS), or ``None``."""
    element = dataset.get_item(BaseTag(tag), keep_deferred=True)
    value = _value(element)
    if isinstance(value, bytes) and (kind := _kind(element)) not in ("IS", "DS"):
        code = _INTEGER_CODES.get(kind, "H" if len(value) == 2 else "I")
        size = struct.calcsize(code)
        return int(struct.unpack(_order(element) + code, value[:size])[0]) if len(value) >= size else None
    number = number_of(dataset, tag)
    return int(number) if number is not None and number.is_integer() else None


def items_of(dataset: Dataset, tag: int) -> list[Dataset]:
    """The items of a sequence; empty where absent."""
    if tag not in dataset:
        return []
    value = dataset[BaseTag(tag)].value
    return list(value) if value else []


def _numbers(dataset: Dataset, tag: int) -> tuple[float, ...]:
    element = dataset.get_item(BaseTag(tag), keep_deferred=True)
    value = _value(element)
    if value is None:
        return ()
    try:
        if isinstance(value, bytes) and (kind := _kind(element)) in _REAL_CODES:
            code = _REAL_CODES[kind]
            found = struct.unpack(f"{_order(element)}{len(value) // struct.calcsize(code)}{code}", value)
        else:
            text = value.decode("latin-1") if isinstance(value, bytes) else _joined(value)
            found = tuple(float(part.strip(" \0").replace(",", ".")) for part in text.split("\\"))
    except (ValueError, struct.error):
        return ()
    return found if all(abs(number) < 1e300 for number in found) else ()


def _value(element: Any) -> Any:
    value = None if element is None else element.value
    return None if value is None or value in (b"", "") else value


def _kind(element: Any) -> str:
    """The element's VR; an implicit syntax writes none, so the standard's dictionary (PS3.6) is asked."""
    if element.VR:
        return str(element.VR)
    try:
        return str(dictionary_VR(element.tag))
    except KeyError:
        return ""


def _order(element: Any) -> str:
    return "<" if element.is_little_endian else ">"


def _joined(value: Any) -> str:
    if isinstance(value, list | tuple | MultiValue):
        return "\\".join(str(part) for part in value)
    return str(value)
