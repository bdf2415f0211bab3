"""How long does one scan take, how much memory, and beside what? Every stage, on scans of several sizes.

    python tools/bench.py                      # 28, 160 and 320 slices of 512 x 512
    python tools/bench.py --slices 28          # one size
    python tools/bench.py --scan FOLDER        # a DICOM folder of your own
    python tools/bench.py --accuracy           # the tables of tools/accuracy (six scans) after the times
    python tools/bench.py --precision          # those of tools/precision (twelve scans, a few minutes)

Each scan is analyzed in a process of its own, so that one's memory is not another's, and read bare by pydicom
(every file's ``pixel_array``) in another. Files were read once before either, so neither pays for a cold
disk. The ratio of whole to bare read travels between machines better than seconds; on a machine that others use
at the same time, CPU seconds tell more than wall seconds, and the load when a scan was begun is said.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

HERE = Path(__file__).resolve().parent
SIZES: Final = (28, 160, 320)
READS: Final = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a scan could not be analyzed."""
    args = parsed(argv)
    if args.child:
        print(json.dumps(analysis(args.scan, args.out) if args.child == "analysis" else bare_read(args.scan)))
        return 0
    failed = False
    with tempfile.TemporaryDirectory(prefix="brainsand-bench-") as work:
        for name, folder in scans(args, Path(work)):
            for path in folder.rglob("*"):
                if path.is_file():
                    path.read_bytes()
            bare = child("bare", folder, Path(work) / "out")
            whole = child("analysis", folder, Path(work) / "out")
            print(table(name, bare, whole), flush=True)
            failed |= "error" in whole
    for tool in (
        name for name, wanted in (("accuracy", args.accuracy), ("precision", args.precision)) if wanted
    ):
        command = [sys.executable, "-m", tool]
        path = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
        done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False)
        failed |= done.returncode != 0
    return int(failed)


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command's own words."""
    own = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    own.add_argument("--slices", type=int, action="append", help="slices of 512 x 512 (may be given again)")
    own.add_argument("--scan", type=Path, help="a DICOM folder, in place of virtual heads")
    own.add_argument("--accuracy", action="store_true", help="run tools/accuracy afterwards")
    own.add_argument("--precision", action="store_true", help="run tools/precision afterwards")
    own.add_argument("--child", choices=("analysis", "bare"), help=argparse.SUPPRESS)
    own.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return own.parse_args(argv)


def scans(args: argparse.Namespace, work: Path) -> Iterator[tuple[str, Path]]:
    """The scans to measure, each made when its turn comes."""
    if args.scan:
        yield args.scan.name, args.scan
        return
    from brainsand.virtual_scan import write_virtual_scan

    scout = {"slice_mm": 1.0, "matrix": 32, "in_plane_mm": 7.5}
    head_mm = len(list(write_virtual_scan(work / "scout", preset="pfbc", protocol=scout).scan.iterdir()))
    for slices in args.slices or SIZES:
        protocol = {"slice_mm": head_mm / slices}
        made = write_virtual_scan(work / f"head-{slices}", preset="pfbc", protocol=protocol)
        yield f"virtual head, slices of {head_mm / slices:.2f} mm", made.scan


def child(what: str, scan: Path, out: Path) -> dict[str, Any]:
    """Measure in a fresh process and give what it says, or its error."""
    command = [sys.executable, __file__, "--child", what, "--scan", str(scan), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1]}
    record: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return record


def bare_read(scan: Path) -> dict[str, Any]:
    """What reading the same pixels costs once pydicom is loaded, the middle one of a few times."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    def once() -> tuple[float, float, list[int]]:
        wall, cpu, shape = time.perf_counter(), time.process_time(), [0, 0, 0]
        for path in sorted(p for p in scan.rglob("*") if p.is_file()):
            try:
                rows, columns = dcmread(path).pixel_array.shape[-2:]
            except (InvalidDicomError, AttributeError):
                continue  # a stranger's file in the folder
            shape = [shape[0] + 1, rows, columns]
        return time.perf_counter() - wall, time.process_time() - cpu, shape

    times = [once() for _ in range(READS)]
    wall, cpu, shape = sorted(times)[READS // 2]
    return {"wall_s": wall, "cpu_s": cpu, "shape": shape, "peak_mb": peak_mb()}


class Stopwatch:
    """Wall and CPU seconds of every stage, in the order of their beginnings, and the peak memory (MB) at its end.

    CPU seconds are those of all threads, and of work of another stage that goes on beside.
    """

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the stage's seconds; one that comes twice is summed."""
        spent = self.stages.setdefault(name, [0.0, 0.0, 0.0])
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        spent[0] += time.perf_counter() - wall
        spent[1] += time.process_time() - cpu
        spent[2] = peak_mb()


def analysis(scan: Path, out: Path) -> dict[str, Any]:
    """The whole of ``brainsand analyze``, start-up of the libraries included."""
    watch = Stopwatch()
    wall, cpu = time.perf_counter(), time.process_time()
    from brainsand.heap import keep_memory
    from brainsand.run import run_scan

    keep_memory()

    result = run_scan(scan, out, progress=watch)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "stages": watch.stages,
        "deposits": len(result.case.deposits),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory this process ever held, in MB.

    Linux says it in /proc (proc_pid_status(5), VmHWM); getrusage(2) there counts what the parent held before the
    program was started. Elsewhere getrusage says it, in bytes on macOS.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / 1e6


def table(name: str, bare: dict[str, Any], whole: dict[str, Any]) -> str:
    """What was measured, as lines of fixed width.

    >>> bare = {"wall_s": 0.5, "cpu_s": 0.5, "shape": [28, 512, 512], "peak_mb": 50.0}
    >>> whole = {"wall_s": 5.0, "cpu_s": 8.0, "stages": {"read": [1.0, 1.0, 90.0]}, "deposits": 3}
    >>> whole |= {"peak_mb": 700.0, "load": 0.2}
    >>> print(table("virtual", bare, whole))  # doctest: +ELLIPSIS
    <BLANKLINE>
    virtual: 28 x 512 x 512
      stage                  wall s    CPU s  peak MB
      read                     1.00     1.00       90
    ...
    """
    if "error" in bare:
        return f"\n{name}: pydicom cannot read it: {bare['error']}"
    lines = ["", f"{name}: {' x '.join(map(str, bare['shape']))}"]
    if "error" in whole:
        return "\n".join([*lines, f"  not analyzed: {whole['error']}"])
    stages = whole["stages"]
    rest = [
        whole[key] - sum(spent[i] for spent in stages.values()) for i, key in enumerate(("wall_s", "cpu_s"))
    ]
    lines.append(f"  {'stage':<20} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}")
    for stage, (wall, cpu, peak) in {
        **stages,
        "(between, start-up)": (*rest, 0),
        "whole": (whole["wall_s"], whole["cpu_s"], whole["peak_mb"]),
        "bare pydicom read": (bare["wall_s"], bare["cpu_s"], bare["peak_mb"]),
    }.items():
        lines.append(f"  {stage:<20} {wall:8.2f} {cpu:8.2f} {f'{peak:.0f}' if peak else '':>8}".rstrip())
    ratios = whole["wall_s"] / bare["wall_s"], whole["cpu_s"] / bare["cpu_s"]
    lines.append(f"  {'ratio':<20} {ratios[0]:8.1f} {ratios[1]:8.1f}")
    load = "" if whole["load"] is None else f"; load of the machine {whole['load']:.1f}"
    lines.append(f"  deposits {whole['deposits']}{load}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
