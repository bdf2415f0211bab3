"""Measured beside true, deposit by deposit, with the fixed-threshold method on the same voxels."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.measure.background import TissueMap
from brainsand.measure.calibration import Calibration, calibration_at, gain_at
from brainsand.measure.excess import Scene
from brainsand.measure.score import steps_at
from brainsand.measure.size import Measured, measure_deposit
from brainsand.measure.texture import texture_of
from brainsand.model.anatomy import CSF, GRAY, SINUS, WHITE
from brainsand.model.finding import Deposit
from brainsand.phantom import labels as lab
from brainsand.phantom.labels import numbers
from brainsand.quality.noise import noise_of
from precision.plan import Planned
from precision.scan import Indexed, Scanned, matched

FIXED_HU: Final = 100.0
_FLUID: Final = (*numbers("ventricle", "both"), lab.THIRD_VENTRICLE, lab.FOURTH_VENTRICLE, lab.CSF, 72)
_WHITE: Final = (
    *numbers("white_matter", "both"),
    *numbers("cerebellar_white_matter", "both"),
    lab.BRAINSTEM,
    28,
    60,
    85,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One body (or several that one island joins) and what was measured of it; None where it was not found."""

    scan: str
    patient: str
    slice_mm: float
    sites: tuple[str, ...]
    forms: tuple[str, ...]
    bodies: int
    numbers: tuple[int, ...]
    noise_hu: float
    true_mm3: float
    true_mg: float
    mm3: float | None = None
    mm3_pm: float | None = None
    mg: float | None = None
    mg_pm: float | None = None
    excess_share_pm: float | None = None
    drawn_gain: float = 1.0
    fixed_mm3: float = 0.0
    fixed_mg: float = 0.0

    @property
    def density_hu(self) -> float:
        """Mean excess of the body at 120 kVp, HU."""
        return self.true_mg / self.true_mm3 * 1343.0


def scene_of(scan: Scanned, plan: Planned, norms: Mapping[str, Any]) -> Scene:
    """What measuring is handed, the anatomy being known."""
    pixel_mm = scan.volume.grid.spacing_mm[1]
    owner = np.zeros(scan.volume.hu.shape, np.int16)
    for number, island in enumerate(scan.islands, start=1):
        owner[tuple(island.index.T)] = number
    for island in scan.aside:
        owner[tuple(island.index.T)] = np.iinfo(np.int16).max
    return Scene(
        volume=scan.volume,
        inside=scan.inside,
        owner=owner,
        volume_rule=norms["volume_rule"],
        noise_hu=noise_of(scan.volume.hu, scan.inside, pixel_mm=pixel_mm).hu,
        texture=texture_of(scan.volume.hu, scan.inside, pixel_mm=pixel_mm),
        tissue=_tissue(scan),
        calibration=calibration_at(plan.kvp, table=norms["calibration"]),
        steps_hu=steps_at(plan.kvp, table=norms["kvp_thresholds"]),
        gain=gain_at(plan.kvp, table=norms["calibration"]),
    )


def _tissue(scan: Scanned) -> TissueMap:
    table = np.zeros(1024, np.uint8)
    table[1:500] = GRAY
    table[[*_FLUID]] = CSF
    table[[*_WHITE]] = WHITE
    table[[lab.VENOUS_SINUS]] = SINUS
    labels = table[scan.labels]
    labels[~scan.inside] = 0
    hu = {t: float(np.median(scan.volume.hu[labels == t][::11])) for t in (CSF, WHITE, GRAY, SINUS)}
    return TissueMap(labels=labels, grid=scan.volume.grid, hu=hu)


def rows_of(scan: Scanned, plan: Planned, norms: Mapping[str, Any]) -> tuple[list[Row], float]:
    """A row for each body of a scan, and the CPU seconds that measuring took."""
    scene = scene_of(scan, plan, norms)
    begun = time.process_time()
    found = [measure_deposit(scene, i.index, number=n) for n, i in enumerate(scan.islands, start=1)]
    spent = time.process_time() - begun
    return rows_from(scan, plan, scan.islands, found, norms), spent


def rows_from(
    scan: Scanned,
    plan: Planned,
    things: Sequence[Indexed],
    found: Sequence[Measured | Deposit],
    norms: Mapping[str, Any],
) -> list[Row]:
    """The rows of a scan whose things found have been measured, by this bench or by the whole pipeline."""
    rng = np.random.default_rng(plan.scan_seed)
    calibration = calibration_at(plan.kvp, table=norms["calibration"])
    if calibration is None:
        raise ValueError(f"No calibration at {plan.kvp:g} kVp; plan a voltage of 70 to 150.")
    owner = np.zeros(scan.volume.hu.shape, np.int16)
    for number, thing in enumerate(things, start=1):
        owner[tuple(thing.index.T)] = number
    out = []
    for bodies, own in matched(scan, things):
        drawn = 1 + calibration.share_pm * float(rng.standard_normal())
        if bodies:
            index = np.concatenate([things[i].index for i in own]) if own else np.zeros((0, 3), np.int64)
            fixed = _fixed(scan, index, owner, [i + 1 for i in own], calibration)
            out.append(_row(scan, plan, bodies, [found[i] for i in own], drawn, fixed))
    return out


def _row(
    scan: Scanned,
    plan: Planned,
    bodies: list[int],
    found: Sequence[Measured | Deposit],
    drawn: float,
    fixed: tuple[float, float],
) -> Row:
    chosen = [scan.bodies[b] for b in bodies]
    return Row(
        scan=plan.name,
        patient=f"{plan.head} {plan.patient}",
        slice_mm=plan.slice_mm,
        sites=tuple(b.site for b in chosen),
        forms=tuple(b.morphology for b in chosen),
        bodies=len(bodies),
        numbers=tuple(bodies),
        noise_hu=plan.protocol.noise_hu,
        true_mm3=sum(b.volume_mm3 for b in chosen),
        true_mg=sum(b.mass_mg or 0.0 for b in chosen),
        mm3=_total([m.volume_mm3 for m in found]),
        mm3_pm=_root([m.volume_pm_mm3 for m in found]),
        mg=_total([m.mass_mg for m in found]),
        mg_pm=_root([m.mass_pm_mg for m in found]),
        excess_share_pm=_share([(m.excess_hu_mm3, m.excess_pm_hu_mm3) for m in found]),
        drawn_gain=drawn,
        fixed_mm3=fixed[0],
        fixed_mg=fixed[1],
    )


def _total(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def _root(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.sqrt(sum(v * v for v in known))) if known else None


def _share(pairs: list[tuple[float | None, float | None]]) -> float | None:
    excess, pm = _total([e for e, _ in pairs]), _root([p for _, p in pairs])
    return pm / excess if excess and pm is not None and excess > 0 else None


def _fixed(
    scan: Scanned,
    index: NDArray[np.int64],
    owner: NDArray[np.int16],
    own: list[int],
    calibration: Calibration,
) -> tuple[float, float]:
    """Volume (mm3) and mass (mg) of the voxels of at least :data:`FIXED_HU` of these things and at their edge:
    the mass is volume x mean HU x the calibration factor, as scores of the heart have it."""
    if not len(index):
        return 0.0, 0.0
    low, high = np.maximum(index.min(axis=0) - 5, 0), index.max(axis=0) + 6
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    mine = np.isin(owner[box], own)
    edge = ndimage.binary_dilation(mine, iterations=3) & (owner[box] == 0)
    bright = (mine | edge) & (scan.volume.hu[box] >= FIXED_HU) & scan.inside[box]
    per = scan.volume.grid.voxel_volumes_mm3[box[0]][:, None, None]
    volume = float((bright * per).sum())
    excess = float((np.where(bright, scan.volume.hu[box], 0) * per).sum())
    return volume, calibration.mass_mg(excess)
