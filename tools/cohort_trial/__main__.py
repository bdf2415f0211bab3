"""python -m cohort_trial [--patients 200] [--keep DIR] [--workers 1 2] [--no-kill]

Makes virtual patients, reads them with one worker and with two, then a third time killed three times at random and
resumed, compares the tables byte by byte, and prints what it cost.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from cohort_trial.costs import Cost, load, measured
from cohort_trial.killing import differing, killed_run
from cohort_trial.patients import make_patients

HEAD = (
    "| workers | scans | wall s | CPU s a scan | most MB a scan | others, CPU s | of it a scan | nest MB "
    "| worker MB | load |"
)


def main() -> None:
    """Do it and print; exit code 1 where a table differs."""
    args = _args()
    with tempfile.TemporaryDirectory() as scratch:
        home = args.keep or Path(scratch)
        root = make_patients(home / "in", args.patients)
        print(HEAD + "\n" + "|---" * 10 + "|", flush=True)
        for workers in args.workers:
            out = home / f"out{workers}"
            print(_row(measured(_command(root, out, workers), out, env=_env(), workers=workers)), flush=True)
            again = measured(_command(root, out, workers), out, env=_env(), workers=workers)
            print(f"the same command again: {again.beside_s:.1f} CPU s, {again.scans} scans read", flush=True)
        one = home / f"out{args.workers[0]}"
        bad = [n for w in args.workers[1:] for n in differing(one, home / f"out{w}")]
        bad += [] if args.no_kill else _killed(root, home / "killed", one, args.patients, args.seed)
    sys.exit(1 if bad else 0)


def _killed(root: Path, out: Path, one: Path, patients: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    kills = killed_run(_command(root, out, 2), out, env=_env(), total=patients, rng=rng)
    bad = differing(one, out)
    said = ", ".join(f"{k.who} after {k.done}" for k in kills)
    print(f"killed: {said}; tables {'the same to the last byte' if not bad else f'that differ: {bad}'}")
    return bad


def _command(root: Path, out: Path, workers: int) -> list[str]:
    words = ("cohort", str(root), str(out), "participant", "--n-workers", str(workers), "--quiet")
    return [sys.executable, "-m", "brainsand", *words]


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def _row(c: Cost) -> str:
    nest, worker = (f"{a:.0f} to {b:.0f}" for a, b in (c.nest_mb, c.worker_mb))
    each = c.scans_cpu_s / max(c.scans, 1)
    return (
        f"| {c.workers} | {c.scans} | {c.wall_s:.0f} | {each:.2f} | {c.most_mb:.0f} "
        f"| {c.beside_s:.1f} | {c.marginal_s:.3f} | {nest} | {worker} | {load():.1f} |"
    )


def _args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cohort_trial", description=__doc__)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--keep", type=Path, help="folder to work in and keep")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-kill", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
