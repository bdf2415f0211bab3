"""Write docs/reference/cli.md from the commands' own ``--help``, so that the page cannot say anything else.

python tools/docs.py
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "cli.md"
HEAD = """\
# The command line

Written by `make docs` from `--help`; change it there. Exit codes: 0 done, 1 a fault of brainsand,
2 wrong usage, 3 the input was refused or the results could not be written.
"""


def main() -> None:
    """Write the page and say where."""
    os.environ["COLUMNS"] = "80"  # argparse wraps at the terminal's width
    os.environ["NO_COLOR"] = "1"
    from brainsand.cli.main import parser

    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join([HEAD, *(section(p) for p in parsers(parser()))]), encoding="utf-8")
    print(PAGE)


def parsers(top: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The command itself, its commands and theirs, in the order of the help."""
    choices = [a.choices for a in top._actions if isinstance(a, argparse._SubParsersAction)]
    return [
        top,
        *(deeper for commands in choices for parser in commands.values() for deeper in parsers(parser)),
    ]


def section(parser: argparse.ArgumentParser) -> str:
    """One command's heading and help."""
    return f"## {parser.prog}\n\n```text\n{parser.format_help()}```\n"


if __name__ == "__main__":
    main()
