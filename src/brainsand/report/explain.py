"""Where does a weight come from? Facts of a condition, or weights of a saved ranking, as lines with their sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brainsand.model.frequency import Frequency
from brainsand.model.knowledge import Condition, Knowledge

MOST_GROUPS: Final = 3


def condition_lines(condition: Condition, knowledge: Knowledge, finding: str | None = None) -> list[str]:
    """All facts of a condition, each with trust and source; only those that ``finding`` names where it is given."""
    rows = [*_general(condition, knowledge), *_sites(condition), *_features(condition), *_labs(condition)]
    rows += [*_history(condition), *_genes(condition), *_advice(condition)]
    kept = [(head, line) for head, line in rows if _meant(finding, f"{head} {line}")]
    if not kept:
        return [f"{condition.name}: no fact names {finding!r}; there it weighs as in anybody (ratio 1)."]
    return [f"{condition.name} ({condition.id})", *(f"  {head}: {line}" for head, line in kept)]


def ranking_lines(record: Mapping[str, Any], finding: str | None = None) -> list[str]:
    """The weights of a saved case or diagnosis, by group; only those that ``finding`` names where it is given."""
    differential = record.get("differential") or {}
    lines: list[str] = []
    for group in (differential.get("groups") or [])[: MOST_GROUPS if finding is None else None]:
        rows = [*(group.get("evidence") or []), *(group.get("against") or [])]
        kept = [r for r in rows if _meant(finding, f"{r['finding']} {r['words']}")]
        if not kept and finding is not None:
            continue
        prior = (differential.get("prior") or {}).get("groups", {}).get(group["id"])
        chance = float(group["probability"])
        head = f"{group['name']}: {'over 99' if chance > 0.99 else f'{100 * chance:.1f}'} %"
        lines.append(head + (f" (prior {100 * prior:.2g} %)" if prior is not None else ""))
        lines += [_weight_line(r) for r in sorted(kept, key=lambda r: -abs(float(r["likelihood_ratio"]) - 1))]
    return lines or [f"No group was moved by {finding!r}: it is neutral (ratio 1)."]


def condition_of_words(words: str, knowledge: Knowledge) -> list[Condition]:
    """The conditions meant by an id, a name or a part of it, a gene, or a group's id."""
    plain = words.strip().lower().replace(" ", "_")
    known = knowledge.conditions
    if plain in known:
        return [known[plain]]
    if plain in knowledge.groups:
        return [known[m] for m in knowledge.groups[plain].members]
    by_gene = [c for c in known.values() if plain.upper() in {g.symbol.upper() for g in c.genes}]
    spoken = words.strip().lower()
    return by_gene or [c for c in known.values() if spoken in c.name.lower() or plain in c.id]


def _meant(finding: str | None, text: str) -> bool:
    if finding is None:
        return True
    spoken = text.lower().replace("_", " ")
    return all(word in spoken for word in finding.lower().replace("_", " ").split())


def _fact(fact: Frequency) -> str:
    where = f", {fact.population}" if fact.population else ""
    used = "" if fact.used else " [kept for the reader, not counted]"
    return f"{fact.words}{where} [{', '.join(fact.source) or 'expert'}]{used}"


def _facts(head: str, facts: Iterable[Frequency]) -> list[tuple[str, str]]:
    return [(head, _fact(fact)) for fact in facts]


def _general(c: Condition, knowledge: Knowledge) -> list[tuple[str, str]]:
    prior = f"{c.prior.per_100000:g} of 100,000 head CT patients, within a factor {10**c.prior.log10_sd:.1g}"
    source = ", ".join(c.prior.source) or "expert"
    ages = f"most {c.ages.low:g} to {c.ages.high:g}, all {c.ages.earliest:g} to {c.ages.latest:g} years"
    return [
        ("group", knowledge.group_of(c.id).name),
        ("prior", f"{prior}: {c.prior.basis} [{source}]"),
        ("age", f"{ages} ({c.ages.words}) [{', '.join(c.ages.source) or c.ages.trust}]"),
        ("side", c.laterality.replace("_", " ")),
        ("form", ", ".join(c.morphology)),
        *_facts("any calcium on CT", c.calcification),
    ]


def _advice(c: Condition) -> list[tuple[str, str]]:
    told = (
        ("treatment", c.management),
        ("next test", c.next_tests),
        ("not to be done", c.avoid),
        ("family", c.family),
    )
    return [(head, f"{a.text} [{', '.join(a.source) or a.trust}]") for head, rows in told for a in rows]


def _sites(c: Condition) -> list[tuple[str, str]]:
    sites = [row for site, known in c.sites.items() for row in _facts(f"site {site}", known.frequency)]
    return sites + [row for lobe, facts in c.lobes.items() for row in _facts(f"lobe {lobe}", facts)]


def _features(c: Condition) -> list[tuple[str, str]]:
    return [row for f in c.phenotype for row in _facts(f"{f.id} {f.label}", f.frequency)]


def _labs(c: Condition) -> list[tuple[str, str]]:
    return [
        (
            f"labs, {s.name}",
            ", ".join(f"{name} {' or '.join(flags)}" for name, flags in s.results.items())
            + f" ({_fact(s.share)})",
        )
        for s in c.labs
    ]


def _history(c: Condition) -> list[tuple[str, str]]:
    return [row for h in c.history for row in _facts(f"history {h.word}", h.frequency)]


def _genes(c: Condition) -> list[tuple[str, str]]:
    return [
        (f"gene {g.symbol}", f"{'/'.join(g.inheritance)} [{', '.join(g.source or c.omim) or 'expert'}]")
        for g in c.genes
    ]


def _weight_line(row: Mapping[str, Any]) -> str:
    source = ", ".join(row.get("source") or []) or str(row["basis"])
    return f"  x {float(row['likelihood_ratio']):.3g} {row['words']}: {row['frequency']} [{row['basis']}: {source}]"
