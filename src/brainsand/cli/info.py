"""``brainsand info``: what this installation is and can do, without loading anything heavy."""

from __future__ import annotations

import argparse
import json
from typing import Any

from brainsand import __version__
from brainsand.cli.command import new_command

EXAMPLE = """\
examples:
  brainsand info
  brainsand info --json
"""


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "info",
        help="version, formats, sites and knowledge of this installation",
        description="Say the version, the formats, the sites and the knowledge of this installation.",
        epilog=EXAMPLE,
    )
    own.add_argument("--json", action="store_true", help="as JSON, for scripts")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print it."""
    facts = info()
    if args.json:
        print(json.dumps(facts, indent=1))
        return
    print(f"brainsand {facts['version']} (knowledge {facts['knowledge_version']})")
    for heading, names in facts["formats"].items():
        print(f"{heading}: {', '.join(names) or 'none yet'}")
    print(f"sites: {', '.join(facts['sites'])}")
    print(f"conditions: {len(facts['conditions'])} in {len(facts['groups'])} groups; --json lists them")
    print(facts["hpo"]["acknowledgement"])


def info() -> dict[str, Any]:
    """The facts, as ``info --json`` gives them."""
    from brainsand.exports import FORMATS
    from brainsand.model.sites import LOBES, SIDES, SITES
    from brainsand.read.compiled import ACKNOWLEDGEMENT, plain_knowledge
    from brainsand.save import RESULTS

    known = plain_knowledge()
    hpo = known["hpo_version"]
    return {
        "schema": "brainsand.info/1",
        "name": "brainsand",
        "version": __version__,
        "knowledge_version": known["version"],
        "hpo": {"version": hpo, "acknowledgement": ACKNOWLEDGEMENT.format(version=hpo)},
        "formats": {
            "read": ["DICOM folder", "DICOM file", "zip of DICOM", ".nii", ".nii.gz"],
            "write": list(RESULTS),
            "also": list(FORMATS),
        },
        "sites": list(SITES),
        "sides": list(SIDES),
        "lobes": list(LOBES),
        "conditions": [{"id": c["id"], "name": c["name"], "group": c["group"]} for c in known["conditions"]],
        "groups": [{"id": g["id"], "name": g["name"], "members": g["members"]} for g in known["groups"]],
    }
