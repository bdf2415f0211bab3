"""Which words may be typed? Symptoms by HPO's names and synonyms, analytes with their units, history, genes, sites."""

from __future__ import annotations

import threading
from functools import cache, cached_property
from typing import Any

from brainsand.model.sites import SIDES, SITES
from brainsand.read import vocabulary
from brainsand.web.edits import KINDS


class Lookup:
    """Made at the first question, or by ``warm``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def terms(self, text: str, *, most: int) -> list[dict[str, Any]]:
        """Symptoms that fit the words, best first."""
        from brainsand.read.search import search

        if len(text.strip()) < 2:
            return []
        with self._lock:
            index = _index()
        hits = search(index, text, most=most)
        return [{"id": h.term.id, "name": h.term.name, "matched": h.matched, "score": h.score} for h in hits]

    @cached_property
    def words(self) -> dict[str, Any]:
        """Every list a form is filled from."""
        from brainsand.read.knowledge import load_knowledge

        known = load_knowledge()
        genes = sorted({g.symbol for c in known.conditions.values() for g in c.genes})
        return {
            "sites": list(SITES),
            "sides": list(SIDES),
            "kinds": list(KINDS),
            "analytes": [
                {"id": a.id, "name": a.name, "kind": a.kind, "unit": a.unit, "units": _units(a)}
                for a in sorted(known.analytes.values(), key=lambda a: a.name)
            ],
            "flags": list(vocabulary.LAB_FLAGS),
            "history": [
                {"id": w.id, "name": w.name} for w in sorted(known.history.values(), key=lambda w: w.name)
            ],
            "relatives": list(vocabulary.RELATIVES),
            "inheritance": list(vocabulary.INHERITANCE),
            "genes": genes,
            "zygosities": list(vocabulary.ZYGOSITIES),
            "acmg": list(vocabulary.ACMG),
        }


@cache
def _index() -> Any:
    from brainsand.read.search import index_of
    from brainsand.read.terms import load_terms

    return index_of(load_terms())


def _units(analyte: Any) -> list[str]:
    return list(dict.fromkeys([analyte.unit, *analyte.units])) if analyte.kind == "number" else []
