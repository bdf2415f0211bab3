"""What calcium has a person without disease? The physiologic, age-related and vascular deposits by age.

Shares of people by age, from CT series: pineal 1.1 % at 0-6 y (Guangzhou, endocrine abstracts ea0110p496),
35 % at 7-12 y and 67 % at 13-17 y (Turkish series of 220), 75.1 % from 20 y (Kwak 1988, doi
10.11477/mf.1406206122); choroid plexus 35.2 % at 0-15 y (Al Hajri, SQUMJ 2023;23:227-232), 66.2 % at 15-85 y
(PMID 17594669), 77.3 % of them on both sides (Al-Ameri, Int J Morphol); habenula 13 % at 0-15 y (Al Hajri)
and 20.1 % (PMID 17594669); falx 5.9 % and tentorium 3.0 % at 0-15 y (Al Hajri), 26.8 % and 6.8 % at 2-89 y
(PMID 34866062); carotid siphon 16.3 % at 0-55 y (trauma CT, Rotterdam and Utrecht 2010-2015, 287 of 1759),
82.2 % at a mean of 69.6 y (Rotterdam, n 2495, PMID 24535643). Adult pineal calcium measures 5.9 (SD 2.4) mm
(PMC5344338), that of children 7-10 mm2 and 59-70 HU (the Turkish series). A series over a span of ages is
set at one age of it, and the share runs straight between such ages.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from brainsand.phantom.deposits import PlantedDeposit
from brainsand.phantom.landmarks import habenula_mm, pineal_mm
from brainsand.phantom.places import place, region
from brainsand.phantom.planting import nodule, plaque, sprinkle, thread
from brainsand.phantom.survey import Survey

_SHARE_BY_AGE: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "pineal": ((3, 0.011), (9.5, 0.35), (15, 0.67), (20, 0.751)),
    "choroid_plexus": ((0, 0.05), (12, 0.352), (20, 0.662)),
    "habenula": ((0, 0.0), (12, 0.13), (20, 0.201)),
    "falx": ((3, 0.0), (13, 0.059), (45, 0.268)),
    "tentorium": ((7, 0.0), (14, 0.03), (45, 0.068)),
    "vessel_wall": ((10, 0.0), (45, 0.163), (70, 0.822)),
}
_CHOROID_BOTH_SIDES: Final = 0.773


def share_with(site: str, age_years: float) -> float:
    """The share of people of an age who have calcium at a physiologic site (module docstring).

    >>> share_with("pineal", 47), share_with("choroid_plexus", 12)
    (0.751, 0.352)
    """
    ages, shares = zip(*_SHARE_BY_AGE[site], strict=True)
    return float(np.interp(age_years, ages, shares))


def background(
    survey: Survey, age_years: float, *, rng: np.random.Generator, always: tuple[str, ...] = ()
) -> list[PlantedDeposit]:
    """Deposits that a person of this age may have without any disease, drawn by ``share_with``.

    Parameters
    ----------
    always : tuple of str
        Sites that are present whatever the draw (choroid plexus: on both sides).
    """
    drawn: list[PlantedDeposit] = []
    present = {site: site in always or rng.random() < share_with(site, age_years) for site in _SHARE_BY_AGE}
    if present["pineal"]:
        drawn.append(_pineal(survey, age_years, rng))
    if present["choroid_plexus"]:
        drawn += [_glomus(survey, side, rng) for side in _choroid_sides(rng, "choroid_plexus" in always)]
    if present["habenula"]:
        drawn.append(_habenula(survey, rng))
    for membrane, side in (("falx", "midline"), ("tentorium", str(rng.choice(["left", "right"])))):
        if present[membrane]:
            drawn.append(_plaque(survey, membrane, side, rng))
    if present["vessel_wall"]:
        drawn += [siphon(survey, side, rng=rng) for side in ("left", "right")]
    return drawn


def siphon(survey: Survey, side: str, *, rng: np.random.Generator) -> PlantedDeposit:
    """A calcified stretch (4 to 9 mm) of the wall of the carotid siphon, along its course there."""
    centre = place(survey, "vessel_wall", side, rng=rng)
    course = survey.points(region(survey, "vessel_wall", side))
    near = course[np.linalg.norm(course - centre, axis=1) < 6]
    along = np.linalg.eigh(np.cov(near.T))[1][:, -1] if len(near) > 8 else np.array([0.0, 1.0, 0.0])
    t = np.linspace(-0.5, 0.5, 5)[:, None] * float(rng.uniform(4, 9))
    line = centre + t * along + 0.05 * t**2 * np.array([0.0, 0.0, 1.0])
    thickness = float(rng.uniform(1.0, 2.0))
    peak = float(rng.uniform(250, 600))
    return thread(
        survey, "vessel_wall", side, line_mm=line, thickness_mm=thickness, peak_hu=peak, kind="vascular"
    )


def _pineal(survey: Survey, age_years: float, rng: np.random.Generator) -> PlantedDeposit:
    child = age_years < 18
    size = rng.normal(3.0, 0.7) if child else rng.normal(4.8, 1.4)
    return nodule(
        survey,
        "pineal",
        "midline",
        diameter_mm=float(np.clip(size, 1.5, 4.0 if child else 7.0)),
        peak_hu=float(rng.uniform(40, 120) if child else rng.uniform(100, 350)),
        kind="physiologic",
        rng=rng,
        at_mm=pineal_mm(survey) + 0.5 * rng.standard_normal(3),
    )


def _habenula(survey: Survey, rng: np.random.Generator) -> PlantedDeposit:
    return nodule(
        survey,
        "habenula",
        "midline",
        diameter_mm=float(rng.uniform(1.5, 2.8)),
        peak_hu=float(rng.uniform(90, 250)),
        kind="physiologic",
        rng=rng,
        at_mm=habenula_mm(survey) + 0.3 * rng.standard_normal(3),
    )


def _choroid_sides(rng: np.random.Generator, both: bool) -> tuple[str, ...]:
    if both or rng.random() < _CHOROID_BOTH_SIDES:
        return ("left", "right")
    return (str(rng.choice(["left", "right"])),)


def _glomus(survey: Survey, side: str, rng: np.random.Generator) -> PlantedDeposit:
    return sprinkle(
        survey,
        "choroid_plexus",
        side,
        count=int(rng.integers(8, 26)),
        spread_mm=float(rng.uniform(1.8, 3.2)),
        dot_mm=float(rng.uniform(1.8, 2.8)),
        peak_hu=float(rng.uniform(150, 400)),
        kind="physiologic",
        rng=rng,
    )


def _plaque(survey: Survey, site: str, side: str, rng: np.random.Generator) -> PlantedDeposit:
    return plaque(
        survey,
        site,
        side,
        length_mm=float(rng.uniform(5, 15)),
        thickness_mm=float(rng.uniform(1.4, 2.4)),
        peak_hu=float(rng.uniform(200, 500)),
        kind="physiologic",
        rng=rng,
    )
