"""Which virtual patients are there? Each preset: who the person is, and what lies in the head.

Every preset names the source of its picture in its recipe's docstring; where a source gives no size or
attenuation, the range is chosen and the docstring does not claim it. Physiologic deposits of the age are
added to each (``phantom.background``) but for ``none`` and ``blood``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from brainsand.errors import UsageError
from brainsand.phantom.background import background
from brainsand.phantom.deposits import PlantedDeposit
from brainsand.phantom.places import lobe_of, place, region
from brainsand.phantom.planting import filling, gyrus, nodule, thread
from brainsand.phantom.survey import Survey

Planted = list[PlantedDeposit]
Recipe = Callable[[Survey, np.random.Generator], Planted]

_SIDES: Final = ("left", "right")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A kind of virtual patient: ages from and to in years, sexes to draw from, facts of the patient file."""

    name: str
    ages: tuple[int, int]
    sexes: str
    recipe: Recipe
    facts: dict[str, Any] = field(default_factory=dict)
    always: tuple[str, ...] = ()
    with_background: bool = True


def presets() -> tuple[str, ...]:
    """The names of the presets.

    >>> "pfbc" in presets()
    True
    """
    return tuple(_PRESETS)


def preset(name: str) -> Preset:
    """The preset of a name; refuses (``UsageError``) other names."""
    if name not in _PRESETS:
        raise UsageError(f"There is no preset {name!r}; choose one of {', '.join(_PRESETS)}.")
    return _PRESETS[name]


def patient_facts(chosen: Preset, *, rng: np.random.Generator) -> dict[str, Any]:
    """A patient file's content (``age_years``, ``sex`` and the preset's facts) drawn for one person."""
    age = int(rng.integers(chosen.ages[0], chosen.ages[1] + 1))
    return {"age_years": age, "sex": str(rng.choice(list(chosen.sexes))), **chosen.facts}


def planted_for(chosen: Preset, survey: Survey, age_years: float, *, rng: np.random.Generator) -> Planted:
    """All deposits of one person: the preset's own, then those of the age."""
    own = chosen.recipe(survey, rng)
    extra = background(survey, age_years, rng=rng, always=chosen.always) if chosen.with_background else []
    return own + extra


def _none(survey: Survey, rng: np.random.Generator) -> Planted:
    """No deposit at all."""
    return []


def _pallidal_dots(survey: Survey, rng: np.random.Generator) -> Planted:
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


def _pfbc(survey: Survey, rng: np.random.Generator) -> Planted:
    """Symmetric lentiform, caudate, thalamus, dentate and white matter, confluent: 516 carriers, basal
    ganglia 100 %, cerebellum 58 %, thalamus 53 %, white matter 43 % (MDSGene); 160 HU in one case
    (radiopaedia, extensive-basal-ganglia-calcification-1)."""
    shares = {"globus_pallidus": (0.5, 0.85), "putamen": (0.2, 0.5), "caudate": (0.2, 0.5)}
    shares |= {"thalamus": (0.12, 0.35), "dentate_nucleus": (0.4, 0.8)}
    return _symmetric(survey, shares, peaks_hu=(110, 320), rng=rng) + _white_matter(survey, rng)


def _hypoparathyroidism(survey: Survey, rng: np.random.Generator) -> Planted:
    """Pallidum 68.8 %, putamen 55.9 %, caudate 54.8 %, gray-white junction 39.8 %, thalamus 29.0 %, dentate
    24.7 % of 145 (idiopathic hypoparathyroidism; scienceopen d51b8393). The first four are always here."""
    shares = {"globus_pallidus": (0.4, 0.75), "putamen": (0.15, 0.4), "caudate": (0.15, 0.4)}
    for site, chance in (("thalamus", 0.29), ("dentate_nucleus", 0.247)):
        if rng.random() < chance:
            shares[site] = (0.1, 0.4)
    bands = [_band(survey, side, ("frontal", "parietal"), 8.0, (120, 280), rng) for side in _SIDES]
    return _symmetric(survey, shares, peaks_hu=(100, 280), rng=rng) + bands


def _tuberous_sclerosis(survey: Survey, rng: np.random.Generator) -> Planted:
    """Calcified nodules under the ependyma of the lateral ventricles on both sides; tubers calcify less
    (conditions file, tsc: emedicine radio/topic723; eurorad 8755)."""
    sides = [("subependymal", _SIDES[i % 2]) for i in range(int(rng.integers(4, 9)))]
    nodules = _apart(survey, sides, sizes_mm=(2.5, 7), peaks_hu=(150, 400), kind="ectopic", rng=rng)
    tubers = [("gray_white_junction", str(rng.choice(_SIDES))) for _ in range(int(rng.integers(1, 4)))]
    return nodules + _apart(survey, tubers, sizes_mm=(5, 10), peaks_hu=(50, 130), kind="ectopic", rng=rng)


def _sturge_weber(survey: Survey, rng: np.random.Generator) -> Planted:
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


def _neurocysticercosis(survey: Survey, rng: np.random.Generator) -> Planted:
    """Round solid dots of 1-10 mm at the gray-white junction, one to very many (PMC2912527, PMC4005113)."""
    spots = [("gray_white_junction", str(rng.choice(_SIDES))) for _ in range(int(rng.integers(5, 20)))]
    return _apart(survey, spots, sizes_mm=(2, 9), peaks_hu=(150, 500), kind="ectopic", rng=rng, stretch=1.1)


def _congenital_infection(survey: Survey, rng: np.random.Generator) -> Planted:
    """Thick, chunky and linear beside the ventricles, some faint foci elsewhere (congenital cytomegalovirus:
    PMID 8916166, PMID 24372060)."""
    site = "periventricular_white_matter"
    spots = [(site, side) for side in _SIDES for _ in range(int(rng.integers(3, 7)))]
    lumps = _apart(survey, spots, sizes_mm=(2.5, 6), peaks_hu=(120, 380), kind="ectopic", rng=rng)
    faint = [("gray_white_junction", str(rng.choice(_SIDES))) for _ in range(int(rng.integers(1, 4)))]
    lines = [_line(survey, site, side, rng) for side in _SIDES]
    return lumps + lines + _apart(survey, faint, sizes_mm=(2, 4), peaks_hu=(60, 140), kind="ectopic", rng=rng)


def _radiation(survey: Survey, rng: np.random.Generator) -> Planted:
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


def _blood(survey: Survey, rng: np.random.Generator) -> Planted:
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


def _every_site(survey: Survey, rng: np.random.Generator) -> Planted:
    """One nodule of 3 to 5 mm at each place: for checking that places are named rightly, no disease."""
    spots = [(site, "midline") for site in _MIDLINE_SITES] + [
        (site, side) for site in _PAIRED_SITES for side in _SIDES
    ]
    return _apart(survey, spots, sizes_mm=(3, 5), peaks_hu=(200, 400), kind="indeterminate", rng=rng)


def _scattered(survey: Survey, rng: np.random.Generator) -> Planted:
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
        near = np.linalg.norm(np.stack([survey.axis_mm(a) - centre[a] for a in range(3)]), axis=0) < 9
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
                within=near,
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

    A spot for which 60 draws find no room is left out.
    """
    taken: list[tuple[np.ndarray[Any, np.dtype[np.float64]], float]] = []
    found = []
    for site, side in spots:
        size = float(np.exp(rng.uniform(*np.log(sizes_mm))))
        for _ in range(60):
            centre = place(survey, site, side, rng=rng)
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


_LOW_CALCIUM: Final = [
    {"analyte": "calcium", "flag": "low"},
    {"analyte": "phosphate", "flag": "high"},
    {"analyte": "pth", "flag": "low"},
]

_PRESETS: Final[dict[str, Preset]] = {
    p.name: p
    for p in (
        Preset(
            name="physiologic",
            ages=(35, 75),
            sexes="FM",
            recipe=_none,
            always=("pineal", "choroid_plexus"),
        ),
        Preset(name="pallidal_dots", ages=(65, 85), sexes="FM", recipe=_pallidal_dots),
        Preset(
            name="pfbc",
            ages=(38, 62),
            sexes="FM",
            recipe=_pfbc,
            facts={"family": {"affected_relatives": ["parent"], "inheritance": "autosomal_dominant"}},
        ),
        Preset(
            name="hypoparathyroidism",
            ages=(25, 50),
            sexes="FM",
            recipe=_hypoparathyroidism,
            facts={"labs": _LOW_CALCIUM},
        ),
        Preset(
            name="tuberous_sclerosis",
            ages=(8, 25),
            sexes="FM",
            recipe=_tuberous_sclerosis,
            facts={"history": ["facial_angiofibroma", "hypomelanotic_macules"]},
        ),
        Preset(
            name="sturge_weber",
            ages=(5, 20),
            sexes="FM",
            recipe=_sturge_weber,
            facts={"history": ["port_wine_birthmark"]},
        ),
        Preset(
            name="neurocysticercosis",
            ages=(20, 55),
            sexes="FM",
            recipe=_neurocysticercosis,
            facts={"history": ["endemic_cysticercosis"]},
        ),
        Preset(
            name="congenital_infection",
            ages=(2, 6),
            sexes="FM",
            recipe=_congenital_infection,
            facts={"history": ["congenital_cmv_proven"]},
        ),
        Preset(
            name="radiation",
            ages=(8, 20),
            sexes="FM",
            recipe=_radiation,
            facts={"history": ["cranial_irradiation"]},
        ),
        Preset(name="none", ages=(18, 40), sexes="FM", recipe=_none, with_background=False),
        Preset(name="blood", ages=(50, 80), sexes="FM", recipe=_blood, with_background=False),
        Preset(name="every_site", ages=(40, 60), sexes="FM", recipe=_every_site, with_background=False),
        Preset(name="scattered", ages=(30, 70), sexes="FM", recipe=_scattered, with_background=False),
    )
}
