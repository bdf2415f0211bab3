"""The application in SQLite and in PostgreSQL, with a worker that has its answer ready: one patient, read once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the application's packages are not installed (brainsand[web])")
from fastapi.testclient import TestClient

from brainsand.exports import FORMATS
from brainsand.run import run_scan
from brainsand.virtual_scan import write_virtual_scan
from brainsand.web.app import inner_app
from brainsand.web.desk import Desk
from brainsand.web.guard import Guard
from brainsand.web.options import Options
from postgres import cluster

SMALL = {"matrix": 128, "in_plane_mm": 1.8, "slice_mm": 5.0}
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Read:
    """A virtual patient: the scan, and what the analysis made of it."""

    scan: Path
    facts: Path
    result: Path


@pytest.fixture(scope="session")
def read(tmp_path_factory) -> Read:
    place = tmp_path_factory.mktemp("virtual")
    made = write_virtual_scan(place / "patient", preset="pfbc", seed=7, protocol=SMALL)
    run_scan(made.scan, place / "result", patient_file=made.patient_file, also=tuple(FORMATS))
    return Read(scan=made.scan, facts=made.patient_file, result=place / "result")


@pytest.fixture(scope="session")
def postgres():
    with cluster() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database(request) -> str | None:
    """Where the application's tables are; None for a file in its folder."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgres").new_place()


class Site:
    """A running application, and people who ask it."""

    def __init__(self, options: Options, read: Read) -> None:
        self.options, self.read = options, read
        self.inner = inner_app(options)
        self.client = TestClient(
            Guard(self.inner, options), base_url="http://127.0.0.1", raise_server_exceptions=False
        )
        self._others: list[TestClient] = []

    @property
    def desk(self) -> Desk:
        return self.inner.state.desk

    def person(self, name: str, *, role: str = "editor", team: str = "everybody") -> TestClient:
        """Somebody with an account, logged in."""
        self.desk.accounts.add(name, PASSWORD, role=role, team=team)
        return self.login(name)

    def login(self, name: str) -> TestClient:
        client = TestClient(self.client.app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        answer = client.post("/api/login", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["x-csrf-token"] = csrf_of(client)
        return client

    def put(
        self, client: TestClient | None = None, *, title: str = "head", facts: dict[str, Any] | None = None
    ) -> str:
        """A scan put in, waiting."""
        client = client or self.client
        upload = client.post("/api/uploads", json={"title": title}).json()["id"]
        for number, path in enumerate(sorted(self.read.scan.iterdir())[:3]):
            sent = client.put(
                f"/api/uploads/{upload}/files/{number}", params={"name": path.name}, content=path.read_bytes()
            )
            assert sent.status_code == 200, sent.text
        made = client.post(f"/api/uploads/{upload}/finish", json={"patient": facts or {}})
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def work(self) -> int:
        """Do what waits, with the answer that is ready."""
        done = 0
        while claimed := self.desk.queue.take("a worker"):
            made = claimed.job.out.with_name("made.brainsand-part")
            shutil.copytree(self.read.result, made)
            self.desk.queue.finish(claimed, {}, made=made)
            shutil.rmtree(made, ignore_errors=True)
            done += 1
        return done

    def done(self, client: TestClient | None = None, **more: Any) -> str:
        """A case that has been analyzed."""
        client = client or self.client
        id = self.put(client, **more)
        self.work()
        self.wait(client, id, "done")
        return id

    def wait(self, client: TestClient, id: str, state: str) -> dict[str, Any]:
        until = time.monotonic() + 30
        while (row := client.get(f"/api/cases/{id}").json()).get("state") != state:
            assert time.monotonic() < until, row
            time.sleep(0.05)
        return row


def csrf_of(client: TestClient) -> str:
    return client.get("/").text.partition('name="csrf" content="')[2].partition('"')[0]


@contextmanager
def running(options: Options, read: Read) -> Iterator[Site]:
    site = Site(options, read)
    with site.client:
        yield site


@pytest.fixture
def site(tmp_path, database, read) -> Iterator[Site]:
    """An application for one person on one computer."""
    with running(
        Options(data=tmp_path / "data", database=database, workers=0, previews=False), read
    ) as found:
        yield found


@pytest.fixture
def shared_site(tmp_path, read) -> Iterator[Site]:
    """An application with accounts."""
    options = Options(data=tmp_path / "data", accounts=True, workers=0, previews=False)
    with running(options, read) as found:
        yield found
