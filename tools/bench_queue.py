"""What does the queue cost, and what does a process that stays warm save?

    python tools/bench_queue.py                                  # SQLite in a temporary folder
    python tools/bench_queue.py --queue postgresql://...         # also there (may be given again)
    python tools/bench_queue.py --warm                           # also cold and warm analyses of one small scan

A job costs three acknowledgements on the disk (put, take, finish), so the first line tells how many a second the
disk itself gives (write 4 kB, fsync); the share of that is what travels between machines. CPU is this process's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

WORK: dict[str, str] = {"nothing": "bench_queue"}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    own = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    own.add_argument("--queue", action="append", default=[], help="another place to measure")
    own.add_argument("--jobs", type=int, default=500, help="how many (default: 500)")
    own.add_argument("--warm", action="store_true", help="also what a warm process saves")
    own.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    args = own.parse_args(argv)
    if args.child:
        print(json.dumps(cold_and_warm(args.child)))
        return 0
    with tempfile.TemporaryDirectory(prefix="brainsand-bench-") as work:
        print(
            f"load {os.getloadavg()[0]:.1f}; the disk alone: {disk(Path(work)):.0f} forced writes a second\n"
        )
        print("| place | what | a second | CPU ms |\n|---|---|---|---|")
        for place in [f"sqlite:///{work}/jobs.sqlite", *args.queue]:
            for what, rate, cpu_ms in measured(place, args.jobs):
                print(f"| {place.partition(':')[0]} | {what} | {rate:.0f} | {cpu_ms:.2f} |", flush=True)
        if args.warm:
            warm(Path(work))
    return 0


def disk(folder: Path, writes: int = 200) -> float:
    """Forced writes a second."""
    with (folder / "probe").open("wb") as stream:
        began = time.perf_counter()
        for _ in range(writes):
            stream.write(b"x" * 4096)
            stream.flush()
            os.fsync(stream.fileno())
    return writes / (time.perf_counter() - began)


def measured(place: str, jobs: int) -> list[tuple[str, float, float]]:
    """Each step by itself, then one idle round, then jobs that do nothing through two processes."""
    from brainsand.jobs import Limits, Queue, Workers

    queue = Queue.open(place)

    def take_and_finish() -> None:
        claimed = queue.take("bench", kinds=["nothing"])
        if claimed is None:
            raise ValueError("the queue ran empty")
        queue.finish(claimed, {"deposits": 3})

    rows = [
        timed(
            "put",
            jobs,
            lambda: queue.put("nothing", {"input": "/some/where/a/scan"}, key=str(time.time_ns())),
        ),
        timed("take and finish", jobs, take_and_finish),
        timed("take from an empty queue", jobs, lambda: queue.take("bench", kinds=["nothing"])),
    ]
    for n in range(jobs):
        queue.put("nothing", {"n": n})
    workers = Workers(queue, number=2, kinds=WORK, limits=Limits(expected_mb=50))
    rows.append(timed("whole job through two processes", 1, workers.run_until_empty, of=jobs))
    queue.close()
    return rows


def timed(
    what: str, times: int, act: Callable[[], object], *, of: int | None = None
) -> tuple[str, float, float]:
    """What it was, how many a second, and CPU ms for each."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        act()
    count = of or times
    return what, count / (time.perf_counter() - wall), 1000 * (time.process_time() - cpu) / count


def run(payload: Any, folder: Any, progress: Any) -> dict[str, Any]:
    """The work called "nothing"."""
    return {}


def warm(work: Path) -> None:
    """A small scan four times in one process: the first pays for what is loaded."""
    from brainsand.virtual_scan import write_virtual_scan

    protocol = {"slice_mm": 5.0}
    made = write_virtual_scan(work / "head", preset="pfbc", protocol=protocol)
    command = [sys.executable, __file__, "--child", str(made.scan)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print("\n| analysis | CPU s | wall s | held afterwards, MB | most held, MB |\n|---|---|---|---|---|")
    for row in json.loads(done.stdout.splitlines()[-1]):
        print("| {what} | {cpu_s:.2f} | {wall_s:.2f} | {held_mb:.0f} | {most_mb:.0f} |".format(**row))


def cold_and_warm(scan: Path) -> list[dict[str, Any]]:
    """Warming up, and four analyses, as a worker does them."""
    from brainsand.heap import give_memory_back, keep_memory
    from brainsand.machine import held_mb

    rows = []

    def step(what: str, act: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
        give_memory_back()
        most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        held = held_mb(os.getpid())
        rows.append({"what": what, "cpu_s": cpu_s, "wall_s": wall_s, "held_mb": held, "most_mb": most_mb})

    def analysis(folder: str) -> None:
        from brainsand.jobs.scan_job import run as analyze
        from brainsand.progress import SILENT

        analyze({"input": str(scan)}, Path(folder) / "out", SILENT)

    def warm_up() -> None:
        from brainsand.jobs.scan_job import warm

        warm()

    keep_memory()
    step("warming up (once)", warm_up)
    with tempfile.TemporaryDirectory() as folder:
        for n in range(1, 5):
            step(f"scan {n}", lambda: analysis(folder))
    return rows


if __name__ == "__main__":
    sys.exit(main())
