"""What is planted? Deposits of 5 to 2000 mm3 and 100 to 800 HU of every form, at every site of the head."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.errors import UsageError
from brainsand.model import sites
from brainsand.phantom.deposits import PlantedDeposit
from brainsand.phantom.places import place
from brainsand.phantom.planting import filling, gyrus, nodule, plaque, rind, sprinkle, thread
from brainsand.phantom.survey import Survey

Floats = NDArray[np.float64]

SITES: Final = tuple(s for s in sites.SITES if s not in ("ventricle", "unknown"))
NUCLEI: Final = ("globus_pallidus", "putamen", "caudate", "thalamus", "dentate_nucleus")
MEMBRANES: Final = ("falx", "tentorium", "dura")
VOLUMES_MM3: Final = (5.0, 2000.0)
PEAKS_HU: Final = (100.0, 800.0)
INSIDE_LABELS: Final = (502, 512, 514, 530)
"""Labels from 500 on that lie inside the skull: vessel, cord, sinus, optic nerve."""
TRIES: Final = 60


def inside_skull(labels: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Where brain, fluid, vessels and membranes lie."""
    return np.asarray(((labels > 0) & (labels < 500)) | np.isin(labels, INSIDE_LABELS))


def planted(survey: Survey, *, rng: np.random.Generator) -> list[PlantedDeposit]:
    """One to three bodies at each site, free of bone, most apart from one another, some near."""
    free = ndimage.binary_fill_holes(inside_skull(survey.labels))
    found: list[PlantedDeposit] = []
    occupied = np.zeros(survey.labels.shape, bool)
    for site in SITES:
        for side in rng.permutation(["left", "right"])[: int(rng.integers(1, 3))]:
            body = _fitting(survey, site, str(side), free=free, occupied=occupied, rng=rng)
            if body is not None:
                found.append(body)
    return sorted(found, key=lambda d: -d.volume_mm3)


def _fitting(
    survey: Survey,
    site: str,
    side: str,
    *,
    free: NDArray[np.bool_],
    occupied: NDArray[np.bool_],
    rng: np.random.Generator,
) -> PlantedDeposit | None:
    """A body that lies inside the skull and off the others; smaller with every ten tries that fail."""
    volume = float(np.exp(rng.uniform(*np.log(VOLUMES_MM3))))
    peak = float(np.exp(rng.uniform(*np.log(PEAKS_HU))))
    gap_mm = 1.0 if rng.random() < 0.2 else 3.0
    make = _maker(site, rng)
    for attempt in range(TRIES):
        size = max(VOLUMES_MM3[0], volume * 0.7 ** (attempt // 10))
        try:
            body = make(survey, site, side, size, peak, rng)
        except UsageError:
            continue
        if body.volume_mm3 < 0.6 * VOLUMES_MM3[0] or body.volume_mm3 > 1.5 * VOLUMES_MM3[1]:
            continue
        index = np.rint(survey.grid.index_of(body.points_mm)).astype(int)
        if (index < 1).any() or (index >= np.array(free.shape) - 1).any():
            continue
        cells = np.unique(index, axis=0)
        if free[tuple(cells.T)].mean() < 0.98 or occupied[tuple(cells.T)].any():
            continue
        own = np.zeros(free.shape, bool)
        own[tuple(cells.T)] = True
        reach = int(np.ceil(gap_mm))
        low, high = cells.min(axis=0) - reach - 1, cells.max(axis=0) + reach + 2
        box = tuple(slice(max(0, int(a)), int(b)) for a, b in zip(low, high, strict=True))
        occupied[box] |= ndimage.binary_dilation(own[box], iterations=reach)
        return body
    return None


Maker = Callable[[Survey, str, str, float, float, np.random.Generator], PlantedDeposit]


def _maker(site: str, rng: np.random.Generator) -> Maker:
    chance = rng.random()
    if site in NUCLEI and chance < 0.35:
        return _filling
    if site in MEMBRANES and chance < 0.5:
        return _plaque
    if site in ("cortex", "gray_white_junction") and chance < 0.4:
        return _gyrus
    if site in ("vessel_wall", "periventricular_white_matter") and chance < 0.4:
        return _thread
    if chance < 0.08:
        return _rind
    if chance < 0.14:
        return _sprinkle
    return _nodule


def _nodule(
    s: Survey, site: str, side: str, mm3: float, peak: float, rng: np.random.Generator
) -> PlantedDeposit:
    across = float(np.cbrt(6 * mm3 / np.pi))
    return nodule(s, site, side, diameter_mm=across, peak_hu=peak, kind="ectopic", rng=rng)


def _filling(
    s: Survey, site: str, side: str, mm3: float, peak: float, rng: np.random.Generator
) -> PlantedDeposit:
    return filling(s, site, side, share=float(rng.uniform(0.1, 0.7)), peak_hu=peak, kind="ectopic", rng=rng)


def _plaque(
    s: Survey, site: str, side: str, mm3: float, peak: float, rng: np.random.Generator
) -> PlantedDeposit:
    thick = float(rng.uniform(1.2, 2.5))
    # An ellipsoid of semi-axes t/2, 0.3 l, 0.5 l.
    length = float(np.sqrt(mm3 / (4 / 3 * np.pi * thick / 2 * 0.15)))
    return plaque(s, site, side, length_mm=length, thickness_mm=thick, peak_hu=peak, kind="ectopic", rng=rng)


def _gyrus(
    s: Survey, site: str, side: str, mm3: float, peak: float, rng: np.random.Generator
) -> PlantedDeposit:
    thick = float(rng.uniform(1.3, 2.0))
    return gyrus(
        s,
        side,
        centre_mm=place(s, site, side, rng=rng),
        radius_mm=float(np.clip(np.sqrt(mm3 / thick / 4), 3, 14)),
        thickness_mm=thick,
        peak_hu=peak,
        kind="ectopic",
        rng=rng,
        site=site,
    )


def _thread(
    s: Survey, site: str, side: str, mm3: float, peak: float, rng: np.random.Generator
) -> PlantedDeposit:
    start = place(s, site, side, rng=rng)
    length = float(rng.uniform(4, 12))
    away = rng.standard_normal(3)
    line = np.array([start, start + length * away / np.linalg.norm(away)])
    return thread(
        s, site, side, line_mm=line, thickness_mm=float(rng.uniform(1.2, 2.5)), peak_hu=peak, kind="ectopic"
    )


def _rind(
    s: Survey, site: str, side: str, mm3: float, peak: float, rng: np.random.Generator
) -> PlantedDeposit:
    thick = float(rng.uniform(1.2, 2.0))
    across = max(2.5 * thick, float(np.sqrt(mm3 / np.pi / thick)) + thick)
    return rind(s, site, side, diameter_mm=across, thickness_mm=thick, peak_hu=peak, kind="ectopic", rng=rng)


def _sprinkle(
    s: Survey, site: str, side: str, mm3: float, peak: float, rng: np.random.Generator
) -> PlantedDeposit:
    dots = int(rng.integers(5, 12))
    across = float(np.clip(np.cbrt(6 * mm3 / dots / np.pi), 1.0, 4.0))
    return sprinkle(
        s,
        site,
        side,
        count=dots,
        spread_mm=1.5 * across,
        dot_mm=across,
        peak_hu=peak,
        kind="ectopic",
        rng=rng,
    )
