"""The process that does the work: it keeps what it has loaded, is handed one job after another, and says what came.

It knows nothing of the queue. It dies with whoever started it, so that no analysis goes on that nobody waits for.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from brainsand.errors import InputRefused, OutputError, UsageError
from brainsand.heap import give_memory_back, keep_memory
from brainsand.jobs.rows import json_of
from brainsand.progress import STAGES

PR_SET_PDEATHSIG: Final = 1  # prctl(2)
LOOK_S: Final = 1.0
Line = Connection


def work(line: Line, kinds: Mapping[str, str], parent: int) -> None:
    """Warm up, then do what comes down the line until it is closed.

    Parameters
    ----------
    line : Connection
        Takes ``{"kind", "payload", "folder"}``; gives ``{"ready"}``, ``{"stage", "share"}`` and ``{"outcome"}``.
    kinds : mapping
        Name of a kind of work to the module that does it: ``run(payload, folder, progress)``, and perhaps ``warm()``.
    parent : int
        The process to die with.
    """
    die_with(parent)
    _be_modest()
    keep_memory()
    for module in kinds.values():
        with suppress(Exception):  # a kind that cannot be loaded says so when it is asked for
            getattr(import_module(module), "warm", _nothing)()
    with suppress(EOFError, OSError):  # the line was closed: there is nothing more to do
        line.send({"ready": True})
        while True:
            task = line.recv()
            line.send({"outcome": outcome_of(task, kinds, Told(line))})
            give_memory_back()


def outcome_of(task: Mapping[str, Any], kinds: Mapping[str, str], progress: Told) -> dict[str, Any]:
    """Do one job; ``{"state": "done", "result"}``, or ``failed`` with reason, remedy, code and whether to retry."""
    try:
        module = import_module(kinds[task["kind"]])
        progress.expect(getattr(module, "STAGES", STAGES))
        result = module.run(task["payload"], Path(task["folder"]) if task["folder"] else None, progress)
        json_of(result, what="result")
        return {"state": "done", "result": result}
    except InputRefused as refusal:
        words = f"{refusal.came} Needed: {refusal.needed}"
        return _failed(words, remedy=refusal.todo, code=refusal.code, retry=False)
    except UsageError as error:
        return _failed(str(error), remedy="Put the job in anew, as this says.", code="usage", retry=False)
    except OutputError as error:
        remedy = "Free some space or give permission; then: brainsand jobs retry NUMBER."
        return _failed(str(error), remedy=remedy, code="output", retry=True)
    except MemoryError:
        return _failed("out of memory", remedy=OUT_OF_MEMORY, code="out_of_memory", retry=True)
    except Exception as fault:
        return _failed(_words(fault), remedy=FAULT, code="fault", retry=True)


OUT_OF_MEMORY: Final = (
    "Let fewer analyses run at once (--workers), or give each more memory (--memory); then: "
    "brainsand jobs retry NUMBER."
)
FAULT: Final = "A fault in brainsand itself: please report it. To try again: brainsand jobs retry NUMBER."


class Told:
    """Passes each stage on to the one who waits."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.expect(STAGES)

    def expect(self, stages: Sequence[str]) -> None:
        """The stages to come, in their order; one may come more than once."""
        self._stages, self._at = tuple(stages), 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Say that the stage begins."""
        self._line.send({"stage": name, "share": self._share(name)})
        yield

    def _share(self, name: str) -> float:
        """How much lies behind: the next stage of this name counts; one that is not expected comes at the end."""
        if name not in self._stages:
            return 1.0
        ahead = name in self._stages[self._at :]
        self._at = self._stages.index(name, self._at if ahead else 0)
        return self._at / len(self._stages)


def _failed(reason: str, *, remedy: str, code: str, retry: bool) -> dict[str, Any]:
    return {"state": "failed", "reason": reason, "remedy": remedy, "code": code, "retry": retry}


def _words(fault: Exception) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(fault).__name__}: {fault}{where}"


def die_with(parent: int, *, by_system: bool = True) -> None:
    """End when the parent ends: the system sees to it on Linux, a look every second everywhere.

    The system means the thread that made this process (prctl(2)): ask it not where that thread may end before.
    """
    if by_system and sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_S)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def _be_modest() -> None:
    """Leave it to the parent when to stop, keep other libraries from quoting headers, be the first the system ends.

    Ctrl-C and a service manager's SIGTERM reach every process; the parent may want this one to finish its job.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _nothing() -> None:
    """Nothing to warm up."""
