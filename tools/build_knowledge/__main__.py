"""Check every file of the knowledge base and write the compiled copy that the package loads.

PYTHONPATH=tools python -m build_knowledge [--check]
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

from brainsand.read.compiled import COMPILED
from brainsand.read.gather import gathered

FOLDER = Path(__file__).parents[2] / "src" / "brainsand" / "knowledge"


def packed() -> bytes:
    """The gathered knowledge as bytes: the same YAML gives the same bytes."""
    text = json.dumps(gathered(), ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def main() -> None:
    """Write it, or with ``--check`` only say whether it is up to date."""
    parser = argparse.ArgumentParser(prog="build_knowledge", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the copy is old")
    made, file = packed(), FOLDER / COMPILED
    if parser.parse_args().check:
        same = file.is_file() and gzip.decompress(file.read_bytes()) == gzip.decompress(made)
        raise SystemExit(0 if same else f"{file.name} is older than the YAML: run build_knowledge")
    file.write_bytes(made)
    print(f"{file} {len(made) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
