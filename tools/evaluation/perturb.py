"""Does the ranking hold when a patient is told a little differently? Facts dropped, added, and said more vaguely."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from brainsand.model.terms import Terms

Facts = dict[str, Any]
Change = Callable[[Facts], Facts]

#: Complaints of anybody, of which neither the conditions nor the base rates were written with these patients in mind:
#: acne, dry skin, hyperhidrosis, varicose veins, otitis media, sinusitis, umbilical hernia, snoring, nail dystrophy.
UNRELATED = (
    "HP:0001061", "HP:0000958", "HP:0000975", "HP:0002619", "HP:0000388", "HP:0000246", "HP:0001537", "HP:0025267",
    "HP:0008404",
)  # fmt: skip


def perturbations(terms: Terms) -> Mapping[str, Change]:
    """Changes by name; each draws the same way for the same patient."""
    return {
        "as told": lambda facts: facts,
        "one fact in four dropped": _dropped,
        "three unrelated symptoms added": _added,
        "symptoms said more vaguely (parent terms)": lambda facts: _vaguer(facts, terms),
        "age unknown": lambda facts: {k: v for k, v in facts.items() if k != "age_years"},
    }


def _rng(facts: Facts) -> random.Random:
    return random.Random(repr(sorted(facts.items(), key=lambda item: item[0])))


def _dropped(facts: Facts) -> Facts:
    rng = _rng(facts)
    kept = dict(facts)
    for name in ("findings", "phenotype", "labs", "history"):
        rows = list(kept.get(name) or [])
        if len(rows) > 1:
            kept[name] = [row for row in rows if rng.random() >= 0.25] or rows[:1]
    return kept


def _added(facts: Facts) -> Facts:
    told = {t["id"] for t in facts.get("phenotype") or []}
    more = [{"id": t} for t in _rng(facts).sample(UNRELATED, 3) if t not in told]
    return {**facts, "phenotype": [*(facts.get("phenotype") or []), *more]}


def _vaguer(facts: Facts, terms: Terms) -> Facts:
    rng = _rng(facts)
    rows, told = [], set()
    for term in facts.get("phenotype") or []:
        parents = terms.parents.get(term["id"], ())
        name = rng.choice(sorted(parents)) if parents and not term.get("excluded") else term["id"]
        if name not in told and not terms.calcified_sites(term["id"]):
            rows.append({**{k: v for k, v in term.items() if k != "label"}, "id": name})
        elif terms.calcified_sites(term["id"]):
            rows.append(term)
        told.add(name)
    return {**facts, "phenotype": rows}
