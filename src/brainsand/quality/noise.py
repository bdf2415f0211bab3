"""How noisy is the brain in this scan? One standard deviation in HU, and one a region.

The inside of the skull is cut into square blocks of 6 mm within each slice; a plane is taken off every block,
so that a slope (cupping, a slow change of tissue) does not count, and the spread of what is left is the
block's. Blocks that hold a border, a vessel or calcium spread more than noise alone, so the *lower quartile*
of all blocks speaks. The idea is the global noise level of Christianson et al. (AJR 2015;205:W93, doi
10.2214/AJR.14.13613), who take the mode of such a histogram; with the few hundred blocks of a head the
quartile is steadier.

Blocks of 6 mm hold about two periods of what a head kernel leaves of the noise, so correlated noise is hardly
underestimated (virtual heads of known noise, 2 to 12 HU, soft and sharp kernels: 4 % too low to 9 % too
high).

It misleads where nearly every block holds a border: thick slices with noise under 2 HU come out up to 10 %
too high. Streaks count as noise, as they do to whoever looks for small deposits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.sites import SIDES, site_index

Mask = NDArray[np.bool_]
Image = NDArray[Any]
Single = NDArray[np.float32]

BLOCK_MM: Final = 6.0
_FEWEST_PIXELS: Final = 5
_FEWEST_BLOCKS: Final = 30
_MOST_SLICES: Final = 24
_QUARTILE: Final = 25.0
_FOSSA_SITES: Final = np.array(
    [site_index(site, side) for site in ("cerebellum", "brainstem", "dentate_nucleus") for side in SIDES],
    np.uint8,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Standard deviation of the noise in HU, overall and by region; None where too little brain was seen.

    ``by_region`` has the keys ``supratentorial`` and ``posterior_fossa``.
    """

    hu: float | None
    by_region: dict[str, float | None]


def noise_of(hu: Image, inside: Mask, *, pixel_mm: float, sites: NDArray[np.uint8] | None = None) -> Noise:
    """Noise of the brain on the scan's own voxels.

    Parameters
    ----------
    hu : array (slice, row, column)
        Attenuation in HU.
    inside : bool array, same shape
        The intracranial space.
    pixel_mm : float
        Size of a pixel within the slice.
    sites : uint8 array, same shape, optional
        Site and side of each voxel (``model.sites.site_index``); None leaves both regions None. Cerebellum,
        brainstem and dentate nucleus are the posterior fossa, every other site is supratentorial.

    Returns
    -------
    Noise
        None where fewer than 30 blocks of 6 mm lie wholly inside.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> flat = 30 + 4 * rng.standard_normal((4, 90, 90))
    >>> noise_of(flat, np.ones(flat.shape, bool), pixel_mm=1.0).hu.__round__()
    4
    """
    size = block_size(pixel_mm)
    spread: list[Single] = []
    where: list[NDArray[np.uint8]] = []
    for k in slices_looked_at(inside):
        sd, middle = block_spread(hu[k], inside[k], size)
        spread.append(sd)
        where.append(
            np.zeros(len(sd), np.uint8)
            if sites is None
            else sites[k][middle[:, 0], middle[:, 1]].astype(np.uint8)
        )
    sds = np.concatenate(spread) if spread else np.zeros(0, np.float32)
    site = np.concatenate(where) if where else np.zeros(0, np.uint8)
    fossa = np.isin(site, _FOSSA_SITES)
    return Noise(
        hu=lower_quartile(sds),
        by_region={
            "supratentorial": lower_quartile(sds[(site > 0) & ~fossa]),
            "posterior_fossa": lower_quartile(sds[fossa]),
        },
    )


def block_size(pixel_mm: float) -> int:
    """Pixels along the side of a block, 5 at least.

    >>> block_size(0.5), block_size(3.0)
    (12, 5)
    """
    return max(_FEWEST_PIXELS, round(BLOCK_MM / pixel_mm))


def slices_looked_at(inside: Mask) -> list[int]:
    """At most 24 slices that hold brain, evenly spread, first to last.

    >>> slices_looked_at(np.ones((3, 8, 8), bool))
    [0, 1, 2]
    """
    held = np.flatnonzero(inside[:, ::4, ::4].any(axis=(1, 2)))
    chosen = np.linspace(0, len(held) - 1, min(len(held), _MOST_SLICES)).round().astype(int)
    return [int(k) for k in held[chosen]] if len(held) else []


def block_spread(image: Image, inside: Mask, size: int) -> tuple[Single, NDArray[np.int64]]:
    """Spread (n,) of each block of one slice that lies wholly inside, HU, and its middle pixel (n, 2).

    The plane fitted to a block is taken off; three degrees of freedom go with it.

    Examples
    --------
    >>> slope = np.add.outer(np.arange(5.0), np.arange(5.0))
    >>> block_spread(slope, np.ones((5, 5), bool), 5)[0].round(6).tolist()
    [0.0]
    """
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return np.zeros(0, np.float32), np.zeros((0, 2), np.int64)
    low = (int(rows[0]), int(columns[0]))
    box = (slice(low[0], int(rows[-1]) + 1), slice(low[1], int(columns[-1]) + 1))
    whole = _blocks(inside[box], size).all(axis=2)
    place = np.argwhere(whole) * size + size // 2 + np.array(low)
    return _off_plane(_blocks(image[box], size)[whole].astype(np.float32), size), place


def lower_quartile(sds: Single) -> float | None:
    """The lower quartile of the blocks' spreads, HU; None of fewer than 30 blocks."""
    return float(np.percentile(sds, _QUARTILE)) if len(sds) >= _FEWEST_BLOCKS else None


def _blocks(image: Image, size: int) -> Image:
    """The image as (rows of blocks, columns of blocks, pixels of a block); a rest at the ends is left out."""
    rows, columns = image.shape[0] // size, image.shape[1] // size
    cut = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return cut.swapaxes(1, 2).reshape(rows, columns, size * size)


def _off_plane(blocks: Single, size: int) -> Single:
    """Spread (n,) of blocks (n, pixels) about their own planes."""
    line = np.arange(size, dtype=np.float32) - (size - 1) / 2
    along = np.stack([np.repeat(line, size), np.tile(line, size)]).astype(np.float32)
    length2 = float((along[0] ** 2).sum())
    centred = blocks - blocks.mean(axis=1, keepdims=True)
    slopes = centred @ along.T / length2
    left = (centred**2).sum(axis=1) - (slopes**2).sum(axis=1) * length2
    return np.asarray(np.sqrt(np.maximum(left, 0) / (size * size - 3)), np.float32)
