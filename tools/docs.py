"""Write docs/reference/cli.md from the commands' own ``--help`` and codes.md from ``model/codes.py``, so that the pages
cannot say anything else.

python tools/docs.py
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
PAGE = REFERENCE / "cli.md"
CODES_PAGE = REFERENCE / "codes.md"
HEAD = """\
# The command line

Written by `make docs` from `--help`; change it there. Exit codes: 0 done, 1 a fault of brainsand,
2 wrong usage, 3 the input was refused or the results could not be written.
"""


CODES_HEAD = """\
# The codes

Written by `make docs` from `src/brainsand/model/codes.py`; change it there. These are the codes that brainsand's DICOM
objects and FHIR resources use. Where SNOMED CT (SCT), DICOM (DCM), LOINC (LN) or UBERON says the same, its code is
used; elsewhere one of our own scheme.

## Our own scheme

`{designator}`, "{name}", UID `{uid}`, in FHIR `{uri}`. A number keeps its meaning for ever; numbers of what is given
up are not used again.

| code | meaning |
|---|---|
"""
SITES_HEAD = """\

## Sites

The *region* is the narrowest public code that holds the site, for readers who do not know our scheme; the *site* is
exact. A SEG writes the region as Anatomic Region and, where the two differ, the site as Primary Anatomic Structure; an
SR and FHIR write both. Sides are modifiers: {sides}. Lobes, where one is known: {lobes}.

| site | region | site, exactly |
|---|---|---|
"""


def main() -> None:
    """Write the pages and say where."""
    os.environ["COLUMNS"] = "80"  # argparse wraps at the terminal's width
    os.environ["NO_COLOR"] = "1"
    from brainsand.cli.main import parser

    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join([HEAD, *(section(p) for p in parsers(parser()))]), encoding="utf-8")
    print(PAGE)
    CODES_PAGE.write_text(codes_page(), encoding="utf-8")
    print(CODES_PAGE)


def codes_page() -> str:
    """The page of the codes."""
    from brainsand.model import codes
    from brainsand.model.sites import SITES

    def said(code: codes.Code) -> str:
        return f"{code.meaning} ({code.value}, {code.scheme})"

    own = codes.SCHEMES[codes.OWN]
    head = CODES_HEAD.format(designator=own.designator, name=own.name, uid=own.uid, uri=own.uri)
    rows = [f"| {code.value} | {code.meaning} |" for code in codes.own_codes()]
    sides = ", ".join(map(said, codes.SIDES.values()))
    lobes = ", ".join(map(said, codes.LOBES.values()))
    places = []
    for site in SITES:
        forms = {
            (codes.region_code(site, side), codes.site_code(site, side)): side for side in ("midline", "left")
        }
        for (region, exact), side in sorted(forms.items(), key=lambda item: item[1]):
            name = f"`{site}`" + (", midline" if len(forms) > 1 and side == "midline" else "")
            places.append(f"| {name} | {said(region)} | {said(exact)} |")
    return (
        head + "\n".join(rows) + "\n" + SITES_HEAD.format(sides=sides, lobes=lobes) + "\n".join(places) + "\n"
    )


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
