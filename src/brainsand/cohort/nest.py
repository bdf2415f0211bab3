"""A process that loads everything once and hatches a child for each scan: ``python -m brainsand.cohort.nest MODULE``.

Jobs come as lines of JSON on standard input, answers go out as lines on standard output. The child is a copy of
this process (fork), so a scan costs no start-up, and whatever it does to memory ends with it: a scan that eats
memory, hangs or crashes is killed alone, and memory stays flat over any number of scans. When whoever sends the
jobs is gone, the child is killed and the nest ends; when the nest is killed, the system kills the child.

No thread may work here at the fork; ``MODULE.prepare`` sees to that (onnxruntime keeps one that waits, and that the
child does without). Needs Linux (fork, /proc).
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

_TICK_S: Final = 0.1
_PR_SET_PDEATHSIG: Final = 1
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_MB: Final = 1e6


def main() -> None:
    """Answer jobs until nobody sends any."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever prints must not speak in between
    own = import_module(sys.argv[1])
    prepared = own.prepare()
    libc = ctypes.CDLL(None)
    gc.collect()
    gc.freeze()  # so that the children's collector does not touch, and thereby copy, what is shared
    _say(answers, {"ready": True, "mb": _resident_mb(os.getpid())})
    rest = b""
    while True:
        line, rest = _line(rest)
        if line is None:
            return
        _say(answers, _hatch(json.loads(line), own.work, prepared, libc))


def _say(answers: Any, record: dict[str, Any]) -> None:
    answers.write(json.dumps(record) + "\n")
    answers.flush()


def _line(rest: bytes) -> tuple[bytes | None, bytes]:
    while b"\n" not in rest:
        more = os.read(0, 65536)
        if not more:
            return None, b""
        rest += more
    line, _, rest = rest.partition(b"\n")
    return line, rest


def _hatch(job: dict[str, Any], work: Any, prepared: Any, libc: Any) -> dict[str, Any]:
    """One job in a child: its answer, or why there is none, and what it cost."""
    began = time.monotonic()
    ours, theirs = os.pipe()
    nest = os.getpid()
    child = os.fork()
    if child == 0:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != nest:  # it died before it could be asked
            os._exit(1)
        _child(job, work, prepared, theirs)
    os.close(theirs)
    said, why, most = _watch(child, ours, job, began)
    os.close(ours)
    _, status, cost = os.wait4(child, 0)
    answer = _answer(said) if why is None else None
    if answer is None:
        code, came = why or _ending(status)
        answer = {"state": "failed", "code": code, "came": came}
    cpu = cost.ru_utime + cost.ru_stime
    return {**answer, "cpu_s": cpu, "wall_s": time.monotonic() - began, "most_mb": most}


def _child(job: dict[str, Any], work: Any, prepared: Any, theirs: int) -> None:
    """The scan; this process ends here and unwinds nothing of its parent's."""
    code = 1
    try:
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as wish:
            wish.write("900")  # if the machine runs out of memory, the scan goes first
        os.close(0)
        answer = json.dumps(work(job, prepared)).encode()
        while answer:
            answer = answer[os.write(theirs, answer) :]
        code = 0
    except MemoryError:
        os.write(
            theirs,
            json.dumps({"state": "failed", "code": "memory", "came": "It ran out of memory."}).encode(),
        )
    except BaseException as fault:
        words = {"state": "failed", "code": "fault", "came": f"{type(fault).__name__}: {fault}"[:500]}
        os.write(theirs, json.dumps(words).encode())
    finally:
        os._exit(code)


def _watch(
    child: int, ours: int, job: dict[str, Any], began: float
) -> tuple[bytes, tuple[str, str] | None, float]:
    """What the child said, why it was killed (if it was), and its memory at its height."""
    said, most = b"", 0.0
    while True:
        ready, _, _ = select.select([ours, 0], [], [], _TICK_S)
        if 0 in ready and not os.read(0, 1):  # nobody is there any more
            os.kill(child, signal.SIGKILL)
            os._exit(0)
        if ours in ready:
            more = os.read(ours, 65536)
            if not more:
                return said, None, most
            said += more
            continue
        now = _resident_mb(child)
        most = max(most, now)
        why = _beyond(job, now, time.monotonic() - began)
        if why is not None:
            os.kill(child, signal.SIGKILL)
            return said, why, most


def _beyond(job: dict[str, Any], mb: float, seconds: float) -> tuple[str, str] | None:
    if job.get("most_mb") and mb > job["most_mb"]:
        return "memory", f"It used {mb:.0f} MB, more than the {job['most_mb']:.0f} MB a scan may use."
    if job.get("most_s") and seconds > job["most_s"]:
        return "time", f"It was not done after {job['most_s']:.0f} s."
    return None


def _ending(status: int) -> tuple[str, str]:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "killed", f"Its process was killed (signal {number}, {signal.Signals(number).name})."
    return "fault", f"Its process ended with code {os.WEXITSTATUS(status)} and said nothing."


def _answer(said: bytes) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        return None
    return found


def _resident_mb(pid: int) -> float:
    """Memory of a process that is its own or copied from the nest, MB; 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm") as stream:
            _, resident, shared, *_ = map(int, stream.read().split())
    except (OSError, ValueError):
        return 0.0
    return (resident - shared) * _PAGE / _MB


if __name__ == "__main__":
    main()
