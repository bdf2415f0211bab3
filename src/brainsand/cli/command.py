"""What has every command alike? The options to hear less or more of it, and help as it is written."""

from __future__ import annotations

import argparse
from typing import Any


def new_command(
    commands: Any, name: str, *, help: str, description: str, epilog: str
) -> argparse.ArgumentParser:
    """The parser of a command, to which its own options are then added."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        parents=[_shared()],
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return made


def _shared() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    voice = shared.add_mutually_exclusive_group()
    voice.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    voice.add_argument("-v", "--verbose", action="store_true", help="say what is done, and all of an error")
    return shared
