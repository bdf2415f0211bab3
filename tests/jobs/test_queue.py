"""The promises of the queue, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from brainsand.errors import ClaimLost, UsageError
from brainsand.jobs.job import STATES


def whats(queue, job):
    return [event.what for event in queue.events(job=job.id)]


def test_a_job_put_in_is_there_for_whoever_opens_the_queue_later(queue, open_queue, tmp_path):
    job = queue.put("scan", {"input": "/in/Müller \udcff"}, key="1.2.3", out=tmp_path / "Zoë", priority=2)
    later = open_queue().get(job.id)
    assert later == job
    assert (later.state, later.kind, later.key, later.priority) == ("queued", "scan", "1.2.3", 2)
    assert later.payload == {"input": "/in/Müller \udcff"}
    assert later.out == tmp_path / "Zoë"
    assert later.put_at == datetime.fromtimestamp(1_000_000, UTC)


def test_the_oldest_of_the_highest_priority_is_taken_first(queue):
    for name, priority in (("a", 0), ("b", 5), ("c", 0), ("d", 5)):
        queue.put("scan", {"name": name}, priority=priority)
    taken = [queue.take("me").job.payload["name"] for _ in range(4)]
    assert taken == ["b", "d", "a", "c"]
    assert queue.take("me") is None


def test_only_the_kinds_asked_for_are_taken(queue):
    queue.put("scan", {})
    other = queue.put("index", {})
    assert queue.take("me", kinds=["index", "tidy"]).job.id == other.id
    assert queue.take("me", kinds=["index"]) is None


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_the_same_key_gives_the_same_job_while_it_is_queued_running_or_done(queue, state):
    job = queue.put("scan", {"n": 1}, key="k")
    claimed = queue.take("me") if state != "queued" else None
    if state == "done":
        queue.finish(claimed)
    again = queue.put("scan", {"n": 2}, key="k")
    assert (again.id, again.payload, again.state) == (job.id, {"n": 1}, state)
    assert sum(queue.counts().values()) == 1


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_the_same_key_gives_a_new_job_after_the_old_one_failed_or_was_cancelled(queue, state):
    job = queue.put("scan", {}, key="k")
    queue.fail(queue.take("me"), "no", retry=False) if state == "failed" else queue.cancel(job.id)
    again = queue.put("scan", {}, key="k")
    assert again.id != job.id
    assert queue.find("scan", "k").id == again.id


def test_a_key_means_one_kind_of_work(queue):
    assert queue.put("scan", {}, key="k").id != queue.put("index", {}, key="k").id


def test_twenty_who_put_the_same_key_at_once_get_one_job(open_queue):
    queues = [open_queue() for _ in range(4)]
    got = []
    threads = [
        threading.Thread(target=lambda i=i: got.append(queues[i % 4].put("scan", {}, key="same").id))
        for i in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 20
    assert len(set(got)) == 1


def test_eight_who_take_at_once_never_take_the_same(open_queue):
    queues = [open_queue() for _ in range(4)]
    for n in range(40):
        queues[0].put("scan", {"n": n})
    taken = []

    def take_all(queue):
        while claimed := queue.take("me"):
            taken.append(claimed.job.id)

    threads = [threading.Thread(target=take_all, args=(queues[i % 4],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 40
    assert len(set(taken)) == 40


def test_a_finished_job_tells_its_result_and_when(queue, clock):
    queue.put("scan", {})
    claimed = queue.take("me")
    clock.now += 8
    job = queue.finish(claimed, {"deposits": 3})
    assert (job.state, job.result, job.share) == ("done", {"deposits": 3}, 1.0)
    assert (job.ended_at - job.taken_at).total_seconds() == 8
    assert whats(queue, job) == ["put", "taken", "done"]


def test_finishing_twice_by_the_same_claim_is_done_once(queue):
    queue.put("scan", {})
    claimed = queue.take("me")
    queue.finish(claimed, {"n": 1})
    assert queue.finish(claimed, {"n": 2}).result == {"n": 1}
    assert whats(queue, claimed.job).count("done") == 1


def test_a_failed_attempt_waits_longer_each_time_and_then_stays_failed_with_its_reason(queue, clock):
    queue.put("scan", {}, attempts=3)
    for wait_s in (5, 10):
        job = queue.fail(queue.take("me"), "the worker died", retry=True, code="worker_died")
        assert (job.state, job.reason) == ("queued", "the worker died")
        clock.now += wait_s - 0.1
        assert queue.take("me") is None
        clock.now += 0.2
    job = queue.fail(queue.take("me"), "again", retry=True, remedy="look", code="worker_died")
    assert (job.state, job.attempts, job.reason, job.remedy, job.code) == (
        "failed",
        3,
        "again",
        "look",
        "worker_died",
    )
    clock.now += 1e6
    assert queue.take("me") is None
    assert [j.id for j in queue.list(state="failed")] == [job.id]


def test_what_is_refused_is_not_tried_again(queue):
    queue.put("scan", {})
    job = queue.fail(queue.take("me"), "no head", retry=False)
    assert (job.state, job.attempts) == ("failed", 1)


def test_a_job_handed_back_is_ready_at_once_and_lost_no_attempt(queue):
    queue.put("scan", {})
    job = queue.hand_back(queue.take("me"))
    assert (job.state, job.attempts) == ("queued", 0)
    assert queue.take("me").job.attempts == 1


def test_progress_is_seen_and_kept_as_events(queue):
    queue.put("scan", {})
    claimed = queue.take("me")
    queue.progress(claimed, "find", 0.4)
    job = queue.get(claimed.job.id)
    assert (job.stage, job.share) == ("find", 0.4)
    last = queue.events(job=job.id)[-1]
    assert (last.what, last.words, last.share) == ("progress", "find", 0.4)


def test_a_cancelled_job_cannot_be_finished_nor_failed(queue):
    queue.put("scan", {})
    claimed = queue.take("me")
    assert queue.cancel(claimed.job.id).state == "cancelled"
    for ask in (
        lambda: queue.finish(claimed),
        lambda: queue.fail(claimed, "no", retry=True),
        lambda: queue.hand_back(claimed),
        lambda: queue.beat(claimed),
        lambda: queue.progress(claimed, "find", 0.5),
    ):
        with pytest.raises(ClaimLost):
            ask()
    assert queue.get(claimed.job.id).state == "cancelled"
    assert claimed.token not in queue.held_tokens()


def test_cancelling_what_is_done_changes_nothing(queue):
    queue.put("scan", {})
    job = queue.finish(queue.take("me"))
    assert queue.cancel(job.id) == job


def test_what_failed_can_be_put_aside(queue):
    queue.put("scan", {})
    job = queue.fail(queue.take("me"), "no", retry=False)
    assert queue.cancel(job.id).state == "cancelled"
    assert queue.get(job.id).reason == "no"


def test_an_ended_job_asked_for_anew_begins_a_new_round_with_all_its_attempts(queue):
    queue.put("scan", {}, attempts=1)
    failed = queue.fail(queue.take("me"), "no", retry=True)
    job = queue.requeue(failed.id)
    assert (job.state, job.attempts, job.round, job.reason) == ("queued", 0, 2, None)
    assert queue.requeue(job.id) == job  # it waits already
    assert queue.take("me").job.id == job.id


def test_a_failed_job_is_not_asked_for_anew_while_the_same_work_is_under_way_elsewhere(queue):
    queue.put("scan", {}, key="k")
    failed = queue.fail(queue.take("me"), "no", retry=False)
    other = queue.put("scan", {}, key="k")
    with pytest.raises(UsageError, match=f"Job {other.id} .queued. is the same work as job {failed.id}"):
        queue.requeue(failed.id)


# Silence and clocks


def test_after_the_lease_of_silence_the_job_goes_to_another_and_the_first_cannot_finish_it(
    queue, open_queue, clock, elapsed
):
    other = open_queue()
    queue.put("scan", {})
    first = queue.take("elsewhere:1")
    other.reap()  # the listener begins to listen
    elapsed.now += 29.9
    assert other.reap() == []
    elapsed.now += 0.2
    (job,) = other.reap()
    assert (job.state, job.code) == ("queued", "worker_lost")
    clock.now += 6
    second = other.take("here")
    assert second.job.attempts == 2
    with pytest.raises(ClaimLost, match="given to somebody else"):
        queue.finish(first)
    assert other.finish(second).state == "done"


def test_who_is_heard_of_keeps_the_job(queue, open_queue, elapsed):
    other = open_queue()
    queue.put("scan", {})
    claimed = queue.take("elsewhere:1")
    for _ in range(10):
        other.reap()
        elapsed.now += 20
        queue.beat(claimed)
        assert other.reap() == []
    assert queue.finish(claimed).state == "done"


@pytest.mark.parametrize("jump_s", [86_400.0, -86_400.0], ids=["a day ahead", "a day back"])
def test_no_jump_of_the_clock_takes_a_job_from_anybody_or_keeps_one_waiting(
    queue, open_queue, clock, elapsed, jump_s
):
    other = open_queue()
    queue.put("scan", {"n": 1})
    queue.put("scan", {"n": 2})
    waiting = queue.fail(queue.take("elsewhere:1"), "died", retry=True)
    claimed = queue.take("elsewhere:1")
    other.reap()
    clock.now += jump_s
    elapsed.now += 20
    assert other.reap() == []
    assert other.take("here").job.id == waiting.id
    assert other.put("scan", {"n": 3}).id == other.take("here").job.id
    assert queue.finish(claimed).state == "done"


def test_the_last_attempt_lost_in_silence_is_a_failure_with_remedy(queue, open_queue, elapsed):
    other = open_queue()
    queue.put("scan", {}, attempts=1)
    queue.take("elsewhere:1")
    other.reap()
    elapsed.now += 31
    (job,) = other.reap()
    assert (job.state, job.code) == ("failed", "worker_lost")
    assert "killed or fell silent" in job.reason
    assert "brainsand jobs retry" in job.remedy


# Looking


def test_pages_of_the_list_hold_every_job_once_the_newest_first(queue):
    ids = [queue.put("scan", {}).id for _ in range(7)]
    seen, before = [], None
    while page := queue.list(limit=3, before=before):
        seen += [job.id for job in page]
        before = page[-1].id
    assert seen == ids[::-1]


def test_counts_name_every_state(queue):
    assert queue.counts() == dict.fromkeys(STATES, 0)
    queue.put("scan", {})
    queue.put("scan", {})
    queue.take("me")
    assert queue.counts() == {**dict.fromkeys(STATES, 0), "queued": 1, "running": 1}


def test_a_reader_of_events_who_asks_for_what_came_after_the_last_misses_none(open_queue):
    queues = [open_queue() for _ in range(3)]
    seen, at_work = [], True

    def read():
        while at_work or queues[0].last_event() > (seen[-1] if seen else 0):
            seen.extend(event.id for event in queues[0].events(after=seen[-1] if seen else 0))

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=lambda q=q: [q.put("scan", {}) for _ in range(30)]) for q in queues]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    at_work = False
    reader.join()
    assert seen == sorted(event.id for event in queues[1].events(limit=1000))
    assert len(seen) == 90


def test_waiting_ends_with_the_next_event_or_with_patience(queue):
    job = queue.put("scan", {})
    (event,) = queue.wait(after=0, timeout_s=5, job=job.id)
    assert event.what == "put"
    assert queue.wait(after=event.id, timeout_s=0.05) == []
    threading.Timer(0.1, lambda: queue.cancel(job.id)).start()
    (event,) = queue.wait(after=event.id, timeout_s=10, every_s=0.01)
    assert event.what == "cancelled"


def test_old_ended_jobs_can_be_forgotten_and_failed_ones_stay_unless_they_are_named(queue, clock):
    for _ in range(3):
        queue.put("scan", {})
    done, failed = queue.finish(queue.take("me")), queue.fail(queue.take("me"), "no", retry=False)
    clock.now += 100
    assert queue.prune(ended_before=clock.now - 101) == 0
    assert queue.prune(ended_before=clock.now - 50) == 1
    assert {job.id for job in queue.list()} == {failed.id, 3}
    assert queue.events(job=done.id) == []
    assert queue.prune(ended_before=0.0, failed_before=clock.now - 101) == 0
    assert queue.prune(ended_before=0.0, failed_before=clock.now - 50) == 1
    assert [job.id for job in queue.list()] == [3]


# What is not taken


def test_a_number_that_is_not_there_is_said_so(queue):
    for ask in (queue.get, queue.cancel, queue.requeue):
        with pytest.raises(UsageError, match="There is no job 99"):
            ask(99)


@pytest.mark.parametrize("payload", [{"x": float("nan")}, {"x": {1, 2}}, {"x": "y" * 1_000_001}])
def test_a_payload_that_is_no_json_or_too_long_is_refused_before_anything_is_queued(queue, payload):
    with pytest.raises(UsageError, match="payload of a job"):
        queue.put("scan", payload)
    assert queue.list() == []


def test_words_of_any_kind_are_kept_or_shortened(queue):
    queue.put("scan", {"text": "a\0b"}, key="k\0\udcff")
    job = queue.fail(queue.take("w\0"), "no\0thing \udcff " + "x" * 10_000, retry=False)
    assert job.payload == {"text": "a\0b"}
    assert job.reason.startswith("nothing \\udcff x")
    assert len(job.reason) == 4000
    assert queue.find("scan", "k\0\udcff").id == job.id


def test_an_unknown_state_is_refused(queue):
    with pytest.raises(UsageError, match="no state of a job"):
        queue.list(state="lost'; DROP TABLE brainsand_jobs; --")
