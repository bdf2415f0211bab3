"""Check every file of the knowledge base and write the compiled copy that the package loads.

PYTHONPATH=tools python -m build_knowledge [--check]
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from brainsand.read.compiled import COMPILED
from brainsand.read.gather import condition_files, gathered

FOLDER = Path(__file__).parents[2] / "src" / "brainsand" / "knowledge"


def main() -> None:
    """Write it, or with ``--check`` only say whether it is up to date; say what is wrong, file by file."""
    parser = argparse.ArgumentParser(prog="build_knowledge", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the copy is old")
    check = parser.parse_args().check
    wrong = [
        *condition_problems(),
        *group_problems(yaml.safe_load((FOLDER / "groups.yaml").read_text("utf-8"))),
    ]
    if wrong:
        raise SystemExit("\n".join(wrong))
    made, file = packed(), FOLDER / COMPILED
    if check:
        same = file.is_file() and gzip.decompress(file.read_bytes()) == gzip.decompress(made)
        raise SystemExit(0 if same else f"{file.name} is older than the YAML: run make knowledge")
    file.write_bytes(made)
    print(f"{file} {len(made) / 1024:.0f} KiB")


def packed() -> bytes:
    """The gathered knowledge as bytes: the same YAML gives the same bytes."""
    text = json.dumps(gathered(), ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def condition_problems() -> Iterator[str]:
    """What breaks the schema, as ``file: where: what``."""
    schema = json.loads((FOLDER / "condition.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for file in condition_files():
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
        for error in validator.iter_errors(raw):
            yield f"{file.name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        if file.name != f"{raw.get('id')}.yaml":
            yield f"{file.name}: its id is {raw.get('id')!r}; the file must bear the name of its condition"


def group_problems(groups: list[Mapping[str, Any]]) -> Iterator[str]:
    """Conditions that stand in no group, in two, or that the group and the condition disagree about."""
    homes = {
        c.name.removesuffix(".yaml"): yaml.safe_load(c.read_text("utf-8"))["group"] for c in condition_files()
    }
    held = [(member, group["id"]) for group in groups for member in group["members"]]
    for member, group in held:
        if homes.get(member) != group:
            yield f"groups.yaml: {group}: {member} says its group is {homes.get(member)!r}"
    for name in sorted(set(homes) - {member for member, _ in held}):
        yield f"{name}.yaml: stands in no group of groups.yaml"


if __name__ == "__main__":
    main()
