"""The participant level as a process of its own, over the stand-in: ``fake_cohort.py IN OUT CLUSTER WORKERS``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from brainsand.cohort.participant import Wishes, read_cohort
from brainsand.cohort.plan import find_scans
from brainsand.cohort.spread import How


class Silent:
    def begins(self, *, total: int, done: int) -> None: ...

    def ended(self, outcome: object) -> None: ...

    def says(self, words: str) -> None: ...


if __name__ == "__main__":
    root, out, cluster, workers = sys.argv[1:]
    plan = find_scans(Path(root))
    how = How(cluster=cluster, workers=int(workers), work="fake_scans")
    read_cohort(Path(out), plan, plan, Wishes(program="p", how=how), Silent())
