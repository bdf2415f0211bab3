"""Result files that PhEval can read: one table a patient, diseases and genes by score.

PhEval (Bridges 2025) takes ``pheval_disease_results/NAME-disease_result.tsv`` with rank, score, disease_name and
disease_identifier, and ``pheval_gene_results/NAME-gene_result.tsv`` with rank, score, gene_symbol, gene_identifier.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from brainsand.interpret.rank import Ranking


def write_results(folder: Path, name: str, ranking: Ranking) -> None:
    """The two tables of one patient."""
    _write(
        folder / "pheval_disease_results" / f"{name}-disease_result.tsv",
        ("rank", "score", "disease_name", "disease_identifier"),
        _diseases(ranking),
    )
    _write(
        folder / "pheval_gene_results" / f"{name}-gene_result.tsv",
        ("rank", "score", "gene_symbol", "gene_identifier"),
        _genes(ranking),
    )


def _diseases(ranking: Ranking) -> list[tuple[float, str, str]]:
    return [
        (float(ranking.posterior[column]), condition.name, omim)
        for column, condition in enumerate(ranking.table.conditions)
        for omim in condition.omim
    ]


def _genes(ranking: Ranking) -> list[tuple[float, str, str]]:
    best: dict[str, float] = {}
    for column, condition in enumerate(ranking.table.conditions):
        for gene in condition.genes:
            best[gene.symbol] = max(best.get(gene.symbol, 0.0), float(ranking.posterior[column]))
    return [(score, symbol, symbol) for symbol, score in best.items()]


def _write(path: Path, head: tuple[str, ...], rows: Iterable[tuple[float, str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: (-row[0], row[2]))
    lines = ["\t".join(head)]
    lines += [f"{n}\t{score:.6g}\t{name}\t{key}" for n, (score, name, key) in enumerate(ordered, start=1)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
