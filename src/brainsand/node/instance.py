"""What does one received object say of itself, and is it whole enough to be kept?

Only the few elements are read that the node needs for filing; the bytes are kept as they came. What is refused
here is refused for good, with the status of PS3.4 Table B.2-1: it would be no better the second time.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import warnings
from dataclasses import dataclass, field
from typing import Final, cast

import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.filebase import DicomIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from brainsand import __version__
from brainsand.read.elements import integer_of, text_of
from brainsand.read.header import CT_CLASSES

NOT_UNDERSTOOD: Final = 0xC000
"""Error: cannot understand (PS3.4 B.2.3)."""
OTHER_THAN_SAID: Final = 0xA900
"""Error: data set does not match SOP class (PS3.4 B.2.3)."""
NO_RESOURCES: Final = 0xA700
"""Refused: out of resources (PS3.4 B.2.3)."""

IMPLEMENTATION_UID: Final = "2.25.224518371890231864912356104718653291734"
"""Ours, in the file meta header (PS3.10 7.1): one of the 2.25 arc, which needs no registry (PS3.5 B.2)."""
IMPLEMENTATION_NAME: Final = f"BRAINSAND_{__version__}"[:16]

CT_ENDING: Final = ".dcm"
OTHER_ENDING: Final = ".other"

_UID: Final = re.compile(r"^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$")
_WANTED: Final = [
    0x00080016, 0x00080018, 0x00080060, 0x00100020, 0x00100021, 0x0020000D, 0x0020000E, 0x00200012,
    0x00201002, 0x00201209, 0x00280010,
]  # fmt: skip
_PIXELS: Final = (0x7FE0, 0x0010)
_UNDEFINED: Final = 0xFFFFFFFF


class NotKept(Exception):
    """The object is not kept: the DIMSE status to answer, and words for the log and the Error Comment."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One object: the names it is filed under and what it says of its series. ``None`` where it is silent.

    ``study``, ``series`` and ``name`` are made of the UIDs by SHA-256: nothing from outside becomes a path.
    ``in_series`` is Number of Series Related Instances (0020,1209), ``in_acquisition`` Images in Acquisition
    (0020,1002) of the acquisition ``acquisition``.
    """

    study_uid: str
    series_uid: str
    sop_class: str
    sop_uid: str
    modality: str
    acquisition: int | None = None
    in_series: int | None = None
    in_acquisition: int | None = None
    patient: tuple[str, str] = field(default=("", ""), repr=False)

    @property
    def study(self) -> str:
        """The name of the study's folder."""
        return folder_name(self.study_uid)

    @property
    def series(self) -> str:
        """The first part of the file's name."""
        return folder_name(self.series_uid)[:12]

    @property
    def file_name(self) -> str:
        """The file's name: series, then instance; the ending tells CT from everything else."""
        is_ct = self.modality == "CT" or self.sop_class in CT_CLASSES
        return file_name(self.series_uid, self.sop_uid, ending=CT_ENDING if is_ct else OTHER_ENDING)


def file_name(series_uid: str, sop_uid: str, *, ending: str) -> str:
    """The name an object is filed under in its study's folder."""
    return f"{folder_name(series_uid)[:12]}-{folder_name(sop_uid)}{ending}"


def folder_name(uid: str) -> str:
    """A UID as a name that can be no path and gives nothing away: 32 hexadecimal digits.

    >>> folder_name("1.2.3")
    'c47f5b18b8a430e698b9fe15e51f6119'
    """
    return hashlib.sha256(uid.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def as_file(data_set: bytes, *, sop_class: str, sop_uid: str, syntax: str, source: str) -> bytes:
    """A data set as it came over the network as a file of PS3.10: preamble, meta header, the same bytes."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(sop_class), UID(sop_uid)
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID, meta.ImplementationVersionName = UID(IMPLEMENTATION_UID), IMPLEMENTATION_NAME
    if source:
        meta.SourceApplicationEntityTitle = source[:16]
    stream = io.BytesIO()
    stream.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(cast(DicomIO, stream), meta)
    return stream.getvalue() + data_set


def data_set_of(file: bytes) -> memoryview:
    """The bytes after the meta header (PS3.10 7.1: its group length comes first); all of them where that is amiss."""
    if file[132:136] != b"\x02\x00\x00\x00" or len(file) < 144:
        return memoryview(file)
    (length,) = struct.unpack_from("<I", file, 140)
    return memoryview(file)[144 + length :]


def read_instance(file: bytes, *, sop_class: str | None = None, sop_uid: str | None = None) -> Instance:
    """What the object in ``file`` (PS3.10) says of itself.

    Parameters
    ----------
    file : bytes
        The whole file.
    sop_class, sop_uid : str, optional
        What the C-STORE request said it would be.

    Raises
    ------
    NotKept
        It cannot be parsed, breaks off, lacks a UID, or is something else than was said.
    """
    data, ends_at = _parsed(file)
    found = {name: text_of(data, tag) or "" for name, tag in _UIDS.items()}
    for name, uid in found.items():
        if len(uid) > 64 or not _UID.match(uid):
            raise NotKept(NOT_UNDERSTOOD, f"{name} is {'missing' if not uid else 'no UID'}")
    for said, name in ((sop_class, "SOP class UID"), (sop_uid, "SOP instance UID")):
        if said is not None and said != found[name]:
            raise NotKept(OTHER_THAN_SAID, f"{name} differs from the request's")
    if integer_of(data, 0x00280010) is not None:
        _refuse_broken_pixels(file, ends_at, data)
    return Instance(
        study_uid=found["study instance UID"],
        series_uid=found["series instance UID"],
        sop_class=found["SOP class UID"],
        sop_uid=found["SOP instance UID"],
        modality=(text_of(data, 0x00080060) or "")[:16],
        acquisition=integer_of(data, 0x00200012),
        in_series=integer_of(data, 0x00201209),
        in_acquisition=integer_of(data, 0x00201002),
        patient=(text_of(data, 0x00100020) or "", text_of(data, 0x00100021) or ""),
    )


_UIDS: Final = {
    "study instance UID": 0x0020000D,
    "series instance UID": 0x0020000E,
    "SOP class UID": 0x00080016,
    "SOP instance UID": 0x00080018,
}


def _parsed(file: bytes) -> tuple[FileDataset, int]:
    """The wanted elements, and where the pixels begin (or the file ends)."""
    stream = io.BytesIO(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            data = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=list(_WANTED))
        except Exception as fault:  # a damaged object may raise anything from struct.error to RecursionError
            raise NotKept(
                NOT_UNDERSTOOD, f"the data set cannot be parsed ({type(fault).__name__})"
            ) from fault
    return data, stream.tell()


def _refuse_broken_pixels(file: bytes, starts_at: int, data: FileDataset) -> None:
    """Refuse an image whose pixel data is not there or ends early: the sender lost it on the way."""
    implicit, little = data.original_encoding
    order = "<" if little else ">"
    head = file[starts_at : starts_at + 12]
    if len(head) < 8 or struct.unpack_from(f"{order}HH", head) != _PIXELS:
        if len(head) < 8:
            raise NotKept(NOT_UNDERSTOOD, "the image has no pixel data")
        return  # float pixels and the like (7FE0,0008): no CT, left to whoever reads it
    at = 4 if implicit else 8
    if len(head) < at + 4:
        raise NotKept(NOT_UNDERSTOOD, "the pixel data breaks off")
    (length,) = struct.unpack_from(f"{order}I", head, at)
    if length != _UNDEFINED and starts_at + at + 4 + length > len(file):
        raise NotKept(NOT_UNDERSTOOD, "the pixel data breaks off")
