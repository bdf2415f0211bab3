"""What each database does when it is full, broken, foreign, shared or gone."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from brainsand.errors import QueueError, UsageError
from brainsand.jobs.address import open_store, sqlite_path
from brainsand.jobs.queue import Queue
from brainsand.jobs.store import without_password

SRC = Path(__file__).parents[2] / "src"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite"


def filled(path, jobs=3):
    with closing(Queue.open(path)) as queue:
        return [queue.put("scan", {"n": n, "words": "x" * 2000}) for n in range(jobs)]


def look_into(path):
    with closing(Queue.open(path)) as queue:
        queue.list()


# Any place


@pytest.mark.parametrize(
    "url", ["mysql://localhost/jobs", "", "sqlite:///", "sqlite://", ":memory:", "http://u:secret@host/jobs"]
)
def test_an_address_that_is_no_place_for_a_queue_is_refused_without_its_password(url):
    with pytest.raises(UsageError, match="no place for a queue") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_a_relative_path_stays_the_same_file_when_the_folder_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with closing(Queue.open("jobs.sqlite")) as queue:
        monkeypatch.chdir("/")
        queue.put("scan", {})
    assert len(filled(tmp_path / "jobs.sqlite", 0)) == 0
    with closing(Queue.open(tmp_path / "jobs.sqlite")) as queue:
        assert queue.counts()["queued"] == 1


def test_passwords_are_not_shown():
    assert without_password("postgresql://a:b:c@h/d") == "postgresql://a:***@h/d"
    assert without_password("postgresql://h/d?user=a&password=b") == "postgresql://h/d?user=a&password=***"
    assert sqlite_path("sqlite:////a b/ü.sqlite") == Path("/a b/ü.sqlite")


def test_tables_of_another_version_are_refused_not_guessed_at(place):
    store = open_store(place)
    with closing(Queue(store)), store.writing() as run:
        run("UPDATE brainsand_job_meta SET value = '99' WHERE name = 'version'", {})
    with pytest.raises(QueueError, match=r"another version of brainsand .tables 99"):
        Queue.open(place)


def test_ten_who_make_the_queue_at_once_make_one(place):
    names, faults = [], []

    def make():
        try:
            with closing(Queue.open(place)) as queue:
                names.append(queue.name)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=make) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(names) == 10
    assert len(set(names)) == 1


# SQLite


def test_the_file_is_for_its_owner_alone_and_lasting(path):
    filled(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store = open_store(path)
    with closing(Queue(store)), store.reading() as run:
        assert run("PRAGMA journal_mode", {}) == [{"journal_mode": "wal"}]
        assert run("PRAGMA synchronous", {}) == [{"synchronous": 2}]


def test_a_full_disk_loses_nothing_that_was_acknowledged_and_takes_jobs_again_when_there_is_room(
    path, monkeypatch
):
    from brainsand.jobs import sqlite

    limit = {"pages": 40}
    connect = sqlite._connection

    def small(where):
        connection = connect(where)
        connection.execute(f"PRAGMA max_page_count={limit['pages']}")
        return connection

    monkeypatch.setattr(sqlite, "_connection", small)
    put = []
    with closing(Queue.open(path)) as queue, pytest.raises(QueueError, match=r"the disk is full\. Free some"):
        put.extend(queue.put("scan", {"n": n, "words": "x" * 2000}, key=str(n)).id for n in range(100))
    assert 5 < len(put) < 100
    with closing(Queue.open(path)) as queue:
        assert [job.id for job in queue.list(limit=1000)] == put[::-1]
        limit["pages"] = 1000
    with closing(Queue.open(path)) as queue:
        assert queue.put("scan", {"words": "x" * 2000}, key=str(len(put))).payload == {"words": "x" * 2000}
        assert queue.counts()["queued"] == len(put) + 1


def test_a_really_full_disk_is_said_and_what_was_acknowledged_is_there_afterwards(tmp_path):
    """The file grows until the system allows no more (RLIMIT_FSIZE), in a process of its own."""
    code = (
        "import resource, signal, sys\n"
        "from brainsand.jobs.queue import Queue\n"
        "from brainsand.errors import QueueError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "queue = Queue.open(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "try:\n"
        "    for n in range(1000): print(queue.put('scan', {'words': 'x' * 3000}).id)\n"
        "except QueueError as error: print(error, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "jobs.sqlite")],
        env={**os.environ, "PYTHONPATH": str(SRC)}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "the disk is full" in done.stderr
    acknowledged = [int(line) for line in done.stdout.splitlines()]
    assert 5 < len(acknowledged) < 1000
    with closing(Queue.open(tmp_path / "jobs.sqlite")) as queue:
        there = {job.id for job in queue.list(limit=1000)}
        assert set(acknowledged) <= there
        queue.put("scan", {})


@pytest.mark.parametrize(
    "content", [b"this is a letter, not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000]
)
def test_a_file_that_is_no_database_is_said_and_not_touched(path, content):
    path.write_bytes(content)
    with pytest.raises(QueueError, match=r"is no queue|is damaged"):
        Queue.open(path)
    assert path.read_bytes() == content


def test_a_damaged_file_is_said_with_what_to_do(path):
    filled(path, 50)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(QueueError, match=r"is damaged\. Stop every worker, bring back the last copy"):
        look_into(path)


def test_a_folder_in_place_of_the_file_is_said(tmp_path):
    with pytest.raises(QueueError, match="cannot be opened"):
        Queue.open(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(QueueError, match="cannot be opened"):
        Queue.open(tmp_path / "new" / "jobs.sqlite")


def test_readers_do_not_wait_for_a_writer(path):
    filled(path)
    store = open_store(path)
    with closing(Queue(store)) as queue, store.writing() as run:
        run("UPDATE brainsand_jobs SET priority = 9", {})
        assert [job.priority for job in queue.list()] == [0, 0, 0]


# PostgreSQL


def test_a_server_that_is_not_there_is_said_without_the_password():
    pytest.importorskip("psycopg")
    with pytest.raises(QueueError, match="Is the server up") as fault:
        Queue.open("postgresql://me:secret@127.0.0.1:1/jobs")
    assert "secret" not in str(fault.value)


def test_a_connection_that_breaks_is_said_and_the_next_question_gets_a_new_one(postgres):
    import psycopg

    with closing(Queue.open(postgres.new_place())) as queue:
        job = queue.put("scan", {})
        with psycopg.connect(postgres.url(), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'brainsand jobs'"
            )
        with pytest.raises(QueueError, match="cannot be used"):
            queue.get(job.id)
        assert queue.get(job.id) == job


def test_without_psycopg_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r'pip install "brainsand\[postgres\]"'):
        open_store("postgresql://host/jobs")


def test_sqlalchemys_spelling_of_the_address_is_taken(postgres):
    place = postgres.new_place().replace("postgresql://", "postgresql+psycopg://")
    with closing(Queue.open(place)) as queue:
        assert queue.put("scan", {}).id == 1
