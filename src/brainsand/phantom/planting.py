"""How is a deposit of a given form planted at a site? One function a form.

All sizes are in mm, ``peak_hu`` is the attenuation above the tissue around at 120 kV. Every function gives
one :class:`PlantedDeposit` and raises ``UsageError`` where the head has no such place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainsand.phantom import shapes
from brainsand.phantom.deposits import PlantedDeposit, Spot, painted
from brainsand.phantom.labels import numbers
from brainsand.phantom.landmarks import lobe_of
from brainsand.phantom.places import place, region
from brainsand.phantom.survey import Survey

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LOBAR = ("cortex", "gray_white_junction", "subcortical_white_matter", "deep_white_matter")


def nodule(
    survey: Survey,
    site: str,
    side: str,
    *,
    diameter_mm: float,
    peak_hu: float,
    kind: str | None,
    rng: np.random.Generator,
    at_mm: ArrayLike | None = None,
    stretch: float = 1.3,
    substance: str = "calcium",
) -> PlantedDeposit:
    """An ellipsoid of the volume of a ball of ``diameter_mm``, its axes up to ``stretch`` from that, turned
    at random; at a random point of the site, or at ``at_mm``. Called punctate under 3 mm, else nodular."""
    centre = place(survey, site, side, rng=rng) if at_mm is None else np.asarray(at_mm, float)
    ratio = np.exp(rng.uniform(-1, 1, 3) * np.log(stretch))
    semi = diameter_mm / 2 * ratio / np.prod(ratio) ** (1 / 3)
    return painted(
        shapes.ellipsoid(centre, semi, _random_turn(rng)),
        _spot(survey, site, side, centre, float(semi.max()) + 0.5),
        peak_excess_hu=peak_hu,
        kind=kind,
        morphology="punctate" if diameter_mm < 3 else "nodular",
        substance=substance,
        cell_mm=min(0.25, diameter_mm / 12),
    )


def filling(
    survey: Survey,
    site: str,
    side: str,
    *,
    share: float,
    peak_hu: float,
    kind: str | None,
    rng: np.random.Generator,
    within: Mask | None = None,
    morphology: str = "confluent",
) -> PlantedDeposit:
    """A lumpy body that fills about ``share`` (0 to 1) of a site, without leaving it, densest inside."""
    area = region(survey, site, side)
    area = area if within is None else area & within
    body = shapes.of_mask(area, survey.grid)
    points = survey.points(area)
    low, high = points.min(axis=0) - 1.5, points.max(axis=0) + 1.5
    rough = shapes.plus(body, shapes.lumps(low, high, grain_mm=3.0, rng=rng))
    level = float(np.quantile(rough(points), np.clip(share, 0.001, 1)))
    form = shapes.both(shapes.grown(body, -0.2), shapes.grown(rough, level))
    return painted(
        form,
        Spot(site=site, side=side, low_mm=low, high_mm=high),
        peak_excess_hu=peak_hu,
        kind=kind,
        morphology=morphology,
        soft_edge_mm=1.5,
        cell_mm=0.33,
    )


def sprinkle(
    survey: Survey,
    site: str,
    side: str,
    *,
    count: int,
    spread_mm: float,
    dot_mm: float,
    peak_hu: float,
    kind: str | None,
    rng: np.random.Generator,
    at_mm: ArrayLike | None = None,
) -> PlantedDeposit:
    """A stippled body: ``count`` balls of about ``dot_mm`` across, scattered (normal, ``spread_mm``) about a
    point and kept to the site."""
    centre = place(survey, site, side, rng=rng) if at_mm is None else np.asarray(at_mm, float)
    area = survey.points(region(survey, site, side))
    weight = np.exp(-0.5 * (np.linalg.norm(area - centre, axis=1) / spread_mm) ** 2)
    if weight.sum() > 1e-6:
        middles = area[rng.choice(len(area), count, p=weight / weight.sum())] + rng.uniform(
            -0.5, 0.5, (count, 3)
        )
    else:
        middles = centre + spread_mm * rng.standard_normal((count, 3))
    dots = [shapes.ball(m, 0.5 * dot_mm * float(rng.uniform(0.7, 1.3))) for m in middles]
    return painted(
        shapes.either(dots),
        _spot(survey, site, side, centre, dot_mm, points_mm=middles),
        peak_excess_hu=peak_hu,
        kind=kind,
        morphology="stippled",
    )


def rind(
    survey: Survey,
    site: str,
    side: str,
    *,
    diameter_mm: float,
    thickness_mm: float,
    peak_hu: float,
    kind: str | None,
    rng: np.random.Generator,
) -> PlantedDeposit:
    """A hollow ball (rim)."""
    centre = place(survey, site, side, rng=rng)
    return painted(
        shapes.shell(shapes.ball(centre, diameter_mm / 2), thickness_mm),
        _spot(survey, site, side, centre, diameter_mm / 2 + 0.5),
        peak_excess_hu=peak_hu,
        kind=kind,
        morphology="rim",
    )


def gyrus(
    survey: Survey,
    side: str,
    *,
    centre_mm: ArrayLike,
    radius_mm: float,
    thickness_mm: float,
    peak_hu: float,
    kind: str | None,
    rng: np.random.Generator,
    site: str = "cortex",
) -> PlantedDeposit:
    """A ribbon that follows the cortex (or, for ``gray_white_junction``, the white matter just under it)
    within ``radius_mm`` of a point: gyriform in the cortex, a band under it."""
    centre = np.asarray(centre_mm, float)
    near = survey.within(radius_mm + 6, centre)
    white = survey.mask(*numbers("white_matter", side)) & near
    depth = shapes.of_mask(white, survey.grid)
    middle = 1.2 if site == "cortex" else -0.8

    def ribbon(p: Floats) -> Floats:
        return np.asarray(np.abs(depth(p) - middle) - thickness_mm / 2)

    labels = numbers("cortex" if site == "cortex" else "white_matter", side)
    body = shapes.of_mask(survey.mask(*labels) & near, survey.grid)
    low, high = centre - radius_mm - 1, centre + radius_mm + 1
    edge = shapes.plus(shapes.ball(centre, radius_mm), shapes.lumps(low, high, grain_mm=8.0, rng=rng))
    return painted(
        shapes.both(shapes.ball(centre, radius_mm + 0.5), body, ribbon, edge),
        Spot(site=site, side=side, low_mm=low, high_mm=high, lobe=lobe_of(survey, centre)),
        peak_excess_hu=peak_hu,
        kind=kind,
        morphology="gyriform" if site == "cortex" else "band",
        cell_mm=0.33,
    )


def plaque(
    survey: Survey,
    site: str,
    side: str,
    *,
    length_mm: float,
    thickness_mm: float,
    peak_hu: float,
    kind: str | None,
    rng: np.random.Generator,
) -> PlantedDeposit:
    """A flat plate on a membrane (falx, tentorium, dura): an ellipsoid across which the membrane's own points
    spread least."""
    centre = place(survey, site, side, rng=rng)
    area = survey.points(region(survey, site, side))
    near = area[np.linalg.norm(area - centre, axis=1) < max(6.0, 0.6 * length_mm)]
    axes = np.linalg.eigh(np.cov(near.T) + 1e-6 * np.eye(3))[1] if len(near) > 8 else np.eye(3)
    semi = np.array([thickness_mm / 2, 0.3 * length_mm, 0.5 * length_mm])
    return painted(
        shapes.ellipsoid(centre, semi, axes),
        _spot(survey, site, side, centre, length_mm / 2 + 0.6),
        peak_excess_hu=peak_hu,
        kind=kind,
        morphology="linear",
        cell_mm=min(0.25, thickness_mm / 5),
    )


def thread(
    survey: Survey,
    site: str,
    side: str,
    *,
    line_mm: ArrayLike,
    thickness_mm: float,
    peak_hu: float,
    kind: str | None,
) -> PlantedDeposit:
    """A tube along a line of points (n, 3): a calcified vessel wall, a line beside the ventricle."""
    line = np.asarray(line_mm, float)
    return painted(
        shapes.tube(line, thickness_mm / 2),
        _spot(survey, site, side, line.mean(axis=0), thickness_mm, points_mm=line),
        peak_excess_hu=peak_hu,
        kind=kind,
        morphology="linear",
    )


def _spot(
    survey: Survey,
    site: str,
    side: str,
    centre_mm: Floats,
    reach_mm: float,
    *,
    points_mm: Floats | None = None,
) -> Spot:
    """The spot of a deposit at a site: as far as it reaches round its points (or its centre)."""
    points = np.atleast_2d(centre_mm if points_mm is None else points_mm)
    return Spot(
        site=site,
        side=side,
        low_mm=points.min(axis=0) - reach_mm,
        high_mm=points.max(axis=0) + reach_mm,
        lobe=lobe_of(survey, centre_mm) if site in _LOBAR else None,
    )


def _random_turn(rng: np.random.Generator) -> Floats:
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    return np.asarray(q * np.sign(np.diag(r)))
