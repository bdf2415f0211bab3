"""``brainsand explain``: where each weight comes from."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainsand.cli.command import new_command
from brainsand.errors import UsageError

if TYPE_CHECKING:
    from brainsand.model.knowledge import Knowledge

EXAMPLE = """\
examples:
  brainsand explain pfbc_slc20a2
  brainsand explain neurocysticercosis cortex
  brainsand explain result/case.json "globus pallidus"
"""


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "explain",
        help="where each weight of a condition or a ranking comes from",
        description="Trace each weight to its source: all facts of a condition (by id, name, gene or group), or the "
        "weights of a saved case.json or diagnosis.json.",
        epilog=EXAMPLE,
    )
    own.add_argument("what", metavar="CONDITION|FILE", help="a condition, or a case.json or diagnosis.json")
    own.add_argument(
        "finding", metavar="FINDING", nargs="*", help="only what names this: a site, a symptom, an HPO id"
    )
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print it."""
    finding = " ".join(args.finding) or None
    print("\n".join(explained(args.what, finding)))


def explained(what: str, finding: str | None) -> list[str]:
    """The lines of the answer."""
    from brainsand.read.knowledge import load_knowledge
    from brainsand.report.explain import condition_lines, condition_of_words, ranking_lines

    if Path(what).is_file():
        return ranking_lines(_record(Path(what)), finding)
    knowledge = load_knowledge()
    meant = condition_of_words(what, knowledge)
    if not meant:
        near = _nearest(what, knowledge)
        todo = f"Did you mean {near}?" if near else "See: brainsand info --json"
        raise UsageError(f"{what!r} is no condition, gene or group, and no file. {todo}")
    return [line for c in meant for line in (*condition_lines(c, knowledge, finding), "")][:-1]


def _nearest(what: str, knowledge: Knowledge) -> str:
    """The ids and genes that are nearly what was written; empty where none is."""
    import difflib

    known = {name.lower(): name for name in (*knowledge.conditions, *knowledge.groups)}
    known |= {g.symbol.lower(): g.symbol for c in knowledge.conditions.values() for g in c.genes}
    near = difflib.get_close_matches(what.lower(), list(known), n=2, cutoff=0.75)
    return " or ".join(known[name] for name in near)


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise UsageError(f"{path} is no JSON ({fault}). Give a case.json or diagnosis.json.") from fault
    if not isinstance(record, dict) or "differential" not in record:
        raise UsageError(f"{path} holds no differential. Give a case.json or diagnosis.json.")
    return record
