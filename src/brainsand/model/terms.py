"""The Human Phenotype Ontology as the ranking sees it: what a term is called, what lies above it, how much it tells.

HPO's names and relationships stand as released and are never changed; where its calcification terms do not hang
together (cerebellar, dentate, thalamic, pallidal and pineal calcification are no kind of "Intracranial calcification"
there), :class:`SiteTerms` says so beside it.

Information content is ``-log2(share of annotated diseases that have the term or a narrower one)``, in bits (Resnik
1995, IJCAI): 0 for "Phenotypic abnormality", some 13 for a term of one disease only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from brainsand.model.vocabulary import Term

ROOT: Final = "HP:0000001"
ABNORMALITY: Final = "HP:0000118"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTerms:
    """Our overlay: the terms that say calcium at this very site, and those that say so of something wider."""

    site: str
    exact: tuple[str, ...]
    wider: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Obsolete:
    """An id no longer in use: what it was called, what takes its place, what else to consider."""

    name: str
    replaced_by: tuple[str, ...]
    consider: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """All terms of one HPO release, and the overlay of calcification sites.

    Parameters
    ----------
    version : HPO's release date.
    names, parents, synonyms, diseases : by id; ``diseases`` counts annotated diseases with the term or a narrower one.
    alternative : {id merged into another: that other}.
    total_diseases : how many diseases were annotated.
    sites : {site of the contract: its terms}.
    """

    version: str
    names: Mapping[str, str]
    parents: Mapping[str, tuple[str, ...]]
    synonyms: Mapping[str, tuple[str, ...]]
    diseases: Mapping[str, int]
    alternative: Mapping[str, str]
    obsolete: Mapping[str, Obsolete]
    total_diseases: int
    sites: Mapping[str, SiteTerms] = field(default_factory=dict)
    _above: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)

    def get(self, id: str) -> Term | None:
        """The term of an id, also of an alternative or obsolete one (then ``obsolete`` is True); None: no such id."""
        own = self.alternative.get(id, id)
        if own in self.names:
            others = tuple(alt for alt, main in self.alternative.items() if main == own)
            return Term(
                id=own,
                name=self.names[own],
                synonyms=self.synonyms.get(own, ()),
                parents=self.parents[own],
                alternative=others,
            )
        gone = self.obsolete.get(own)
        if gone is None:
            return None
        return Term(id=own, name=gone.name, obsolete=True, replaced_by=gone.replaced_by or gone.consider)

    def current(self, id: str) -> str | None:
        """The id to use for ``id`` today: itself, the term it was merged into, or its one replacement; else None."""
        own = self.alternative.get(id, id)
        if own in self.names:
            return own
        gone = self.obsolete.get(own)
        return self.current(gone.replaced_by[0]) if gone and len(gone.replaced_by) == 1 else None

    def ancestors(self, id: str) -> frozenset[str]:
        """The term and everything above it, up to the root; empty for an id that is not in use."""
        known = self._above.get(id)
        if known is None:
            known = self._above[id] = self._climb(id)
        return known

    def is_a(self, narrow: str, wide: str) -> bool:
        """Whether ``narrow`` is ``wide`` or a kind of it."""
        return wide in self.ancestors(narrow)

    def information_bits(self, id: str) -> float:
        """Information content; a term no disease is annotated with counts as half a disease."""
        return -math.log2(max(self.diseases.get(id, 0), 0.5) / self.total_diseases)

    def common(self, one: str, other: str) -> str | None:
        """The most telling term above both; None where one of them is unknown."""
        shared = self.ancestors(one) & self.ancestors(other)
        return max(shared, key=lambda id: (self.information_bits(id), id), default=None)

    def similarity(self, one: str, other: str) -> float:
        """Lin's similarity, 0 to 1: twice what they share over what both tell (Lin 1998, ICML)."""
        shared = self.common(one, other)
        both = self.information_bits(one) + self.information_bits(other)
        return 0.0 if shared is None or both == 0.0 else 2.0 * self.information_bits(shared) / both

    def broadest_removed(self, ids: Iterable[str]) -> tuple[str, ...]:
        """The ids without those that lie above another of them: seizure goes where focal seizure stands."""
        kept = tuple(dict.fromkeys(ids))
        return tuple(i for i in kept if not any(i != j and i in self.ancestors(j) for j in kept))

    def calcified_sites(self, id: str) -> tuple[str, ...]:
        """The sites that a calcification term names (exact before wider); empty for any other term."""
        exact = tuple(s.site for s in self.sites.values() if id in s.exact)
        return exact or tuple(s.site for s in self.sites.values() if id in s.wider)

    def _climb(self, id: str) -> frozenset[str]:
        seen: set[str] = set()
        waiting = [id] if id in self.names else []
        while waiting:
            term = waiting.pop()
            if term not in seen:
                seen.add(term)
                waiting += self.parents[term]
        return frozenset(seen)
