"""The command ``brainsand``: which words may be typed, and what each ending means to a script.

Exit codes: 0 done, 1 a fault of ours, 2 wrong usage, 3 the input was refused or the results could not be
written, 4 a cohort finished with failures. Only the standard library is loaded before a command runs,
so ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import Final, TextIO

from brainsand import __version__
from brainsand.cli import (
    analyze,
    cohort,
    compare,
    demo,
    diagnose,
    explain,
    info,
    jobs,
    listen,
    phantom,
    revise,
    serve,
    terms,
)
from brainsand.errors import BrainsandError, InputRefused, OutputError, QueueError, UsageError, unsaid

DONE: Final = 0
FAULT: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
INTERRUPTED: Final = 130

COMMANDS: Final = (
    demo, analyze, compare, diagnose, explain, terms, phantom, cohort, info, jobs, listen, serve,
    revise,
)  # fmt: skip
"""One module a command, each with ``add(commands)``; a command stands here when it is built."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (``sys.argv`` when ``argv`` is None) and give the exit code."""
    _soften(sys.stdout, sys.stderr)
    args = parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            _hush(verbose=args.verbose)
            _end_cleanly_on_terminate()
            code = args.run(args)
    except KeyboardInterrupt:
        return _say("interrupted; no results were written", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read along (head, less) has seen enough; what was to be written is written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except UsageError as error:
        said = unsaid(str(error)) if getattr(args, "deidentify", False) else error
        return _say(f"{said}\nbrainsand {args.command} --help shows how it is used.", USAGE)
    except InputRefused as refusal:
        return _say(f"refused: {refusal}", REFUSED)
    except (OutputError, QueueError) as error:
        return _say(str(error), REFUSED)
    except Exception as fault:
        return _say(fault_words(fault, verbose=args.verbose), FAULT)
    return DONE if code is None else int(code)


def parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    top = argparse.ArgumentParser(
        prog="brainsand",
        description="Finds, places, measures and explains calcium in the brain on head CT. "
        "For research and decision support; not a medical device.",
        epilog="example: brainsand analyze scan_folder -o result",
    )
    top.add_argument("--version", action="version", version=f"brainsand {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return top


def fault_words(fault: Exception, *, verbose: bool) -> str:
    """A short account of a fault of ours; the way to it when ``verbose``. What its message quotes is left out.

    >>> print(fault_words(ValueError("no such thing"), verbose=False))
    a fault in brainsand itself: ValueError: no such thing
    No results were written. Please report it with what --verbose adds.
    """
    import traceback

    # What a message quotes may be a value of a header or the name of a file: a name of a person.
    said = f"{type(fault).__name__}: {unsaid(str(fault))}"
    if verbose and not isinstance(fault, BrainsandError):
        lines = "".join(traceback.format_tb(fault.__traceback__))
        return f"a fault in brainsand itself:\nTraceback (most recent call last):\n{lines}{said}"
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return (
        f"a fault in brainsand itself: {said}{where}\n"
        "No results were written. Please report it with what --verbose adds."
    )


def _hush(*, verbose: bool) -> None:
    """Keep other libraries' warnings from the person, unless asked for; what they quote of headers is left out."""
    import logging

    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    if verbose:
        warnings.showwarning = _warned
    else:
        warnings.simplefilter("ignore")


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    print(f"{filename}, line {lineno}: {category.__name__}: {unsaid(str(message))}", file=sys.stderr)


def _end_cleanly_on_terminate() -> None:
    """Let SIGTERM unwind the stack as Ctrl-C does, so that a hidden draft is cleared away."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: then the thread's owner sees to signals
        return


def _soften(*streams: object) -> None:
    """Write what a terminal's encoding lacks as an escape, and not fail on it."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _say(words: str, code: int) -> int:
    print(f"brainsand: {words}", file=sys.stderr)
    return code
