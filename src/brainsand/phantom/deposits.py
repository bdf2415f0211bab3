"""What lies in the head, exactly? Deposits painted on a grid finer than any scanner's, with their true sums.

The scanner images the very cells painted here, so ``volume_mm3``, ``excess_hu_mm3`` and ``mass_mg`` are the
truth of what was imaged, not of what was asked for.

Mass. ``mass_mg = excess_hu_mm3 at 120 kV * 0.745e-3``: the attenuation that calcium adds grows by 1.343 HU
for each mg/cm3 of hydroxyapatite in soft tissue (slope 25-400 mg/cm3, simulation at 120 kV; Black, Molloi,
doi 10.1117/1.JMI.10.4.043502, table ``calibrations.csv`` of github MolloiLab/cac-simulation). At other voltages
that slope is taken times the measured ratios by which 130 HU at 120 kV is carried over (1.592 at 70 kV, 1.362 at
80, 1.115 at 100, 0.915 at 135; Gräni 2018, doi 10.1093/ehjci/jey019); between them the logarithm runs straight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.errors import UsageError
from brainsand.phantom.shapes import Form

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

HU_PER_MG_CM3: Final = {70.0: 2.138, 80.0: 1.829, 100.0: 1.498, 120.0: 1.343, 135.0: 1.229}
_MOST_CELLS: Final = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlantedDeposit:
    """One body of known substance in a head.

    Parameters
    ----------
    site, side, lobe, kind, morphology : as in ``model.finding.Deposit``
        ``kind`` is None for what is no calcium.
    substance : str
        ``"calcium"`` or ``"blood"``.
    points_mm : float array (n, 3)
        Centres (LPS, in the head) of the fine cells that the body touches.
    share : float32 array (n,)
        Share of each cell filled (0 to 1).
    excess_hu : float32 array (n,)
        Attenuation above the tissue around, averaged over the cell, at 120 kV.
    cell_mm : float
        Edge of a cell.
    peak_excess_hu : float
        Excess of the densest cell.
    semi_axes_mm : tuple of 3 floats
        Largest first: the ellipsoid with the body's own second moments (square root of 5 times each
        eigenvalue, exact for an ellipsoid of even substance).
    """

    site: str
    side: str
    lobe: str | None
    kind: str | None
    morphology: str
    substance: str
    points_mm: Floats
    share: Floats32
    excess_hu: Floats32
    cell_mm: float
    peak_excess_hu: float
    semi_axes_mm: tuple[float, float, float]

    @property
    def volume_mm3(self) -> float:
        """True volume."""
        return float(self.share.sum(dtype=np.float64) * self.cell_mm**3)

    @property
    def excess_hu_mm3(self) -> float:
        """True attenuation above the tissue around it, summed over its space, at 120 kV."""
        return float(self.excess_hu.sum(dtype=np.float64) * self.cell_mm**3)

    @property
    def mass_mg(self) -> float | None:
        """True hydroxyapatite equivalent in mg; None for what is no calcium."""
        if self.substance != "calcium":
            return None
        return self.excess_hu_mm3 / HU_PER_MG_CM3[120.0] * 1e-3

    @property
    def centre_mm(self) -> Floats:
        """Centre of the volume (3,), LPS in the head."""
        weight = self.share.astype(np.float64)
        return np.asarray(weight @ self.points_mm / weight.sum())


def calcium_gain(kvp: float) -> float:
    """Excess attenuation of calcium at a tube voltage, relative to 120 kV.

    Refuses (``UsageError``) voltages outside 70 to 150 kV; beyond 135 kV the outer slope goes on.

    >>> calcium_gain(120), round(calcium_gain(80), 3), round(calcium_gain(100), 3)
    (1.0, 1.362, 1.115)
    """
    if not 70 <= kvp <= 150:
        raise UsageError(f"Tube voltage {kvp} kV; the calcium table covers 70 to 150 kV.")
    known, slope = np.array(list(HU_PER_MG_CM3)), np.log(list(HU_PER_MG_CM3.values()))
    j = int(np.clip(np.searchsorted(known, kvp) - 1, 0, len(known) - 2))
    t = (kvp - known[j]) / (known[j + 1] - known[j])
    return float(np.exp(slope[j] + t * (slope[j + 1] - slope[j]) - np.log(HU_PER_MG_CM3[120.0])))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spot:
    """Where a form is painted: what the place is called, and the corners (3,) of a box (LPS) that holds the form."""

    site: str
    side: str
    low_mm: Floats
    high_mm: Floats
    lobe: str | None = None


def painted(
    form: Form,
    spot: Spot,
    *,
    peak_excess_hu: float,
    morphology: str,
    kind: str | None,
    substance: str = "calcium",
    soft_edge_mm: float = 0.0,
    cell_mm: float = 0.25,
) -> PlantedDeposit:
    """Paint a form on fine cells at a spot.

    Parameters
    ----------
    peak_excess_hu : float
        Attenuation above the tissue around, in the middle of the body, at 120 kV.
    morphology, kind, substance : str
        As in :class:`PlantedDeposit`.
    soft_edge_mm : float
        Depth over which the excess rises from half to all of the peak, from the surface inwards; 0 is even.
    cell_mm : float
        Edge of a cell; made larger where the box would need over four million cells.

    Raises
    ------
    UsageError
        When the form has no volume in the box.

    Examples
    --------
    A ball of 3 mm across has 14.14 mm3; at an even 100 HU that is 1414 HU mm3 and 1.05 mg.

    >>> from brainsand.phantom.shapes import ball
    >>> pineal = Spot(site="pineal", side="midline", low_mm=np.full(3, -2.0), high_mm=np.full(3, 2.0))
    >>> d = painted(ball((0, 0, 0), 1.5), pineal, peak_excess_hu=100, morphology="punctate", kind="physiologic",
    ...             cell_mm=0.1)
    >>> round(d.volume_mm3), round(d.mass_mg, 2)
    (14, 1.05)
    """
    cell = max(cell_mm, float(np.prod(np.maximum(spot.high_mm - spot.low_mm, 0.5)) / _MOST_CELLS) ** (1 / 3))
    points = _cells(spot.low_mm, spot.high_mm, cell)
    depth = -form(points)
    share = np.clip(0.5 + depth / cell, 0, 1)
    kept = share > 0
    if not kept.any():
        raise UsageError(
            f"The {morphology} deposit at {spot.site} ({spot.side}) has no volume; give it a larger size."
        )
    points, depth, share = points[kept], depth[kept], share[kept].astype(np.float32)
    rise = np.clip(0.5 + 0.5 * depth / soft_edge_mm, 0.5, 1) if soft_edge_mm > 0 else 1.0
    excess = (peak_excess_hu * rise * share).astype(np.float32)
    return PlantedDeposit(
        site=spot.site,
        side=spot.side,
        lobe=spot.lobe,
        kind=kind,
        morphology=morphology,
        substance=substance,
        points_mm=points,
        share=share,
        excess_hu=excess,
        cell_mm=cell,
        peak_excess_hu=float(np.abs(excess).max()),
        semi_axes_mm=_semi_axes(points, share, cell),
    )


def grown(deposit: PlantedDeposit, factor: float, *, by: str = "size") -> PlantedDeposit:
    """The same body with ``factor`` times its volume and mass, exactly: larger about its centre (``by="size"``), or
    with ``factor`` times its mass in the same place (``by="density"``).

    Refuses (``UsageError``) a factor of 0 or less; what is gone is left out.

    >>> from brainsand.phantom.shapes import ball
    >>> pineal = Spot(site="pineal", side="midline", low_mm=np.full(3, -2.0), high_mm=np.full(3, 2.0))
    >>> d = painted(ball((0, 0, 0), 1.5), pineal, peak_excess_hu=100, morphology="punctate", kind=None)
    >>> more, denser = grown(d, 1.3), grown(d, 1.3, by="density")
    >>> [round(x, 6) for x in (more.volume_mm3 / d.volume_mm3, more.excess_hu_mm3 / d.excess_hu_mm3)]
    [1.3, 1.3]
    >>> [round(x, 6) for x in (denser.volume_mm3 / d.volume_mm3, denser.excess_hu_mm3 / d.excess_hu_mm3)]
    [1.0, 1.3]
    """
    if factor <= 0:
        raise UsageError(f"A body cannot be {factor:g} times itself; the factor must be above 0.")
    if by == "density":
        return replace(
            deposit,
            excess_hu=(deposit.excess_hu * factor).astype(np.float32),
            peak_excess_hu=deposit.peak_excess_hu * factor,
        )
    scale = factor ** (1 / 3)
    centre = deposit.centre_mm
    a, b, c = (axis * scale for axis in deposit.semi_axes_mm)
    return replace(
        deposit,
        points_mm=centre + (deposit.points_mm - centre) * scale,
        cell_mm=deposit.cell_mm * scale,
        semi_axes_mm=(a, b, c),
    )


def _cells(low_mm: Floats, high_mm: Floats, cell_mm: float) -> Floats:
    """Centres (n, 3) of the cells that tile the box, the box's middle being their middle."""
    count = np.maximum(1, np.ceil((high_mm - low_mm) / cell_mm).astype(int))
    middle = (low_mm + high_mm) / 2
    lines = [m + (np.arange(n) - (n - 1) / 2) * cell_mm for m, n in zip(middle, count, strict=True)]
    x, y, z = np.meshgrid(*lines, indexing="ij")
    return np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1)


def _semi_axes(points: Floats, share: Floats32, cell_mm: float) -> tuple[float, float, float]:
    weight = share.astype(np.float64) / share.sum(dtype=np.float64)
    away = points - weight @ points
    moments = (away * weight[:, None]).T @ away + np.eye(3) * cell_mm**2 / 12
    a, b, c = sorted(np.sqrt(5 * np.maximum(np.linalg.eigvalsh(moments), 0)).tolist(), reverse=True)
    return a, b, c
