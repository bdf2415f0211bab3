"""What does one DICOM image say of itself, before its pixels are touched?

One :class:`SliceHeader` is one slice: a single-frame file gives one, an enhanced multi-frame file one for
each frame. Everything later rooms may need is kept; the patient's name and number are kept only here, for
telling patients apart, and go no further than objects made for the place the scan came from.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ImplicitVRLittleEndian

from brainsand.read.elements import integer_of, number_of, numbers_of, spoken_text_of, text_of, texts_of
from brainsand.read.files import Item

Triple = tuple[float, ...]

CT_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT: Final = "1.2.840.10008.5.1.4.1.1.2.1"
LEGACY_ENHANCED_CT: Final = "1.2.840.10008.5.1.4.1.1.2.2"

CT_CLASSES: Final = (CT_IMAGE, ENHANCED_CT, LEGACY_ENHANCED_CT)

_SHARED_GROUPS: Final = 0x52009229
_FRAME_GROUPS: Final = 0x52009230
# pydicom reads a header in memory twice as fast as from a file; longer ones (enhanced, private) are rare.
_HEAD_BYTES: Final = 64 * 1024
_WANTED: Final = [
    0x00080005, 0x00080008, 0x00080016, 0x00080018, 0x00080020, 0x00080022, 0x00080030, 0x00080050,
    0x00080051, 0x00080060, 0x00080070, 0x00080090, 0x00080201, 0x00081030, 0x00081032, 0x0008103E,
    0x00081090, 0x00082111, 0x00100010, 0x00100020, 0x00100021, 0x00100024, 0x00100030, 0x00100040,
    0x00101010, 0x00101020, 0x00101030, 0x00120010, 0x00120020, 0x00120021, 0x00120030, 0x00120031,
    0x00120040, 0x00120042, 0x00120050, 0x00120051, 0x00120062, 0x00120063, 0x00120064, 0x00180010,
    0x00180015, 0x00180050, 0x00180060, 0x00181030, 0x00181160, 0x00181210, 0x00185100, 0x0020000D,
    0x0020000E, 0x00200010, 0x00200011, 0x00200012, 0x00200013, 0x00200032, 0x00200037, 0x00200052,
    0x00200100, 0x00280002, 0x00280004, 0x00280008, 0x00280010, 0x00280011, 0x00280030, 0x00280100,
    0x00280101, 0x00280102, 0x00280103, 0x00280120, 0x00280121, 0x00280303, 0x00281052, 0x00281053,
    0x00281054, 0x00282110, 0x00282112, 0x00282114, 0x60000102, _SHARED_GROUPS, _FRAME_GROUPS,
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelForm:
    """How the pixels of a slice are stored, and how they become HU (PS3.3 C.7.6.3, C.11.1)."""

    transfer_syntax: str
    starts_at: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    samples: int
    slope: float | None
    intercept: float | None
    rescale_type: str | None
    padding: int | None
    padding_limit: int | None
    overlay_bit: int
    lossy: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceHeader:
    """One slice as its header tells it; ``None`` or empty where the header is silent.

    ``position_mm`` and ``orientation`` are Image Position and Image Orientation (Patient), ``spacing_mm`` is
    (row, column); ``frame`` counts from 1. ``dataset`` is the parsed header without pixels.
    """

    item: Item
    frame: int
    frames: int
    dataset: FileDataset = field(repr=False)
    patient: tuple[str, ...] = field(repr=False)
    sop_class: str | None
    sop_uid: str
    study_uid: str | None
    series_uid: str | None
    series_number: int | None
    instance_number: int
    acquisition_number: int | None
    temporal_index: int | None
    modality: str | None
    image_type: tuple[str, ...]
    description: str
    kernel: str | None
    thickness_mm: float | None
    rows: int
    columns: int
    position_mm: Triple | None
    orientation: Triple | None
    spacing_mm: Triple | None
    pixels: PixelForm


def read_header(item: Item) -> SliceHeader | None:
    """The header of one file, or ``None`` where the file is not DICOM or holds no image.

    Raises
    ------
    ValueError
        Where the file begins as DICOM but breaks off or cannot be parsed.
    """
    with item.open_at_most(_HEAD_BYTES) as stream:
        start = stream.read(_HEAD_BYTES)
    if not _looks_like_dicom(start):
        return None
    parsed = _parsed(io.BytesIO(start))
    if item.size > len(start) and (parsed is None or parsed[1] >= len(start)):
        with item.open_at_most(None) as stream:
            parsed = _parsed(stream)
    if parsed is None:
        raise ValueError(f"{item.basename}: the header cannot be parsed")
    dataset, ends_at = parsed
    if integer_of(dataset, 0x00280010) is None:
        if ends_at >= item.size and _announced_class(dataset) in CT_CLASSES:
            raise ValueError(f"{item.basename}: the header breaks off")
        return None
    return _header_of(item, dataset, ends_at)


def _looks_like_dicom(start: bytes) -> bool:
    """Whether a file may be DICOM: the word at byte 128, or a first element that a headless file has."""
    if start[128:132] == b"DICM":  # PS3.10 7.1
        return True
    if len(start) < 12:
        return False
    group, element = struct.unpack("<HH", start[:4])
    if group not in (0x0002, 0x0008) or element > 0x1200:
        return False
    explicit = start[4:6].isalpha() and start[4:6].isupper()
    return bool(explicit or struct.unpack("<I", start[4:8])[0] < 1024)


def _parsed(stream: BinaryIO) -> tuple[FileDataset, int] | None:
    """The header and the byte where the pixels begin; ``None`` where the stream ends too early."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(
                stream, force=True, stop_before_pixels=True, specific_tags=list(_WANTED)
            )
        except Exception:  # a damaged file may raise anything from struct.error to RecursionError
            return None
    return dataset, stream.tell()


def _header_of(item: Item, data: FileDataset, ends_at: int) -> SliceHeader:
    return SliceHeader(
        item=item,
        frame=1,
        frames=integer_of(data, 0x00280008) or 1,
        dataset=data,
        patient=_patient_key(data),
        sop_class=text_of(data, 0x00080016),
        sop_uid=text_of(data, 0x00080018) or "",
        study_uid=text_of(data, 0x0020000D),
        series_uid=text_of(data, 0x0020000E),
        series_number=integer_of(data, 0x00200011),
        instance_number=integer_of(data, 0x00200013) or 0,
        acquisition_number=integer_of(data, 0x00200012),
        temporal_index=integer_of(data, 0x00200100),
        modality=text_of(data, 0x00080060),
        image_type=texts_of(data, 0x00080008),
        description=spoken_text_of(data, 0x0008103E) or "",
        kernel=kernel_of(data),
        thickness_mm=positive(number_of(data, 0x00180050)),
        rows=integer_of(data, 0x00280010) or 0,
        columns=integer_of(data, 0x00280011) or 0,
        position_mm=numbers_of(data, 0x00200032, 3),
        orientation=numbers_of(data, 0x00200037, 6),
        spacing_mm=numbers_of(data, 0x00280030, 2),
        pixels=_pixel_form(data, ends_at),
    )


def _pixel_form(data: FileDataset, ends_at: int) -> PixelForm:
    allocated = integer_of(data, 0x00280100) or 16
    stored = integer_of(data, 0x00280101) or allocated
    high_bit = integer_of(data, 0x00280102)
    return PixelForm(
        transfer_syntax=_transfer_syntax(data),
        starts_at=ends_at,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=stored - 1 if high_bit is None else high_bit,
        signed=integer_of(data, 0x00280103) == 1,
        samples=integer_of(data, 0x00280002) or 1,
        slope=number_of(data, 0x00281053),
        intercept=number_of(data, 0x00281052),
        rescale_type=text_of(data, 0x00281054),
        padding=integer_of(data, 0x00280120),
        padding_limit=integer_of(data, 0x00280121),
        overlay_bit=integer_of(data, 0x60000102) or 0,
        lossy=text_of(data, 0x00282110) == "01",
    )


def _announced_class(data: FileDataset) -> str | None:
    """The SOP class, if need be from the file's meta header (PS3.10 7.1)."""
    meta = getattr(data, "file_meta", None)
    return text_of(data, 0x00080016) or (text_of(meta, 0x00020002) if meta is not None else None)


def _transfer_syntax(data: FileDataset) -> str:
    meta = getattr(data, "file_meta", None)
    said = text_of(meta, 0x00020010) if meta is not None else None
    if said:
        return said
    implicit, little = data.original_encoding
    if not little:
        return "1.2.840.10008.1.2.2"
    return str(ImplicitVRLittleEndian) if implicit else "1.2.840.10008.1.2.1"


def _patient_key(data: FileDataset) -> tuple[str, ...]:
    """What tells patients apart: the number with its issuer, else name and birth date."""
    number = text_of(data, 0x00100020)
    if number:
        return number, text_of(data, 0x00100021) or ""
    return "", text_of(data, 0x00100010) or "", text_of(data, 0x00100030) or ""


def kernel_of(data: Dataset) -> str | None:
    """The convolution kernel; several values (Siemens: kernel and strength) joined by a space."""
    return " ".join(part for part in texts_of(data, 0x00181210) if part) or None


def positive(number: float | None) -> float | None:
    """The number where it is above zero, else ``None``."""
    return number if number is not None and number > 0 else None
