"""``brainsand terms``: HPO terms for words, for filling in a patient file."""

from __future__ import annotations

import argparse
import json
from typing import Any

from brainsand.cli.command import new_command
from brainsand.errors import UsageError

EXAMPLE = """\
examples:
  brainsand terms "gait unsteadiness"
  brainsand terms calcified basal ganglia --most 3
  brainsand terms HP:0001300 --json
"""


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "terms",
        help="HPO terms for words, for filling in a patient file",
        description="Find terms of the Human Phenotype Ontology by words, synonyms or id. Needs no network.",
        epilog=EXAMPLE,
    )
    own.add_argument(
        "text", nargs="+", metavar="TEXT", help="words in any order, or an id such as HP:0001300"
    )
    own.add_argument("--most", type=int, default=10, metavar="N", help="at most N terms (default: 10)")
    own.add_argument("--json", action="store_true", help="as JSON, for scripts")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Search and print."""
    if args.most < 1:
        raise UsageError(f"--most {args.most}: at least 1 is needed.")
    found = found_terms(" ".join(args.text), most=args.most)
    if args.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return
    if not found["terms"]:
        print("no term has these words; try fewer or other English ones")
    for row in found["terms"]:
        also = f"  (found by: {row['matched']})" if row["matched"] not in (row["name"], row["id"]) else ""
        obsolete = (
            "  obsolete" + (f", use {', '.join(row['use'])}" if row["use"] else "") if row["obsolete"] else ""
        )
        print(f"{row['id']}  {row['name']}{also}{obsolete}")
    if not args.quiet:
        print(found["source"])


def found_terms(text: str, *, most: int) -> dict[str, Any]:
    """What ``terms --json`` prints: the query, the terms found, HPO's version and acknowledgement."""
    from brainsand.read.compiled import ACKNOWLEDGEMENT
    from brainsand.read.search import index_of, search
    from brainsand.read.terms import load_terms

    terms = load_terms()
    hits = search(index_of(terms), text, most=most)
    return {
        "schema": "brainsand.terms/1",
        "query": text,
        "hpo_version": terms.version,
        "source": ACKNOWLEDGEMENT.format(version=terms.version),
        "terms": [
            {
                "id": hit.term.id,
                "name": hit.term.name,
                "score": hit.score,
                "matched": hit.matched,
                "synonyms": list(hit.term.synonyms),
                "parents": list(hit.term.parents),
                "obsolete": hit.term.obsolete,
                "use": list(hit.term.replaced_by),
            }
            for hit in hits
        ],
    }
