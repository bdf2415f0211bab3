"""``brainsand listen``: the DICOM node."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from brainsand.cli.command import new_command
from brainsand.errors import UsageError

if TYPE_CHECKING:
    from brainsand.node.options import NodeOptions

DESCRIPTION = """\
Wait for scans from scanners and archives (C-STORE, or DICOMweb), analyze the
head CTs among them and send the results back as DICOM objects. Whatever was
confirmed to its sender lies on the disk; kill it and start it again, and it
goes on where it was. Options may stand in a YAML file (--config); what is
typed counts more.
"""
EXAMPLE = """\
examples:
  brainsand listen --state node --allow ORTHANC --send-to ORTHANC@127.0.0.1:4242
  brainsand listen --config node.yaml
  brainsand listen --state node --dicomweb http://127.0.0.1:8042/dicom-web
"""
_PLAIN: Final = ("state", "ae_title", "host", "port", "quiet_s", "patience_s", "workers", "health_port")


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "listen",
        help="receive scans over the network and send results back",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    own.add_argument("--config", metavar="FILE", type=Path, help="options in YAML (docs/how-to/pacs.md)")
    own.add_argument("--state", metavar="FOLDER", help="where objects, queue, results and audit lie")
    own.add_argument("--ae-title", metavar="TITLE", help="our own title (default: BRAINSAND)")
    own.add_argument("--host", metavar="ADDRESS", help="the address to listen at (default: 127.0.0.1)")
    own.add_argument("--port", metavar="N", type=int, help="the DICOM port (default: 11112)")
    own.add_argument(
        "--allow",
        metavar="TITLE",
        action="append",
        help="who may call: AE title, TITLE@ADDRESS, or '*'; may be repeated",
    )
    own.add_argument(
        "--send-to",
        metavar="TITLE@HOST:PORT",
        action="append",
        type=peer_words,
        help="where results go; may be repeated",
    )
    own.add_argument("--also", metavar="FORMAT,...", help="what to write (default: seg,sr,pdf)")
    own.add_argument(
        "--quiet-s", metavar="S", type=float, help="a study is whole when quiet for so long (default: 30)"
    )
    own.add_argument(
        "--patience-s",
        metavar="S",
        type=float,
        help="how much longer to wait for announced images that do not come (default: 300)",
    )
    own.add_argument("--workers", metavar="N", type=int, help="analyses at once (default: 1)")
    own.add_argument("--health-port", metavar="N", type=int, help="port of the health page (default: 11180)")
    own.add_argument("--dicomweb", metavar="URL", help="a DICOMweb server to take scans from and answer to")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Work until stopped."""
    import logging
    import signal
    import threading

    options = options_of(args)
    level = logging.ERROR if args.quiet else logging.DEBUG if args.verbose else logging.INFO
    # Only our own words are sure to name nobody; of other libraries no more than warnings.
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("brainsand").setLevel(level)
    from brainsand.node.node import Node

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with Node(options) as node:
        print(
            f"{options.ae_title} listens at {options.host}:{node.port}; "
            f"health at http://{options.health_host}:{node.health_port}/health",
            flush=True,
        )
        while not over.wait(1.0):
            pass


def options_of(args: argparse.Namespace) -> NodeOptions:
    """What was typed, over what the file says."""
    _need_extra()
    from brainsand.node.options import node_options, read_node_options

    typed: dict[str, Any] = {name: value for name in _PLAIN if (value := getattr(args, name)) is not None}
    if args.allow:
        typed["allow"] = args.allow
    if args.also:
        typed["formats"] = [word.strip() for word in args.also.split(",") if word.strip()]
    if args.send_to:
        typed["peers"] = {peer["ae_title"]: peer for peer in args.send_to}
        typed["send_to"] = [peer["ae_title"] for peer in args.send_to]
    if args.dicomweb:
        typed["dicomweb"] = {"url": args.dicomweb}
    return read_node_options(args.config, typed) if args.config else node_options(typed)


def peer_words(text: str) -> dict[str, Any]:
    """A peer typed by a person.

    >>> peer_words("PACS@10.0.0.7:104")
    {'ae_title': 'PACS', 'host': '10.0.0.7', 'port': 104}
    """
    title, _, place = text.partition("@")
    host, _, port = place.rpartition(":")
    if not title or not host or not port.isdigit():
        raise argparse.ArgumentTypeError(
            f"{text!r} is no peer: give TITLE@HOST:PORT, as in PACS@10.0.0.7:104"
        )
    return {"ae_title": title, "host": host.strip("[]"), "port": int(port)}


def _need_extra() -> None:
    from importlib.util import find_spec

    lacking = [name for name in ("pynetdicom", "dicomweb_client") if find_spec(name) is None]
    if lacking:
        raise UsageError(
            f"brainsand listen needs {' and '.join(lacking)}, which is not installed. "
            "Install it with: pip install 'brainsand[node]'"
        )
