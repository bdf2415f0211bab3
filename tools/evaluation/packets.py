"""The phenopackets with calcification observed (tier A of ``index.csv``), as the ranking is told of them.

Each is read by the door every user comes through (``read.phenopacket``); its variants and its diagnosis are kept back.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from brainsand.model.knowledge import Knowledge
from brainsand.read.phenopacket import patient_record
from evaluation.case import EvaluationCase


def read_packets(folder: Path, knowledge: Knowledge, *, tiers: str = "A") -> list[EvaluationCase]:
    """The packets of these tiers whose disease is known to the knowledge, and those that are not (no group is true)."""
    rows = csv.DictReader((folder / "index.csv").read_text(encoding="utf-8").splitlines())
    return [_case(folder, row, knowledge) for row in rows if row["tier"] in tiers]


def _case(folder: Path, row: dict[str, str], knowledge: Knowledge) -> EvaluationCase:
    packet = json.loads((folder / row["file"]).read_text(encoding="utf-8"))
    record, _ = patient_record(packet, {})
    record.pop("variants", None)
    found = {
        c.id
        for c in knowledge.conditions.values()
        if row["disease_id"] in c.omim or row["gene"] in {g.symbol for g in c.genes}
    }
    return EvaluationCase(
        id=row["file"].removesuffix(".json"),
        source="phenopacket",
        paper=row["pmid"],
        facts=record,
        groups=frozenset(knowledge.conditions[c].group for c in found),
        conditions=frozenset(found),
        silent=frozenset({row["pmid"]}),
    )
