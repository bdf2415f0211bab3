"""The queue stands in SQLite and in PostgreSQL here; every test that asks for ``place`` runs on both."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from brainsand.jobs.address import open_store
from brainsand.jobs.job import Patience
from brainsand.jobs.queue import Queue
from postgres import cluster

sys.path.insert(0, str(Path(__file__).resolve().parent))  # so that tests and workers find `fake_work`


class Clock:
    """A clock that stands until somebody sets it."""

    def __init__(self, now=1_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture(scope="session")
def postgres():
    with cluster() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    """The address of a queue that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    return request.getfixturevalue("postgres").new_place()


@pytest.fixture
def clock():
    """The clock on the wall."""
    return Clock()


@pytest.fixture
def elapsed():
    """Elapsed time."""
    return Clock(0.0)


@pytest.fixture
def open_queue(place, clock, elapsed):
    """Opens the queue at ``place``, as often as asked; all of them look at one clock."""
    opened = []

    def opener(**patience):
        queue = Queue(open_store(place), patience=Patience(**patience), clock=clock, elapsed=elapsed)
        opened.append(queue)
        return queue

    yield opener
    for queue in opened:
        queue.close()


@pytest.fixture
def queue(open_queue):
    return open_queue()
