"""What is the attenuation at every voxel of a DICOM stack? Stored integers to HU, slice by slice.

HU = stored x Rescale Slope + Rescale Intercept (PS3.3 C.11.1.1), each slice by its own two
numbers. The answer is ``int16`` where these are whole, else ``float32``; nothing below -1024 HU (air is
-1000) is kept, because what scanners write there is padding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.errors import ReadError
from brainsand.model.caution import Caution
from brainsand.read.header import PixelForm, SliceHeader
from brainsand.read.stored import refuse_unreadable, stored_slices

Hu = NDArray[np.int16] | NDArray[np.float32]

LOWEST_HU: Final = -1024
# Padding whose HU lies above this could be tissue: it is believed only where it reaches the edge.
_TISSUE_FROM_HU: Final = -900
_INT16: Final = (-32768, 32767)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """``hu`` (slice, row, column), the sha256 of its bytes so far, and what is to be said of it."""

    hu: Hu
    digest: Any
    cautions: tuple[Caution, ...]


def decode(slices: Sequence[SliceHeader]) -> Decoded:
    """The HU of slices in the order given.

    Refuses colour, impossible sizes, truncated and undecodable pixels and slices of another matrix
    (``mixed_matrix``). Sums are taken while the next slice is read, so they cost next to nothing.
    """
    refuse_unreadable(slices)
    _refuse_mixed(slices)
    whole = all(_is_whole(s.pixels) for s in slices)
    hu = np.empty((len(slices), slices[0].rows, slices[0].columns), np.int16 if whole else np.float32)
    digest, in_tissue, done, told = hashlib.sha256(), 0, 0, set[int]()
    with ThreadPoolExecutor(max_workers=1) as summing:
        for k, stored in stored_slices(slices):
            in_tissue += rescale(stored, slices[k].pixels, hu[k])
            told.add(k)
            while done in told:
                summing.submit(digest.update, hu[done])
                done += 1
    return Decoded(hu=hu, digest=digest, cautions=_cautions(slices, in_tissue))


def rescale(stored: NDArray[Any], form: PixelForm, out: NDArray[Any]) -> int:
    """Write the HU of one slice's stored values into ``out`` (same shape).

    Gives the number of padded pixels whose value tissue could have had.

    >>> form = PixelForm(
    ...     transfer_syntax="1.2.840.10008.1.2.1", starts_at=0, bits_allocated=16, bits_stored=12,
    ...     high_bit=11, signed=False, samples=1, slope=1.0, intercept=-1024.0, rescale_type="HU",
    ...     padding=None, padding_limit=None, overlay_bit=0, lossy=False)
    >>> out = np.empty((1, 3), np.int16)
    >>> rescale(np.array([[0, 1064, 4095]], np.uint16), form, out), out.tolist()
    (0, [[-1024, 40, 3071]])
    """
    values = _repaired(stored, form)
    slope, intercept = _slope(form), _intercept(form)
    if out.dtype == np.int16:
        _rescale_whole(values, int(slope), int(intercept), out)
    else:
        np.multiply(values, slope, out=out, casting="unsafe")
        np.add(out, intercept, out=out, casting="unsafe")
    in_tissue = _blank_padding(values, form, out)
    np.maximum(out, LOWEST_HU, out=out)
    return in_tissue


def _rescale_whole(values: NDArray[Any], slope: int, intercept: int, out: NDArray[np.int16]) -> None:
    if (slope, intercept) == (1, 0) and values.dtype == np.int16:
        out[...] = values
        return
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    ends = sorted((low * slope + intercept, high * slope + intercept))
    fits = _INT16[0] <= min(low, ends[0]) and max(high, ends[1]) <= _INT16[1]
    if slope == 1 and fits and _INT16[0] <= intercept <= _INT16[1]:
        np.add(values.view(np.int16) if values.dtype == np.uint16 else values, np.int16(intercept), out=out)
    else:
        wide = values.astype(np.int64) * slope + intercept
        out[...] = np.clip(wide, *_INT16)


def _repaired(stored: NDArray[Any], form: PixelForm) -> NDArray[Any]:
    """Stored values as PS3.5 8.1.1 means them: no bits beside the value, negative ones negative."""
    values: NDArray[Any] = stored
    if form.high_bit >= form.bits_stored:  # values kept in the upper bits (retired, PS3.5-1998)
        values = values >> (form.high_bit + 1 - form.bits_stored)
    spare = form.bits_allocated - form.bits_stored
    if spare <= 0:
        return values
    if (
        form.bits_stored <= form.overlay_bit < form.bits_allocated
    ):  # an overlay rides in the spare bits (retired)
        values = values & np.asarray((1 << form.bits_stored) - 1, values.dtype)
    if form.signed and values.size and values.min() >= 0 and values.max() >= 1 << (form.bits_stored - 1):
        return np.asarray(np.right_shift(np.left_shift(values, spare), spare))
    return values


def _blank_padding(values: NDArray[Any], form: PixelForm, out: NDArray[Any]) -> int:
    """Turn padding (PS3.3 C.7.5.1.1.2) to air; the number of padded pixels whose value tissue could have."""
    if form.padding is None:
        return 0
    first = _as_stored(form.padding, values.dtype)
    last = first if form.padding_limit is None else _as_stored(form.padding_limit, values.dtype)
    low, high = min(first, last), max(first, last)
    high_hu = max(low * _slope(form), high * _slope(form)) + _intercept(form)
    if high_hu <= LOWEST_HU:
        return 0
    mask = (values >= low) & (values <= high)
    if not mask.any():
        return 0
    if high_hu > _TISSUE_FROM_HU:
        mask = _reaching_edge(mask)
    out[mask] = LOWEST_HU
    return int(mask.sum()) if high_hu > _TISSUE_FROM_HU else 0


def _reaching_edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of a mask (rows, columns) that touch the border of the image."""
    labels, _ = ndimage.label(mask)
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    return np.asarray(np.isin(labels, edge[edge > 0]), bool)


def _as_stored(value: int, kind: np.dtype[Any]) -> int:
    """A padding value by the pixels' own sign: writers mix up US and SS (63536 for -2000)."""
    bits = kind.itemsize * 8
    value %= 1 << bits
    return value - (1 << bits) if kind.kind == "i" and value >= 1 << (bits - 1) else value


def _slope(form: PixelForm) -> float:
    return 1.0 if form.slope is None or form.slope == 0 else form.slope


def _intercept(form: PixelForm) -> float:
    return 0.0 if form.intercept is None else form.intercept


def _is_whole(form: PixelForm) -> bool:
    return _slope(form).is_integer() and _intercept(form).is_integer()


def _refuse_mixed(slices: Sequence[SliceHeader]) -> None:
    sizes = sorted({(s.rows, s.columns) for s in slices})
    if len(sizes) > 1:
        shown = " and ".join(f"{rows} by {columns}" for rows, columns in sizes)
        raise ReadError(
            f"The series mixes slices of {shown} pixels.",
            needed="one matrix throughout.",
            todo="Give one series.",
            code="mixed_matrix",
        )


def _cautions(slices: Sequence[SliceHeader], in_tissue: int) -> tuple[Caution, ...]:
    found = []
    if any(s.pixels.slope is None or s.pixels.intercept is None or s.pixels.slope == 0 for s in slices):
        words = "The headers do not say how stored numbers become HU; they were taken as HU."
        found.append(Caution(code="no_rescale", words=words))
    if any(s.pixels.lossy for s in slices):
        words = "The pixels were compressed with loss; small faint deposits may be altered or gone."
        found.append(Caution(code="lossy_compression", words=words))
    if in_tissue:
        words = (
            f"The value said to mean padding is one that tissue can have; {in_tissue} voxels with it that "
            "reach the image's edge were taken for air."
        )
        found.append(Caution(code="padding_in_tissue_range", words=words))
    return tuple(found)
