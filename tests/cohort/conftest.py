"""Cohorts of text files, read by a stand-in within milliseconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE.parents[1] / "tools"):  # so that nests find `fake_scans`, and tests `cohort_trial`
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from brainsand.cohort.model import Outcome, Plan  # noqa: E402
from brainsand.cohort.participant import Summary, Wishes, read_cohort  # noqa: E402
from brainsand.cohort.plan import find_scans  # noqa: E402
from brainsand.cohort.spread import How  # noqa: E402


class Listener:
    """Hears how a cohort goes."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.outcomes: list[Outcome] = []

    def begins(self, *, total: int, done: int) -> None:
        self.heard.append(f"{total} scans, {done} done")

    def ended(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def says(self, words: str) -> None:
        self.heard.append(words)


@pytest.fixture
def bids(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """A BIDS dataset whose scans are text files: name of the scan to what it says."""

    def make(scans: dict[str, str], people: str = "") -> Path:
        root = tmp_path / "in"
        for name, says in scans.items():
            parts = [p for p in name.split("_")[:2] if p.startswith(("sub-", "ses-"))]
            path = root.joinpath(*parts, "ct", f"{name}_ct.nii.gz")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(says)
        if people:
            (root / "participants.tsv").write_text(people, encoding="utf-8")
        return root

    return make


@pytest.fixture
def read() -> Callable[..., tuple[Summary, Listener]]:
    """The participant level with the stand-in, without dask unless asked."""

    def run(root: Path, out: Path, plan: Plan | None = None, **wishes: object) -> tuple[Summary, Listener]:
        listener = Listener()
        how = How(cluster=str(wishes.pop("cluster", "none")), workers=2, work="fake_scans")
        whole = find_scans(root)
        wanted = Wishes(program=str(wishes.pop("program", "p")), how=how, **wishes)  # type: ignore[arg-type]
        return read_cohort(out, plan or whole, whole, wanted, listener), listener

    return run


def files(folder: Path) -> dict[str, bytes]:
    """Every table of a cohort: all that must be the same however the work went."""
    return {
        p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.suffix in (".tsv", ".json", ".parquet")
    }


def environment() -> dict[str, str]:
    """For a process of its own: the package, the tools and the stand-in are found."""
    root = HERE.parents[1]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root / "src", root / "tools", HERE)))}
