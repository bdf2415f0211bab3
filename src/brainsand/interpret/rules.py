"""Is calcium at this site ordinary? One small rule a site, each naming its source.

A rule takes :class:`~brainsand.interpret.facts.Facts` and gives a kind with reasons. ``RULES`` says which
rule speaks for which site. The kinds:

- *physiologic*: a structure that calcifies in healthy people (pineal, habenula, choroid plexus, meninges);
- *age_related*: ordinary from some age on (dots of the pallidum from 40, hippocampus);
- *vascular*: in the wall of an artery;
- *ectopic*: in the brain's own tissue where calcium is not ordinary at this age;
- *indeterminate*: the site, the size or a missing age leaves it open, and the reason says what would decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import pi
from typing import Final

from brainsand.interpret.atrium import lone_at_plexus
from brainsand.interpret.facts import Facts, Verdict
from brainsand.interpret.lentiform import all_at_the_border, has_pallidal, is_dot, near_share, wider_sites
from brainsand.interpret.norm import cite, limit, limit_source, prevalence, prevalence_words, youngest_years
from brainsand.model.finding import Kind, KindReason

Rule = Callable[[Facts], Verdict]

MASS_FILLED: Final = 0.1
"""Calcium of a mass fills at least this share of a ball as thick as it is (expert)."""
NEAR_OTHER_SITE: Final = 0.25
"""Share of pallidum from which a dot of the white matter is one of the head's pallidal dots (expert)."""
CERTAIN: Final = 0.55
"""From this share on a deposit of the plexus needs no further argument (as ``kind.BELIEVED``)."""


def words_of(site: str) -> str:
    """A site's name as a sentence has it: ``globus_pallidus`` is "globus pallidus"."""
    return site.replace("_", " ")


def pineal(f: Facts) -> Verdict:
    """Physiologic, but for one over 10 mm or in early infancy."""
    verdict = _organ(f, largest="pineal_largest_mm")
    young = limit(f.norms, "pineal_young_years")
    if verdict.kind == "physiologic" and f.age_years is not None and f.age_years < young:
        words = (
            f"Uncommon before {young:g} years, but small ones are seen on thin slices; the size is ordinary."
        )
        return _with(verdict, _because("pineal_young", words, limit_source(f.norms, "pineal_young_years")))
    return verdict


def habenula(f: Facts) -> Verdict:
    """Physiologic, but for a large one or in early childhood."""
    return _organ(f, largest="habenula_largest_mm")


def choroid_plexus(f: Facts) -> Verdict:
    """Physiologic, but for a large one or in infancy; uncommon in the third and fourth ventricle."""
    if f.share("choroid_plexus") < CERTAIN and lone_at_plexus(f):
        return _beside_plexus(f)
    verdict = _organ(f, largest="choroid_largest_mm")
    if verdict.kind == "physiologic" and f.side == "midline":
        words = (
            "In the third or fourth ventricle choroid calcium is uncommon (0.9 % and 2.7 % of 216 persons)."
        )
        return _with(verdict, _because("choroid_midline", words, cite(f.norms, "ghorbanlou")))
    return verdict


def meninges(f: Facts) -> Verdict:
    """Physiologic sheets of falx, tentorium and dura; thick ones and those of small children are not."""
    thick = limit(f.norms, "meningeal_thick_mm")
    if f.thickness_mm > thick and f.surely_over(thick) and _filled(f):
        words = (
            f"{f.thickness_mm:.0f} mm thick in every direction: ordinary calcium of the {words_of(f.site)} "
            "is a thin sheet, so this may be a calcified mass."
        )
        return _say("indeterminate", "meningeal_mass", words, limit_source(f.norms, "meningeal_thick_mm"))
    verdict = _from_youngest(f)
    child = f.age_years is not None and f.age_years < 20
    if verdict.kind == "physiologic" and f.site == "falx" and child:
        words = (
            f"At {_years(f.age_years)} falx calcium is uncommon (5.9 % of 460 children): look whether it is "
            "broad and layered, which some inherited syndromes show early."
        )
        return _with(verdict, _because("falx_young", words, cite(f.norms, "gorlin_2004")))
    return verdict


def globus_pallidus(f: Facts) -> Verdict:
    """Small and confined to the pallidum: ordinary from 40 years, ectopic before (Cohen 1980)."""
    wider = wider_sites(f)
    if wider:
        return _wider(f, wider)
    if f.age_years is None:
        return _age_needed(f, "pallidum_age_missing", "pallidum_ordinary_years")
    if f.age_years < limit(f.norms, "pallidum_ordinary_years"):
        words = f"Pallidal calcium at {_years(f.age_years)}: pathological until shown otherwise under 40."
        return _say("ectopic", "pallidum_under_40", words, limit_source(f.norms, "pallidum_ordinary_years"))
    if not is_dot(f):
        words = (
            f"Confined to the pallidum, but larger than dots ({f.diameter_mm:.0f} mm, {f.volume_mm3:.0f} "
            "mm3): patchy calcium is uncommon at any age (1 to 3 %)."
        )
        return _say("indeterminate", "pallidum_large", words, cite(f.norms, "yamada"))
    return _pallidal_dot(f)


def beside_pallidum(f: Facts) -> Verdict:
    """Putamen and internal capsule: ectopic, unless a dot lies within the doubt of the pallidum's border."""
    if f.share("globus_pallidus") < near_share(f) or not is_dot(f) or wider_sites(f):
        return deep_gray(f)
    verdict = globus_pallidus(f)
    if verdict.kind == "ectopic":
        return deep_gray(f)
    words = (
        f"A dot at the border of {words_of(f.site)} and pallidum, nearer than the map can tell apart "
        f"({f.share('globus_pallidus'):.0%} pallidum): read as pallidal."
    )
    verdict = _with(verdict, _because("beside_pallidum", words, cite(f.norms, "bg_1979")))
    if not all_at_the_border(f):
        return verdict
    words = (
        "All dots here are small and have the pallidum within the map's doubt: dots of the putamen would lie all "
        "over it and not at this one border, and 13 of 14 ordinary deposits of the basal ganglia lie in the pallidum."
    )
    return _with(verdict, _because("dots_at_one_border", words, cite(f.norms, "bg_1979")))


def deep_gray(f: Facts) -> Verdict:
    """Deep gray matter beyond the pallidum, and the dentate: ectopic at any age (Cohen 1980)."""
    words = (
        f"Calcium of the {words_of(f.site)} is not part of ordinary ageing: it deserves a cause at any age."
    )
    return _say("ectopic", "deep_gray_any_age", words, cite(f.norms, "cohen_1980"))


def parenchyma(f: Facts) -> Verdict:
    """Cortex, white matter, brainstem, cerebellum, ventricular wall: no ordinary site in any series."""
    words = (
        f"The {words_of(f.site)} is no ordinary site of calcium: series of healthy heads list the pineal, "
        "habenula, choroid plexus, meninges, vessels and pallidum."
    )
    return _say("ectopic", "parenchyma_any_age", words, cite(f.norms, "tabriz"))


def at_ventricle(f: Facts) -> Verdict:
    """White matter and the ventricle's wall: ectopic; a dot by pallidal dots is one of them, what is alone in an adult
    and within the plexus's doubt the plexus's."""
    if f.share("globus_pallidus") >= max(near_share(f), NEAR_OTHER_SITE) and has_pallidal(f):
        return beside_pallidum(f)
    return _beside_plexus(f) if lone_at_plexus(f) else parenchyma(f)


def hippocampus(f: Facts) -> Verdict:
    """Age related from 40 years (8 % under 40, 45 % at 80 and over), open before, ectopic in a child; within the doubt
    of a plexus in whose temporal horn it lies, the plexus's."""
    source = cite(f.norms, "debrouwer_hippocampus")
    if f.age_years is None:
        return _age_needed(f, "hippocampus_age_missing", "hippocampus_ordinary_years")
    if f.age_years < limit(f.norms, "child_years"):
        words = f"Hippocampal calcium at {_years(f.age_years)}: no series of healthy children shows it."
        return _say("ectopic", "hippocampus_child", words, cite(f.norms, "al_hajri_2023"))
    if f.surely_over(limit(f.norms, "hippocampus_largest_mm")):
        words = f"{f.diameter_mm:.0f} mm long: more than the small foci of ageing."
        return _say(
            "indeterminate", "hippocampus_large", words, limit_source(f.norms, "hippocampus_largest_mm")
        )
    if f.age_years < limit(f.norms, "hippocampus_ordinary_years"):
        if lone_at_plexus(f):
            return _beside_plexus(f)
        words = f"Hippocampal calcium at {_years(f.age_years)}: 8 % have it under 40, neither rare nor usual."
        return _say("indeterminate", "hippocampus_under_40", words, source)
    words = "Hippocampal calcium rises with age: 8 % under 40 to 45 % at 80 and over."
    return _say("age_related", "hippocampus_age", words, source)


def vessel_wall(f: Facts) -> Verdict:
    """Vascular; early before 40 years, and not decided before 10, where none was ever seen."""
    source = cite(f.norms, "icac_young")
    youngest = youngest_years(f.norms, "vessel_wall")
    if f.age_years is not None and youngest is not None and f.age_years < youngest:
        words = f"Calcium in an artery's wall at {_years(f.age_years)}: the youngest seen were 10 to 15."
        return _say("indeterminate", "vessel_child", words, source)
    if f.age_years is not None and f.age_years < limit(f.norms, "vessel_early_years"):
        words = f"In an artery's wall, early at {_years(f.age_years)} (16.3 % of 1,759 persons up to 55)."
        return _say("vascular", "vessel_early", words, source)
    words = (
        "In an artery's wall; carotid siphon calcium is common later in life (82 % at a mean of 69.6 years)."
    )
    verdict = _say("vascular", "vessel", words, cite(f.norms, "icac_rotterdam"))
    if f.age_years is None:
        missing = "The age is not given: whether this is early cannot be said."
        return _with(verdict, _because("vessel_age_missing", missing, source))
    return verdict


def sella_suprasellar(f: Facts) -> Verdict:
    """Vascular on the siphon's course, physiologic as a petroclinoid ligament, else open."""
    if f.share("vessel_wall") >= 0.2:
        return vessel_wall(f)
    if f.share("tentorium", "dura") >= 0.25 and f.morphology in ("linear", "punctate"):
        words = "A line beside the sella fits the petroclinoid ligament (calcified in 13.2 % of 216 persons)."
        return _say("physiologic", "petroclinoid", words, cite(f.norms, "ghorbanlou"))
    words = "At the sella a vessel's wall, the meninges and a calcified mass look alike on one CT."
    verdict = _say("indeterminate", "sella_open", words, cite(f.norms, "house"))
    if f.age_years is not None and f.age_years < limit(f.norms, "child_years"):
        child = "In children with pathological calcium a neoplasm was behind 43 % of them."
        return _with(verdict, _because("sella_child", child, cite(f.norms, "paediatric_18000")))
    return verdict


def ventricle(f: Facts) -> Verdict:
    """In a ventricle away from the choroid plexus: open."""
    words = "In a ventricle away from the known choroid plexus: plexus, a mass or a parasite may carry it."
    return _say("indeterminate", "ventricle_open", words, cite(f.norms, "house"))


def unknown(f: Facts) -> Verdict:
    """No site, no kind."""
    words = "The deposit lies at no site the map knows, so what is ordinary there cannot be said."
    return _say("indeterminate", "site_unknown", words, cite(f.norms, "house"))


RULES: Final[Mapping[str, Rule]] = {
    "pineal": pineal,
    "habenula": habenula,
    "choroid_plexus": choroid_plexus,
    "falx": meninges,
    "tentorium": meninges,
    "dura": meninges,
    "globus_pallidus": globus_pallidus,
    "putamen": beside_pallidum,
    "internal_capsule": beside_pallidum,
    "caudate": deep_gray,
    "thalamus": deep_gray,
    "dentate_nucleus": deep_gray,
    "cortex": parenchyma,
    "cerebellum": parenchyma,
    "brainstem": parenchyma,
    "gray_white_junction": at_ventricle,
    "subcortical_white_matter": at_ventricle,
    "deep_white_matter": at_ventricle,
    "periventricular_white_matter": at_ventricle,
    "subependymal": at_ventricle,
    "corpus_callosum": parenchyma,
    "hippocampus": hippocampus,
    "vessel_wall": vessel_wall,
    "sella_suprasellar": sella_suprasellar,
    "ventricle": ventricle,
    "unknown": unknown,
}


def _beside_plexus(f: Facts) -> Verdict:
    words = (
        f"It lies between {words_of(_rival(f))} and choroid plexus ({f.share('choroid_plexus'):.0%} plexus), and "
        "nothing else lies in the wall, the white matter or the cortex: read as plexus, calcified in most adults."
    )
    verdict = _organ(f, largest="choroid_largest_mm")
    return _with(verdict, _because("beside_plexus", words, cite(f.norms, "ghorbanlou")))


def _rival(f: Facts) -> str:
    """The likeliest site that is not the plexus."""
    others = {s: p for s, p in f.site_probabilities.items() if s != "choroid_plexus"}
    return max(others, key=lambda s: others[s], default=f.site)


def _organ(f: Facts, *, largest: str) -> Verdict:
    """An organ that calcifies in health: ordinary unless it is large, or the person younger than any seen."""
    if f.surely_over(limit(f.norms, largest)):
        words = (
            f"{f.diameter_mm:.0f} mm of calcium at the {words_of(f.site)}: over {limit(f.norms, largest):g} "
            "mm is more than ordinary and may belong to a mass."
        )
        return _say("indeterminate", f"{f.site}_large", words, limit_source(f.norms, largest))
    return _from_youngest(f)


def _filled(f: Facts) -> bool:
    """Whether there is as much calcium as makes its space a mass and not crumbs or two sheets that meet."""
    return f.volume_mm3 >= MASS_FILLED * pi / 6 * f.thickness_mm**3


def _from_youngest(f: Facts) -> Verdict:
    """Physiologic from the age of the youngest healthy person seen with it; open before."""
    youngest = youngest_years(f.norms, f.site)
    if f.age_years is not None and youngest is not None and f.age_years < youngest:
        words = (
            f"At {_years(f.age_years)} no ordinary calcium of the {words_of(f.site)} is on record "
            f"(youngest {youngest:g} years)."
        )
        return _say("indeterminate", f"{f.site}_infant", words, cite(f.norms, "al_hajri_2023"))
    row = prevalence(f.norms, f.site, f.age_years)
    seen = f", {prevalence_words(row)}" if row is not None else ""
    source = str(row["source"]) if row is not None else cite(f.norms, "radiopaedia_normal")
    verdict = _say(
        "physiologic", f"{f.site}_ordinary", f"Ordinary calcium of the {words_of(f.site)}{seen}.", source
    )
    if f.age_years is None:
        words = "The age is not given: whether the person is old enough for this could not be checked."
        return _with(verdict, _because(f"{f.site}_age_missing", words, cite(f.norms, "goncalves_2020")))
    return verdict


def _pallidal_dot(f: Facts) -> Verdict:
    words = f"A small deposit confined to the pallidum at {_years(f.age_years)}: ordinary over 40."
    verdict = _say("age_related", "pallidum_dot", words, limit_source(f.norms, "pallidum_ordinary_years"))
    later = limit(f.norms, "pallidum_ordinary_years_other")
    if f.age_years is not None and f.age_years < later:
        doubt = f"Other series draw the line at {later:g} years."
        return _with(verdict, _because("pallidum_40_to_50", doubt, cite(f.norms, "koller_1979")))
    return verdict


def _wider(f: Facts, sites: tuple[str, ...]) -> Verdict:
    others = " and ".join(words_of(site) for site in sites)
    words = (
        f"Not confined to the pallidum: there is calcium in {others} too, which is not ordinary at any age."
    )
    return _say("ectopic", "pallidum_and_more", words, cite(f.norms, "cohen_1980"))


def _age_needed(f: Facts, rule: str, name: str) -> Verdict:
    words = (
        f"The age is not given: from about {limit(f.norms, name):g} years small calcium of the "
        f"{words_of(f.site)} is ordinary, before it is not, so this could not be decided."
    )
    return _say("indeterminate", rule, words, limit_source(f.norms, name))


def _years(age_years: float | None) -> str:
    """An age as words: months under two years."""
    if age_years is None:
        return "an unknown age"
    return f"{age_years * 12:.0f} months" if age_years < 2 else f"{age_years:.0f} years"


def _because(rule: str, words: str, source: str) -> KindReason:
    return KindReason(rule=rule, words=words, source=source)


def _say(kind: Kind, rule: str, words: str, source: str) -> Verdict:
    return Verdict(kind=kind, reasons=(_because(rule, words, source),))


def _with(verdict: Verdict, reason: KindReason) -> Verdict:
    return Verdict(kind=verdict.kind, reasons=(*verdict.reasons, reason))
