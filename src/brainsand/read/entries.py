"""What do the lists of a patient file say? Findings, terms, labs, history, family, variants, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from brainsand.model.caution import Caution
from brainsand.model.sites import LOBES
from brainsand.read import synonyms
from brainsand.read import vocabulary as words
from brainsand.read.checks import (
    Record,
    Said,
    checked_flag,
    checked_number,
    checked_word,
    known_fields,
    refusal,
    same_word,
)
from brainsand.read.duration import OLDEST_YEARS, years_of

FULL_ID: Final = re.compile(r"^HP:\d{7}$")
_HPO: Final = re.compile(r"^HP:\d{1,9}$")
_GENE: Final = re.compile(r"^[A-Za-z][A-Za-z0-9\-]{0,19}$")


def _entries(
    known: Record, name: str, read: Callable[[Any, Said], Record | None], said: Said
) -> tuple[Record, ...]:
    given = known.get(name)
    if given is None:
        return ()
    if not isinstance(given, list):
        raise refusal(f"{name} is {given!r:.60}.", "a list.", f"Write `{name}:` and each entry after a dash.")
    entries = [entry for one in given if (entry := read(one, said)) is not None]
    return tuple(entries)


def findings_of(known: Record, said: Said) -> tuple[Record, ...]:
    """The findings; what is both present and absent at one place is left out, and that is said."""
    findings = _entries(known, "findings", _finding, said)
    torn = {f["site"] for f in findings if f["absent"] and any(_contradict(f, g) for g in findings)}
    for site in sorted(torn):
        text = f"{site} is both a finding and absent: it was left out. Give one or the other."
        said.append(Caution(code="finding_contradiction", words=text))
    return tuple(f for f in findings if f["site"] not in torn)


def _contradict(absent: Record, other: Record) -> bool:
    if other["absent"] or other["site"] != absent["site"]:
        return False
    return "both" in (absent["side"], other["side"]) or absent["side"] == other["side"]


def _finding(entry: Any, said: Said) -> Record | None:
    given = known_fields(entry, words.FINDING_FIELDS, "a finding", said)
    site = checked_word(given.get("site"), words.FINDING_SITES, "site", also=synonyms.SITES)
    absent = checked_flag(given.get("absent", False), "absent")
    found: Record = {"site": site, "side": "both" if absent else None, "absent": absent}
    for name, known, also in (
        ("side", words.FINDING_SIDES, synonyms.SIDES),
        ("morphology", words.MORPHOLOGIES, {}),
        ("extent", words.EXTENTS, {}),
    ):
        if given.get(name) is not None:
            found[name] = checked_word(given[name], known, name, also=also)
    if given.get("lobe") is not None:
        lobes = given["lobe"] if isinstance(given["lobe"], list) else [given["lobe"]]
        found["lobe"] = [checked_word(lobe, LOBES, "lobe") for lobe in lobes]
    if given.get("in_mass") is not None:
        found["in_mass"] = checked_flag(given["in_mass"], "in_mass")
    for name in ("volume_mm3", "mass_mg", "peak_hu"):
        if given.get(name) is not None:
            found[name] = checked_number(given[name], name)
    return found


def phenotype_of(known: Record, said: Said) -> tuple[Record, ...]:
    """Terms, each once; one that is both observed and excluded is left out and said (LIRICAL #629)."""
    return once(_entries(known, "phenotype", _term, said), said)


def once(terms: Iterable[Record], said: Said) -> tuple[Record, ...]:
    """Each term once, the first that says it; neither where one says observed and another excluded."""
    kept: dict[str, Record] = {}
    torn: dict[str, str] = {}
    for term in terms:
        before = kept.setdefault(term["id"], term)
        if before["excluded"] != term["excluded"]:
            torn[term["id"]] = str(term.get("label", term["id"]))
        elif before is not term:
            said.append(Caution(code="duplicate_term", words=f"{term['id']} stands twice and counts once."))
    for name, label in torn.items():
        named = name if label == name else f"{label} ({name})"
        text = f"{named} is both observed and excluded: it was left out. Give one or the other."
        said.append(Caution(code="term_contradiction", words=text))
    return tuple(term for name, term in kept.items() if name not in torn)


def _term(entry: Any, said: Said) -> Record | None:
    given = known_fields(
        {"id": entry} if isinstance(entry, str) else entry, words.PHENOTYPE_FIELDS, "a term", said
    )
    name = str(given.get("id", "")).strip().upper().replace("HP_", "HP:")
    if not _HPO.match(name):
        raise refusal(
            f"The phenotype term is {str(given.get('id'))!r:.60}.",
            "an HPO id such as HP:0001300.",
            "Find it with `brainsand terms WORDS`.",
        )
    term: Record = {"id": name, "excluded": checked_flag(given.get("excluded", False), "excluded")}
    onset = given.get("onset")
    if onset is not None:
        years = years_of(str(onset))
        if years is None and not FULL_ID.match(str(onset)):
            raise refusal(f"The onset of {name} is {onset!r:.40}.", "a duration such as P5Y.", "Correct it.")
        term["onset"] = str(onset)
        if years is not None:
            term["onset_years"] = checked_number(years, "The onset in years", highest=OLDEST_YEARS)
    return term | {name: given[name] for name in ("label", "modifiers") if given.get(name) is not None}


def _lab(entry: Any, said: Said) -> Record | None:
    given = known_fields(entry, words.LAB_FIELDS, "a lab", said)
    analyte = checked_word(given.get("analyte"), words.ANALYTES, "analyte", said, also=synonyms.ANALYTES)
    if analyte is None:
        return None
    lab: Record = {"analyte": analyte}
    verdict = same_word(given.get("value"), words.LAB_FLAGS, synonyms.FLAGS)
    if verdict:
        given = {"flag": verdict} | {k: v for k, v in given.items() if k != "value"}
    for name in ("value", "ref_low", "ref_high"):
        if given.get(name) is not None:
            lab[name] = _lab_number(given[name], f"{analyte} {name}")
    if given.get("unit") is not None:
        lab["unit"] = str(given["unit"]).strip()
    if given.get("flag") is not None:
        lab["flag"] = checked_word(given["flag"], words.LAB_FLAGS, "lab flag", also=synonyms.FLAGS)
    if lab.get("ref_low", -1e9) > lab.get("ref_high", 1e9):
        raise refusal(
            f"{analyte} has ref_low {lab['ref_low']:g} above ref_high {lab['ref_high']:g}.",
            "the lower first.",
            "Swap them.",
        )
    return _readable_lab(lab, said)


def _lab_number(value: Any, what: str) -> float:
    if isinstance(value, str):
        raise refusal(
            f"The {what} is {value!r:.40}.",
            "a number, with a point (1.61).",
            "Write it so; for a result such as '<3' or 'trace' write `flag: low`, normal, high, positive or negative.",
        )
    return checked_number(value, what, lowest=-100.0)


def _readable_lab(lab: Record, said: Said) -> Record | None:
    """A lab that says something: a flag, or a value with a unit or a range; else left out with a caution."""
    if "flag" in lab or ("value" in lab and ("unit" in lab or "ref_low" in lab or "ref_high" in lab)):
        return lab
    text = f"{lab['analyte']} has neither a flag nor a value with a unit or a range, and was left out."
    said.append(Caution(code="lab_unreadable", words=text))
    return None


def history_of(given: Any, said: Said) -> tuple[str, ...]:
    """The history words, each once."""
    if given is None:
        return ()
    if not isinstance(given, list):
        raise refusal(f"history is {given!r:.60}.", "a list of words.", "Write `history: [neck_surgery]`.")
    found = [word for one in given if (word := _history_word(one, said))]
    return tuple(dict.fromkeys(found))


def _history_word(one: Any, said: Said) -> str | None:
    return checked_word(one, words.HISTORY, "history word", said, also=synonyms.HISTORY)


def family_of(given: Any, said: Said) -> Record:
    """What is said of the family; empty where nothing is."""
    if given is None:
        return {}
    known = known_fields(given, words.FAMILY_FIELDS, "family", said)
    family: Record = {}
    if known.get("affected_relatives") is not None:
        relatives = known["affected_relatives"]
        listed = relatives if isinstance(relatives, list) else [relatives]
        family["affected_relatives"] = [
            checked_word(one, words.RELATIVES, "relative", also=synonyms.RELATIVES) for one in listed
        ]
    if known.get("consanguinity") is not None:
        family["consanguinity"] = checked_flag(known["consanguinity"], "consanguinity")
    if known.get("inheritance") is not None:
        family["inheritance"] = checked_word(
            known["inheritance"], words.INHERITANCE, "inheritance", also=synonyms.INHERITANCE
        )
    return family


def _variant(entry: Any, said: Said) -> Record | None:
    given = known_fields(entry, words.VARIANT_FIELDS, "a variant", said)
    gene = str(given.get("gene", "")).strip()
    if not _GENE.match(gene):
        raise refusal(f"The gene is {gene!r:.40}.", "an HGNC symbol such as SLC20A2.", "Correct it.")
    variant: Record = {"gene": gene}
    if given.get("hgvs") is not None:
        variant["hgvs"] = str(given["hgvs"])
    if given.get("zygosity") is not None:
        variant["zygosity"] = checked_word(
            given["zygosity"], words.ZYGOSITIES, "zygosity", also=synonyms.ZYGOSITIES
        )
    if given.get("acmg") is not None:
        variant["acmg"] = checked_word(given["acmg"], words.ACMG, "ACMG class", also=synonyms.ACMG)
    return variant


def labs_of(known: Record, said: Said) -> tuple[Record, ...]:
    """The laboratory values that can be read."""
    return _entries(known, "labs", _lab, said)


def variants_of(known: Record, said: Said) -> tuple[Record, ...]:
    """The variants of genes."""
    return _entries(known, "variants", _variant, said)
