"""Results take their place once, and only by whoever holds the job."""

from __future__ import annotations

import json

import pytest
from fake_work import write

from brainsand.errors import ClaimLost, OutputError
from brainsand.jobs.receipt import attempt_folder, found_outcome


def begun(queue, out):
    """A job taken, and its results written where an attempt writes them."""
    queue.put("fake", {"n": 1}, key="k", out=out)
    claimed = queue.take("elsewhere:1")
    return claimed, results_of(queue, claimed)


def results_of(queue, claimed):
    attempt = attempt_folder(queue.name, claimed)
    attempt.mkdir(parents=True)
    write(attempt / "results", claimed.job.payload)
    return attempt / "results"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_results_lie_in_their_place_with_a_receipt_and_nothing_else_is_left(queue, tmp_path):
    claimed, made = begun(queue, tmp_path / "out" / "head")
    queue.finish(claimed, {"n": 1}, made=made)
    assert names(tmp_path / "out") == ["head"]
    assert names(tmp_path / "out" / "head") == ["case.json", "job.json", "report.html"]
    receipt = json.loads((tmp_path / "out" / "head" / "job.json").read_text())
    assert receipt == {
        "schema": "brainsand.receipt/1",
        "queue": queue.name,
        "job": claimed.job.id,
        "kind": "fake",
        "round": 1,
        "attempt": 1,
        "outcome": {"state": "done", "result": {"n": 1}},
    }


def test_who_lost_the_job_puts_nothing_in_place(queue, open_queue, clock, elapsed, tmp_path):
    other = open_queue()
    first, made = begun(queue, tmp_path / "head")
    other.reap()
    elapsed.now += 31
    other.reap()
    clock.now += 6
    with pytest.raises(ClaimLost):
        queue.finish(first, {}, made=made)
    assert not (tmp_path / "head").exists()
    second = other.take("here")
    other.finish(second, {"by": "second"}, made=results_of(other, second))
    with pytest.raises(ClaimLost):
        queue.finish(first, {"by": "first"}, made=made)
    assert found_outcome(queue.name, second.job)["result"] == {"by": "second"}


def test_a_cancelled_job_puts_nothing_in_place(queue, tmp_path):
    claimed, made = begun(queue, tmp_path / "head")
    queue.cancel(claimed.job.id)
    with pytest.raises(ClaimLost):
        queue.finish(claimed, {}, made=made)
    assert not (tmp_path / "head").exists()


def test_results_in_place_whose_end_was_not_recorded_are_recognized_by_the_next(
    queue, open_queue, elapsed, tmp_path, monkeypatch
):
    claimed, made = begun(queue, tmp_path / "head")
    with monkeypatch.context() as patch:
        patch.setattr("brainsand.jobs.ledger.sweep", stopped)
        with pytest.raises(KeyboardInterrupt):
            queue.finish(claimed, {"n": 1}, made=made)
    assert queue.get(claimed.job.id).state == "running"
    other = open_queue()
    other.reap()
    elapsed.now += 31
    (job,) = other.reap()
    assert (job.state, job.result, job.attempts) == ("done", {"n": 1}, 1)
    assert [event.what for event in other.events(job=job.id)].count("done") == 1


def stopped(*_, **__):
    raise KeyboardInterrupt


def test_a_job_that_was_returned_with_its_results_in_place_is_not_done_again(queue, tmp_path, monkeypatch):
    claimed, made = begun(queue, tmp_path / "head")
    with monkeypatch.context() as patch:
        patch.setattr("brainsand.jobs.ledger.sweep", stopped)
        with pytest.raises(KeyboardInterrupt):
            queue.finish(claimed, {"n": 1}, made=made)
    queue.hand_back(claimed)
    again = queue.take("here")
    assert queue.recall(again).state == "done"
    assert queue.get(claimed.job.id).result == {"n": 1}


def test_a_finish_that_failed_on_its_way_can_be_asked_again(queue, tmp_path, monkeypatch):
    claimed, made = begun(queue, tmp_path / "head")
    with monkeypatch.context() as patch:
        patch.setattr("brainsand.jobs.ledger.sweep", stopped)
        with pytest.raises(KeyboardInterrupt):
            queue.finish(claimed, {"n": 1}, made=made)
    assert queue.finish(claimed, {"n": 1}, made=made).state == "done"


def test_a_new_round_does_its_work_anew_and_replaces_the_results(queue, tmp_path):
    claimed, made = begun(queue, tmp_path / "head")
    queue.finish(claimed, {"round": 1}, made=made)
    (tmp_path / "head" / "of a person.txt").write_text("kept")
    queue.requeue(claimed.job.id)
    again = queue.take("here")
    assert queue.recall(again) is None
    queue.finish(again, {"round": 2}, made=results_of(queue, again))
    assert found_outcome(queue.name, again.job)["result"] == {"round": 2}
    assert names(tmp_path / "head") == ["case.json", "job.json", "of a person.txt", "report.html"]


def test_another_queues_receipt_is_not_taken_for_ours(queue, tmp_path):
    claimed, made = begun(queue, tmp_path / "head")
    (tmp_path / "head").mkdir()
    (tmp_path / "head" / "job.json").write_text(
        json.dumps(
            {"schema": "brainsand.receipt/1", "queue": "another", "job": 1, "kind": "fake", "round": 1}
        )
    )
    assert queue.recall(claimed) is None
    assert queue.finish(claimed, {"n": 1}, made=made).state == "done"
    assert found_outcome(queue.name, claimed.job)["result"] == {"n": 1}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00\xff"])
def test_a_broken_receipt_is_no_receipt(queue, tmp_path, text):
    claimed, _ = begun(queue, tmp_path / "head")
    (tmp_path / "head").mkdir()
    (tmp_path / "head" / "job.json").write_text(text)
    assert queue.recall(claimed) is None


def test_where_the_place_cannot_be_written_the_job_stays_ones_own(queue, tmp_path):
    claimed, made = begun(queue, tmp_path / "head")
    (tmp_path / "head").write_text("a file where the folder is to be")
    with pytest.raises(OutputError, match="cannot be written"):
        queue.finish(claimed, {}, made=made)
    assert queue.get(claimed.job.id).state == "running"
    (tmp_path / "head").unlink()
    assert queue.finish(claimed, {}, made=made).state == "done"
