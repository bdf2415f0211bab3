"""The peer: similarity of sets of HPO terms (hpo3), on the same patients, with the same facts and papers left out.

Each condition is the set of terms the knowledge has for it (calcium terms included); each patient is the set of his
observed terms, and of the HPO terms that say his findings. The group is as similar as its most similar member.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np

from brainsand.model.frequency import estimate
from brainsand.model.knowledge import Condition
from brainsand.model.terms import Terms
from evaluation.case import EvaluationCase
from evaluation.ranked import Ranker, outcome_of
from evaluation.score import Outcome

METHODS: Final = (
    ("graphic", "funSimAvg"), ("resnik", "funSimAvg"), ("resnik", "BMA"), ("lin", "BMA"), ("jc", "BMA"), ("ic", "BMA"),
)  # fmt: skip


class Peer:
    """Set similarity by one method of hpo3."""

    built = False

    def __init__(self, ranker: Ranker, method: str, combine: str) -> None:
        from pyhpo import HPOSet, Ontology

        if not Peer.built:
            Ontology()
            Peer.built = True
        self._known = {term.id for term in Ontology}
        self._set, self.ranker, self.method, self.combine = HPOSet, ranker, method, combine

    def outcome(self, case: EvaluationCase, subset: str) -> Outcome:
        """One case ranked by similarity; ties share no rank (order of the knowledge decides)."""
        table = self.ranker.table(self.ranker.speaking(case.silent))
        mine = self._of(patient_terms(case.told(subset), self.ranker.terms))
        scores = np.array([*(self._likeness(mine, c, case.silent) for c in table.conditions), 0.0])
        groups = np.zeros(len(table.group_ids))
        np.maximum.at(groups, table.group_of, scores)
        return outcome_of(case, table, groups, scores)

    def _likeness(self, mine: Any, condition: Condition, silent: Collection[str]) -> float:
        theirs = self._of(condition_terms(condition, silent))
        if not len(mine) or not len(theirs):
            return 0.0
        return float(mine.similarity(theirs, kind="omim", method=self.method, combine=self.combine))

    def _of(self, terms: Collection[str]) -> Any:
        return self._set.from_queries(sorted(t for t in terms if t in self._known))


def condition_terms(condition: Condition, silent: Collection[str]) -> set[str]:
    """The terms the knowledge has for a condition once the silent sources are gone, calcium terms among them."""
    return {f.id for f in condition.phenotype if estimate(f.frequency, leave_out=silent) is not None}


def patient_terms(told: dict[str, Any], terms: Terms) -> set[str]:
    """The observed terms, and one for each calcified site."""
    found = {t["id"] for t in told.get("phenotype", []) if not t.get("excluded")}
    for finding in told.get("findings", []):
        if not finding.get("absent"):
            found.add(term_of_site(finding["site"], terms))
    return found


def term_of_site(site: str, terms: Terms) -> str:
    """The most special term there is for a site."""
    if site == "basal_ganglia":
        return "HP:0002135"
    known = terms.sites.get(site)
    return (*known.exact, *known.wider)[0] if known else "HP:0430048"


def run_peer(
    ranker: Ranker, cases: Sequence[EvaluationCase], subset: str, method: str, combine: str
) -> list[Outcome]:
    """All cases by one method."""
    peer = Peer(ranker, method, combine)
    return [peer.outcome(case, subset) for case in cases]
