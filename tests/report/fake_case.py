"""Small cases for tests: an ellipsoid head of known parts, with round deposits where a test wants them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from brainsand.model.acquisition import Acquisition
from brainsand.model.case import Case, Picture, ScanFacts
from brainsand.model.caution import Caution
from brainsand.model.finding import Deposit, KindReason, SetAside, SiteSum
from brainsand.model.grid import Grid
from brainsand.model.patient import Patient
from brainsand.model.sites import site_index

SHAPE = (90, 110, 96)
MIDDLE = (45, 55, 47.5)
_OTHER = {"left": "right", "right": "left", "midline": "midline"}


def fake_deposit(
    number: int,
    site: str,
    side: str,
    *,
    volume: float | None = 100.0,
    kind: str = "physiologic",
    lobe: str | None = None,
    at: tuple[int, int, int] | None = None,
) -> Deposit:
    """A deposit of about ``volume`` mm3; ``at`` is its head index, chosen by side where not given."""
    column = {"left": 65, "right": 30, "midline": 47}[side]
    k, r, c = at or (45, 40 + 5 * (number % 8), column)
    size = volume or 100.0
    return Deposit(
        id=number,
        site=site,
        side=side,  # type: ignore[arg-type]
        lobe=lobe,
        site_probabilities={site: 0.8, "unknown": 0.2},
        kind=kind,  # type: ignore[arg-type]
        kind_reasons=(KindReason(rule="fake-rule", words="Found in most adults.", source="a source"),),
        centre_lps_mm=(c - MIDDLE[2], float(r), float(k)),
        slices=(k // 3, k // 3),
        voxels=int(size),
        volume_mm3=volume,
        volume_pm_mm3=None if volume is None else volume / 10,
        threshold_volume_mm3=size,
        excess_hu_mm3=size * 100,
        mass_mg=size / 5,
        mass_pm_mg=None,
        mean_hu=180.0,
        peak_hu=250.0,
        background_hu=30.0,
        agatston_like=None,
        morphology="nodular",
        largest_diameter_mm=float(2 * (size * 0.239) ** (1 / 3)),
        extent_mm=(5.0, 5.0, 5.0),
        confidence=0.9,
    )


def fake_case(*deposits: Deposit, **changes: Any) -> Case:
    """A case of a small head with these deposits; ``changes`` replace fields of the case."""
    hu, inside = _head()
    marks = np.zeros(SHAPE, np.int32)
    for d in deposits:
        ball = _ball(d)
        hu[ball] = 250
        marks[ball] = d.id
    case = Case(
        acquisition=Acquisition(source="fake", format="dicom", sha256="0" * 64, kvp=120.0),
        scan=_scan(),
        patient=Patient(age_years=50.0, sex="F"),
        cautions=(Caution(code="thick_slices", words="Slices of 3 mm can hide small foci."),),
        deposits=deposits,
        set_aside=(SetAside(reason="bone", centre_lps_mm=(1.0, 2.0, 3.0), volume_mm3=9.0, peak_hu=300.0),),
        sites=tuple(_site_sum(d) for d in deposits),
        scores={"agatston_like": 12.5, "total_calcification_score": {"total": 3, "basis": "by hand"}},
        pattern={"words": ["Symmetric."], "odd": float("nan")},
        differential=None,
        significance={"level": "incidental", "why": ["Common at this age."], "source": "a source"},
        next_steps=({"step": "Nothing", "why": "benign", "for": ["radiologist"], "urgency": "none"},),
        settings={"threshold_hu": 100.0},
        settings_hash="f" * 64,
        knowledge_version="test",
        picture=_picture(hu, inside, marks),
    )
    return dataclasses.replace(case, **changes)


def mirrored(case: Case) -> Case:
    """The same case with the head mirrored: what was left is right, and nothing else differs."""
    picture = case.picture
    turned = {
        name: getattr(picture, name)[..., ::-1]
        for name in ("head_hu", "head_inside", "head_sites", "head_deposits", "deposits", "sites")
    }
    return dataclasses.replace(
        case,
        deposits=tuple(_mirrored_deposit(d) for d in case.deposits),
        sites=tuple(dataclasses.replace(s, side=_OTHER[s.side]) for s in case.sites),  # type: ignore[arg-type]
        picture=dataclasses.replace(picture, **turned),
    )


def _mirrored_deposit(d: Deposit) -> Deposit:
    x, y, z = d.centre_lps_mm
    return dataclasses.replace(d, side=_OTHER[d.side], centre_lps_mm=(-x, y, z))  # type: ignore[arg-type]


def _head() -> tuple[np.ndarray, np.ndarray]:
    k, r, c = np.indices(SHAPE)
    far = ((k - MIDDLE[0]) / 40) ** 2 + ((r - MIDDLE[1]) / 50) ** 2 + ((c - MIDDLE[2]) / 42) ** 2
    hu = np.full(SHAPE, -1024, np.int16)
    hu[far < 1] = 900
    inside = far < 0.8
    hu[inside] = 30
    return hu, inside


def _ball(d: Deposit) -> np.ndarray:
    x, y, z = d.centre_lps_mm
    k, r, c = np.indices(SHAPE)
    radius = max((d.threshold_volume_mm3 * 0.239) ** (1 / 3), 0.9)
    return (k - z) ** 2 + (r - y) ** 2 + (c - MIDDLE[2] - x) ** 2 <= radius**2


def _scan() -> ScanFacts:
    return ScanFacts(
        matrix=(30, 110, 96),
        spacing_mm=(3.0, 1.0, 1.0),
        slice_gaps_mm=(3.0,) * 29,
        tilt_deg=0.0,
        noise_hu=None,
        contrast="none",
        coverage={},
    )


def _site_sum(d: Deposit) -> SiteSum:
    return SiteSum(
        site=d.site,
        side=d.side,
        count=1,
        volume_mm3=d.volume_mm3,
        mass_mg=d.mass_mg,
        peak_hu=d.peak_hu,
        filled=None,
    )


def _picture(hu: np.ndarray, inside: np.ndarray, marks: np.ndarray) -> Picture:
    x0 = -MIDDLE[2]
    sites = np.where(inside, site_index("unknown", "midline"), 0).astype(np.uint8)
    return Picture(
        head_grid=Grid.regular(SHAPE, spacing_mm=(1.0, 1.0, 1.0), origin_mm=(x0, 0.0, 0.0)),
        head_hu=hu,
        head_inside=inside,
        head_sites=sites,
        head_deposits=marks,
        deposits=marks[1::3].copy(),
        sites=sites[1::3].copy(),
        grid=Grid.regular((30, 110, 96), spacing_mm=(3.0, 1.0, 1.0), origin_mm=(x0, 0.0, 1.0)),
    )
