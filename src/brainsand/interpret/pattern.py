"""What do the deposits make together? Symmetry, distribution, burden, and a first name for the pattern.

Only calcium that is not ordinary (ectopic or indeterminate) makes a pattern of note; physiologic, age-related
and vascular calcium is named beside it. The names describe what is seen and name no disease.

Amounts are excess attenuation (HU x mm3, free of threshold and partial volume) where every deposit has one,
else threshold volume; symmetry and shares do not mix the two.

Symmetry of a paired site: ``1 - |L - R| / (L + R)``, 1 for equal sides, 0 for one alone. From 0.5 (one
side holds at most three times the other) it is called symmetric. Readers call symmetry by eye; the cut is a
convention of this project, as are the words for the burden. Each added calcified region more than doubles the
risk of symptoms in dominant familial calcification (MDSGene review), so regions are counted.

HPO terms: ids and labels of release 2025-01-16, one a site, only for calcium that is ectopic, or
indeterminate where the size is the reason. HPO has no term for calcium of the cortex, brainstem,
habenula or deep white matter: those give the general term. This product uses the Human Phenotype Ontology.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from brainsand.interpret.norm import Norms, cite
from brainsand.model.finding import ORDINARY_KINDS, Deposit

#: From this index on a paired site is symmetric.
SYMMETRIC: Final = 0.5
PAIRED: Final = (
    "globus_pallidus",
    "putamen",
    "caudate",
    "thalamus",
    "internal_capsule",
    "hippocampus",
    "dentate_nucleus",
    "cerebellum",
    "cortex",
    "gray_white_junction",
    "subcortical_white_matter",
    "deep_white_matter",
    "periventricular_white_matter",
    "subependymal",
)
STRIATUM: Final = ("globus_pallidus", "putamen", "caudate", "internal_capsule")
AT_VENTRICLE: Final = ("periventricular_white_matter", "subependymal", "ventricle")
HEMISPHERE: Final = ("cortex", "gray_white_junction", "subcortical_white_matter", "deep_white_matter")

#: Plates of falx and tentorium of this volume, or two of them before this age, are named (expert; 37 % under and
#: 79 % over 20 years in nevoid basal cell carcinoma syndrome, PMID:15545745).
LAMELLAR_MM3: Final = 1000.0
LAMELLAR_UNDER_YEARS: Final = 20.0
GENERAL_TERM: Final = ("HP:0002514", "Cerebral calcification")
HPO_OF_SITE: Final[Mapping[str, tuple[str, str]]] = {
    "globus_pallidus": ("HP:0031627", "Globus pallidus calcification"),
    "putamen": ("HP:0002135", "Basal ganglia calcification"),
    "caudate": ("HP:0002135", "Basal ganglia calcification"),
    "thalamus": ("HP:0025041", "Thalamic calcification"),
    "dentate_nucleus": ("HP:0002461", "Cerebellar dentate nucleus calcification"),
    "cerebellum": ("HP:0007352", "Cerebellar calcifications"),
    "periventricular_white_matter": ("HP:0007229", "Intracerebral periventricular calcifications"),
    "subependymal": ("HP:0007229", "Intracerebral periventricular calcifications"),
    "subcortical_white_matter": ("HP:0007346", "Subcortical white matter calcifications"),
    "gray_white_junction": ("HP:0007346", "Subcortical white matter calcifications"),
    "choroid_plexus": ("HP:0006960", "Choroid plexus calcification"),
    "pineal": ("HP:0012682", "Pineal gland calcification"),
    "falx": ("HP:0005462", "Calcification of falx cerebri"),
    "tentorium": ("HP:0100250", "Meningeal calcification"),
    "dura": ("HP:0100250", "Meningeal calcification"),
    "hippocampus": ("HP:0034293", "Temporal lobe calcification"),
    "vessel_wall": ("HP:0031306", "Intracranial arterial calcification"),
}

Amounts = Mapping[tuple[str, str], float]


def pattern_of(deposits: Sequence[Deposit], *, age_years: float | None, norms: Norms) -> dict[str, Any]:
    """The pattern the deposits make, ready for ``case.json``.

    Parameters
    ----------
    deposits : sequence of Deposit
        All of one head, kinds decided.
    age_years : float or None
        Of the person.
    norms : mapping
        Of ``read.knowledge.load_norms``.

    Returns
    -------
    dict
        ``names`` (list, most telling first) · ``symmetry`` {word, index, by_site} · ``distribution`` {sites,
        lobes, sides} · ``burden`` {word, deposits, regions, threshold_volume_mm3, excess_hu_mm3} ·
        ``hpo_terms`` [{id, label, sites, source}] · ``words`` (one or two sentences).
        Without deposits the names are ``["none"]``, the sums 0 and the symmetry index None.
    """
    noted = [d for d in deposits if d.kind not in ORDINARY_KINDS]
    amounts = amounts_of(noted)
    symmetry = symmetry_of(amounts)
    names = names_of(deposits, noted=noted, symmetry=symmetry, age_years=age_years)
    return {
        "names": names,
        "symmetry": symmetry,
        "distribution": _distribution(noted),
        "burden": burden_of(noted),
        "hpo_terms": hpo_terms(deposits, source=cite(norms, "hpo")),
        "words": _words(deposits, noted=noted, names=names, age_years=age_years),
    }


def amounts_of(deposits: Sequence[Deposit]) -> dict[tuple[str, str], float]:
    """Amount of calcium by site and side: excess attenuation where all have it, else threshold volume."""
    by_excess = all(d.excess_hu_mm3 is not None and d.excess_hu_mm3 > 0 for d in deposits)
    amounts: dict[tuple[str, str], float] = {}
    for d in deposits:
        amount = d.excess_hu_mm3 if by_excess and d.excess_hu_mm3 is not None else d.threshold_volume_mm3
        amounts[d.site, d.side] = amounts.get((d.site, d.side), 0.0) + amount
    return amounts


def symmetry_index(left: float, right: float) -> float:
    """``1 - |L - R| / (L + R)``.

    >>> symmetry_index(3.0, 1.0), symmetry_index(2.0, 0.0)
    (0.5, 0.0)
    """
    return 1 - abs(left - right) / (left + right)


def symmetry_of(amounts: Amounts) -> dict[str, Any]:
    """Symmetry by paired site, and of the whole weighted by amount.

    ``word`` is symmetric, asymmetric (both sides), unilateral, midline (nothing paired) or none.

    Examples
    --------
    >>> symmetry_of({("putamen", "left"): 30.0, ("putamen", "right"): 20.0})["word"]
    'symmetric'
    """
    sums = {site: (amounts.get((site, "left"), 0.0), amounts.get((site, "right"), 0.0)) for site in PAIRED}
    sums = {site: pair for site, pair in sums.items() if sum(pair) > 0}
    by_site = {site: round(symmetry_index(*pair), 3) for site, pair in sums.items()}
    total = sum(sum(pair) for pair in sums.values())
    if not total:
        return {"word": "midline" if amounts else "none", "index": None, "by_site": {}}
    index = sum(symmetry_index(*pair) * sum(pair) for pair in sums.values()) / total
    sides = {side for pair in sums.values() for side, amount in zip(("L", "R"), pair, strict=True) if amount}
    word = "unilateral" if len(sides) == 1 else ("symmetric" if index >= SYMMETRIC else "asymmetric")
    return {"word": word, "index": round(index, 3), "by_site": by_site}


def names_of(
    deposits: Sequence[Deposit],
    *,
    noted: Sequence[Deposit],
    symmetry: Mapping[str, Any],
    age_years: float | None = None,
) -> list[str]:
    """Descriptive names of the pattern, most telling first; never empty, never a disease."""
    if not deposits:
        return ["none"]
    plates = _lamellar(deposits, age_years)
    names = [*plates, *(name for rule in _NAMERS for name in rule(noted, symmetry))]
    if not noted and not plates:
        kinds = {d.kind for d in deposits}
        names = ["physiologic only"] if kinds == {"physiologic"} else ["ordinary for age"]
    return names or (["solitary"] if len(noted) == 1 else ["scattered"])


def burden_of(noted: Sequence[Deposit]) -> dict[str, Any]:
    """How much calcium is not ordinary: deposits, regions (site and side), volume, excess, and a word.

    none · small (one region under 100 mm3) · moderate · large (six regions or 2,000 mm3): conventions.
    """
    regions = len({(d.site, d.side) for d in noted})
    volume = float(sum(d.threshold_volume_mm3 for d in noted))
    parts = [d.excess_hu_mm3 for d in noted]
    known = [part for part in parts if part is not None]
    word = "moderate"
    if not noted:
        word = "none"
    elif regions >= 6 or volume >= 2000:
        word = "large"
    elif regions == 1 and volume < 100:
        word = "small"
    return {
        "word": word,
        "deposits": len(noted),
        "regions": regions,
        "threshold_volume_mm3": volume,
        "excess_hu_mm3": float(sum(known)) if len(known) == len(parts) else None,
    }


def hpo_terms(deposits: Sequence[Deposit], *, source: str) -> list[dict[str, Any]]:
    """HPO terms drawn from what is not ordinary; the most specific term a site has."""
    found: dict[tuple[str, str], set[str]] = {}
    for d in deposits:
        large = d.kind == "indeterminate" and any(reason.rule.endswith("_large") for reason in d.kind_reasons)
        if d.kind == "ectopic" or large:
            found.setdefault(HPO_OF_SITE.get(d.site, GENERAL_TERM), set()).add(d.site)
    return [
        {"id": term, "label": label, "sites": sorted(sites), "source": source}
        for (term, label), sites in sorted(found.items())
    ]


def _deep(noted: Sequence[Deposit], symmetry: Mapping[str, Any]) -> list[str]:
    """Names of calcium in the deep gray nuclei and the dentate."""
    sides = _sides_by_site(noted)
    striatal = set().union(*(sides.get(site, set()) for site in STRIATUM))
    dentate, thalamic = sides.get("dentate_nucleus", set()), sides.get("thalamus", set())
    both = {"left", "right"}
    if not (striatal or dentate or thalamic):
        return []
    deep = {s: v for s, v in symmetry["by_site"].items() if s in (*STRIATUM, "dentate_nucleus", "thalamus")}
    even = "symmetric" if deep and sum(deep.values()) / len(deep) >= SYMMETRIC else "asymmetric"
    if striatal >= both and dentate >= both:
        return [f"bilateral {even} striopallidodentate" + (" with thalamus" if thalamic else "")]
    if striatal >= both:
        only = {site for site in STRIATUM if site in sides} == {"globus_pallidus"}
        name = "pallidal" if only else "basal ganglia"
        return [f"bilateral {even} {name}" + (" and thalamic" if thalamic else "")]
    names = ["unilateral basal ganglia"] if striatal else []
    names += [f"{'bilateral' if thalamic >= both else 'unilateral'} thalamic"] if thalamic else []
    return names + ([f"{'bilateral' if dentate >= both else 'unilateral'} dentate"] if dentate else [])


def _at_ventricle(noted: Sequence[Deposit], _: Mapping[str, Any]) -> list[str]:
    """Periventricular: two deposits at least there, and a third of all."""
    there = [d for d in noted if d.site in AT_VENTRICLE]
    if len(there) < 2 or len(there) * 3 < len(noted):
        return []
    nodules = [
        d for d in there if d.site == "subependymal" and d.morphology in ("nodular", "punctate", "confluent")
    ]
    return ["subependymal nodules"] if len(nodules) * 2 > len(there) else ["periventricular"]


def _gyriform(noted: Sequence[Deposit], _: Mapping[str, Any]) -> list[str]:
    sides = {d.side for d in noted if d.morphology == "gyriform"} - {"midline"}
    if not sides:
        return []
    return ["gyriform bilateral"] if len(sides) == 2 else ["gyriform unilateral"]


def _hemispheric(noted: Sequence[Deposit], _: Mapping[str, Any]) -> list[str]:
    """Junction bands, white matter, and scattered foci of the hemispheres (three at least)."""
    there = [d for d in noted if d.site in HEMISPHERE and d.morphology != "gyriform"]
    if len(there) < 3:
        return []
    junction = [d for d in there if d.site in ("gray_white_junction", "subcortical_white_matter")]
    if len(junction) * 2 > len(there):
        return ["gray-white junction"]
    deep = [d for d in there if d.site == "deep_white_matter"]
    if len(deep) * 2 > len(there):
        return ["white matter"]
    nodules = [d for d in there if d.morphology in ("nodular", "punctate")]
    return ["scattered nodules"] if len(nodules) * 2 > len(there) else ["scattered hemispheric"]


def _lamellar(deposits: Sequence[Deposit], age_years: float | None) -> list[str]:
    """Plates of falx or tentorium, more than is ordinary before middle age (nevoid basal cell carcinoma syndrome)."""
    plates = [
        d
        for d in deposits
        if d.site in ("falx", "tentorium") and d.morphology in ("linear", "band", "confluent")
    ]
    young = age_years is not None and age_years < LAMELLAR_UNDER_YEARS
    enough = sum(d.threshold_volume_mm3 for d in plates) >= LAMELLAR_MM3
    return ["lamellar falx"] if plates and (enough or (young and len(plates) >= 2)) else []


def _elsewhere(noted: Sequence[Deposit], _: Mapping[str, Any]) -> list[str]:
    sites = {d.site for d in noted}
    names = [word for site, word in _LONE_WORDS.items() if site in sites]
    large = [d for d in noted if any(r.rule.endswith(("_large", "_mass")) for r in d.kind_reasons)]
    return names + [f"large at the {d.site.replace('_', ' ')}" for d in large if d.site != "globus_pallidus"]


_LONE_WORDS: Final = {"brainstem": "brainstem", "cerebellum": "cerebellar", "hippocampus": "mesial temporal"}
_NAMERS: Final[tuple[Callable[[Sequence[Deposit], Mapping[str, Any]], list[str]], ...]] = (
    _deep,
    _gyriform,
    _at_ventricle,
    _hemispheric,
    _elsewhere,
)


def _sides_by_site(deposits: Sequence[Deposit]) -> dict[str, set[str]]:
    sides: dict[str, set[str]] = {}
    for d in deposits:
        sides.setdefault(d.site, set()).add(d.side)
    return sides


def _distribution(noted: Sequence[Deposit]) -> dict[str, Any]:
    return {
        "sites": sorted({d.site for d in noted}),
        "lobes": sorted({d.lobe for d in noted if d.lobe is not None}),
        "sides": sorted({d.side for d in noted}),
    }


def _words(
    deposits: Sequence[Deposit], *, noted: Sequence[Deposit], names: Sequence[str], age_years: float | None
) -> str:
    """One or two sentences a person would write."""
    if not deposits:
        return "No intracranial calcification was found."
    ordinary = len(deposits) - len(noted)
    if not noted:
        aged = "" if age_years is None else f" at {age_years:.0f} years"
        verb = "is" if ordinary == 1 else "are"
        noun = "deposit" if ordinary == 1 else "deposits"
        return f"All calcium found ({ordinary} {noun}) {verb} ordinary{aged}."
    noun = "deposit is" if len(noted) == 1 else "deposits are"
    rest = (
        f" Beside {'it' if len(noted) == 1 else 'them'} there is ordinary calcium ({ordinary})."
        if ordinary
        else ""
    )
    return f"{len(noted)} {noun} not accounted for by age or site: {', '.join(names)}.{rest}"
