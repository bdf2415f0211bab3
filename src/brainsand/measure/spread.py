"""How is a deposit's attenuation spread out? Six sums that tell its volume from its mass.

``filled_mm3 = (sum of excess)^2 / (sum of excess^2)``: the volume of an even body of the same sums. For an even
body without blur it is the volume itself, whatever the shape; blur makes it larger. By how much is told by
what a little *more* blur does: the same sum of squares after blurring within the slices by 0.6 mm
(``kept_within``) and after averaging neighbouring slices (``kept_across``) tells how much surface the body has
either way. ``uneven`` (sum of excess x sum of its cubes / square of the sum of squares) is 1 for an even body and
more for one that is denser inside. ``across_mm`` is the diameter of the body looked at along the slices' normal,
and ``density_hu = excess / filled_mm3`` its mean contrast. Noise adds to every sum of squares and cubes; what it
adds on average is taken off.

Misleads where the deposit is hardly brighter than the noise: the sums of squares are then noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.measure.around import slid_by, slides_px
from brainsand.measure.texture import Texture
from brainsand.model.grid import Grid

Floats = NDArray[np.float64]

MORE_BLUR_MM: Final = 0.6
LEAST_KEPT: Final = 0.05
UNEVEN: Final = (0.7, 4.0)
"""What noise makes beyond this is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The sums of one deposit; ``slice_mm`` is the thickness of its slices, ``clear`` (0 to 1) how much of its
    sum of squares is not noise."""

    excess_hu_mm3: float
    filled_mm3: float
    density_hu: float
    kept_within: float
    kept_across: float
    uneven: float
    across_mm: float
    slice_mm: float
    clear: float


def spread_of(
    excess: Floats, share: Floats, *, grid: Grid, voxel_mm3: Floats, noise_hu: float, texture: Texture
) -> Spread | None:
    """The sums of one deposit, None where its excess or its sum of squares is not above zero.

    Parameters
    ----------
    excess : float array (slice, row, column)
        Attenuation above the background times this deposit's share, 0 where its blur does not reach, HU.
    share : float array, same shape
        This deposit's share of each voxel.
    grid : Grid
        Where the voxels lie.
    voxel_mm3 : float array (slices,)
        Volume of a voxel of each slice.
    """
    per = voxel_mm3[:, None, None]
    total = float((excess * per).sum())
    noise = noise_hu**2 * float((share**2 * per).sum())
    raw = float((excess**2 * per).sum())
    squares = raw - noise
    if total <= 0 or squares <= LEAST_KEPT * raw:
        return None
    _, rows_mm, columns_mm = grid.spacing_mm
    width = (0.0, MORE_BLUR_MM / rows_mm, MORE_BLUR_MM / columns_mm)
    within = float((ndimage.gaussian_filter(excess, width, truncate=3) ** 2 * per).sum())
    cubes = float((excess**3 * per).sum()) - 3 * noise_hu**2 * float((share**2 * excess * per).sum())
    within -= noise * _blurred_noise(texture, width[1:])
    across = _across(excess, grid, voxel_mm3) - noise * 0.5 * (1 + (texture.slices or (0.0,))[0])
    held = np.flatnonzero((share > 0).any(axis=(1, 2)))
    columns, column_noise = _columns(excess, share, grid, voxel_mm3)
    of_columns = float((columns**2).sum())
    area = total**2 / max(of_columns - noise_hu**2 * column_noise, 0.02 * of_columns)
    pixel = rows_mm * columns_mm
    filled = total**2 / squares
    return Spread(
        excess_hu_mm3=total,
        filled_mm3=filled,
        density_hu=total / filled,
        kept_within=float(np.clip(within / squares, LEAST_KEPT, 1.0)),
        kept_across=float(np.clip(across / squares, LEAST_KEPT, 1.0)),
        uneven=float(np.clip(total * cubes / squares**2, *UNEVEN)),
        across_mm=float(np.sqrt(4 / np.pi * max(area * pixel, pixel))),
        slice_mm=float(voxel_mm3[held].mean() / pixel),
        clear=squares / raw,
    )


def _across(excess: Floats, grid: Grid, voxel_mm3: Floats) -> float:
    """Sum of squares of the mean of every two neighbouring slices, ends with nothing beyond them."""
    slides = slides_px(grid)
    padded = [np.zeros(excess.shape[1:]), *excess, np.zeros(excess.shape[1:])]
    size = [float(voxel_mm3[0]), *map(float, voxel_mm3), float(voxel_mm3[-1])]
    total = 0.0
    for k in range(len(padded) - 1):
        low, high = padded[k], padded[k + 1]
        if 0 < k < len(excess):
            high = slid_by(high, np.rint(slides[k] - slides[k - 1]).astype(np.int64))
        total += float((((low + high) / 2) ** 2).sum()) * (size[k] + size[k + 1]) / 2
    return total


def _columns(excess: Floats, share: Floats, grid: Grid, voxel_mm3: Floats) -> tuple[Floats, float]:
    """The deposit summed across slices (HU mm3 a pixel), and the sum of squared weights of its noise."""
    slides = slides_px(grid)
    middle = int(np.argmax((excess * voxel_mm3[:, None, None]).sum(axis=(1, 2))))
    total = np.zeros(excess.shape[1:])
    for k in range(len(excess)):
        total += slid_by(excess[k] * voxel_mm3[k], np.rint(slides[k] - slides[middle]).astype(np.int64))
    return total, float((share**2 * (voxel_mm3**2)[:, None, None]).sum())


def _blurred_noise(texture: Texture, width: tuple[float, float]) -> float:
    """Share of the noise's variance that further blur leaves."""
    reach = len(texture.lags) // 2
    apart = np.arange(-reach, reach + 1)
    along = [np.exp(-(apart**2) / (4 * w**2)) / (2 * w * np.sqrt(np.pi)) for w in width]
    return float(np.clip((np.outer(along[0], along[1]) * texture.lags).sum(), 0.02, 1.0))
