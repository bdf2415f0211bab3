"""Are these numbers Hounsfield units? The first look at the values, at the door.

Air is -1000 HU and brain 20 to 40 (the definition of the unit), so a CT of a head always holds both. Three
things go wrong often enough to be known: eight-bit pictures, an offset of 1024 left in, and images that are
no CT at all. Smaller offsets are judged later, when anatomy tells what is white matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.errors import ReadError
from brainsand.model.caution import Caution

OFFSET_HU: Final = 1024
# Where air and soft tissue lie when 1024 was left in: air 24 and what noise makes of it, fat 924, brain 1060.
_RAW_AIR: Final = (0, 300)
_RAW_SOFT: Final = (900, 1130)
_SOFT_SHARE: Final = 0.2
_LOOKED_AT: Final = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """``offset_hu`` is to be taken off every value; ``cautions`` says so."""

    offset_hu: int
    cautions: tuple[Caution, ...]


def judge_units(values: NDArray[Any]) -> Units:
    """Whether values are HU, or HU with 1024 added.

    Parameters
    ----------
    values : array
        The whole volume, finite, any number type.

    Refuses eight-bit values (``eight_bit``), one single value (``empty_image``) and values that are neither
    (``not_hounsfield``): MR, labels, windowed pictures.

    Examples
    --------
    >>> raw = np.array([24] * 50 + [1060] * 30 + [2000] * 5)
    >>> judge_units(raw).offset_hu, judge_units(raw - 1024).offset_hu
    (1024, 0)
    """
    seen = _some_of(values)
    if seen.min() < 0 and seen.min() != seen.max():
        return Units(offset_hu=0, cautions=())
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise ReadError(
            f"Every voxel has the value {low:g}.",
            needed="an image.",
            todo="Check how the file was made.",
            code="empty_image",
        )
    if low < 0:
        return Units(offset_hu=0, cautions=())
    if high <= 255:
        raise eight_bit_error(low, high)
    if not _is_offset(values):
        raise _not_hounsfield(low, high)
    words = (
        f"No value is below {low:g}, air lies near 0 and soft tissue near {OFFSET_HU}: {OFFSET_HU} was left "
        "in and was taken off. Attenuation rests on this guess."
    )
    return Units(offset_hu=OFFSET_HU, cautions=(Caution(code="offset_1024", words=words),))


def eight_bit_error(low: float, high: float) -> ReadError:
    """The refusal of eight-bit values that no scale turns into HU."""
    return ReadError(
        f"The values run from {low:g} to {high:g}: an eight-bit picture, whose HU are lost.",
        needed="HU, from -1000 in air to above 1000 in bone.",
        todo="Give the original DICOM series, or convert it again to 16 bits.",
        code="eight_bit",
    )


def eight_bit_caution(step_hu: float, low_hu: float, high_hu: float) -> Caution:
    """What to say of eight-bit values that a scale stretches over the HU range."""
    words = (
        f"The file keeps eight bits: HU are rounded to steps of {step_hu:.1f} and cut at {low_hu:.0f} and "
        f"{high_hu:.0f}, so attenuation, mass and faint deposits are not reliable. Use the original series."
    )
    return Caution(code="eight_bit", words=words)


def _some_of(values: NDArray[Any]) -> NDArray[Any]:
    """Values from all over the volume, few enough to look at in no time."""
    return values.reshape(-1)[:: max(1, values.size // _LOOKED_AT)]


def _is_offset(values: NDArray[Any]) -> bool:
    """Whether most of what is no air lies in soft tissue's narrow range, 1024 too high, and there is air."""
    seen = _some_of(values)
    air = float(np.mean((seen >= _RAW_AIR[0]) & (seen <= _RAW_AIR[1])))
    tissue = seen[seen > _RAW_AIR[1]]
    if air < 0.01 or not tissue.size:
        return False
    counts, edges = np.histogram(tissue, bins=np.arange(_RAW_AIR[1], 4200, 20))
    mode = float(edges[int(counts.argmax())]) + 10
    soft = float(np.mean((tissue >= _RAW_SOFT[0]) & (tissue <= _RAW_SOFT[1])))
    return bool(_RAW_SOFT[0] <= mode <= _RAW_SOFT[1] and soft >= _SOFT_SHARE)


def _not_hounsfield(low: float, high: float) -> ReadError:
    return ReadError(
        f"The values run from {low:g} to {high:g} and are not HU, nor HU with {OFFSET_HU} left in.",
        needed="a CT in HU, with air at -1000.",
        todo="Give the original CT; MR, label maps and windowed pictures cannot be measured.",
        code="not_hounsfield",
    )
