"""What attenuation has each tissue? From label numbers to Hounsfield units at 120 kV.

Gray matter 37 and white matter 29 HU lie in the ranges 35-45 and 20-30 HU of teaching tables and differ by
8 HU, near the 7.1 HU measured at 120 kV on 50 patients (doi 10.4236/act.2019.82003); CSF 5 HU; blood in the
sinuses about 40-60 HU as a function of haematocrit; air -1000, fat about -90 HU by the scale's
definition and common tables. Cortical bone 1000-1500 and diploe 300-500 HU are typical of adult skulls.
Values in between (deep gray, brainstem, cerebellum) are chosen inside the gray and white ranges; each head
draws its own offset for each tissue and a slow wave over the head, so no two heads are alike.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.phantom import labels as lab
from brainsand.phantom.head import VirtualHead

Floats32 = NDArray[np.float32]

_GRAY: Final = (37.0, 1.0, 0.8)
_WHITE: Final = (29.0, 1.0, 0.8)
_CSF: Final = (6.0, 1.5, 0.8)
_AIR: Final = (-1000.0, 0.0, 0.0)

TISSUE_HU: Final[dict[int, tuple[float, float, float]]] = {
    0: _AIR,
    **dict.fromkeys((2, 41), _WHITE),
    **dict.fromkeys((3, 42, 17, 53, 18, 54, 26, 58), _GRAY),
    **dict.fromkeys((4, 5, 43, 44, 14, 15, 24, 72), _CSF),
    **dict.fromkeys((7, 46), (30.5, 1.0, 0.8)),
    **dict.fromkeys((8, 47), (37.5, 1.0, 0.8)),
    **dict.fromkeys((10, 49), (35.5, 1.0, 0.8)),
    **dict.fromkeys((11, 50, 12, 51), (38.5, 1.0, 0.8)),
    **dict.fromkeys((13, 52), (38.0, 1.5, 0.8)),
    **dict.fromkeys((28, 60), (33.0, 1.0, 0.8)),
    16: (31.0, 1.0, 0.8),
    **dict.fromkeys((25, 57), (23.0, 2.0, 1.5)),
    **dict.fromkeys((30, 62, 502), (42.0, 4.0, 1.0)),
    **dict.fromkeys((31, 63, 136, 137, 163, 164), (28.0, 3.0, 2.0)),
    85: (32.0, 2.0, 1.0),
    506: (9.0, 3.0, 1.5),
    507: (50.0, 4.0, 8.0),
    508: (48.0, 4.0, 4.0),
    509: (38.0, 5.0, 10.0),
    511: (20.0, 10.0, 15.0),
    512: (34.0, 2.0, 1.0),
    514: (53.0, 4.0, 1.5),
    515: (1150.0, 100.0, 150.0),
    516: (380.0, 60.0, 90.0),
    530: (32.0, 2.0, 1.0),
}
"""Label: mean HU, spread of the mean between heads, spread of the slow wave within a head."""

_FAT: Final = (-85.0, 12.0)
_WAVE_MM: Final = 12.0
_EDGE_VOXELS: Final = 0.45


def attenuation_hu(head: VirtualHead, *, rng: np.random.Generator) -> Floats32:
    """Attenuation of the head without deposits, float32 HU on ``head.grid``, at 120 kV.

    Borders between tissues are smoothed over about one voxel, as a label's staircase is no anatomy.
    A label without an entry in ``TISSUE_HU`` takes that of the soft tissue (below 500: of gray matter).
    """
    mean, wave = _tables(head, rng)
    hu = mean[head.labels]
    hu += wave[head.labels] * _slow_wave(head, rng)
    fat = _fat(head)
    hu[fat] = _FAT[0] + _FAT[1] * rng.standard_normal(int(fat.sum()), dtype=np.float32)
    return np.asarray(ndimage.gaussian_filter(hu, _EDGE_VOXELS, truncate=3, mode="nearest"), np.float32)


def _tables(head: VirtualHead, rng: np.random.Generator) -> tuple[Floats32, Floats32]:
    """Mean and wave by label number for this head; equal tissues of both sides share one draw."""
    size = max(int(head.labels.max()), max(TISSUE_HU)) + 1
    mean, wave = np.full(size, _GRAY[0], np.float32), np.full(size, _GRAY[2], np.float32)
    mean[500:], wave[500:] = TISSUE_HU[lab.SOFT_TISSUE][0], TISSUE_HU[lab.SOFT_TISSUE][2]
    for kind in dict.fromkeys(TISSUE_HU.values()):
        level = kind[0] + float(np.clip(rng.standard_normal(), -2, 2)) * kind[1]
        for number in (n for n, k in TISSUE_HU.items() if k == kind):
            mean[number], wave[number] = level, kind[2]
    return mean, wave


def _slow_wave(head: VirtualHead, rng: np.random.Generator) -> Floats32:
    """Unit-variance noise, smooth over ``_WAVE_MM``, made on a coarse grid and enlarged."""
    coarse_mm = _WAVE_MM / 2
    steps = [n * s / coarse_mm for n, s in zip(head.labels.shape, head.grid.spacing_mm, strict=True)]
    shape = [max(2, int(np.ceil(n))) for n in steps]
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), 1.0, mode="wrap")
    noise /= max(float(noise.std()), 1e-9)
    factors = [n / m for n, m in zip(head.labels.shape, shape, strict=True)]
    large = ndimage.zoom(noise.astype(np.float32), factors, order=1, mode="nearest", grid_mode=True)
    return np.asarray(large[tuple(slice(0, n) for n in head.labels.shape)], np.float32)


def _fat(head: VirtualHead) -> NDArray[np.bool_]:
    """Soft tissue that is fat: under the skin (within about 3 mm) and around eye and eye muscles (8 mm)."""
    soft = head.labels == lab.SOFT_TISSUE
    under_skin = _spread(head.labels == lab.SKIN, 3.0, head) > 0.12
    orbit = _spread(np.isin(head.labels, (lab.EYE, 508, 530)), 8.0, head) > 0.06
    return np.asarray(soft & (under_skin | orbit))


def _spread(mask: NDArray[np.bool_], reach_mm: float, head: VirtualHead) -> Floats32:
    width = [max(3, 2 * round(reach_mm / s) + 1) for s in head.grid.spacing_mm]
    return np.asarray(ndimage.uniform_filter(mask.astype(np.float32), width, mode="constant"), np.float32)
