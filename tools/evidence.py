"""Write docs/evidence from the knowledge base, so that the pages say what the ranking is told.

python tools/evidence.py [OUT]
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from brainsand.model.frequency import Frequency
from brainsand.model.knowledge import Advice, Condition, Feature, Group, Knowledge
from brainsand.read.knowledge import load_knowledge

OUT = Path(__file__).parents[1] / "docs" / "evidence"
MADE = "Made by `make docs` from `src/brainsand/knowledge`; correct it there.\n"
MOST_FEATURES = 20
TRUST = {"published": "published", "published_class": "class", "expert": "expert"}


def main() -> None:
    """Write an index, a page a clinical group, and the words of the patient file."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.mkdir(parents=True, exist_ok=True)
    made = pages(load_knowledge())
    for old in {p.name for p in out.glob("*.md")} - set(made):
        (out / old).unlink()
    for name, text in made.items():
        (out / name).write_text(text, encoding="utf-8")
    print(f"{out} {len(made)} pages")


def pages(knowledge: Knowledge) -> dict[str, str]:
    """Every page by its file name."""
    made = {
        "README.md": index(knowledge),
        "words.md": words_page(knowledge),
        "norms.md": norms_page(knowledge),
    }
    for group in knowledge.groups.values():
        made[f"{group.id}.md"] = group_page(group, knowledge)
    return made


def index(knowledge: Knowledge) -> str:
    """What is known, how it is marked, and the list of groups."""
    facts = [f for c in knowledge.conditions.values() for f in facts_of(c)]
    kinds = {trust: sum(f.trust == trust for f in facts) for trust in TRUST}
    rows = [
        f"| [{g.name}]({g.id}.md) | {g.category} | {len(g.members)} | {spoken(g.treatable)} |"
        for g in knowledge.groups.values()
    ]
    return "\n".join(
        [
            "# What the ranking is told\n",
            MADE,
            f"{len(knowledge.conditions)} conditions in {len(knowledge.groups)} clinical groups, version "
            f"{knowledge.version}. {len(facts):,} facts about how often something is so: "
            f"{kinds['published']:,} published counts or percentages, {kinds['published_class']:,} classes of "
            f"curated databases, {kinds['expert']:,} by experts (reviews and judgement, no series).\n",
            "A fact reads *12 of 48* or *79 %* where it was counted, *frequent (class)* where HPO or Orphanet give a "
            "class, *frequent (expert)* where nobody counted. *Given calcium* means among those whose CT shows "
            "calcium, else among all who have the condition. A fact in brackets is kept for the reader and not "
            "weighed. Classes: always ≥ 99.5 %, very frequent ≥ 80 %, frequent ≥ 30 %, occasional ≥ 5 %, rare below.\n",
            "[Words of the patient file](words.md) · [ordinary calcium by age](norms.md)\n",
            "| group | category | conditions | treatable |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            f"This product uses the Human Phenotype Ontology (release {knowledge.hpo_version}); classes from "
            "Orphanet are CC BY 4.0. See NOTICE.\n",
        ]
    )


def group_page(group: Group, knowledge: Knowledge) -> str:
    """One group with all its conditions."""
    parts = [f"# {group.name}\n", MADE, f"{group.about}\n"]
    parts += [condition_section(knowledge.conditions[name]) for name in group.members]
    return "\n".join(parts)


def condition_section(c: Condition) -> str:
    """One condition: what is known of it, fact by fact."""
    genes = ", ".join(f"{g.symbol} ({'/'.join(g.inheritance)})" for g in c.genes)
    ids = ", ".join([*c.omim, *c.orpha, *c.mondo])
    lines = [
        f"## {c.name}\n",
        f"`{c.id}`" + (f" · {genes}" if genes else "") + (f" · {ids}" if ids else "") + "\n",
        f"- reviewed against the literature: {c.reviewed or 'not yet'}",
        f"- treatable: {spoken(c.treatable)}; severity: {spoken(c.severity)}; for: "
        + ", ".join(spoken(s) for s in c.specialists),
        f"- in 100,000 people who get a head CT: {c.prior.per_100000:g}, within a factor of "
        f"{10**c.prior.log10_sd:.1f} two times in three ({TRUST[c.prior.trust]}: {c.prior.basis})"
        + cited(c.prior.source),
        f"- age: {c.ages.words} (most {c.ages.low:g} to {c.ages.high:g}; {TRUST[c.ages.trust]})",
        f"- pattern: {spoken(c.laterality)}, {c.spread}; {', '.join(c.morphology_words)}",
        *(f"- {note}" for note in c.notes),
        "",
        *site_table(c),
        *feature_table(c.phenotype),
        *lab_lines(c),
        *history_lines(c),
        *advice_lines("Tells it from others", c.features),
        *advice_lines("Next tests", c.next_tests),
        *advice_lines("Treatment", c.management),
        *advice_lines("Not to do", c.avoid),
        *advice_lines("Family", c.family),
        *count_lines(c),
        "Sources: " + "; ".join(linked(s) for s in c.sources) + "\n" if c.sources else "",
    ]
    return "\n".join(lines)


def site_table(c: Condition) -> list[str]:
    """Where the calcium is and how often."""
    rows = [("any calcium", f) for f in c.calcification]
    rows += [(spoken(s.site), f) for s in c.sites.values() for f in s.frequency]
    rows += [(f"{lobe} lobe", f) for lobe, facts in c.lobes.items() for f in facts]
    if not rows:
        return []
    head = ["| site | how often | of whom | source |", "| --- | --- | --- | --- |"]
    return [*head, *(f"| {site} | {fact_words(f)} | {whom(f)} | {sources(f)} |" for site, f in rows), ""]


def feature_table(features: Iterable[Feature]) -> list[str]:
    """The best known features, the most telling kind of fact first."""
    kept = [f for f in features if f.used]
    if not kept:
        return []
    head = ["| feature | how often | source |", "| --- | --- | --- |"]
    rows = [
        f"| {f.label} | {fact_words(x)} | {sources(x)} |" for f in kept[:MOST_FEATURES] for x in f.frequency
    ]
    more = [f"\nand {len(kept) - MOST_FEATURES} more features"] if len(kept) > MOST_FEATURES else []
    return [*head, *rows, *more, ""]


def lab_lines(c: Condition) -> list[str]:
    """Each lab signature as a line."""
    if not c.labs:
        return []
    rows = [
        f"- {s.name} ({s.share.words}): "
        + ", ".join(f"{spoken(a)} {' or '.join(flags)}" for a, flags in s.results.items())
        for s in c.labs
    ]
    other = [f"- {t.test}: {t.result} ({TRUST[t.trust]})" for t in c.other_tests]
    return ["**Laboratory**\n", *rows, *other, ""]


def history_lines(c: Condition) -> list[str]:
    """Each word of the history as a line."""
    if not c.history:
        return []
    rows = [
        f"- {spoken(h.word)}: {'; '.join(f.words for f in h.frequency)}" + (" (needed)" if h.required else "")
        for h in c.history
    ]
    return ["**History**\n", *rows, ""]


def advice_lines(heading: str, rows: Iterable[Advice]) -> list[str]:
    """A heading and its sentences; nothing where there are none."""
    lines = [f"- {row.text}" + (cited(row.source) if row.source else "") for row in rows]
    return [f"**{heading}** (expert unless cited)\n", *lines, ""] if lines else []


def count_lines(c: Condition) -> list[str]:
    """Published figures that no other field holds."""
    rows = [
        f"- {x.what}: {x.frequency.words}; {x.frequency.population or 'of whom not said'}{cited(x.frequency.source)}"
        for x in c.counts
        if x.frequency.n or x.frequency.percent is not None
    ]
    return ["**Other figures**\n", *rows, ""] if rows else []


def words_page(knowledge: Knowledge) -> str:
    """History words, analytes with units and ranges, base rates of features."""
    history = [f"| `{h.id}` | {h.name} | {h.base.words} | {h.asks} |" for h in knowledge.history.values()]
    labs = []
    for a in knowledge.analytes.values():
        adult = a.range_for(40.0, None)
        span = "" if adult is None else f"{number(adult.low)} to {number(adult.high)} {a.unit}"
        labs.append(
            f"| `{a.id}` | {a.name} | {', '.join(a.units) or 'positive or negative'} | {span} | {', '.join(a.loinc)} |"
        )
    rates = [
        f"| {b.label} | {b.id} | {b.child:.1%} | {b.adult:.1%} | {b.elderly:.1%} |"
        for b in knowledge.background.values()
    ]
    return "\n".join(
        [
            "# Words of the patient file\n",
            MADE,
            "## History\n",
            "Share of people who get a head CT (expert).\n",
            "| word | meaning | share | question |",
            "| --- | --- | --- | --- |",
            *history,
            "\n## Laboratory\n",
            "Adult ranges, used only where the result brings none of its own; children have theirs by age. Expert but "
            "for lead and biotinidase.\n",
            "| word | test | units understood | adult range | LOINC |",
            "| --- | --- | --- | --- | --- |",
            *labs,
            "\n## How common features are anyway\n",
            "Among people who get a head CT (expert): what a feature is weighed against.\n",
            "| feature | HPO | under 18 | 18 to 59 | 60 and over |",
            "| --- | --- | --- | --- | --- |",
            *rates,
            "",
        ]
    )


def norms_page(knowledge: Knowledge) -> str:
    """Ordinary calcium by age, with 90 % intervals."""
    ages = (2, 10, 20, 40, 60, 80)
    rows = []
    for curve in knowledge.ordinary.values():
        found = [curve.at(float(age)) for age in ages]
        cells = " | ".join(f"{100 * o.share:.3g} ({100 * o.low:.2g} to {100 * o.high:.2g})" for o in found)
        rows.append(f"| {spoken(curve.site)} | {cells} |")
    basis = [f"- **{spoken(c.site)}**: {c.basis}{cited(c.source)}" for c in knowledge.ordinary.values()]
    return "\n".join(
        [
            "# Ordinary calcium by age\n",
            MADE,
            "Percent of people, and the 90 % interval (series differ by slice thickness and by whom they scanned). "
            "Curves are drawn by hand through the published bands below (expert).\n",
            "| site | " + " | ".join(f"{age} years" for age in ages) + " |",
            "| --- |" + " --- |" * len(ages),
            *rows,
            "",
            *basis,
            "",
        ]
    )


def facts_of(c: Condition) -> list[Frequency]:
    """Every frequency of a condition."""
    sites = [f for s in c.sites.values() for f in s.frequency]
    lobes = [f for facts in c.lobes.values() for f in facts]
    features = [f for feature in c.phenotype for f in feature.frequency]
    return [*c.calcification, *sites, *lobes, *features, *(f for h in c.history for f in h.frequency)]


def fact_words(f: Frequency) -> str:
    """The fact as it reads, in brackets when it is not weighed."""
    return f.words if f.used else f"({f.words})"


def whom(f: Frequency) -> str:
    """Of whom it was counted, how and with what reservation."""
    given = "given calcium" if f.given == "calcified" else ""
    entry = "calcium was needed to enter" if f.entry_criterion else ""
    group = "counted over the group" if f.of_group else ""
    parts = (
        given,
        f.population,
        f.imaging,
        f.reported_as and f"reported as {f.reported_as}",
        entry,
        group,
        f.note,
    )
    return cell("; ".join(p for p in parts if p))


def sources(f: Frequency) -> str:
    """The links of a fact, or that it is expert."""
    return "; ".join(linked(s) for s in f.source) or "expert"


def cited(source: Iterable[str]) -> str:
    """Sources as a bracket at the end of a sentence."""
    joined = "; ".join(linked(s) for s in source)
    return f" [{joined}]" if joined else ""


def linked(source: str) -> str:
    """A source as a link where its address is known."""
    kind, _, rest = source.partition(":")
    homes = {
        "PMID": f"https://pubmed.ncbi.nlm.nih.gov/{rest}/",
        "doi": f"https://doi.org/{rest}",
        "OMIM": f"https://omim.org/entry/{rest}",
        "ORPHA": f"https://www.orpha.net/en/disease/detail/{rest}",
    }
    if source.startswith("PMC"):
        return f"[{source}](https://pmc.ncbi.nlm.nih.gov/articles/{source}/)"
    if source.startswith("http"):
        return f"<{source}>"
    return f"[{source}](<{homes[kind]}>)" if kind in homes else cell(source)


def number(value: float | None) -> str:
    """A limit of a range; nothing where it is open."""
    return "…" if value is None else f"{value:g}"


def spoken(word: str) -> str:
    """An identifier as words."""
    return word.replace("_", " ")


def cell(text: str) -> str:
    """Text that cannot break a table."""
    return text.replace("|", "/").replace("\n", " ")


if __name__ == "__main__":
    main()
