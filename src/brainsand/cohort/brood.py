"""A nest, as whoever sends the jobs sees it: started when needed, started again when lost, closed at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

WORK: Final = "brainsand.cohort.unit"
TODO: Final = {
    "memory": "Give a scan more memory (--mem-gb, or fewer workers), or look why this one is so large.",
    "time": "Give a scan more time (--most-minutes), or look why this one takes so long.",
    "killed": "Run again. If it is killed each time, the machine is short of memory: use fewer workers.",
    "fault": "A fault of brainsand: run brainsand analyze on this scan with --verbose, and report it.",
    "lost": "Run again: the process that read it was lost.",
}
_ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
}
# What is let go is kept for the next array (as cli.memory has it): the process is short-lived.
_KEEP_MEMORY: Final = {
    "MALLOC_TRIM_THRESHOLD_": "2147483647",
    "MALLOC_MMAP_THRESHOLD_": "2147483647",
    "MALLOC_ARENA_MAX": "1",
}


@dataclass(slots=True, kw_only=True)
class Nest:
    """One nest; ``run`` blocks until a job is answered. ``work`` is the module that does the jobs."""

    work: str = WORK
    _over: bool = field(default=False, init=False, repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answer to a job: an ``Outcome`` as plain data. A nest that was killed is replaced once."""
        for _ in range(2):
            answer = self._ask(job)
            if answer is not None:
                return _whole(job, answer)
            if self._over:
                break
            self.close()
        lost = {"state": "failed", "code": "lost", "came": "The process that read it was killed twice."}
        return _whole(job, lost)

    def stop(self) -> None:
        """End the nest for good: a job under way is not begun again."""
        self._over = True
        process = self._process
        if process is not None:
            process.kill()  # its child goes with it
        self.close()

    def close(self) -> None:
        """End the nest and whatever it reads."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin and process.stdout:
            with suppress(OSError):
                process.stdin.close()
            process.stdout.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _ask(self, job: dict[str, Any]) -> dict[str, Any] | None:
        try:
            process = self._process or self._start()
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            answer: dict[str, Any] | None = json.loads(line) if line else None
        except (OSError, ValueError):
            return None
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        known = os.pathsep.join(p for p in sys.path if p)
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "brainsand.cohort.nest", self.work],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD, **_KEEP_MEMORY, "PYTHONPATH": known},
            start_new_session=True,  # Ctrl-C is for whoever sends the jobs, who then closes the nest
        )
        self._process = process
        assert process.stdout
        if not process.stdout.readline():
            raise OSError("the nest did not start")
        return process


def _whole(job: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    unit = job["unit"]["id"]
    if answer["state"] == "failed" and "todo" not in answer:
        answer = {**answer, "todo": TODO.get(answer["code"], TODO["fault"])}
    return {**answer, "unit": unit}
