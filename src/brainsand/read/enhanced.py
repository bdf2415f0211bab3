"""Which slices does an enhanced multi-frame CT hold?

In the enhanced objects (PS3.3 A.38) what differs from frame to frame lies in functional groups; each frame
becomes a :class:`SliceHeader` of its own here, so that nothing after this knows the difference.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pydicom.dataset import Dataset

from brainsand.read.elements import integer_of, items_of, number_of, numbers_of, text_of, texts_of
from brainsand.read.header import SliceHeader, kernel_of, positive

_SHARED: Final = 0x52009229
_PER_FRAME: Final = 0x52009230


def frames_of(header: SliceHeader) -> tuple[SliceHeader, ...]:
    """One header for each frame; a single-frame header comes back alone.

    A multi-frame file without functional groups keeps its frames without a place, and geometry refuses it.
    """
    if header.frames == 1 and _PER_FRAME not in header.dataset:
        return (header,)
    shared = next(iter(items_of(header.dataset, _SHARED)), Dataset())
    groups = items_of(header.dataset, _PER_FRAME)
    padded = groups + [Dataset()] * (header.frames - len(groups))
    return tuple(_frame(header, k + 1, padded[k], shared) for k in range(header.frames))


def _frame(header: SliceHeader, number: int, own: Dataset, shared: Dataset) -> SliceHeader:
    def group(tag: int) -> Dataset:
        found = items_of(own, tag) or items_of(shared, tag)
        return found[0] if found else Dataset()

    measures, rescale, content = group(0x00289110), group(0x00289145), group(0x00209111)
    frame_type = texts_of(group(0x00189329), 0x00089007)
    slope, intercept = number_of(rescale, 0x00281053), number_of(rescale, 0x00281052)
    pixels = replace(
        header.pixels,
        slope=header.pixels.slope if slope is None else slope,
        intercept=header.pixels.intercept if intercept is None else intercept,
        rescale_type=text_of(rescale, 0x00281054) or header.pixels.rescale_type,
    )
    temporal = integer_of(content, 0x00209128)
    return replace(
        header,
        frame=number,
        instance_number=number,
        temporal_index=header.temporal_index if temporal is None else temporal,
        image_type=frame_type or header.image_type,
        kernel=kernel_of(group(0x00189314)) or header.kernel,
        thickness_mm=positive(number_of(measures, 0x00180050)) or header.thickness_mm,
        position_mm=numbers_of(group(0x00209113), 0x00200032, 3) or header.position_mm,
        orientation=numbers_of(group(0x00209116), 0x00200037, 6) or header.orientation,
        spacing_mm=numbers_of(measures, 0x00280030, 2) or header.spacing_mm,
        pixels=pixels,
    )
