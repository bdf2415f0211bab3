"""``make evaluate``: rank the published patients, print the tables, and write them into the docs when asked.

python -m evaluation --evidence ../shared/evidence [--patients FILE_OR_FOLDER] [--write docs] [--pheval OUT] [--peers]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from brainsand.interpret.dials import Dials
from brainsand.read.knowledge import load_knowledge
from brainsand.read.terms import load_terms
from evaluation import tables
from evaluation.case import SUBSETS, EvaluationCase
from evaluation.packets import read_packets
from evaluation.perturb import perturbations
from evaluation.pheval import write_results
from evaluation.published import files_of, read_published
from evaluation.ranked import Ranker, run
from evaluation.score import Outcome

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
ALL = list(SUBSETS)[-1]
PATIENTS = Path(__file__).parent / "patients"


def main() -> None:
    """Read the patients, rank them, print and write."""
    args = _arguments()
    knowledge, terms = load_knowledge(), load_terms()
    ranker = Ranker(knowledge, terms, Dials())
    published = read_published(args.evidence / "published_cases.yaml", knowledge)
    packets = read_packets(args.evidence / "phenopackets", knowledge)
    by_subset = {subset: run(ranker, published, subset) for subset in SUBSETS}
    silent = [c for c in read_packets(args.evidence / "phenopackets", knowledge, tiers="C") if c.groups]
    others = {file.stem: read_published(file, knowledge) for file in files_of(args.patients)}
    parts = [
        _published(by_subset),
        _others({name: {s: run(ranker, cases, s) for s in SUBSETS} for name, cases in others.items()}),
        _packets("Phenopackets with calcification observed, by group", ranker, packets, peers=args.peers),
        _packets("Phenopackets that do not record calcification, by group", ranker, silent, peers=args.peers),
        _perturbed(ranker, [*published, *packets]),
    ]
    text = "\n\n".join(parts)
    print(text)
    if args.write:
        _write(args.write, text, by_subset[ALL])
    if args.pheval:
        for case in packets:
            write_results(args.pheval, case.id, ranker.ranking(case, ALL))


def _arguments() -> argparse.Namespace:
    own = argparse.ArgumentParser(description=__doc__)
    own.add_argument("--evidence", type=Path, default=Path("../shared/evidence"))
    own.add_argument(
        "--patients", type=Path, default=PATIENTS, help="other published patients: a file or a folder"
    )
    own.add_argument("--write", type=Path, help="the docs folder; its evaluation page is brought up to date")
    own.add_argument("--pheval", type=Path, help="write PhEval result files here")
    own.add_argument("--peers", action="store_true", help="also rank by set similarity (needs hpo3)")
    return own.parse_args()


def _published(by_subset: dict[str, list[Outcome]]) -> str:
    whole = by_subset[ALL]
    treatable = [o for o in whole if o.treatable]
    low = [o for o in treatable if o.group_rank is None or o.group_rank > 5]
    return "\n\n".join(
        [
            "### Published cases, by group",
            tables.top_table(by_subset),
            "### Published cases, by condition",
            tables.top_table({ALL: whole}, of="condition_rank"),
            "### Calibration (all facts)",
            tables.reliability_table(whole),
            "### By true group (all facts)",
            tables.group_table(whole),
            f"Treatable truths below rank 5: {len(low)} of {len(treatable)}"
            + (f" ({', '.join(o.case for o in low)})." if low else "."),
            "### Truth below rank 3 (all facts)",
            tables.worst_table(whole),
        ]
    )


def _others(by_file: dict[str, dict[str, list[Outcome]]]) -> str:
    whole = [outcome for by_subset in by_file.values() for outcome in by_subset[ALL]]
    parts = [
        part
        for name, by_subset in by_file.items()
        for part in (f"### Other published patients ({name}), by group", tables.top_table(by_subset))
    ]
    return "\n\n".join(
        [
            *parts,
            "### Other published patients: calibration (all facts)",
            tables.reliability_table(whole),
            "### Other published patients, by true group (all facts)",
            tables.group_table(whole),
            "### Other published patients: truth below rank 3 (all facts)",
            tables.worst_table(whole),
        ]
    )


def _packets(title: str, ranker: Ranker, packets: Sequence[EvaluationCase], *, peers: bool) -> str:
    rows = {"brainsand": run(ranker, packets, ALL)}
    if peers:
        from evaluation.peers import METHODS, run_peer

        rows |= {f"hpo3 {m}, {c}": run_peer(ranker, packets, ALL, m, c) for m, c in METHODS}
    return "\n\n".join(
        [
            f"### {title}",
            tables.peer_table(rows),
            tables.top_table({"brainsand": rows["brainsand"]}),
        ]
    )


def _perturbed(ranker: Ranker, cases: Sequence[EvaluationCase]) -> str:
    rows = {name: run(ranker, cases, ALL, change) for name, change in perturbations(ranker.terms).items()}
    return "\n\n".join(["### Told differently (published cases and phenopackets)", tables.top_table(rows)])


def _write(docs: Path, text: str, whole: Sequence[Outcome]) -> None:
    page = docs / "methods" / "evaluation.md"
    before = page.read_text(encoding="utf-8")
    head, rest = before.split(BEGIN)
    page.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")
    (page.parent / "evaluation-reliability.svg").write_text(tables.reliability_svg(whole), encoding="utf-8")


if __name__ == "__main__":
    main()
