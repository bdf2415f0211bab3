"""What should be done next? A short ranked list, each step with its reason and source.

The steps follow the ordered questions of Livingston 2014 (children) and the adult synthesis of the evidence
file: ordinary for site and age? a focal lesion? deep gray on both sides: calcium, phosphate and parathyroid
hormone first, because that cause is treated; then other secondary causes; then genes and relatives.
No disease is ranked here (``interpret.advice`` does). ``urgency`` is now, soon, routine or none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from brainsand.interpret.norm import Norms, cite
from brainsand.interpret.significance import BLOOD_MM3, MASS_RULES, NEWBORN_YEARS, Scene
from brainsand.model.finding import Deposit, SetAside

Step = dict[str, Any]
#: The first tests of calcium metabolism, in the contract's words for analytes.
FIRST_LABS: Final[Mapping[str, str]] = {
    "calcium": "calcium",
    "phosphate": "phosphate",
    "pth": "parathyroid hormone",
    "magnesium": "magnesium",
    "vitamin_d_25oh": "25-OH vitamin D",
}
#: Tests for other secondary causes.
SECOND_LABS: Final[Mapping[str, str]] = {
    "alp": "alkaline phosphatase",
    "creatinine": "creatinine",
    "tsh": "TSH",
    "lactate_blood": "lactate",
    "ferritin": "ferritin",
    "ceruloplasmin": "ceruloplasmin",
    "hiv_serology": "HIV serology",
    "ana": "ANA",
}
METABOLIC_SITES: Final = (
    "globus_pallidus",
    "putamen",
    "caudate",
    "thalamus",
    "internal_capsule",
    "dentate_nucleus",
    "gray_white_junction",
    "subcortical_white_matter",
)
URGENCY: Final = ("now", "soon", "routine", "none")
"""How soon a step is due, the most urgent first."""


def next_steps_of(
    deposits: Sequence[Deposit],
    *,
    set_aside: Sequence[SetAside],
    age_years: float | None,
    norms: Norms,
    known_analytes: Collection[str] = (),
    ranked: bool = False,
) -> tuple[Step, ...]:
    """The next steps, most urgent first and treatable causes first among equals.

    Parameters
    ----------
    deposits, set_aside : sequences
        Of one head, kinds decided.
    age_years : float or None
        Of the person.
    norms : mapping
        Of ``read.knowledge.load_norms``.
    known_analytes : collection of str
        Analytes whose values are given already; they are not asked for again.
    ranked : bool
        Conditions are ranked (``interpret.advice``): what their ranking says better is left to it.

    Returns
    -------
    tuple of dict
        ``{step, why, for: [...], urgency, source}``; empty where nothing was found.
    """
    scene = Scene(deposits=tuple(deposits), set_aside=tuple(set_aside), age_years=age_years, norms=norms)
    steps: list[Step] = []
    for rule in _RULES:
        if not (ranked and rule in _LEFT_TO_RANKING):
            steps.extend(rule(scene, known_analytes))
    if not steps and deposits and not ranked:
        steps.append(_nothing_more(scene))
    return tuple(sorted(steps, key=lambda step: URGENCY.index(step["urgency"])))


def _blood(s: Scene, _: Collection[str]) -> Iterable[Step]:
    volume = s.blood_mm3()
    if volume:
        yield _step(
            s,
            "Look at what was set aside as blood; in doubt, dual-energy CT or MRI with susceptibility.",
            f"{volume:.0f} mm3 bright as acute blood: one energy alone missed 28 % of haemorrhages.",
            ["radiologist", "neurologist"],
            "now" if volume >= BLOOD_MM3 else "soon",
            "dect_2023",
        )


def _newborn(s: Scene, _: Collection[str]) -> Iterable[Step]:
    young = s.age_years is not None and s.age_years < 1
    if s.of_kind("ectopic") and young:
        deadline = s.age_years is not None and s.age_years <= NEWBORN_YEARS
        yield _step(
            s,
            "Cytomegalovirus PCR (first three weeks of life; afterwards on the newborn blood spot).",
            "Infection before birth is treatable and its proof expires; its genetic mimics come after it.",
            ["neonatologist", "infectious disease specialist", "geneticist"],
            "now" if deadline else "soon",
            "livingston_2014",
        )


def _metabolic(s: Scene, known: Collection[str]) -> Iterable[Step]:
    found = [d for d in s.of_kind("ectopic") if d.site in METABOLIC_SITES]
    asked = [words for name, words in FIRST_LABS.items() if name not in known]
    if found and asked:
        yield _step(
            s,
            f"Blood: {', '.join(asked)} (with albumin), read together.",
            "A disorder of calcium and parathyroid hormone is the treatable cause: it is looked for first. "
            "A normal parathyroid hormone with low calcium is too low.",
            ["endocrinologist", "neurologist"],
            "soon",
            "genereviews_pfbc",
        )


def _secondary(s: Scene, known: Collection[str]) -> Iterable[Step]:
    asked = [words for name, words in SECOND_LABS.items() if name not in known]
    if _both_sides_deep(s) and asked:
        yield _step(
            s,
            f"Blood: {', '.join(asked)}; by history lead, carbon monoxide, radiation, infection.",
            "Metabolic, infectious, toxic and inflammatory causes come before a familial one.",
            ["neurologist", "radiologist"],
            "routine",
            "genereviews_pfbc",
        )


def _genes(s: Scene, _: Collection[str]) -> Iterable[Step]:
    if _both_sides_deep(s):
        yield _step(
            s,
            "If these are normal: a gene panel for brain calcification with copy number, and CT of parents "
            "or siblings.",
            "Deep gray calcium on both sides without another cause is often inherited; a variant is found in "
            "a bit more than half.",
            ["geneticist", "neurologist"],
            "routine",
            "genereviews_pfbc",
        )


def _focal(s: Scene, _: Collection[str]) -> Iterable[Step]:
    found = [d for d in s.of_kind("ectopic") if d.site not in METABOLIC_SITES or d.morphology == "gyriform"]
    if found and not _both_sides_deep(s):
        sites = ", ".join(sorted({d.site.replace("_", " ") for d in found}))
        yield _step(
            s,
            "MRI with contrast and susceptibility-weighted imaging.",
            f"Focal calcium ({sites}) may lie in a lesion CT does not show: about half does in children.",
            ["radiologist", "neurologist"],
            "soon",
            "livingston_2014",
        )


def _mass(s: Scene, _: Collection[str]) -> Iterable[Step]:
    for d in s.with_rule(*MASS_RULES)[:1]:
        reason = next(r for r in d.kind_reasons if r.rule in MASS_RULES)
        step = _step(
            s,
            "MRI with contrast.",
            reason.words,
            ["radiologist", "neurosurgeon"],
            "soon",
            "radiopaedia_normal",
        )
        yield {**step, "source": reason.source}


def _faint(s: Scene, _: Collection[str]) -> Iterable[Step]:
    found = [d for d in s.with_rule("faint") if d.kind in ("ectopic", "indeterminate")]
    if found and not s.blood_mm3():
        yield _step(
            s,
            "Dual-energy CT or MRI with phase images for the faint deposits.",
            f"{len(found)} deposit(s) stay under 100 HU, where calcium and blood overlap.",
            ["radiologist"],
            "routine",
            "dect_2014",
        )


def _age(s: Scene, _: Collection[str]) -> Iterable[Step]:
    open_for_age = [d for d in s.deposits if any(r.rule.endswith("_age_missing") for r in d.kind_reasons)]
    undecided = [d for d in open_for_age if d.kind == "indeterminate"]
    if undecided:
        yield _step(
            s,
            "Give the age and read again.",
            f"{len(undecided)} deposit(s) are ordinary or not by age alone.",
            ["radiologist"],
            "soon",
            "cohen_1980",
        )


def _open(s: Scene, _: Collection[str]) -> Iterable[Step]:
    handled = (*MASS_RULES, "pallidum_age_missing", "hippocampus_age_missing")
    found = [d for d in s.of_kind("indeterminate") if not any(r.rule in handled for r in d.kind_reasons)]
    if found:
        step = _step(
            s,
            "Look at the deposits left open, with earlier scans where there are any.",
            found[0].kind_reasons[0].words,
            ["radiologist"],
            "routine",
            "house",
        )
        yield {**step, "source": found[0].kind_reasons[0].source}


def _vessels(s: Scene, _: Collection[str]) -> Iterable[Step]:
    if s.with_rule("vessel_early"):
        yield _step(
            s,
            "Review vascular risk factors.",
            "Calcium in intracranial arteries this early is uncommon.",
            ["general practitioner", "neurologist"],
            "routine",
            "icac_young",
        )


_RULES: Final[tuple[Callable[[Scene, Collection[str]], Iterable[Step]], ...]] = (
    _blood,
    _newborn,
    _metabolic,
    _mass,
    _focal,
    _age,
    _secondary,
    _genes,
    _faint,
    _open,
    _vessels,
)
_LEFT_TO_RANKING: Final = (_metabolic, _secondary, _genes)


def _both_sides_deep(s: Scene) -> bool:
    sites = ("globus_pallidus", "putamen", "caudate", "thalamus", "dentate_nucleus")
    return {d.side for d in s.of_kind("ectopic") if d.site in sites} >= {"left", "right"}


def _nothing_more(s: Scene) -> Step:
    return _step(
        s,
        "No further test for the calcium.",
        "All of it is ordinary for its site and, where known, for the age.",
        ["radiologist"],
        "none",
        "radiopaedia_normal",
    )


def _step(s: Scene, step: str, why: str, who: list[str], urgency: str, key: str) -> Step:
    return {"step": step, "why": why, "for": who, "urgency": urgency, "source": cite(s.norms, key)}
