"""The ranking, run over published patients: by ours, and by set similarity of HPO terms (hpo3) as the peer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.dials import Dials
from brainsand.interpret.patient import observe
from brainsand.interpret.rank import Ranking, rank
from brainsand.interpret.table import OTHER, Table, make_table
from brainsand.model.knowledge import Knowledge
from brainsand.model.terms import Terms
from brainsand.read.patient import patient_of
from evaluation.case import EvaluationCase
from evaluation.score import Outcome, brier_of

Floats = NDArray[np.float64]
Facts = Mapping[str, Any]
Change = Callable[[dict[str, Any]], dict[str, Any]]


class Ranker:
    """Ranks cases with the paper that described each left out; a table is made once for each set of papers."""

    def __init__(self, knowledge: Knowledge, terms: Terms, dials: Dials) -> None:
        self.knowledge, self.terms, self.dials = knowledge, terms, dials
        self._tables: dict[frozenset[str], Table] = {}

    def table(self, silent: frozenset[str]) -> Table:
        """The table with these sources silent."""
        if silent not in self._tables:
            self._tables[silent] = make_table(self.knowledge, self.terms, self.dials, leave_out=silent)
        return self._tables[silent]

    def ranking(self, case: EvaluationCase, subset: str, change: Change | None = None) -> Ranking:
        """One case ranked with what the subset allows, its facts changed where asked."""
        told = case.told(subset)
        patient, _ = patient_of(change(told) if change else told)
        table = self.table(self.speaking(case.silent))
        seen, panel = observe(patient, self.knowledge, self.terms, self.dials)
        return rank(table, seen, self.dials, lab_words=panel.words)

    def outcome(self, case: EvaluationCase, subset: str, change: Change | None = None) -> Outcome:
        """Where the truth of one case stands."""
        result = self.ranking(case, subset, change)
        return outcome_of(case, result.table, result.groups, result.posterior)

    def speaking(self, silent: frozenset[str]) -> frozenset[str]:
        """Only those sources that the knowledge leans on at all, so that tables are shared."""
        return frozenset(s for s in silent if s in self.sources)

    @property
    def sources(self) -> frozenset[str]:
        """Every source behind a frequency."""
        if not hasattr(self, "_sources"):
            self._sources = frozenset(
                s
                for c in self.knowledge.conditions.values()
                for f in (
                    *c.calcification,
                    *(f for site in c.sites.values() for f in site.frequency),
                    *(f for feature in c.phenotype for f in feature.frequency),
                )
                for s in f.source
            )
        return self._sources


def outcome_of(case: EvaluationCase, table: Table, groups: Floats, posterior: Floats) -> Outcome:
    """Where the truth stands in a ranking of groups and of conditions."""
    knowledge = table.knowledge
    right = [table.group_ids.index(g) for g in case.groups]
    order = list(np.argsort(-groups, kind="stable"))
    columns = [table.ids.index(c) for c in case.conditions]
    by_condition = list(np.argsort(-posterior, kind="stable"))
    first = table.group_ids[order[0]]
    return Outcome(
        case=case.id,
        paper=case.paper,
        group_rank=min((order.index(i) + 1 for i in right), default=None),
        condition_rank=min((by_condition.index(c) + 1 for c in columns), default=None),
        first_group=first,
        first_chance=float(groups[order[0]]),
        true_chance=float(groups[right].sum()),
        brier=brier_of(groups, right),
        treatable=any(
            knowledge.groups[g].treatable in ("yes", "preventable") for g in case.groups if g != OTHER
        ),
        true_groups=tuple(sorted(case.groups)),
    )


def run(
    ranker: Ranker, cases: Sequence[EvaluationCase], subset: str, change: Change | None = None
) -> list[Outcome]:
    """All cases, ranked with what the subset allows."""
    return [ranker.outcome(case, subset, change) for case in cases]
