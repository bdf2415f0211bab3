"""What do variants and the family say?

A variant counts by its ACMG class and by whether its zygosity fits the gene's inheritance; one hit of a recessive gene
is a carrier's, which one person in some hundred is. A gene without a class is a candidate: it lifts its conditions a
little. Likelihood ratios of the classes follow the Bayesian reading of the ACMG rules (Tavtigian 2018,
doi:10.1038/gim.2017.210): pathogenic and likely pathogenic mean a posterior over 0.99 and over 0.90 from a prior of
0.10, that is odds against the prior of about 900 and 80; uncertain lies round 1.

Family: who else is affected, and whether the parents are related, against the inheritance of each condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.observed import Observed
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Ground, Weight
from brainsand.model.knowledge import Condition, Gene, Knowledge

Floats = NDArray[np.float64]

RATIO: Final[Mapping[str | None, float]] = {
    "P": 900.0,
    "LP": 80.0,
    "VUS": 2.0,
    None: 5.0,
    "LB": 0.6,
    "B": 0.3,
}
"""By ACMG class; None is a candidate gene with no class given."""
CARRIER: Final = 0.02
"""Share of a class's weight that one hit of a gene needing two keeps (expert)."""
BENIGN: Final = ("LB", "B")
BIALLELIC: Final = ("homozygous", "compound_heterozygous")
GENERATIONS: Final = frozenset({"parent", "mother", "father", "child", "son", "daughter", "grandparent", "grandchild",
                                "aunt", "uncle", "nephew", "niece"})  # fmt: skip
SIBLINGS: Final = frozenset({"sibling", "brother", "sister", "cousin"})
#: Chance of what the family shows, by how the condition is inherited (expert): an older or younger generation
#: affected; only siblings or cousins affected; related parents.
FAMILY: Final[Mapping[str, tuple[float, float, float]]] = {
    "AD": (0.45, 0.10, 0.02),
    "AR": (0.02, 0.30, 0.35),
    "XL": (0.20, 0.20, 0.02),
    "mitochondrial": (0.35, 0.12, 0.02),
    "none": (0.03, 0.03, 0.02),
}
STATED: Final[Mapping[str, str]] = {
    "autosomal_dominant": "AD", "autosomal_recessive": "AR", "x_linked": "XL", "mitochondrial": "mitochondrial",
}  # fmt: skip


def weigh_heredity(table: Table, seen: Observed) -> list[Weight]:
    """The weights of variants and family, as far as anything is given."""
    found = [_variant(table, gene, rows) for gene, rows in _by_gene(seen.variants).items()]
    found += _family(table, seen.family)
    return [w for w in found if np.abs(w.log_ratio).max() > 1e-9]


def mode_of(gene: Gene) -> str:
    """The first plain mode of inheritance of a gene: AD, AR, XL, mitochondrial, or none."""
    for inheritance in gene.inheritance:
        for mode in ("AD", "AR", "XL", "mitochondrial"):
            if inheritance.upper().startswith(mode.upper()):
                return mode
    return "none"


def modes_of(condition: Condition) -> set[str]:
    """The ways a condition is inherited; ``none`` where no gene is known for it."""
    modes = {
        mode
        for gene in condition.genes
        for inheritance in gene.inheritance
        for mode in ("AD", "AR", "XL", "mitochondrial")
        if inheritance.upper().startswith(mode.upper())
    }
    return modes or {"none"}


def not_inherited(knowledge: Knowledge) -> dict[str, str]:
    """The conditions with genes of which none is inherited, each with the word for what they do (somatic ...)."""
    return {
        c.id: ", ".join(dict.fromkeys(word for gene in c.genes for word in gene.inheritance))
        for c in knowledge.conditions.values()
        if any(gene.inheritance for gene in c.genes) and all(mode_of(gene) == "none" for gene in c.genes)
    }


def fit_of(gene: Gene, rows: Sequence[Mapping[str, Any]]) -> float:
    """Share of its weight that a variant keeps for its zygosity: 1 where it fits, ``CARRIER`` for half a pair.

    A benign variant is no second hit.

    >>> recessive = Gene(symbol="MYORG", inheritance=("AR",), zygosity=("homozygous", "compound_heterozygous"))
    >>> fit_of(recessive, [{"zygosity": "heterozygous"}]), fit_of(recessive, [{"zygosity": "homozygous"}])
    (0.02, 1.0)
    """
    hits = [row for row in rows if row.get("acmg") not in BENIGN] or rows
    zygosities = {row.get("zygosity") for row in hits}
    if zygosities & set(gene.zygosity):
        return 1.0
    if not zygosities - {None, "unknown"}:
        return 0.5
    two_hits = len(hits) >= 2 and zygosities == {"heterozygous"}
    if two_hits and set(BIALLELIC) & set(gene.zygosity):
        return 0.7
    return CARRIER


def _by_gene(variants: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for variant in variants:
        found.setdefault(variant["gene"].upper(), []).append(variant)
    return found


def _variant(table: Table, symbol: str, rows: Sequence[Mapping[str, Any]]) -> Weight:
    ratios = np.array([*(_ratio(c, symbol, rows) for c in table.conditions), 1.0])
    said = "; ".join(filter(None, (_variant_words(row) for row in rows)))
    return Weight(
        about="variant",
        finding=f"variant:{symbol}",
        words=f"{symbol}: {said}" if said else f"{symbol}: candidate gene",
        log_ratio=np.log(ratios),
        ground=partial(_variant_ground, table, symbol),
    )


def _ratio(condition: Condition, symbol: str, rows: Sequence[Mapping[str, Any]]) -> float:
    gene = next((g for g in condition.genes if g.symbol.upper() == symbol), None)
    if gene is None:
        return 1.0
    whole = max(RATIO[row.get("acmg")] for row in rows)
    return 1 + (whole - 1) * fit_of(gene, rows) if whole > 1 else whole


def _variant_words(row: Mapping[str, Any]) -> str:
    parts = (row.get("hgvs"), row.get("zygosity"), row.get("acmg"))
    return ", ".join(str(p).replace("_", " ") for p in parts if p)


def _variant_ground(table: Table, symbol: str, column: int) -> Ground:
    condition = None if column >= len(table.conditions) else table.conditions[column]
    genes = () if condition is None else condition.genes
    gene = next((g for g in genes if g.symbol.upper() == symbol), None)
    if gene is None:
        return Ground(basis="expert", frequency="not a gene of this condition: neutral")
    words = f"gene of this condition, inherited {', '.join(gene.inheritance)}"
    source = (*gene.source, *(condition.omim if condition else ()), "doi:10.1038/gim.2017.210")
    return Ground(basis="published", frequency=words, source=tuple(dict.fromkeys(source)))


def _family(table: Table, family: Mapping[str, Any]) -> list[Weight]:
    relatives = set(family.get("affected_relatives") or ())
    found = []
    if relatives & GENERATIONS:
        found.append(_pedigree(table, 0, "affected: " + ", ".join(sorted(relatives))))
    elif relatives & SIBLINGS:
        found.append(_pedigree(table, 1, "affected: " + ", ".join(sorted(relatives))))
    if family.get("consanguinity"):
        found.append(_pedigree(table, 2, "parents are related"))
    stated = STATED.get(str(family.get("inheritance")))
    if stated:
        found.append(_stated(table, stated))
    return found


def _pedigree(table: Table, row: int, words: str) -> Weight:
    base = FAMILY["none"][row]
    chances = [max(FAMILY[m][row] for m in modes_of(c)) for c in table.conditions]
    return Weight(
        about="family",
        finding=("family:generations", "family:siblings", "family:consanguinity")[row],
        words=words,
        log_ratio=np.log(np.array([*chances, base]) / base) * 0.8,
        ground=partial(_family_ground, table),
    )


def _stated(table: Table, mode: str) -> Weight:
    chances = [0.8 if mode in modes_of(c) else 0.15 for c in table.conditions]
    return Weight(
        about="family",
        finding=f"family:{mode}",
        words=f"inheritance stated: {mode}",
        log_ratio=np.log(np.array([*chances, 0.25]) / 0.25),
        ground=partial(_family_ground, table),
    )


def _family_ground(table: Table, column: int) -> Ground:
    if column >= len(table.conditions):
        return Ground(basis="expert", frequency="any")
    condition = table.conditions[column]
    words = ", ".join(sorted(modes_of(condition))).replace("none", "not inherited as far as known")
    return Ground(basis="expert", frequency=words, source=condition.omim)
