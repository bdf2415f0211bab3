"""Workers that are killed, stopped, too slow or too big: the job returns, or its end is recorded once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from fake_work import KINDS

from brainsand.jobs.job import Patience
from brainsand.jobs.kinds import Limits
from brainsand.jobs.queue import Queue
from brainsand.jobs.sqlite import SqliteStore
from brainsand.jobs.workers import Workers

HERE = Path(__file__).parent
QUICK = Limits(poll_s=0.02)
SOON = Patience(backoff_s=0.01)


@pytest.fixture
def queue(place):
    opened = Queue.open(place, patience=SOON)
    yield opened
    opened.close()


@pytest.fixture
def small(tmp_path):
    """A queue in SQLite, where it is of no account which database holds it."""
    opened = Queue.open(tmp_path / "jobs.sqlite", patience=SOON)
    yield opened
    opened.close()


def put(queue, tmp_path, n=0, **payload):
    return queue.put("fake", {"n": n, **payload}, out=tmp_path / "out" / str(n))


def empty(queue, **changes):
    workers = Workers(queue, kinds=KINDS, number=1, limits=changes.pop("limits", QUICK), **changes)
    workers.run_until_empty()
    return workers


@contextmanager
def working(queue, number=1, limits=QUICK):
    workers = Workers(queue, kinds=KINDS, number=number, limits=limits)
    workers.start()
    try:
        yield workers
    finally:
        workers.stop()


def until(told, patience_s=60.0):
    """Wait for something to become true."""
    end = time.monotonic() + patience_s
    while not (found := told()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
    return found


def whats(queue, job):
    return [event.what for event in queue.events(job=job.id)]


def left_over(tmp_path):
    return sorted(path.name for path in (tmp_path / "out").glob(".*"))


def test_jobs_are_done_with_progress_and_one_process_does_many(queue, tmp_path):
    jobs = [put(queue, tmp_path, n) for n in range(5)]
    empty(queue)
    done = [queue.get(job.id) for job in jobs]
    assert [job.state for job in done] == ["done"] * 5
    assert len({job.result["pid"] for job in done}) == 1
    assert whats(queue, jobs[0]) == ["put", "taken", "progress", "progress", "done"]
    assert sorted(p.name for p in (tmp_path / "out" / "3").iterdir()) == [
        "case.json",
        "job.json",
        "report.html",
    ]
    assert left_over(tmp_path) == []


def test_a_job_without_a_place_for_results_gives_its_answer_alone(small):
    job = small.put("fake", {})
    empty(small)
    assert small.get(job.id).result["pid"] > 0


def test_what_is_refused_fails_at_once_in_the_refusals_words_and_its_record_is_in_place(queue, tmp_path):
    job = put(queue, tmp_path, do="refuse")
    empty(queue)
    job = queue.get(job.id)
    assert (job.state, job.attempts, job.code) == ("failed", 1, "not_a_head")
    assert (job.reason, job.remedy) == ("A foot came. Needed: a head.", "Scan the head.")
    assert sorted(p.name for p in job.out.iterdir()) == ["job.json", "refusal.json"]


def test_a_fault_is_tried_again_and_at_last_kept_with_its_words(small, tmp_path):
    job = put(small, tmp_path, do="fault")
    empty(small)
    job = small.get(job.id)
    assert (job.state, job.attempts, job.code) == ("failed", 3, "fault")
    assert job.reason.startswith("ValueError: a fault of ours (fault, line ")
    assert whats(small, job).count("returned") == 2
    assert not job.out.exists()
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(("do", "how"), [("die", "ended by SIGKILL"), ("exit", "exit code 7")])
def test_a_job_that_kills_its_worker_each_time_ends_among_the_failed_and_the_rest_goes_on(
    small, tmp_path, do, how
):
    bad, good = put(small, tmp_path, 0, do=do), put(small, tmp_path, 1)
    empty(small)
    bad = small.get(bad.id)
    assert (bad.state, bad.attempts, bad.code) == ("failed", 3, "worker_died")
    assert how in bad.reason
    assert "during find" in bad.reason
    assert small.get(good.id).state == "done"


def test_a_worker_killed_once_costs_its_job_one_attempt(queue, tmp_path):
    job = put(queue, tmp_path, do="die_once", mark=str(tmp_path / "mark"))
    empty(queue)
    job = queue.get(job.id)
    assert (job.state, job.attempts) == ("done", 2)
    assert left_over(tmp_path) == []


def test_a_job_that_takes_too_long_is_ended_and_says_so(small, tmp_path):
    job = small.put("fake", {"do": "sleep", "s": 60}, attempts=1, out=tmp_path / "out" / "0")
    empty(small, limits=Limits(poll_s=0.02, time_s=0.3))
    job = small.get(job.id)
    assert (job.state, job.code) == ("failed", "too_long")
    assert "longer than 0 s and was ended during find" in job.reason


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the system does not tell what a process holds"
)
def test_a_job_that_eats_memory_is_ended_and_says_so(small, tmp_path):
    job = small.put("fake", {"do": "eat", "mb": 400}, attempts=1)
    empty(small, limits=Limits(poll_s=0.02, memory_mb=300))
    job = small.get(job.id)
    assert (job.state, job.code) == ("failed", "out_of_memory")
    assert job.reason.startswith("out of memory: it held ")
    assert "fewer analyses" in job.remedy


def test_no_second_job_begins_while_memory_is_short(small, tmp_path, monkeypatch):
    monkeypatch.setattr("brainsand.jobs.workers.available_mb", lambda: 1000.0)
    for n in range(3):
        put(small, tmp_path, n, do="sleep", s=0.2)
    limits = Limits(poll_s=0.02, expected_mb=1500)
    with working(small, number=3, limits=limits) as workers:
        most = 0
        while small.counts()["done"] < 3:
            most = max(most, small.counts()["running"])
            time.sleep(0.02)
        assert workers.health()["trouble"] is None
    assert most == 1


def test_two_jobs_are_under_way_at_once_where_there_is_memory(small, tmp_path):
    jobs = [put(small, tmp_path, n, do="sleep_once", mark=str(tmp_path / str(n))) for n in range(2)]
    with working(small, number=2, limits=Limits(poll_s=0.02, expected_mb=1)):
        until(lambda: small.counts()["running"] == 2)
        for job in jobs:
            small.cancel(job.id)


def test_a_cancelled_job_ends_its_worker_within_seconds_and_leaves_nothing(queue, tmp_path):
    job, next_one = put(queue, tmp_path, 0, do="sleep", s=600), put(queue, tmp_path, 1)
    with working(queue):
        until(lambda: queue.get(job.id).stage == "find")
        queue.cancel(job.id)
        until(lambda: queue.get(next_one.id).state == "done")
    assert queue.get(job.id).state == "cancelled"
    assert not job.out.exists()
    assert left_over(tmp_path) == []


def test_stopping_hands_the_job_back_without_an_attempt_lost(queue, tmp_path):
    job = put(queue, tmp_path, do="sleep_once", mark=str(tmp_path / "mark"))
    with working(queue):
        until(lambda: queue.get(job.id).stage == "find")
    job = queue.get(job.id)
    assert (job.state, job.attempts) == ("queued", 0)
    assert left_over(tmp_path) == []
    empty(queue)
    assert queue.get(job.id).state == "done"


def test_stopping_with_patience_lets_the_job_end_and_takes_no_other(small, tmp_path):
    first, second = put(small, tmp_path, 0, do="sleep", s=0.5), put(small, tmp_path, 1)
    workers = Workers(small, kinds=KINDS, number=1, limits=QUICK)
    workers.start()
    until(lambda: small.get(first.id).stage == "find")
    workers.stop(patience_s=60)
    assert small.get(first.id).state == "done"
    assert small.get(second.id).state == "queued"


def test_a_service_manager_that_tells_every_process_to_terminate_does_not_spoil_the_job(small, tmp_path):
    job = put(small, tmp_path, do="sleep", s=1)
    workers = Workers(small, kinds=KINDS, number=1, limits=QUICK)
    workers.start()
    until(lambda: small.get(job.id).stage == "find")
    for hand in workers._hands:
        os.kill(hand.process.pid, signal.SIGTERM)
    workers.stop(patience_s=60)
    assert (small.get(job.id).state, small.get(job.id).attempts) == ("done", 1)


def test_a_program_that_ends_without_stopping_its_workers_ends_and_hands_the_job_back(small, tmp_path):
    job = put(small, tmp_path, do="sleep", s=600)
    code = (
        "import sys, time\n"
        "from brainsand.jobs import Limits, Queue, Workers\n"
        "queue = Queue.open(sys.argv[1])\n"
        "Workers(queue, number=1, kinds={'fake': 'fake_work'}, limits=Limits(poll_s=0.02)).start()\n"
        "while queue.get(1).stage != 'find': time.sleep(0.02)\n"
    )
    path = os.pathsep.join(map(str, (HERE, HERE.parents[1] / "src")))
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "jobs.sqlite")],
        env={**os.environ, "PYTHONPATH": path}, timeout=60, check=True,
    )  # fmt: skip
    assert (small.get(job.id).state, small.get(job.id).attempts) == ("queued", 0)


def test_kinds_nobody_here_knows_stay_for_others(small):
    job = small.put("index", {})
    with working(small):
        until(lambda: small.counts()["queued"] == 1)
    assert small.get(job.id).state == "queued"


def test_an_answer_that_is_no_json_is_a_failure_and_the_work_goes_on(small, tmp_path):
    bad, good = small.put("fake", {"do": "no_json"}), put(small, tmp_path, 1)
    empty(small)
    assert (small.get(bad.id).state, small.get(bad.id).attempts) == ("failed", 1)
    assert "must be JSON" in small.get(bad.id).reason
    assert small.get(good.id).state == "done"


def test_a_fault_of_the_employers_own_is_said_and_the_work_goes_on(small, tmp_path, monkeypatch, caplog):
    faults = iter([RuntimeError("once"), None, None])
    look = Workers._look

    def sometimes(workers):
        if fault := next(faults, None):
            raise fault
        look(workers)

    monkeypatch.setattr(Workers, "_look", sometimes)
    job = put(small, tmp_path)
    empty(small)
    assert small.get(job.id).state == "done"
    assert "a fault in brainsand itself; the work goes on" in caplog.text


def test_a_kind_whose_module_is_missing_fails_with_its_name(small, tmp_path):
    job = small.put("lost", {}, attempts=1)
    Workers(small, kinds={"lost": "no.such.module"}, number=1, limits=QUICK).run_until_empty()
    assert "No module named 'no'" in small.get(job.id).reason


def test_a_place_that_cannot_be_written_is_said_and_tried_again(small, tmp_path):
    (tmp_path / "file").write_text("")
    job = small.put("fake", {}, out=tmp_path / "file" / "out", attempts=2)
    empty(small)
    job = small.get(job.id)
    assert (job.state, job.attempts, job.code) == ("failed", 2, "output")
    assert "cannot be written beside" in job.reason


def test_results_in_place_of_an_earlier_attempt_are_recorded_and_no_work_is_done(
    small, tmp_path, monkeypatch
):
    job = put(small, tmp_path, do="die")
    claimed = small.take("elsewhere:1")
    made = tmp_path / "out" / "made"
    made.mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr("brainsand.jobs.ledger.sweep", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            small.finish(claimed, {"by": "the first"}, made=made)
    small.hand_back(claimed)
    empty(small)
    assert small.get(job.id).state == "done"
    assert small.get(job.id).result == {"by": "the first"}


# The employing process killed


def employer(place, **environment):
    """``killable.py`` in a process of its own: workers on the queue until killed."""
    path = os.pathsep.join(map(str, (HERE, HERE.parents[1] / "src")))
    return subprocess.Popen(
        [sys.executable, str(HERE / "killable.py"), place],
        env={**os.environ, "PYTHONPATH": path, **environment},
        stderr=subprocess.PIPE,
    )


def end(process, number=signal.SIGKILL):
    process.send_signal(number)
    code = process.wait(timeout=60)
    process.stderr.close()
    return code


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children(pid):
    """The worker processes of an employer."""
    found = (p for p in Path("/proc").iterdir() if p.name.isdigit() and parent(p) == pid)
    return [int(p.name) for p in found if b"spawn_main" in words(p)]


def words(process):
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def parent(process):
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@linux
def test_workers_die_with_their_employer_and_the_next_one_takes_the_job_at_once(queue, place, tmp_path):
    job = put(queue, tmp_path, do="sleep_once", mark=str(tmp_path / "mark"))
    first = employer(place)
    until(lambda: queue.get(job.id).stage == "find")
    (worker,) = children(first.pid)
    end(first)
    until(lambda: not alive(worker))
    assert queue.get(job.id).state == "running"
    second = employer(place)
    until(lambda: queue.get(job.id).state == "done")
    end(second)
    assert queue.get(job.id).attempts == 2
    assert left_over(tmp_path) == []


@linux
def test_an_employer_that_sleeps_past_the_lease_finds_its_job_gone_and_spoils_nothing(place, tmp_path):
    queue = Queue.open(place, patience=Patience(lease_s=1.0, backoff_s=0.01))
    job = put(queue, tmp_path, do="sleep_once", mark=str(tmp_path / "mark"))
    first = employer(place, LEASE_S="1")
    until(lambda: queue.get(job.id).stage == "find")
    (worker,) = children(first.pid)
    first.send_signal(signal.SIGSTOP)
    second = employer(place, LEASE_S="1")
    until(lambda: queue.get(job.id).state == "done")
    done = queue.get(job.id)
    first.send_signal(signal.SIGCONT)
    until(lambda: not alive(worker))  # told by its employer, who found the claim lost
    assert queue.get(job.id) == done
    assert whats(queue, job).count("done") == 1
    end(first)
    end(second)
    queue.close()


@linux
def test_asked_to_terminate_it_ends_well_and_hands_back(small, tmp_path):
    job = put(small, tmp_path, do="sleep_once", mark=str(tmp_path / "mark"))
    process = employer(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    until(lambda: small.get(job.id).stage == "find")
    assert end(process, signal.SIGTERM) == 0
    assert (small.get(job.id).state, small.get(job.id).attempts) == ("queued", 0)


@linux
def test_asked_to_terminate_before_its_workers_are_ready_it_ends_without_a_complaint(tmp_path):
    path = os.pathsep.join(map(str, (HERE, HERE.parents[1] / "src")))
    process = subprocess.Popen(
        [sys.executable, "-m", "brainsand", "jobs", "work", "--workers", "1", "--quiet"],
        env={**os.environ, "PYTHONPATH": path, "BRAINSAND_QUEUE": str(tmp_path / "jobs.sqlite")},
        stderr=subprocess.PIPE,
    )
    until(lambda: children(process.pid))
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, b"")


@linux
def test_two_employers_on_one_queue_killed_in_turn_with_their_workers_do_each_job_once(
    queue, place, tmp_path
):
    payload = {"do": "sleep", "s": 0.05}
    jobs = [
        queue.put("fake", {**payload, "n": n}, out=tmp_path / "out" / str(n), attempts=1000)
        for n in range(40)
    ]
    running = [employer(place), employer(place)]
    for round in range(6):
        until(lambda: queue.counts()["running"] > 0 or queue.counts()["queued"] == 0)
        time.sleep(0.11 * round % 0.3)
        victim = running.pop(0)
        if round % 2:
            for worker in children(victim.pid):
                os.kill(worker, signal.SIGKILL)
        end(victim)
        running.append(employer(place))
    until(lambda: queue.counts()["done"] == 40, 120)
    for process in running:
        end(process)
    assert all(whats(queue, job).count("done") == 1 for job in jobs)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(str(n) for n in range(40))


@linux
def test_a_worker_killed_while_idle_is_replaced(small, tmp_path):
    with working(small) as workers:
        until(lambda: workers.health()["workers"] == 1 and small.counts()["queued"] == 0)
        job = put(small, tmp_path)
        until(lambda: small.get(job.id).state == "done")
        os.kill(small.get(job.id).result["pid"], signal.SIGKILL)
        again = put(small, tmp_path, 1)
        until(lambda: small.get(again.id).state == "done")
    assert small.get(again.id).attempts <= 2


def test_a_database_that_does_not_answer_for_a_while_costs_nothing(small, tmp_path, monkeypatch):
    job = put(small, tmp_path, do="sleep", s=0.3)
    broken = threading.Event()
    take = SqliteStore._take

    def sometimes(store):
        if broken.is_set() and threading.current_thread().name == "brainsand-jobs":
            raise sqlite3.OperationalError("database or disk is full")
        return take(store)

    monkeypatch.setattr(SqliteStore, "_take", sometimes)
    with working(small) as workers:
        until(lambda: small.get(job.id).stage == "find")
        broken.set()
        until(lambda: workers.trouble)
        time.sleep(0.6)
        assert "disk is full" in workers.health()["trouble"]
        assert small.get(job.id).state == "running"
        broken.clear()
        until(lambda: small.get(job.id).state == "done")
        until(lambda: workers.trouble is None)
    assert small.get(job.id).attempts == 1
