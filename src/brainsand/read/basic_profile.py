"""What of a DICOM header may stay when nobody is to be recognized? A list of what may, not of what may not.

The Basic Application Level Confidentiality Profile of PS3.15 Annex E, with the option to retain patient
characteristics (age and sex, which the reading leans on). An element that is on no list here is dropped, private ones
and free text with it; UIDs are replaced by a keyed hash, so that objects of one scan still refer to each other.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.tag import BaseTag

from brainsand.model.identifiers import dicom_uid, uuid_of
from brainsand.read.deidentify import OLDEST_SAID, age_years
from brainsand.read.elements import text_of

METHOD: Final = ("PS3.15 Annex E Basic Profile", "Retain Patient Characteristics: age to 90, sex")
METHOD_CODES: Final = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113108", "Retain Patient Characteristics Option"),
)

# Technique, place and pixels: written by the scanner from lists of its own, or numbers.
_KEPT: Final = frozenset({
    0x00080008, 0x00080016, 0x00080060, 0x00080070, 0x00081090, 0x00081150, 0x00089007, 0x00089205,
    0x00089206, 0x00089207, 0x00100040, 0x00180015, 0x00180050, 0x00180060, 0x00181120, 0x00181210,
    0x00185100, 0x00189309, 0x00200011, 0x00200012, 0x00200013, 0x00200032, 0x00200037, 0x00200100,
    0x00201041, 0x00209057, 0x00209128, 0x00280002, 0x00280004, 0x00280008, 0x00280010, 0x00280011,
    0x00280030, 0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00280120, 0x00280121, 0x00281050,
    0x00281051, 0x00281052, 0x00281053, 0x00281054, 0x00282110, 0x00282112, 0x00282114, 0x60000102,
})  # fmt: skip
# Sequences that hold nothing but what is on these lists, and are gone through item by item: functional groups.
_ENTERED: Final = frozenset({
    0x00081140, 0x00089124, 0x00082112, 0x00189301, 0x00189314, 0x00189329, 0x00209111, 0x00209113, 0x00209116,
    0x00289110, 0x00289132, 0x00289145, 0x52009229, 0x52009230,
})  # fmt: skip
_REPLACED: Final = frozenset({0x00080018, 0x00081155, 0x0020000D, 0x0020000E, 0x00200052})
# Type 2: there without a value, so that what is made of the header stays a valid object.
_EMPTIED: Final = frozenset({0x00080020, 0x00080030, 0x00080050, 0x00080090, 0x00100030, 0x00200010})


def uid_of(uid: str, key: bytes) -> str:
    """Another UID in place of one, always the same under one key and not to be turned back without it.

    A name-based UUID under 2.25 (PS3.5 B.2) of HMAC-SHA-256; an empty UID stays empty.

    >>> uid_of("1.2.3", b"key") == uid_of("1.2.3", b"key"), uid_of("1.2.3", b"key") == uid_of("1.2.3", b"other")
    (True, False)
    >>> uid_of("", b"key")
    ''
    """
    return dicom_uid(_bits(uid, key)) if uid else ""


def keyed_sum(text: str, key: bytes) -> str:
    """64 hexadecimal digits in place of a sum, always the same under one key (HMAC-SHA-256).

    >>> len(keyed_sum("0" * 64, b"key"))
    64
    """
    return hmac.new(key, f"sum {text}".encode(), hashlib.sha256).hexdigest()


def pseudonym_of(number: str, key: bytes) -> str:
    """What a patient is called in place of name and number: the same under one key.

    >>> pseudonym_of("P1", b"key") == pseudonym_of("P1", b"key"), len(pseudonym_of("P1", b"key"))
    (True, 15)
    """
    return f"BS-{_bits(f'patient {number}', key)[:6].hex()}"


def profiled(data: Dataset, key: bytes, *, patient: tuple[str, ...]) -> FileDataset:
    """A header of which only what may stay is left, marked as de-identified (PS3.3 C.7.1.1, C.12.1.1.1).

    ``patient`` is what tells patients apart (``SliceHeader.patient``); the pseudonym is made of it, or of the study
    where it is empty, so that two unnamed persons do not become one.
    """
    out = FileDataset("", _kept(data, key), file_meta=None, preamble=None)
    out.SpecificCharacterSet = "ISO_IR 192"
    for tag in _EMPTIED & data.keys():
        out.add_new(BaseTag(tag), _VR[tag], "")
    called = pseudonym_of("|".join(patient) if any(patient) else text_of(data, 0x0020000D) or "", key)
    out.PatientName, out.PatientID = f"Nameless^{called}", called
    age = _age(data)
    if age:
        out.PatientAge = age
    out.PatientIdentityRemoved = "YES"
    out.DeidentificationMethod = list(METHOD)
    out.DeidentificationMethodCodeSequence = [_code(*code) for code in METHOD_CODES]
    out.LongitudinalTemporalInformationModified = "REMOVED"
    return out


_VR: Final = {
    0x00080020: "DA", 0x00080030: "TM", 0x00080050: "SH", 0x00080090: "PN", 0x00100030: "DA", 0x00200010: "SH",
}  # fmt: skip


def _bits(text: str, key: bytes) -> bytes:
    """The 16 bytes of a name-based UUID (RFC 9562, version 8: made in a way of one's own)."""
    return uuid_of(hmac.new(key, text.encode(), hashlib.sha256).digest(), version=8)


def _kept(data: Dataset, key: bytes) -> Dataset:
    out = Dataset()
    for tag in tuple(data.keys()):
        if tag in _KEPT:
            out[tag] = data[tag]
        elif tag in _REPLACED:
            out[tag] = DataElement(tag, "UI", uid_of(text_of(data, tag) or "", key))
        elif tag in _ENTERED and data[tag].value:
            out[tag] = DataElement(tag, "SQ", [_kept(item, key) for item in data[tag].value])
    return out


def _age(data: Dataset) -> str | None:
    """Patient's Age as the header says or its dates tell, 090Y at most."""
    said = text_of(data, 0x00101010)
    years = age_years(
        said=said,
        born=text_of(data, 0x00100030),
        scanned=text_of(data, 0x00080020) or text_of(data, 0x00080022),
    )
    if years is None:
        return None
    return f"{round(years * 12):03d}M" if years < 2 else f"{int(min(years, OLDEST_SAID)):03d}Y"


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item
