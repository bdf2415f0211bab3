"""Try the node against a real Orthanc: ``python -m orthanc demo kill web many receive`` (the first four by default)."""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
from pathlib import Path

from orthanc.server import executable, install
from orthanc.trials import RESULTS, Returned, demo, kill, many, receive, web

SHARED = Path(os.environ.get("BRAINSAND_SHARED", Path(__file__).parents[3] / "shared"))


def main() -> None:
    """Run the trials asked for, and say what came of them."""
    args = _arguments()
    install()
    print(f"Orthanc at {executable()}")
    with tempfile.TemporaryDirectory(prefix="orthanc-") as folder:
        for trial in args.trials or ("demo", "kill", "web", "many"):
            _trial(trial, Path(folder) / trial, args)


def _trial(name: str, folder: Path, args: argparse.Namespace) -> None:
    if name == "demo":
        real = SHARED / "data" / "ge_head_tilt"
        if not real.is_dir():
            print(f"({real} is not here; virtual patients only)")
        returned = demo(folder, real if real.is_dir() else None)
        print(_table(returned.rows))
        print(f"Orthanc took charge of the results of {returned.committed} studies (storage commitment)")
    elif name == "kill":
        seed = args.seed if args.seed is not None else secrets.randbelow(10_000)
        print(f"kill: {args.kills} kills of {args.studies} studies, seed {seed}")
        returned = kill(folder, studies=args.studies, kills=args.kills, seed=seed)
    elif name == "web":
        returned = web(folder)
    elif name == "receive":
        returned = receive(folder, SHARED / "data" / "ge_head_tilt", studies=8)
        print(_speed(returned))
        return
    else:
        returned = many(folder, studies=args.many)
        print(_speed(returned))
    print(f"{name}: {_words(returned)}")


def _speed(returned: Returned) -> str:
    cpu_ms = 1000 * (returned.received_cpu_s or 0)
    return f"received {returned.received_per_s:.0f} images/s, {cpu_ms:.1f} ms of CPU each"


def _words(returned: Returned) -> str:
    whole = sum(all(found[m] == 1 for m in RESULTS) for found in returned.studies.values())
    words = f"{whole} of {len(returned.studies)} studies have exactly one {', '.join(RESULTS)} back"
    if whole < len(returned.studies):
        raise SystemExit(f"{words}: {dict(returned.studies)}")
    return f"{words}, after {returned.seconds:.0f} s"


def _table(rows: object) -> str:
    lines = [("study", "modality", "objects", "series"), *((a, b, str(c), d) for a, b, c, d in rows)]
    wide = [max(len(line[k]) for line in lines) for k in range(4)]
    return "\n".join(
        "  ".join(word.ljust(w) for word, w in zip(line, wide, strict=True)).rstrip() for line in lines
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="orthanc", description=__doc__)
    parser.add_argument(
        "trials", nargs="*", choices=("demo", "kill", "web", "many", "receive", []), help="which"
    )
    parser.add_argument("--studies", type=int, default=3, help="of the kill trial (3)")
    parser.add_argument("--kills", type=int, default=4, help="of the kill trial (4)")
    parser.add_argument("--seed", type=int, help="of the moments of the kills")
    parser.add_argument("--many", type=int, default=20, help="studies pushed at once (20)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
