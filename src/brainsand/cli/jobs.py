"""``brainsand jobs``: look into the queue of analyses, put something in, take care of it, and work on it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from brainsand.cli.command import new_command
from brainsand.errors import UsageError

if TYPE_CHECKING:
    from brainsand.jobs import Job, Queue

PLACE: Final = "BRAINSAND_QUEUE"
EXAMPLES: Final = {
    "jobs": """\
examples:
  brainsand jobs add scans/head_01 -o results/head_01
  brainsand jobs work --workers 2
  brainsand jobs list --state failed
  brainsand jobs retry 17
""",
    "list": "example: brainsand jobs list --state failed --most 20",
    "show": "example: brainsand jobs show 17",
    "counts": "example: brainsand jobs counts --json",
    "add": "example: brainsand jobs add scans/head_01 -o results/head_01 --patient patient.yaml --priority 5",
    "retry": "example: brainsand jobs retry 17 18   (or: brainsand jobs retry --failed)",
    "cancel": "example: brainsand jobs cancel 17",
    "forget": "example: brainsand jobs forget --days 90",
    "work": "example: brainsand jobs work --workers 2 --time-limit 600 --memory 3000",
}


def add(commands: Any) -> None:
    """Add the command and its own commands."""
    own = new_command(
        commands,
        "jobs",
        help="the queue of analyses: look, put in, retry, work",
        description="A queue that lasts: what was put in is analyzed once, whatever is stopped or killed.",
        epilog=EXAMPLES["jobs"],
    )
    words = own.add_subparsers(dest="word", metavar="WORD", required=True)
    place, voice = _place(), _voice_again()

    def word(
        name: str, act: Callable[[argparse.Namespace, Queue], None], help: str
    ) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = words.add_parser(
            name,
            parents=[voice, place],
            help=help,
            description=f"{help[0].upper()}{help[1:]}.",
            epilog=EXAMPLES[name],
        )
        made.set_defaults(run=run, act=act)
        return made

    _list_words(word("list", list_jobs, "list jobs, the newest first"))
    _numbers(word("show", show, "all that is known of jobs"))
    word("counts", counts, "how many jobs stand in each state").add_argument(
        "--json", action="store_true", help="as JSON, for scripts"
    )
    _add_words(word("add", put, "put one head CT into the queue"))
    retry_word = word("retry", retry, "put ended jobs into the queue again, with all their attempts")
    _numbers(retry_word, least="*")
    retry_word.add_argument("--failed", action="store_true", help="all that failed")
    _numbers(word("cancel", cancel, "cancel jobs that wait or run"))
    forget_word = word("forget", forget, "forget jobs done or cancelled long ago; their results stay")
    forget_word.add_argument(
        "--days", metavar="N", type=positive, required=True, help="that ended more than N days ago"
    )
    forget_word.add_argument("--failed", action="store_true", help="those that failed too")
    _work_words(word("work", work, "work on the queue until stopped"))


def run(args: argparse.Namespace) -> None:
    """Open the queue and do the word."""
    from brainsand.jobs import Queue

    queue = Queue.open(args.queue or os.environ.get(PLACE) or default_place())
    try:
        args.act(args, queue)
    finally:
        queue.close()


def list_jobs(args: argparse.Namespace, queue: Queue) -> None:
    """One line a job."""
    found = queue.list(state=args.state, limit=args.most, before=args.before)
    if args.json:
        print(json.dumps([job.as_record() for job in found], indent=1))
        return
    for job in found:
        print(line_of(job))


def show(args: argparse.Namespace, queue: Queue) -> None:
    """The whole record of jobs, with their events, as JSON."""
    for id in args.numbers:
        events = [event.as_record() for event in queue.events(job=id, limit=1000)]
        print(json.dumps({**queue.get(id).as_record(), "events": events}, indent=1))


def counts(args: argparse.Namespace, queue: Queue) -> None:
    """How many stand where."""
    found = queue.counts()
    print(json.dumps(found) if args.json else "\n".join(f"{state}\t{n}" for state, n in found.items()))


def put(args: argparse.Namespace, queue: Queue) -> None:
    """Put a scan in and say its number."""
    from brainsand.cli.analyze import default_out, key_of, settings_of
    from brainsand.jobs import scan_payload
    from brainsand.settings import Settings, settings_record

    if not args.input.exists():
        raise UsageError(f"There is no file or folder {args.input}.")
    key_of(args)  # refused now rather than when its turn comes
    settings = settings_of(args)
    payload = scan_payload(
        args.input,
        patient_file=args.patient,
        age_years=args.age,
        sex=args.sex,
        also=args.also,
        settings=settings_record(settings) if settings != Settings() else None,
        series=args.series,
        kvp=args.kvp,
        deidentify=args.deidentify,
        key_file=args.key,
    )
    out = (args.out or default_out(args.input)).absolute()
    job = queue.put("scan", payload, key=args.name, out=out, priority=args.priority)
    print(line_of(job))


def retry(args: argparse.Namespace, queue: Queue) -> None:
    """Ask anew for ended jobs."""
    numbers = args.numbers
    if args.failed:
        numbers = [job.id for job in queue.list(state="failed", limit=1000)]
    elif not numbers:
        raise UsageError("Which jobs? Give their numbers, or --failed for all that failed.")
    for id in numbers:
        print(line_of(queue.requeue(id)))


def cancel(args: argparse.Namespace, queue: Queue) -> None:
    """Cancel jobs."""
    for id in args.numbers:
        print(line_of(queue.cancel(id)))


def forget(args: argparse.Namespace, queue: Queue) -> None:
    """Forget old ones and say how many."""
    import time

    before = time.time() - args.days * 86_400
    print(f"{queue.prune(ended_before=before, failed_before=before if args.failed else None)} forgotten")


def work(args: argparse.Namespace, queue: Queue) -> None:
    """Work until stopped; the first signal lets those under way end, the second hands them back."""
    import logging
    import signal

    from brainsand.jobs import Limits, Workers

    level = logging.ERROR if args.quiet else logging.DEBUG if args.verbose else logging.INFO
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(message)s")
    limits = Limits(time_s=args.time_limit, memory_mb=args.memory, expected_mb=args.expected_memory)
    workers = Workers(queue, number=args.workers, limits=limits)
    asked: list[int] = []

    def stop(number: int, frame: object) -> None:
        workers.ask_to_stop(patience_s=0.0 if asked else args.patience)
        asked.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if args.until_empty:
        workers.run_until_empty()
    else:
        workers.run()


def line_of(job: Job) -> str:
    """A job in a line: number, state, what, how far or why not, where."""
    where = str(job.out) if job.out else ""
    words = job.reason or (f"{job.stage} {job.share:.0%}" if job.state == "running" and job.stage else "")
    if job.state == "done":
        words = str((job.result or {}).get("headline", ""))
    cells = (str(job.id), job.state, job.kind, f"attempt {job.attempts}/{job.most_attempts}", where, words)
    return "\t".join(cell.replace("\n", " ") for cell in cells)


def default_place() -> Path:
    """The queue of this user, where no other is named."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "brainsand" / "jobs.sqlite"


def positive(text: str) -> int:
    """A count typed by a person.

    >>> positive("2")
    2
    """
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: give a whole number from 1 on")
    return int(text)


def _place() -> argparse.ArgumentParser:
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument(
        "--queue",
        metavar="URL",
        help=f"where the queue is: a file, sqlite:///PATH or postgresql://... (default: ${PLACE}, else a file of "
        "this user)",
    )
    return place


def _voice_again() -> argparse.ArgumentParser:
    """``--quiet`` and ``--verbose`` after the word, too; left out, they leave what was said before it."""
    voice = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    either = voice.add_mutually_exclusive_group()
    either.add_argument(
        "-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help="say nothing but errors"
    )
    either.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="say what is done, and all of an error",
    )
    return voice


def _numbers(own: argparse.ArgumentParser, *, least: str = "+") -> None:
    own.add_argument("numbers", metavar="NUMBER", type=positive, nargs=least, help="the jobs' numbers")


def _list_words(own: argparse.ArgumentParser) -> None:
    from brainsand.jobs.job import STATES

    own.add_argument("--state", choices=STATES, help="only those that stand there")
    own.add_argument("--most", metavar="N", type=positive, default=50, help="at most N (default: 50)")
    own.add_argument("--before", metavar="NUMBER", type=positive, help="only older ones, for the next page")
    own.add_argument("--json", action="store_true", help="as JSON, for scripts")


def _add_words(own: argparse.ArgumentParser) -> None:
    from brainsand.cli.analyze import scan_words

    own.add_argument("input", metavar="INPUT", type=Path, help="DICOM folder, file, zip, or .nii[.gz]")
    own.add_argument("-o", "--out", metavar="OUT", type=Path, help="folder for the results")
    scan_words(own)
    own.add_argument("--name", metavar="WORD", help="a name of this work: it is not queued twice")
    own.add_argument("--priority", metavar="N", type=int, default=0, help="higher goes first (default: 0)")


def _work_words(own: argparse.ArgumentParser) -> None:
    own.add_argument("--workers", metavar="N", type=positive, help="analyses at once (default: one a core)")
    own.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=positive,
        default=900,
        help="of one job (default: %(default)s)",
    )
    own.add_argument(
        "--memory", metavar="MB", type=positive, default=4000, help="of one job (default: %(default)s)"
    )
    own.add_argument(
        "--expected-memory",
        metavar="MB",
        type=positive,
        default=1500,
        help="that must be free before one more begins beside another (default: %(default)s)",
    )
    own.add_argument(
        "--patience",
        metavar="SECONDS",
        type=float,
        default=60.0,
        help="for jobs under way when asked to stop; then they are handed back (default: %(default)s)",
    )
    own.add_argument("--until-empty", action="store_true", help="stop when nothing is left to do")
