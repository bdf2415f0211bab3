"""What lies in the head of each disease? One recipe a picture, each with the source of the picture.

Sizes and attenuations that no source gives are ranges chosen here, and the docstring does not claim them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from brainsand.errors import UsageError
from brainsand.phantom.deposits import PlantedDeposit
from brainsand.phantom.landmarks import lobe_of
from brainsand.phantom.places import place, region
from brainsand.phantom.planting import filling, gyrus, nodule, thread
from brainsand.phantom.survey import Survey

Planted = list[PlantedDeposit]

_SIDES: Final = ("left", "right")
_MIDLINE_MM: Final = 2.0
_MIDLINE_SITES: Final = ("pineal", "habenula", "falx", "sella_suprasellar", "corpus_callosum", "brainstem")
_BRAIN_SITES: Final = (
    "globus_pallidus",
    "putamen",
    "caudate",
    "thalamus",
    "internal_capsule",
    "hippocampus",
    "dentate_nucleus",
    "cerebellum",
    "gray_white_junction",
    "subcortical_white_matter",
    "deep_white_matter",
)
_PAIRED_SITES: Final = (
    *_BRAIN_SITES,
    "periventricular_white_matter",
    "subependymal",
    "choroid_plexus",
    "tentorium",
    "vessel_wall",
    "cortex",
)


def none(survey: Survey, rng: np.random.Generator) -> Planted:
    """No deposit at all."""
    return []


def pallidal_dots(survey: Survey, rng: np.random.Generator) -> Planted:
    """One to three dots in each pallidum: incidental in the old, 17-21 % punctate (PMID 23279700), 29.7 % on
    thin slices at a mean of 67 y (doi 10.1016/j.neurad.2019.04.002)."""
    return [
        deposit
        for side in _SIDES
        for deposit in _apart(
            survey,
            [("globus_pallidus", side)] * int(rng.integers(1, 4)),
            sizes_mm=(1.2, 2.6),
            peaks_hu=(60, 180),
            kind="age_related",
            rng=rng,
        )
    ]


def pfbc(survey: Survey, rng: np.random.Generator) -> Planted:
    """Symmetric lentiform, caudate, thalamus, dentate and white matter, confluent: 516 carriers, basal
    ganglia 100 %, cerebellum 58 %, thalamus 53 %, white matter 43 % (MDSGene); 160 HU in one case
    (radiopaedia, extensive-basal-ganglia-calcification-1)."""
    shares = {"globus_pallidus": (0.5, 0.85), "putamen": (0.2, 0.5), "caudate": (0.2, 0.5)}
    shares |= {"thalamus": (0.12, 0.35), "dentate_nucleus": (0.4, 0.8)}
    return _symmetric(survey, shares, peaks_hu=(110, 320), rng=rng) + _white_matter(survey, rng)


def hypoparathyroidism(survey: Survey, rng: np.random.Generator) -> Planted:
    """Pallidum 68.8 %, putamen 55.9 %, caudate 54.8 %, gray-white junction 39.8 %, thalamus 29.0 %, dentate
    24.7 % of 145 (idiopathic hypoparathyroidism; scienceopen d51b8393). The first four are always here."""
    shares = {"globus_pallidus": (0.4, 0.75), "putamen": (0.15, 0.4), "caudate": (0.15, 0.4)}
    for site, chance in (("thalamus", 0.29), ("dentate_nucleus", 0.247)):
        if rng.random() < chance:
            shares[site] = (0.1, 0.4)
    bands = [_band(survey, side, ("frontal", "parietal"), 8.0, (120, 280), rng) for side in _SIDES]
    return _symmetric(survey, shares, peaks_hu=(100, 280), rng=rng) + bands


def tuberous_sclerosis(survey: Survey, rng: np.random.Generator) -> Planted:
    """Calcified nodules under the ependyma of the lateral ventricles on both sides; tubers calcify less
    (conditions file, tsc: emedicine radio/topic723; eurorad 8755)."""
    sides = [("subependymal", _SIDES[i % 2]) for i in range(int(rng.integers(4, 9)))]
    nodules = _apart(survey, sides, sizes_mm=(2.5, 7), peaks_hu=(150, 400), kind="ectopic", rng=rng)
    tubers = [("gray_white_junction", str(rng.choice(_SIDES))) for _ in range(int(rng.integers(1, 4)))]
    return nodules + _apart(survey, tubers, sizes_mm=(5, 10), peaks_hu=(50, 130), kind="ectopic", rng=rng)


def sturge_weber(survey: Survey, rng: np.random.Generator) -> Planted:
    """Gyriform, on one side (80 %), parieto-occipital (PMC6317878; radiopaedia sturge-weber-syndrome-1)."""
    side = str(rng.choice(_SIDES))
    found = []
    for lobe, radius in (("occipital", 16.0), ("parietal", 10.0)):
        centre = _lobar_place(survey, "cortex", side, (lobe,), rng)
        found.append(
            gyrus(
                survey,
                side,
                centre_mm=centre,
                radius_mm=radius * float(rng.uniform(0.8, 1.2)),
                thickness_mm=float(rng.uniform(1.4, 2.0)),
                peak_hu=float(rng.uniform(180, 380)),
                kind="ectopic",
                rng=rng,
            )
        )
    return found


def neurocysticercosis(survey: Survey, rng: np.random.Generator) -> Planted:
    """Round solid dots of 1-10 mm at the gray-white junction, one to very many (PMC2912527, PMC4005113)."""
    spots = [("gray_white_junction", str(rng.choice(_SIDES))) for _ in range(int(rng.integers(5, 20)))]
    return _apart(survey, spots, sizes_mm=(2, 9), peaks_hu=(150, 500), kind="ectopic", rng=rng, stretch=1.1)


def congenital_infection(survey: Survey, rng: np.random.Generator) -> Planted:
    """Thick, chunky and linear beside the ventricles, some faint foci elsewhere (congenital cytomegalovirus:
    PMID 8916166, PMID 24372060)."""
    site = "periventricular_white_matter"
    spots = [(site, side) for side in _SIDES for _ in range(int(rng.integers(3, 7)))]
    lumps = _apart(survey, spots, sizes_mm=(2.5, 6), peaks_hu=(120, 380), kind="ectopic", rng=rng)
    faint = [("gray_white_junction", str(rng.choice(_SIDES))) for _ in range(int(rng.integers(1, 4)))]
    lines = [_line(survey, site, side, rng) for side in _SIDES]
    return lumps + lines + _apart(survey, faint, sizes_mm=(2, 4), peaks_hu=(60, 140), kind="ectopic", rng=rng)


def radiation(survey: Survey, rng: np.random.Generator) -> Planted:
    """Mineralizing microangiopathy of 37 children: basal ganglia 86 %, gray-white junction 70 %, cerebellum
    49 % (doi 10.1186/s43055-022-00806-z). The first two are always here."""
    found = _symmetric(
        survey, {"putamen": (0.08, 0.25), "globus_pallidus": (0.1, 0.3)}, peaks_hu=(70, 200), rng=rng
    )
    found += [
        _band(survey, side, ("frontal", "parietal", "occipital"), 8.0, (90, 220), rng) for side in _SIDES
    ]
    if rng.random() < 0.486:
        spots = [("cerebellum", side) for side in _SIDES for _ in range(2)]
        found += _apart(survey, spots, sizes_mm=(2, 4), peaks_hu=(70, 180), kind="ectopic", rng=rng)
    return found


def blood(survey: Survey, rng: np.random.Generator) -> Planted:
    """Acute haematomas of 60-75 HU, no calcium: one in a putamen, one lobar and small (acute intracerebral
    haemorrhage 61-69 HU: J Mex Fed Radiol Imaging 2023;2(1))."""
    found = []
    for site, low, high, tissue_hu in (("putamen", 16, 28, 38.5), ("subcortical_white_matter", 6, 12, 29.0)):
        found.append(
            nodule(
                survey,
                site,
                str(rng.choice(_SIDES)),
                diameter_mm=float(rng.uniform(low, high)),
                peak_hu=float(rng.uniform(60, 75)) - tissue_hu,
                kind=None,
                rng=rng,
                stretch=1.4,
                substance="blood",
            )
        )
    return found


def every_site(survey: Survey, rng: np.random.Generator) -> Planted:
    """One nodule of 3 to 5 mm at each place: for checking that places are named rightly, no disease."""
    spots = [(site, "midline") for site in _MIDLINE_SITES] + [
        (site, side) for site in _PAIRED_SITES for side in _SIDES
    ]
    return _apart(survey, spots, sizes_mm=(3, 5), peaks_hu=(200, 400), kind="indeterminate", rng=rng)


def scattered(survey: Survey, rng: np.random.Generator) -> Planted:
    """Ten to twenty nodules of 1 to 8 mm and 60 to 500 HU anywhere in the brain: for counting what is found,
    no disease."""
    spots = [
        (str(rng.choice(_BRAIN_SITES)), str(rng.choice(_SIDES))) for _ in range(int(rng.integers(10, 21)))
    ]
    return _apart(survey, spots, sizes_mm=(1, 8), peaks_hu=(60, 500), kind="indeterminate", rng=rng)


def _symmetric(
    survey: Survey,
    shares: dict[str, tuple[float, float]],
    *,
    peaks_hu: tuple[float, float],
    rng: np.random.Generator,
) -> Planted:
    """Both sides of each site filled nearly alike (within a tenth)."""
    found = []
    for site, (low, high) in shares.items():
        share, peak = float(rng.uniform(low, high)), float(rng.uniform(*peaks_hu))
        found += [
            filling(
                survey,
                site,
                side,
                share=share * float(rng.uniform(0.9, 1.1)),
                peak_hu=peak * float(rng.uniform(0.9, 1.1)),
                kind="ectopic",
                rng=rng,
            )
            for side in _SIDES
        ]
    return found


def _white_matter(survey: Survey, rng: np.random.Generator) -> Planted:
    """A lumpy patch in the centrum semiovale of each side, within 9 mm of a point."""
    found = []
    for side in _SIDES:
        centre = place(survey, "deep_white_matter", side, rng=rng)
        peak = float(rng.uniform(90, 250))
        found.append(
            filling(
                survey,
                "deep_white_matter",
                side,
                share=0.5,
                peak_hu=peak,
                kind="ectopic",
                rng=rng,
                within=survey.within(9, centre),
            )
        )
    return found


def _band(
    survey: Survey,
    side: str,
    lobes: tuple[str, ...],
    radius_mm: float,
    peaks_hu: tuple[float, float],
    rng: np.random.Generator,
) -> PlantedDeposit:
    return gyrus(
        survey,
        side,
        centre_mm=_lobar_place(survey, "gray_white_junction", side, lobes, rng),
        radius_mm=radius_mm * float(rng.uniform(0.8, 1.3)),
        thickness_mm=float(rng.uniform(1.3, 2.0)),
        peak_hu=float(rng.uniform(*peaks_hu)),
        kind="ectopic",
        rng=rng,
        site="gray_white_junction",
    )


def _line(survey: Survey, site: str, side: str, rng: np.random.Generator) -> PlantedDeposit:
    """A line of 8 to 15 mm through the site, front to back."""
    centre = place(survey, site, side, rng=rng)
    points = survey.points(region(survey, site, side))
    half = float(rng.uniform(4, 7.5))
    line = []
    for offset in np.linspace(-half, half, 5):
        target = centre + np.array([0.0, offset, 0.0])
        line.append(points[np.argmin(np.linalg.norm(points - target, axis=1))])
    peak = float(rng.uniform(150, 300))
    return thread(survey, site, side, line_mm=np.array(line), thickness_mm=1.8, peak_hu=peak, kind="ectopic")


def _lobar_place(
    survey: Survey, site: str, side: str, lobes: tuple[str, ...], rng: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A point of a site in one of the lobes; refuses when 400 draws hit none."""
    for _ in range(400):
        point = place(survey, site, side, rng=rng)
        if lobe_of(survey, point) in lobes:
            return point
    raise UsageError(f"No point of {site} ({side}) lies in {' or '.join(lobes)}; choose another head.")


def _apart(
    survey: Survey,
    spots: list[tuple[str, str]],
    *,
    sizes_mm: tuple[float, float],
    peaks_hu: tuple[float, float],
    kind: str | None,
    rng: np.random.Generator,
    stretch: float = 1.3,
) -> Planted:
    """Nodules at the spots, sizes drawn evenly on a logarithmic scale, at least 3 mm apart.

    What is asked for on the midline lies within 2 mm of it, or as near as the site comes.
    A spot for which 60 draws find no room is left out.
    """
    taken: list[tuple[np.ndarray[Any, np.dtype[np.float64]], float]] = []
    found = []
    for site, side in spots:
        size = float(np.exp(rng.uniform(*np.log(sizes_mm))))
        middle = _near_midline(survey, site) if side == "midline" else None
        for _ in range(60):
            centre = place(survey, site, side, rng=rng, within=middle)
            if all(np.linalg.norm(centre - c) > stretch * (size + s) / 2 + 3 for c, s in taken):
                taken.append((centre, size))
                peak = float(rng.uniform(*peaks_hu))
                found.append(
                    nodule(
                        survey,
                        site,
                        side,
                        diameter_mm=size,
                        peak_hu=peak,
                        kind=kind,
                        rng=rng,
                        at_mm=centre,
                        stretch=stretch,
                    )
                )
                break
    return found


def _near_midline(survey: Survey, site: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Voxels within 2 mm of the midplane, or within the least distance at which the site has some."""
    away = np.abs(survey.left_mm())
    least = away[region(survey, site, "midline")].min(initial=np.inf)
    return np.asarray(away <= max(_MIDLINE_MM, float(least)))
