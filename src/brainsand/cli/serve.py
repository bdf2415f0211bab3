"""``brainsand serve``: the application in a browser; its accounts, backup and restore."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from brainsand.cli.command import new_command
from brainsand.errors import UsageError

if TYPE_CHECKING:
    from brainsand.web.options import Options

DESCRIPTION: Final = """\
Open the application: a worklist, a viewer, corrections, and a ranking that
follows. Without further words it listens on this computer alone and needs no
login. To be reached from a network it needs accounts.
"""
EXAMPLE: Final = """\
examples:
  brainsand serve
  brainsand serve --data /srv/brainsand --database postgresql://brainsand@db/brainsand
  brainsand serve add-user ann --role admin
  brainsand serve --accounts --host 0.0.0.0 --name ct.hospital.example --tls cert.pem key.pem
  brainsand serve backup copy.zip
  brainsand serve restore copy.zip --data new_folder
"""
WORDS: Final = ("run", "add-user", "password", "backup", "restore")


def add(commands: Any) -> None:
    """Add the command and its options."""
    own = new_command(
        commands,
        "serve",
        help="the application in a browser",
        description=DESCRIPTION,
        epilog=EXAMPLE,
    )
    own.add_argument("word", metavar="WORD", nargs="?", choices=WORDS, default="run", help=", ".join(WORDS))
    own.add_argument("what", metavar="WHAT", nargs="?", help="the account's name, or the copy's file")
    own.add_argument(
        "--data",
        metavar="FOLDER",
        type=Path,
        default=None,
        help="where everything is kept (default: ~/brainsand)",
    )
    own.add_argument(
        "--database", metavar="URL", help="postgresql://... in place of a file in the data folder"
    )
    own.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    own.add_argument("--port", type=int, default=8765, help="port to listen on (default: %(default)s)")
    own.add_argument(
        "--name", action="append", default=[], help="a host name it answers to; may be given again"
    )
    own.add_argument("--accounts", action="store_true", help="ask for a login")
    own.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="speak https")
    own.add_argument("--behind-https", action="store_true", help="a proxy speaks https before it")
    own.add_argument(
        "--workers", type=int, default=1, metavar="N", help="analyses at once; 0: others work (default: 1)"
    )
    own.add_argument(
        "--role", choices=("reader", "editor", "admin"), default="editor", help="of a new account"
    )
    own.add_argument("--team", default="everybody", help="of a new account: a team sees its own cases")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Do what the word says."""
    _need_packages()
    acts = {
        "run": _serve,
        "add-user": _add_user,
        "password": _password,
        "backup": _backup,
        "restore": _restore,
    }
    if args.word != "run" and not args.what:
        raise UsageError(f"serve {args.word} needs one more word: the account's name, or the copy's file.")
    acts[args.word](args)


def options_of(args: argparse.Namespace, *, accounts: bool | None = None) -> Options:
    """What was typed, as the application has it."""
    from brainsand.web.options import Options

    return Options(
        data=args.data or Path.home() / "brainsand",
        host=args.host,
        port=args.port,
        database=args.database,
        accounts=args.accounts if accounts is None else accounts,
        names=tuple(args.name),
        secure=bool(args.tls or args.behind_https),
        workers=args.workers,
    )


def _serve(args: argparse.Namespace) -> None:
    from brainsand.web.server import serve

    options = options_of(args)
    if not args.quiet:
        kind = "https" if options.secure else "http"
        print(
            f"brainsand at {kind}://{options.host}:{options.port}  (data in {options.data}; Ctrl-C ends it)",
            flush=True,
        )
    with suppress(KeyboardInterrupt):
        serve(options, tls=tuple(args.tls) if args.tls else None)


def _add_user(args: argparse.Namespace) -> None:
    from brainsand.web.accounts import Accounts
    from brainsand.web.folder import DataFolder
    from brainsand.web.store import open_store

    options = options_of(args, accounts=True)
    DataFolder(options.data).made()
    store = open_store(options.database_url)
    try:
        Accounts(store).add(args.what, _asked_password(), role=args.role, team=args.team)
    finally:
        store.close()
    _tell(args, f"{args.what} may log in as {args.role}.")


def _password(args: argparse.Namespace) -> None:
    from brainsand.web.accounts import Accounts
    from brainsand.web.store import open_store

    store = open_store(options_of(args, accounts=True).database_url)
    try:
        Accounts(store).change(args.what, password=_asked_password())
    finally:
        store.close()
    _tell(args, f"{args.what} has a new password, and is logged out everywhere.")


def _backup(args: argparse.Namespace) -> None:
    from brainsand.web.backup import back_up

    told = back_up(options_of(args, accounts=True), Path(args.what))
    _tell(
        args,
        f"{args.what}: {told['web_cases']} cases, {told['web_edits']} corrections, {told['files']} files.",
    )


def _restore(args: argparse.Namespace) -> None:
    from brainsand.web.backup import restore

    told = restore(options_of(args, accounts=True), Path(args.what))
    _tell(
        args, f"Restored {told['web_cases']} cases, {told['web_edits']} corrections, {told['files']} files."
    )


def _asked_password() -> str:
    """Typed by a person, or BRAINSAND_PASSWORD where nobody types."""
    given = os.environ.get("BRAINSAND_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        raise UsageError("Nobody can type a password here: give it in BRAINSAND_PASSWORD.")
    typed = getpass.getpass("Password: ")
    if typed != getpass.getpass("Again: "):
        raise UsageError("The two are not the same.")
    return typed


def _tell(args: argparse.Namespace, words: str) -> None:
    if not args.quiet:
        print(words)


def _need_packages() -> None:
    from importlib.util import find_spec

    missing = [
        name
        for name in ("fastapi", "uvicorn", "sqlalchemy", "alembic", "jinja2", "argon2")
        if not find_spec(name)
    ]
    if missing:
        raise UsageError(f'The application needs {", ".join(missing)}: pip install "brainsand[web]"')
