"""How quickly does the application answer many people? A table of percentiles, measured on this machine.

PYTHONPATH=tools:src python -m web.load [--people 50] [--cases 5000] [--worklist 50000] [--seconds 20]

A folder with that many cases is made (rows of the database; the files of each are one virtual patient's, linked),
the application is started as people start it, and everybody reads cases as they come: worklist, case page, reading,
thumbnail, now and then a correction. Then pages of a long worklist, first, last and searched.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from web.running import Server, ask

SMALL = {"matrix": 128, "in_plane_mm": 1.8, "slice_mm": 5.0}
ROLES = {"worklist": 0.25, "case page": 0.2, "reading": 0.35, "thumbnail": 0.15, "correction": 0.05}


def main() -> None:
    """Measure, and print the tables."""
    asked = _asked()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        result = _patient(place / "patient")
        data = place / "data"
        ids = _cases(data, result, asked.cases)
        with Server(data, "--workers", "0") as server:
            _warm(server.url, ids[0])
            print(
                f"{asked.people} people, {asked.cases} cases, {asked.seconds:g} s, SQLite, {os.cpu_count()} cores; ms"
            )
            _measured(server, lambda: _crowd(server.url, ids, asked.people, asked.seconds))
        _rows(data, asked.worklist - asked.cases)
        with Server(data, "--workers", "0") as server:
            _warm(server.url, ids[0])
            print(f"\nworklist of {asked.worklist} cases, one person; ms")
            _measured(server, lambda: _pages(server.url))


def _measured(server: Server, work: Callable[[], dict[str, list[float]]]) -> None:
    """The table of what ``work`` took, and what it cost the server."""
    before = server.cpu_s()
    took = work()
    cpu_ms = 1000 * (server.cpu_s() - before) / max(1, sum(map(len, took.values())))
    _table({**took, "all": [ms for rows in took.values() for ms in rows]})
    print(f"\nthe server's CPU: {cpu_ms:.1f} ms a request; the machine's load: {os.getloadavg()[0]:.1f}")


def _asked() -> argparse.Namespace:
    own = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own.add_argument("--people", type=int, default=50)
    own.add_argument("--cases", type=int, default=5000)
    own.add_argument("--worklist", type=int, default=50_000)
    own.add_argument("--seconds", type=float, default=20.0)
    own.add_argument("--think", type=float, default=2.0, help="seconds a person looks before asking again")
    found = own.parse_args()
    _Person.think_s = found.think
    return found


def _patient(place: Path) -> Path:
    from brainsand.exports import FORMATS
    from brainsand.run import run_scan
    from brainsand.virtual_scan import write_virtual_scan

    made = write_virtual_scan(place / "in", preset="pfbc", protocol=SMALL)
    (place / "readings").mkdir()
    return run_scan(made.scan, place / "out", patient_file=made.patient_file, also=tuple(FORMATS)).out


def _cases(data: Path, result: Path, many: int) -> list[str]:
    ids = _rows(data, many)
    for id in ids:
        (data / "cases" / id).mkdir(parents=True)
        (data / "cases" / id / "result").symlink_to(result)
        # In life the reading of a case is made when its analysis ends: here once, for all.
        (data / "cases" / id / "readings").symlink_to(result.parent / "readings")
    return ids


def _rows(data: Path, many: int) -> list[str]:
    from sqlalchemy import insert

    from brainsand.web.folder import DataFolder, new_id
    from brainsand.web.options import Options
    from brainsand.web.store import open_store
    from brainsand.web.tables import CASES

    DataFolder(data).made()
    store = open_store(Options(data=data).database_url)
    words = "Ectopic calcification at 6 sites (11 cm³ in all), chiefly of both putamina."
    ids = [new_id() for _ in range(many)]
    rows = [
        {
            "id": id, "team": "everybody", "owner": "local", "title": f"Head {n}", "given": "{}", "state": "done",
            "share": 1.0, "put_at": 1.79e9 + n, "done_at": 1.79e9 + n, "version": 0, "edits": 0, "level": "work_up",
            "level_rank": n % 5, "headline": words, "cause": "Primary familial brain calcification", "cause_share": 0.6,
            "sites": " putamen:ectopic thalamus:ectopic pineal:physiologic ", "deposits": 13, "age_years": 53.0,
            "sex": "M", "search": f"head {n} {words.lower()} primary familial brain calcification work_up putamen",
        }
        for n, id in enumerate(ids)
    ]  # fmt: skip
    with store.writing() as db:
        for start in range(0, many, 1000):
            db.execute(insert(CASES), rows[start : start + 1000])
    store.close()
    return ids


class _Person(threading.Thread):
    """Somebody who reads cases until told to stop, thinking a while between two requests."""

    think_s = 2.0

    def __init__(self, url: str, ids: list[str], seed: int, until: float) -> None:
        super().__init__(daemon=True)
        self.url, self.ids, self.until, self.rng = url, ids, until, random.Random(seed)
        self.took: dict[str, list[float]] = {name: [] for name in ROLES}
        self.faults = 0

    def run(self) -> None:
        """Read."""
        time.sleep(self.rng.uniform(0, self.think_s))
        while time.monotonic() < self.until:
            name = self.rng.choices(list(ROLES), list(ROLES.values()))[0]
            begun = time.perf_counter()
            try:
                ask(self.url, *self._request(name))
                self.took[name].append(1000 * (time.perf_counter() - begun))
            except OSError:
                self.faults += 1
            time.sleep(self.rng.uniform(0.5, 1.5) * self.think_s)

    def _request(self, name: str) -> tuple[str, str, Any]:
        id = self.rng.choice(self.ids)
        if name == "correction":
            seen = json.loads(ask(self.url, "GET", f"/api/cases/{id}"))["version"]
            body = {"what": "reject", "deposit": self.rng.randint(1, 5), "seen": seen}
            return "POST", f"/api/cases/{id}/edits", body
        paths = {
            "worklist": "/api/cases?limit=50", "case page": f"/cases/{id}", "reading": f"/api/cases/{id}/reading",
            "thumbnail": f"/api/cases/{id}/files/viewer/thumbnail.png",
        }  # fmt: skip
        return "GET", paths[name], None


def _warm(url: str, id: str) -> None:
    """Wait until everything is loaded, as it is in a server that has stood for a while."""
    for path in ("/api/terms?q=tremor", "/api/words", f"/api/cases/{id}/reading"):
        ask(url, "GET", path)
    time.sleep(2)


def _crowd(url: str, ids: list[str], people: int, seconds: float) -> dict[str, list[float]]:
    until = time.monotonic() + seconds
    crowd = [_Person(url, ids, seed, until) for seed in range(people)]
    for person in crowd:
        person.start()
    for person in crowd:
        person.join()
    print(f"{sum(p.faults for p in crowd)} requests failed")
    return {name: [ms for p in crowd for ms in p.took[name]] for name in ROLES}


def _pages(url: str) -> dict[str, list[float]]:
    asked = {
        "first page": "/api/cases?limit=50",
        "in the middle": "/api/cases?limit=50&after=25000",
        "last page": "/api/cases?limit=50&after=51",
        "gravest first": "/api/cases?limit=50&order=gravest&after=20000.2",
        "searched, many fit": "/api/cases?q=putamen&limit=50",
        "searched, one fits": "/api/cases?q=head%20123%20putamen&limit=50",
        "searched, none fits": "/api/cases?q=nothing%20such&limit=50",
        "by site and level": "/api/cases?site=putamen&level=work_up&limit=50",
    }
    took: dict[str, list[float]] = {}
    for name, path in asked.items():
        for _ in range(20):
            begun = time.perf_counter()
            ask(url, "GET", path)
            took.setdefault(name, []).append(1000 * (time.perf_counter() - begun))
    return took


def _table(took: dict[str, list[float]]) -> None:
    print("| request | number | median | p95 | largest |\n|---|---:|---:|---:|---:|")
    for name, rows in took.items():
        if rows:
            p95 = statistics.quantiles(rows, n=20)[-1] if len(rows) > 1 else rows[0]
            print(f"| {name} | {len(rows)} | {statistics.median(rows):.0f} | {p95:.0f} | {max(rows):.0f} |")


if __name__ == "__main__":
    main()
