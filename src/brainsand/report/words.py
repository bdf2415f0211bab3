"""How does a radiologist say it? Sites, sides, sizes and the finding in plain words.

Everything here turns records into English and nothing else: no sums but totals, no judgement but order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from brainsand.model.case import Case
from brainsand.model.finding import Deposit
from brainsand.model.sites import BASAL_GANGLIA

KIND_ORDER: Final = ("ectopic", "indeterminate", "age_related", "vascular", "physiologic")
"""Most important first: the order of the headline, of the galleries and of the key pictures."""

MOST_SIZED: Final = 4
"""So many sites are named with their sizes before the headline turns to totals."""

KIND_WORDS: Final = {
    "ectopic": "ectopic",
    "indeterminate": "indeterminate",
    "age_related": "age-related",
    "vascular": "vascular",
    "physiologic": "physiologic",
}

REASON_WORDS: Final = {
    "bone": "bone or its partial volume",
    "blood": "blood",
    "contrast": "contrast medium",
    "metal": "metal or its streaks",
    "artefact": "artefact",
    "noise": "noise",
    "skull_base": "skull base",
}


class _Name(NamedTuple):
    """How one site is said on one side, on both and in the midline."""

    one: str
    both: str
    midline: str


def _pair(one: str, many: str, midline: str | None = None) -> _Name:
    return _Name(f"{{side}} {one}", f"both {many}", midline or f"midline {one}")


def _sides_of(name: str) -> _Name:
    return _Name(f"{{side}} side of the {name}", f"both sides of the {name}", name)


def _spread(name: str) -> _Name:
    return _Name(f"{{side}} {{lobe}} {name}", f"{{lobe}} {name} of both hemispheres", f"midline {name}")


_NAMES: Final[dict[str, _Name]] = {
    "globus_pallidus": _pair("globus pallidus", "globi pallidi"),
    "putamen": _pair("putamen", "putamina"),
    "caudate": _pair("caudate nucleus", "caudate nuclei"),
    "thalamus": _pair("thalamus", "thalami"),
    "internal_capsule": _pair("internal capsule", "internal capsules"),
    "hippocampus": _pair("hippocampus", "hippocampi"),
    "dentate_nucleus": _pair("dentate nucleus", "dentate nuclei"),
    "cerebellum": _pair("cerebellar hemisphere", "cerebellar hemispheres", "cerebellar vermis"),
    "brainstem": _sides_of("brainstem"),
    "cortex": _spread("cortex"),
    "gray_white_junction": _spread("gray-white junction"),
    "subcortical_white_matter": _spread("subcortical white matter"),
    "deep_white_matter": _spread("deep white matter"),
    "periventricular_white_matter": _spread("periventricular white matter"),
    "subependymal": _Name(
        "subependymal rim of the {side} lateral ventricle",
        "subependymal rim of both lateral ventricles",
        "subependymal rim of the third or fourth ventricle",
    ),
    "ventricle": _pair("lateral ventricle", "lateral ventricles", "third or fourth ventricle"),
    "choroid_plexus": _pair("choroid plexus", "choroid plexuses"),
    "pineal": _Name("pineal gland", "pineal gland", "pineal gland"),
    "habenula": _pair("habenula", "habenulae", "habenula"),
    "falx": _sides_of("falx"),
    "tentorium": _pair("tentorial leaf", "tentorial leaves", "tentorium"),
    "dura": _Name("dura on the {side}", "dura on both sides", "midline dura"),
    "vessel_wall": _Name(
        "wall of an intracranial artery on the {side}",
        "walls of intracranial arteries on both sides",
        "wall of a midline intracranial artery",
    ),
    "sella_suprasellar": _sides_of("sellar and suprasellar region"),
    "corpus_callosum": _sides_of("corpus callosum"),
    "unknown": _Name("unnamed site on the {side}", "unnamed sites on both sides", "unnamed midline site"),
}

_NEGATIVES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("basal ganglia", BASAL_GANGLIA),
    ("thalami", ("thalamus",)),
    ("dentate nuclei", ("dentate_nucleus",)),
    ("cortex", ("cortex", "gray_white_junction")),
)
_PLURALS: Final = {
    "globus_pallidus": "globi pallidi",
    "putamen": "putamina",
    "caudate": "caudate nuclei",
}


def site_words(site: str, side: str, lobe: str | None = None) -> str:
    """The name of one site on one side, without article.

    Parameters
    ----------
    site, side : str
        As in :mod:`brainsand.model.sites`; ``side`` may also be ``"both"``.
    lobe : str, optional
        Said where the site runs through several lobes (cortex, white matter), else passed over.

    Examples
    --------
    >>> site_words("globus_pallidus", "left"), site_words("globus_pallidus", "both")
    ('left globus pallidus', 'both globi pallidi')
    >>> site_words("cortex", "right", "frontal"), site_words("pineal", "midline")
    ('right frontal cortex', 'pineal gland')
    """
    name = _NAMES.get(site) or _pair(site.replace("_", " "), site.replace("_", " "))
    form = {"both": name.both, "midline": name.midline}.get(side, name.one)
    return " ".join(form.format(side=side, lobe=lobe or "").split())


def with_article(name: str) -> str:
    """The name as it stands after "of".

    >>> with_article("left thalamus"), with_article("both thalami"), with_article("unnamed midline site")
    ('the left thalamus', 'both thalami', 'an unnamed midline site')
    """
    if name.startswith(("both ", "walls ", "unnamed sites")):
        return name
    return f"an {name}" if name.startswith("unnamed") else f"the {name}"


def and_list(words: Sequence[str], last: str = "and") -> str:
    """Words joined as a person would.

    >>> and_list(["a"]), and_list(["a", "b"]), and_list(["a", "b", "c"], "or")
    ('a', 'a and b', 'a, b or c')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def unbroken(words: str) -> str:
    """The words with numbers tied to their units, so that no line ends between them.

    >>> unbroken("36 mm³, 3 HU").count("\u00a0")
    2
    """
    return re.sub(r"(?<=[\d.]) (?=(?:mm|cm|mg|HU|kV)(?![a-z]))", "\u00a0", words)


def number_words(value: float) -> str:
    """A number to two figures, without powers.

    >>> number_words(273.6), number_words(36.2), number_words(3.24), number_words(0.06), number_words(0)
    ('270', '36', '3.2', '0.06', '0')
    """
    rounded = float(f"{value:.2g}")
    return f"{rounded:.1f}" if 1 <= abs(rounded) < 10 else f"{rounded:.10g}"


def volumes_words(values: Sequence[tuple[str, float]]) -> str:
    """Labelled volumes with one unit at the end: mm3 below 1000, cm3 where any reaches it.

    >>> volumes_words([("", 36.2)]), volumes_words([("left", 273.6), ("right", 177.0)])
    ('36 mm³', 'left 270, right 180 mm³')
    >>> volumes_words([("left", 1240.0), ("right", 880.0)])
    'left 1.2, right 0.88 cm³'
    """
    large = any(float(f"{v:.2g}") >= 1000 for _, v in values)
    said = [f"{label} {number_words(v / 1000 if large else v)}".strip() for label, v in values]
    return f"{', '.join(said)} {'cm³' if large else 'mm³'}"


def patient_words(case: Case) -> str:
    """Age and sex as far as they are known; never a name.

    Read from the patient facts, else from the scan's header.
    """
    age, sex = age_years(case), case.patient.sex or case.acquisition.sex
    who = {"F": "female", "M": "male"}.get(sex or "", "sex not known")
    return f"{_age_words(age)}, {who}" if age is not None else f"age not known, {who}"


def age_years(case: Case) -> float | None:
    """The patient's age in years as given, else as the scan's header says, else None."""
    return case.acquisition.age_years if case.patient.age_years is None else case.patient.age_years


def _age_words(years: float) -> str:
    if years >= 3:
        return f"{int(years)} years"
    months = int(years * 12)
    return f"{months} month{'' if months == 1 else 's'}"


def headline(case: Case) -> str:
    """The finding in two sentences: what is there, then what is not, with what limits the reading.

    The first names what was found, most important kind first, with volumes (mm³ to two figures); the second
    the basal ganglia, thalami, dentate nuclei and cortex where they are free, and after a semicolon what
    lowers trust: coverage, contrast, an age not known.
    """
    return finding_words(case.deposits, "".join(f"; {words}" for words in limit_words(case)))


def finding_words(deposits: Sequence[Deposit], limits: str = "") -> str:
    """The finding in two sentences, from the deposits alone; ``limits`` ends the second."""
    if not deposits:
        return (
            "No intracranial calcification was found. The basal ganglia, thalami, dentate nuclei, cortex, "
            f"pineal gland and choroid plexuses are free of calcium as far as they are imaged{limits}."
        )
    first = "; ".join(_found_words(deposits))
    return f"{capital(first)}. {_negatives({d.site for d in deposits})}{limits}."


def _found_words(deposits: Sequence[Deposit]) -> list[str]:
    """A clause a kind, gravest first; sizes with the first, with the others while few sites are named."""
    by_kind = [(k, _by_site(d for d in deposits if d.kind == k)) for k in KIND_ORDER]
    present = [(kind, groups) for kind, groups in by_kind if groups]
    sized = sum(len(groups) for _, groups in present) <= MOST_SIZED
    return [_kind_words(kind, groups, sized=sized or i == 0) for i, (kind, groups) in enumerate(present)]


def _by_site(deposits: Iterable[Deposit]) -> list[list[Deposit]]:
    """Deposits of each site together, the site with the largest volume first."""
    groups: dict[str, list[Deposit]] = {}
    for d in deposits:
        groups.setdefault(d.site, []).append(d)
    return sorted(groups.values(), key=lambda g: -sum(d.best_volume_mm3 for d in g))


def _kind_words(kind: str, groups: list[list[Deposit]], *, sized: bool) -> str:
    lead = f"{KIND_WORDS[kind]} calcification"
    many = len(groups) > MOST_SIZED
    names = [_names_words(g) + (f" ({_size_words(g)})" if sized and not many else "") for g in groups]
    if not many:
        return f"{lead} of {and_list(names, 'and of' if sized and len(names) == 2 else 'and')}"
    total = volumes_words([("", sum(d.best_volume_mm3 for g in groups for d in g))])
    size = f" ({total} in all)" if sized else ""
    return f"{lead} at {len(groups)} sites{size}, chiefly of {and_list(names[:MOST_SIZED])}"


def _sides(group: Sequence[Deposit]) -> list[str]:
    return [s for s in ("left", "right", "midline") if any(d.side == s for d in group)]


_AS_ONE = ("habenula", "pineal gland", "falx", "tentorium", "corpus callosum", "brainstem")
"""With a deposit in the midline these are named once, without their sides."""


def _names_words(group: Sequence[Deposit]) -> str:
    """One site with its sides: ``both choroid plexuses``, ``the left frontal cortex``."""
    sides = _sides(group)
    lobes = {d.lobe for d in group}
    lobe = lobes.pop() if len(lobes) == 1 else None
    said = ["both", *sides[2:]] if sides[:2] == ["left", "right"] else sides
    if "midline" in sides and site_words(group[0].site, "midline") in _AS_ONE:
        said = ["midline"]
    return and_list(list(dict.fromkeys(with_article(site_words(group[0].site, s, lobe)) for s in said)))


def _size_words(group: Sequence[Deposit]) -> str:
    """The volume of one site, by side where there are several: ``left 270, right 180 mm³``."""
    sides = _sides(group)
    sums = [
        (s if len(sides) > 1 else "", sum(d.best_volume_mm3 for d in group if d.side == s)) for s in sides
    ]
    about = "" if all(d.volume_mm3 is not None for d in group) else "about "
    foci = f"{len(group)} foci{':' if len(sides) > 1 else ','} " if len(group) > len(sides) else ""
    return f"{foci}{about}{volumes_words(sums)}"


def _negatives(affected: set[str]) -> str:
    free: list[str] = []
    for name, members in _NEGATIVES:
        spared = [m for m in members if m not in affected]
        if len(spared) == len(members):
            free.append(name)
        elif name == "basal ganglia":
            free.extend(_PLURALS[m] for m in spared)
    if not free:
        return "The basal ganglia, thalami, dentate nuclei and cortex are all involved"
    return f"No calcification of the {and_list(free, 'or')}"


def limit_words(case: Case) -> list[str]:
    """What limits the reading and belongs beside the finding, in clauses without capital or full stop."""
    said = [*_coverage_words(case), *_contrast_words(case)]
    if age_years(case) is None and case.deposits:
        said.append("the patient's age is not known")
    return said


def _coverage_words(case: Case) -> list[str]:
    missing = case.scan.coverage.get("missing")
    if isinstance(missing, (list, tuple)) and missing:
        parts = and_list([str(m).replace("_", " ") for m in missing])
        verb = "is" if len(missing) == 1 else "are"
        return [f"coverage is incomplete: the {parts} {verb} not imaged"]
    told = [c for c in case.cautions if "coverage" in c.code]
    return [f"coverage is incomplete: {_clause(told[0].words)}"] if told else []


def _contrast_words(case: Case) -> list[str]:
    return {
        "present": ["contrast medium was given and can hide or mimic calcium"],
        "suspected": ["contrast medium is suspected and can hide or mimic calcium"],
    }.get(case.scan.contrast, [])


def _clause(sentence: str) -> str:
    """A sentence as a clause: no full stop, no capital unless it opens an abbreviation."""
    bare = sentence.strip().rstrip(".")
    return bare if bare[1:2].isupper() else bare[:1].lower() + bare[1:]


def capital(words: str) -> str:
    """The words with a capital first letter, the rest untouched."""
    return words[:1].upper() + words[1:]
