"""What was observed in this patient, in the form the ranking weighs? Present, absent and not known kept apart.

Two roads lead here. A patient file names findings: a site it does not name is *not known*, and only a report that
names others makes it a little less likely (``Dials.named``). A scan read by the machine was looked at everywhere its
slices reach: a site without a deposit is absent, as surely as the machine would have found it (``Dials.seen``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from brainsand.model.finding import ORDINARY_KINDS, Deposit
from brainsand.model.patient import Patient
from brainsand.model.sites import SITES

BASAL_GANGLIA: Final = ("globus_pallidus", "putamen", "caudate")
PARENCHYMAL: Final = (
    "globus_pallidus", "putamen", "caudate", "thalamus", "internal_capsule", "hippocampus", "dentate_nucleus",
    "cerebellum", "brainstem", "cortex", "gray_white_junction", "subcortical_white_matter", "deep_white_matter",
    "periventricular_white_matter", "subependymal", "corpus_callosum",
)  # fmt: skip
#: Calcium somewhere in the brain's tissue, the place not said: the contract's ``unknown`` and HPO's general terms.
SOMEWHERE: Final = "unknown"
UNPAIRED: Final = ("pineal", "habenula", "falx", "sella_suprasellar", "corpus_callosum", "brainstem")
#: From these volumes (mm3, all deposits of a site and side) an extent is small, moderate, large (expert).
EXTENT_FROM_MM3: Final = {"small": 30.0, "moderate": 200.0, "large": 1500.0}
EXTENTS: Final = ("punctate", "small", "moderate", "large")
#: What is less likely is not weighed: a deposit, a place it may have (expert).
LEAST_CHANCE: Final = 0.1
LEAST_PLACE: Final = 0.03
ORDINARY_SITES: Final = (
    "pineal", "habenula", "choroid_plexus", "falx", "tentorium", "dura", "vessel_wall", "globus_pallidus",
    "hippocampus",
)  # fmt: skip
#: Series say one word for a nucleus and what holds it: with the dentate calcified, the cerebellum is not free (expert).
_SPOKEN_OF: Final = {"dentate_nucleus": (("cerebellum", 0.8),)}
#: Less than both of these is a crumb beside what the head holds (expert). At a chance of some 0.55 a site that a scan
#: shows speaks neither way (``interpret.where``).
CRUMB_MM3: Final = 30.0
CRUMB_SHARE: Final = 0.01
LEAST_TELLING: Final = 0.6
#: A form, a side that holds less than this share of the most is told by splinters (expert).
SPLINTER_SHARE: Final = 0.1
#: Rules of kind that read a deposit as its neighbour's.
_READ_AS: Final = {"beside_pallidum": "globus_pallidus", "beside_plexus": "choroid_plexus"}

UNSEEN: Final = {
    "posterior_fossa": ("cerebellum", "dentate_nucleus", "brainstem", "tentorium"),
    "skull_base": ("vessel_wall", "sella_suprasellar"),
    "vertex": ("falx",),
}
"""Sites that a scan without this part shows only in part."""
SHOWN_OF_UNSEEN: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Calcium at a site. ``chance`` that it is truly there; ``sides`` of left, right, midline, both.

    ``among`` {site: share}: where it may lie, where the place is in doubt; empty where it is told. ``in_mass``: whether
    it lies in a mass (a space-occupying lesion); None where nobody says. ``ordinary``: the rules of
    kind called all of it so. ``lobes`` of the hemispheres it lies in, where that is told.
    """

    site: str
    chance: float = 1.0
    sides: frozenset[str] = frozenset()
    extent: str | None = None
    forms: frozenset[str] = frozenset()
    in_mass: bool | None = None
    ordinary: bool = False
    lobes: frozenset[str] = frozenset()
    among: Mapping[str, float] = field(default_factory=dict)

    def share(self, site: str) -> float:
        """How likely it is this site, given that it is one."""
        return self.among.get(site, 0.0) if self.among else float(site == self.site)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One patient. ``absent`` {site: how surely it would have been seen}; ``else_seen`` the same for all others;
    ``maybe`` {site: chance that some deposit lies there after all}; ``scatter`` {site: chance} of each scattered
    deposit (``interpret.scatter``); ``values`` of the laboratory, for how urgent a step is (the ranking reads
    ``flags``).
    """

    age_years: float | None = None
    sex: str | None = None
    sightings: tuple[Sighting, ...] = ()
    absent: Mapping[str, float] = field(default_factory=dict)
    else_seen: float = 0.0
    scanned: bool = False
    terms: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    onset_years: float | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    family: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Mapping[str, Any], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    maybe: Mapping[str, float] = field(default_factory=dict)
    scatter: tuple[Mapping[str, float], ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


def extent_of(volume_mm3: float) -> str:
    """The word for an amount.

    >>> extent_of(5.0), extent_of(400.0), extent_of(5000.0)
    ('punctate', 'moderate', 'large')
    """
    words = [word for word, least in EXTENT_FROM_MM3.items() if volume_mm3 >= least]
    return words[-1] if words else "punctate"


def sightings_of_findings(findings: Iterable[Mapping[str, Any]]) -> tuple[Sighting, ...]:
    """The sites a patient file says are calcified, each once, sides and words gathered."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        if not finding.get("absent"):
            rows.setdefault(finding["site"], []).append(finding)
    return tuple(_gathered(site, listed) for site, listed in rows.items())


def absent_of_findings(findings: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """The sites a patient file says are free of calcium on both sides; ``basal_ganglia`` undone into its parts."""
    free: dict[str, float] = {}
    for finding in findings:
        if finding.get("absent") and finding.get("side", "both") == "both":
            site = finding["site"]
            free |= dict.fromkeys(BASAL_GANGLIA if site == "basal_ganglia" else (site,), 1.0)
    return free


def sightings_of_deposits(deposits: Sequence[Deposit]) -> tuple[Sighting, ...]:
    """The sites the deposits were called, each once, the surest first; ``among`` holds where else they may lie.

    The places a deposit may have exclude one another: it is somewhere. So its doubt is no doubt that there is calcium.
    """
    called: dict[str, list[Deposit]] = {}
    for d in deposits:
        site = _read_as(d)
        if site != SOMEWHERE:
            called.setdefault(site, []).append(d)
    noted = sum(d.best_volume_mm3 for d in deposits if d.kind not in ORDINARY_KINDS)
    forms, crumbs = _head_forms(deposits), _crumb_sides(deposits, noted)
    found = [_deposit_sighting(site, listed, noted, forms, crumbs) for site, listed in called.items()]
    ordered = sorted(found, key=lambda s: (-s.chance * s.share(s.site), s.site))
    return tuple(s for s in ordered if s.chance >= LEAST_CHANCE)


def maybe_calcified(deposits: Sequence[Deposit]) -> dict[str, float]:
    """Chance of each site that some deposit lies there, whatever the deposits were called."""
    free: dict[str, float] = {}
    for d in deposits:
        for site, share in _among(_read_as(d), d).items():
            for spoken, part in ((site, 1.0), *_SPOKEN_OF.get(site, ())):
                free[spoken] = free.get(spoken, 1.0) * (1 - d.confidence * share * part)
    return {site: 1 - left for site, left in free.items()}


def hidden_sites(missing: Sequence[str]) -> dict[str, float]:
    """How much of its sites a scan shows that lacks these parts of the head (``quality.coverage``)."""
    return {site: SHOWN_OF_UNSEEN for part in missing for site in UNSEEN.get(part, ())}


def from_patient(patient: Patient, *, flags: Mapping[str, str], named: float) -> Observed:
    """What a patient file says; ``flags`` are its laboratory values, read (``interpret.labs``)."""
    sightings = sightings_of_findings(patient.findings)
    onsets = [
        term["onset_years"] for term in patient.phenotype if "onset_years" in term and not term["excluded"]
    ]
    return Observed(
        age_years=patient.age_years,
        sex=patient.sex if patient.sex in ("F", "M") else None,
        sightings=sightings,
        absent=absent_of_findings(patient.findings),
        else_seen=named if sightings else 0.0,
        terms=tuple(t["id"] for t in patient.phenotype if not t["excluded"]),
        excluded=tuple(t["id"] for t in patient.phenotype if t["excluded"]),
        onset_years=min(onsets, default=None),
        flags=flags,
        history=patient.history,
        family=patient.family,
        variants=patient.variants,
        labels={t["id"]: str(t["label"]) for t in patient.phenotype if t.get("label")},
    )


def _gathered(site: str, rows: Sequence[Mapping[str, Any]]) -> Sighting:
    sides = {"left", "right"} if any(r.get("side") == "both" for r in rows) else set()
    sides |= {r["side"] for r in rows if r.get("side") not in (None, "both")}
    extents = [r["extent"] for r in rows if r.get("extent")]
    extents += [extent_of(r["volume_mm3"]) for r in rows if r.get("volume_mm3") and not r.get("extent")]
    return Sighting(
        site=site,
        sides=frozenset(sides),
        extent=max(extents, key=EXTENTS.index, default=None),
        forms=frozenset(r["morphology"] for r in rows if r.get("morphology")),
        lobes=frozenset(lobe for r in rows for lobe in r.get("lobe") or ()),
        in_mass=max((r["in_mass"] for r in rows if r.get("in_mass") is not None), default=None),
    )


def _read_as(deposit: Deposit) -> str:
    """The site a deposit is weighed at: where the rule of kind reads it, else the likeliest the map knows."""
    read_as = [_READ_AS[r.rule] for r in deposit.kind_reasons if r.rule in _READ_AS]
    if read_as:
        return read_as[0]
    if deposit.site in SITES and deposit.site != SOMEWHERE:
        return deposit.site
    return max(_known_places(deposit), key=lambda s: deposit.site_probabilities[s], default=SOMEWHERE)


def _known_places(deposit: Deposit) -> list[str]:
    return [s for s in deposit.site_probabilities if s in SITES and s != SOMEWHERE]


def _somewhere_known(deposit: Deposit) -> float:
    """Chance that the deposit is one, and lies at a place the map knows."""
    places = deposit.site_probabilities or {deposit.site: 1.0}
    return deposit.confidence * sum(p for s, p in places.items() if s in SITES and s != SOMEWHERE)


def _among(site: str, deposit: Deposit) -> dict[str, float]:
    """Where a deposit weighed at ``site`` may lie, summed to 1."""
    if site != deposit.site and any(r.rule in _READ_AS for r in deposit.kind_reasons):
        return {site: 1.0}
    places = {s: deposit.site_probabilities[s] for s in _known_places(deposit)} or {site: 1.0}
    if deposit.kind in ORDINARY_KINDS:
        # What was called ordinary is ordinary where it was called so.
        places = {s: p for s, p in places.items() if s == site or s in ORDINARY_SITES}
    kept = {s: p for s, p in places.items() if p >= LEAST_PLACE or s == site}
    return {s: p / sum(kept.values()) for s, p in kept.items()}


def _head_forms(deposits: Sequence[Deposit]) -> frozenset[str]:
    """The forms of the head's calcium: a form that holds less than a tenth of the most is a splinter's."""
    forms = _held((d.morphology, d) for d in deposits if d.kind not in ORDINARY_KINDS)
    return _no_splinters(forms, max(forms.values(), default=0.0))


def _held(named: Iterable[tuple[str, Deposit]]) -> dict[str, float]:
    """What the deposits of each name hold together, mm3."""
    held: dict[str, float] = {}
    for name, d in named:
        held[name] = held.get(name, 0.0) + d.best_volume_mm3
    return held


def _no_splinters(held: Mapping[str, float], most: float) -> frozenset[str]:
    return frozenset(name for name, v in held.items() if v >= SPLINTER_SHARE * most)


def _crumb_sides(deposits: Sequence[Deposit], noted_mm3: float) -> frozenset[str]:
    """The sides, left or right, on which all that is not ordinary is a crumb beside what the head holds."""
    held = _held((d.side, d) for d in deposits if d.kind not in ORDINARY_KINDS)
    least = min(CRUMB_MM3, CRUMB_SHARE * noted_mm3)
    return frozenset(side for side in ("left", "right") if held.get(side, 0.0) < least)


def _deposit_sighting(
    site: str,
    deposits: Sequence[Deposit],
    noted_mm3: float,
    head_forms: frozenset[str],
    crumb_sides: frozenset[str],
) -> Sighting:
    """``noted_mm3``: all calcium of the head that is not ordinary; ``head_forms``: the forms it has; ``crumb_sides``:
    the sides on which it is no more than crumbs."""
    volumes = _held((d.side, d) for d in deposits)
    forms = _held((d.morphology, d) for d in deposits)
    lobes = _held((d.lobe, d) for d in deposits if d.lobe is not None)
    most = max(volumes.values(), default=0.0)
    ordinary = all(d.kind in ORDINARY_KINDS for d in deposits)
    surest = max(deposits, key=lambda d: (d.confidence * _among(site, d).get(site, 0.0), -d.id))
    missed = 1.0
    for d in deposits:
        missed *= 1 - _somewhere_known(d)
    return Sighting(
        site=site,
        chance=(1 - missed) * (1.0 if ordinary else _telling(sum(volumes.values()), noted_mm3)),
        among=_among(site, surest),
        # A crumb on the other side, or one of another form (a tenth of the most), is no second one.
        sides=_no_splinters(volumes, most) - (frozenset() if ordinary else crumb_sides),
        extent=extent_of(most),
        forms=_no_splinters(forms, max(forms.values())) & (frozenset(forms) if ordinary else head_forms),
        ordinary=ordinary,
        lobes=_no_splinters(lobes, most),
    )


def _telling(volume_mm3: float, noted_mm3: float) -> float:
    """How far so little calcium tells that the disease has its site: it may be a splinter of what lies elsewhere.

    >>> _telling(10.0, 100.0), _telling(10.0, 4000.0), _telling(0.0, 4000.0)
    (1.0, 0.7, 0.6)
    """
    if volume_mm3 >= CRUMB_MM3 or noted_mm3 <= 0:
        return 1.0
    return LEAST_TELLING + (1 - LEAST_TELLING) * min(1.0, volume_mm3 / noted_mm3 / CRUMB_SHARE)
