"""Which numbers are stored for a slice? Bytes, compressed or not, to the integers before rescale.

Uncompressed 16-bit pixels, the great majority, are read straight into the caller's array, so that reading a
volume costs one pass over its bytes; everything else goes through pydicom's decoders.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import UID

from brainsand.errors import ReadError
from brainsand.read.header import PixelForm, SliceHeader

_NATIVE: Final = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
_PIXEL_DATA: Final = (0x7FE0, 0x0010)
_MOST_VOXELS: Final = 2**31

Stored = NDArray[Any]


def refuse_unreadable(slices: Sequence[SliceHeader]) -> None:
    """Refuse, before anything is decoded, colour pixels and volumes larger than any scan (2**31 voxels)."""
    if any(s.pixels.samples != 1 for s in slices):
        raise ReadError(
            f"The pixels have {slices[0].pixels.samples} colours.",
            needed="attenuation in one channel.",
            todo="Give the original CT series, not pictures made of it.",
            code="not_ct",
        )
    voxels = len(slices) * slices[0].rows * slices[0].columns
    if voxels > _MOST_VOXELS or voxels == 0:
        raise ReadError(
            f"The headers announce {len(slices)} slices of {slices[0].rows} by {slices[0].columns} pixels.",
            needed=f"between 1 and {_MOST_VOXELS} voxels.",
            todo="Give one series of one head.",
            code="bad_matrix",
        )


def stored_slices(slices: Sequence[SliceHeader]) -> Iterator[tuple[int, Stored]]:
    """Each slice's stored values as ``(number, array (rows, columns))``; the order may differ from the input.

    The arrays are 16-bit integers where the file has them so, and may be reused for the next slice: copy what
    is to last. Refuses broken off (``truncated``) and undecodable pixels (``compression``).
    """
    by_item: dict[int, list[int]] = {}
    for k, one in enumerate(slices):
        by_item.setdefault(id(one.item), []).append(k)
    for numbers in by_item.values():
        if _is_native(slices[numbers[0]].pixels):
            yield from _native(slices, numbers)
        else:
            yield from _decoded(slices, numbers)


def _is_native(form: PixelForm) -> bool:
    return form.transfer_syntax in _NATIVE and form.bits_allocated == 16


def _native(slices: Sequence[SliceHeader], numbers: list[int]) -> Iterator[tuple[int, Stored]]:
    first = slices[numbers[0]]
    kind = np.dtype("<i2" if first.pixels.signed else "<u2")
    buffer = np.empty((first.rows, first.columns), kind)
    with first.item.open_at_most(None) as stream:
        starts_at = _value_start(stream, first)
        for k in numbers:
            stream.seek(starts_at + (slices[k].frame - 1) * buffer.nbytes)
            _fill(stream, buffer, slices[k])
            yield k, buffer


def _value_start(stream: BinaryIO, header: SliceHeader) -> int:
    """The byte after the tag, VR and length of Pixel Data (PS3.5 7.1)."""
    stream.seek(header.pixels.starts_at)
    start = stream.read(12)
    if len(start) < 12:
        raise _truncated(header, 0)
    if struct.unpack("<HH", start[:4]) != _PIXEL_DATA:
        raise ReadError(
            f"{_named(header)} has pixels in a form that is no CT's (not integers under tag 7FE0,0010).",
            needed="Pixel Data (PS3.3 C.7.6.3).",
            todo="Export the original CT series.",
            code="no_pixels",
        )
    # Writers get the syntax wrong, so the bytes decide: as implicit lengths, OW and OB would be odd.
    explicit = start[4:6] in (b"OW", b"OB")
    length = struct.unpack("<I", start[8:12] if explicit else start[4:8])[0]
    if length == 0xFFFFFFFF:
        raise _undecodable(header, "it says it is not compressed, but is")
    return header.pixels.starts_at + (12 if explicit else 8)


def _fill(stream: BinaryIO, buffer: Stored, header: SliceHeader) -> None:
    got = stream.readinto(buffer.reshape(-1).view(np.uint8))  # type: ignore[attr-defined]
    if got != buffer.nbytes:
        raise _truncated(header, int(got or 0))


def _decoded(slices: Sequence[SliceHeader], numbers: list[int]) -> Iterator[tuple[int, Stored]]:
    first = slices[numbers[0]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with first.item.open_at_most(None) as stream:
                dataset = pydicom.dcmread(stream, force=True)
            if "PixelData" not in dataset:
                raise _truncated(first, 0)
            dataset.file_meta.TransferSyntaxUID = UID(first.pixels.transfer_syntax)
            frames = iter_pixels(dataset, indices=[slices[k].frame - 1 for k in numbers], raw=True)
            for k, array in zip(numbers, frames, strict=True):
                if array.shape != (first.rows, first.columns):
                    raise _undecodable(first, f"it decodes to {array.shape}")
                yield k, array
        except ReadError:
            raise
        except (
            Exception
        ) as fault:  # decoders raise RuntimeError, ValueError, AttributeError, struct.error, ...
            raise _undecodable(first, f"{type(fault).__name__}: {str(fault)[:200]}") from fault


def _named(header: SliceHeader) -> str:
    return f'Slice {header.instance_number} ("{header.item.basename}")'


def _truncated(header: SliceHeader, got: int) -> ReadError:
    need = header.rows * header.columns * header.pixels.bits_allocated // 8
    return ReadError(
        f"{_named(header)} breaks off: {got} of {need} bytes of pixels are there.",
        needed="whole files.",
        todo="Copy or fetch the series again.",
        code="truncated",
    )


def _undecodable(header: SliceHeader, why: str) -> ReadError:
    syntax = UID(header.pixels.transfer_syntax)
    return ReadError(
        f"The pixels of {_named(header)} could not be decoded from {syntax.name} ({why}).",
        needed="uncompressed pixels, RLE, JPEG, JPEG-LS or JPEG 2000.",
        todo="Export the series uncompressed, or check whether the files are whole.",
        code="compression",
    )
