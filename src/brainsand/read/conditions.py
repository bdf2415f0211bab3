"""From plain YAML or its compiled copy to the records of ``model.knowledge``.

The YAML in ``knowledge/conditions`` and ``knowledge/words`` is the truth; ``knowledge/compiled.json.gz`` says the same
and loads twenty times faster (``tools/build_knowledge`` makes it, a test compares the two). Fields are described in
``docs/how-to/add-a-condition.md``; what breaks the schema fails the build, so nothing is checked twice here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brainsand.model.frequency import Frequency
from brainsand.model.knowledge import (
    Advice,
    Ages,
    Condition,
    Count,
    Feature,
    Gene,
    Group,
    HistoryFact,
    LabSignature,
    OtherTest,
    Prior,
    SiteKnowledge,
)

Plain = Mapping[str, Any]
_BEST_TREATABLE: Final = ("yes", "preventable", "partly", "symptomatic", "no", "not_applicable")
_GRAVEST: Final = ("serious", "variable", "benign")
_FACT: Final = (
    "trust", "k", "n", "percent", "percent_high", "given", "population", "imaging", "reported_as",
    "derived", "entry_criterion", "used", "of_group", "note",
)  # fmt: skip


def frequency_of(row: Plain) -> Frequency:
    """One fact; ``word`` is the class, unless the row uses ``word`` for a history word and ``how_often``."""
    known = {name: row[name] for name in _FACT if name in row}
    age = row.get("age")
    return Frequency(
        **known,
        word=row.get("how_often", row.get("word")),
        source=many(row.get("source")),
        age=None if age is None else (age[0], age[1]),
    )


def condition_of(raw: Plain) -> Condition:
    """One condition from the mapping of its file."""
    ids = raw["ids"]
    return Condition(
        id=raw["id"],
        name=raw["name"],
        synonyms=many(raw.get("synonyms")),
        group=raw["group"],
        category=raw["category"],
        omim=many(ids.get("omim")),
        orpha=many(ids.get("orpha")),
        mondo=many(ids.get("mondo")),
        genes=tuple(_gene(row) for row in raw.get("genes", ())),
        prior=_prior(raw["prior"]),
        ages=_ages(raw["ages"]),
        female_share=frequency_of(raw["female_share"]) if "female_share" in raw else None,
        calcification=tuple(frequency_of(row) for row in raw["calcification"]),
        sites=_sites(raw["sites"], raw.get("site_forms", {})),
        spread=raw["spread"],
        laterality=raw["laterality"],
        morphology=many(raw["morphology"]),
        morphology_words=many(raw["morphology_words"]),
        patterns=many(raw.get("patterns")),
        lobes={lobe: tuple(frequency_of(row) for row in rows) for lobe, rows in raw.get("lobes", {}).items()},
        phenotype=features_of(raw.get("phenotype", ())),
        labs=tuple(_signature(row) for row in raw.get("labs", ())),
        other_tests=tuple(_test(row) for row in raw.get("other_tests", ())),
        history=_history(raw.get("history", ())),
        features=_advice(raw.get("features", ())),
        next_tests=_advice(raw.get("next_tests", ())),
        management=_advice(raw.get("management", ())),
        avoid=_advice(raw.get("avoid", ())),
        family=_advice(raw.get("family", ())),
        specialists=many(raw["specialists"]),
        treatable=raw["treatable"],
        severity=raw["severity"],
        counts=_counts(raw.get("counts", ())),
        sources=many(raw.get("sources")),
        reviewed=str(raw.get("reviewed", "")),
        notes=many(raw.get("notes")),
    )


def group_of(raw: Plain, members: Mapping[str, Plain]) -> Group:
    """One group; treatable and severity are the best and the gravest of its members where it does not say."""
    mine = [members[name] for name in raw["members"]]
    best: Any = min((m["treatable"] for m in mine), key=_BEST_TREATABLE.index)
    gravest: Any = min((m["severity"] for m in mine), key=_GRAVEST.index)
    return Group(
        id=raw["id"],
        name=raw["name"],
        category=raw["category"],
        about=raw["about"],
        members=tuple(raw["members"]),
        treatable=raw.get("treatable", best),
        severity=raw.get("severity", gravest),
        benign=raw.get("benign", False),
        background=raw.get("background", False),
        catch_all=raw.get("catch_all", False),
        in_mass=frequency_of(raw["in_mass"]) if "in_mass" in raw else None,
        counts=_counts(raw.get("counts", ())),
        sources=many(raw.get("sources")),
    )


def many(value: Any) -> tuple[str, ...]:
    """None, one or several as a tuple.

    >>> many(None), many("a"), many(["a", "b"])
    ((), ('a',), ('a', 'b'))
    """
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def features_of(rows: Iterable[Plain]) -> tuple[Feature, ...]:
    """Rows of one HPO id each, joined by id: several facts may speak of one feature."""
    by_id: dict[str, list[Plain]] = {}
    for row in rows:
        by_id.setdefault(row["id"], []).append(row)
    return tuple(_feature(found) for found in by_id.values())


def _feature(rows: list[Plain]) -> Feature:
    return Feature(
        id=rows[0]["id"],
        label=rows[0]["label"],
        frequency=tuple(frequency_of(row) for row in rows),
        used=any(row.get("used", True) for row in rows),
        note="; ".join(dict.fromkeys(row["note"] for row in rows if "note" in row)),
    )


def _gene(row: Plain) -> Gene:
    return Gene(
        symbol=row["symbol"],
        inheritance=many(row["inheritance"]),
        zygosity=many(row["zygosity"]),
        note=row.get("note", ""),
        source=many(row.get("source")),
    )


def _prior(row: Plain) -> Prior:
    return Prior(
        per_100000=float(row["per_100000"]),
        log10_sd=float(row["log10_sd"]),
        basis=row["basis"],
        trust=row["trust"],
        source=many(row.get("source")),
    )


def _ages(row: Plain) -> Ages:
    return Ages(
        earliest=float(row["earliest"]),
        low=float(row["low"]),
        high=float(row["high"]),
        latest=float(row["latest"]),
        words=row["words"],
        trust=row["trust"],
        source=many(row.get("source")),
    )


def _sites(sites: Mapping[str, list[Plain]], forms: Plain) -> dict[str, SiteKnowledge]:
    return {
        site: SiteKnowledge(
            site=site,
            frequency=tuple(frequency_of(row) for row in rows),
            laterality=forms.get(site, {}).get("laterality"),
            morphology=many(forms.get(site, {}).get("morphology")),
        )
        for site, rows in sites.items()
    }


def _signature(row: Plain) -> LabSignature:
    return LabSignature(
        name=row["name"],
        results={analyte: tuple(flags) for analyte, flags in row["results"].items()},
        share=frequency_of(row),
        note=row.get("note", ""),
    )


def _test(row: Plain) -> OtherTest:
    return OtherTest(
        test=row["test"], result=row["result"], trust=row["trust"], source=many(row.get("source"))
    )


def _history(rows: Iterable[Plain]) -> tuple[HistoryFact, ...]:
    by_word: dict[str, list[Plain]] = {}
    for row in rows:
        by_word.setdefault(row["word"], []).append(row)
    return tuple(
        HistoryFact(
            word=word,
            frequency=tuple(frequency_of({"how_often": None, **row}) for row in found),
            required=any(row.get("required", False) for row in found),
        )
        for word, found in by_word.items()
    )


def _advice(rows: Iterable[Plain]) -> tuple[Advice, ...]:
    return tuple(
        Advice(
            text=row["text"],
            trust=row["trust"],
            to=many(row.get("to")),
            urgency=row.get("urgency", "routine"),
            source=many(row.get("source")),
        )
        for row in rows
    )


def _counts(rows: Iterable[Plain]) -> tuple[Count, ...]:
    return tuple(Count(what=row["what"], frequency=frequency_of(row)) for row in rows)
