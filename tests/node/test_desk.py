"""From a whole study to its results in the outbox, with the analysis played by the test: it takes the jobs by hand."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from brainsand.errors import QueueError
from brainsand.jobs import Queue
from brainsand.node.arrivals import Arrivals
from brainsand.node.audit import Audit
from brainsand.node.desk import Desk
from brainsand.node.instance import read_instance
from brainsand.node.metrics import Metrics
from brainsand.node.options import Limits
from brainsand.node.spool import Spool
from brainsand.node.versions import Versions
from node.conftest import ct_slice, file_of, mr_slice

QUIET_S = 30


class House:
    """A desk with all it stands between; ``again()`` is the house after a kill."""

    def __init__(self, folder):
        self.folder = folder
        self.now = 0.0
        self.again()

    def again(self):
        self.metrics = Metrics()
        self.spool = Spool(
            self.folder / "spool", Limits(free_mib=0), make_room=lambda n: self.desk.make_room(n)
        )
        self.versions = Versions(self.folder / "versions")
        self.arrivals = Arrivals(quiet_s=QUIET_S, patience_s=300)
        self.queue = Queue.open(self.folder / "jobs.sqlite")
        self.desk = Desk(
            self.spool,
            self.versions,
            self.arrivals,
            self.queue,
            peers=("pacs",),
            formats=("seg",),
            keep_s=3600,
            keep_failed_s=86_400,
            audit=Audit(self.folder / "audit.jsonl", b"key"),
            metrics=self.metrics,
        )
        return self.desk.take_up()

    def send(self, *slices):
        for ds in slices:
            file = file_of(ds)
            instance = read_instance(file)
            self.spool.keep(instance, file)
            self.arrivals.came(instance, "a", now_s=self.now)
        self.arrivals.ended("a", now_s=self.now)

    def quiet(self):
        self.now += QUIET_S
        self.desk.tick(now_s=self.now)

    def analyze(self, objects=1):
        """Do the next analysis, as a worker does; its job."""
        claimed = self.queue.take("test", kinds=["scan"])
        made = self.folder / f"made-{claimed.token}"
        made.mkdir()
        (made / "case.json").write_text("{}")
        for number in range(objects):
            (made / f"{('seg', 'sr', 'pdf')[number]}.dcm").write_bytes(b"x")
        self.queue.finish(claimed, {}, made=made)
        return claimed.job

    def refuse(self):
        claimed = self.queue.take("test", kinds=["scan"])
        self.queue.fail(claimed, "no head", retry=False, code="no_head")

    def deliver(self):
        """Take the next sending; None where there is none."""
        claimed = self.queue.take("test", kinds=["send pacs"])
        if claimed is not None:
            self.queue.finish(claimed, {})
        return claimed

    @property
    def counts(self):
        return {state: number for state, number in self.queue.counts().items() if number}


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def head(slices=6, **more):
    return [ct_slice(k + 1, SeriesDescription="HEAD", **more) for k in range(slices)]


def test_a_whole_study_is_analyzed_sent_and_closed(house):
    house.send(*head())
    house.quiet()
    job = house.analyze(objects=3)
    assert sorted(os.listdir(job.payload["input"])) == sorted(house.spool.files(house.spool.studies()[0]))
    assert job.payload["also"] == ["seg"]
    house.quiet()
    assert house.deliver().job.payload["folder"] == str(job.out)
    house.quiet()
    (version,) = house.versions.of_study(house.spool.studies()[0])
    assert version.closed == "send pacs done"


def test_a_study_that_is_not_quiet_yet_is_not_judged(house):
    house.send(*head())
    house.now += QUIET_S - 1
    house.desk.tick(now_s=house.now)
    assert house.counts == {}


def test_the_same_study_twice_gives_one_result(house):
    for _ in range(2):
        house.send(*head())
        house.quiet()
    house.analyze()
    house.quiet()
    house.send(*head())
    house.quiet()
    assert house.deliver() is not None
    assert house.deliver() is None
    assert house.counts == {"done": 2}
    assert house.metrics.value("brainsand_studies_total", verdict="nothing_new") == 2


def test_our_own_results_that_a_peer_sends_back_are_no_reason_to_read_the_study_again(house):
    house.send(*head())
    house.quiet()
    house.analyze()
    house.quiet()
    house.deliver()
    back = ct_slice(1, series="9001", Modality="SEG")
    back.SOPClassUID = back.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    house.send(*head(), back)
    house.quiet()
    assert house.counts == {"done": 2}
    assert house.metrics.value("brainsand_studies_total", verdict="nothing_new") == 1


def test_ct_that_comes_after_magnetic_resonance_of_the_same_study_is_read(house):
    house.send(*(mr_slice(k + 1) for k in range(6)))
    house.quiet()
    house.send(*head())
    house.quiet()
    assert len(os.listdir(house.analyze().payload["input"])) == 12


def test_a_changed_object_is_a_new_version_with_a_result_of_its_own(house):
    house.send(*head())
    house.quiet()
    first = house.analyze()
    house.quiet()
    house.deliver()
    house.send(ct_slice(3, SeriesDescription="HEAD", KVP=100))
    house.quiet()
    second = house.analyze()
    assert (first.out.parent.name, second.out.parent.name) == ("1", "2")
    house.quiet()
    assert house.deliver().job.payload["folder"] == str(second.out)


def test_late_slices_are_read_together_with_those_before_them(house):
    house.send(*head(6))
    house.quiet()
    house.analyze()
    house.send(*head(8)[6:])
    house.quiet()
    assert len(os.listdir(house.analyze().payload["input"])) == 8


def test_late_slices_supersede_an_analysis_that_was_not_done_yet(house):
    house.send(*head(6))
    house.quiet()
    house.send(*head(8)[6:])
    house.quiet()
    assert len(os.listdir(house.analyze().payload["input"])) == 8
    assert house.counts == {"cancelled": 1, "done": 1}
    study = house.spool.studies()[0]
    assert [version.closed for version in house.versions.of_study(study)] == ["superseded", None]


def test_late_slices_supersede_results_that_were_not_sent_yet(house):
    house.send(*head(6))
    house.quiet()
    house.analyze()
    house.quiet()
    house.send(*head(8)[6:])
    house.quiet()
    assert house.deliver() is None
    house.analyze()
    house.quiet()
    assert house.deliver().job.payload["folder"].endswith("/2/out")
    assert house.deliver() is None


def test_an_analysis_reads_its_own_version_though_the_spool_goes_on(house):
    house.send(*head(6))
    house.quiet()
    claimed = house.queue.take("test", kinds=["scan"])
    house.send(ct_slice(1, SeriesDescription="HEAD", KVP=100), ct_slice(7))
    before = {name: (name, n.st_size) for name, n in house.spool.files(house.spool.studies()[0]).items()}
    assert len(before) == 7
    assert len(os.listdir(claimed.job.payload["input"])) == 6
    held = [read_instance((entry).read_bytes()) for entry in claimed_files(claimed)]
    assert len(held) == 6


def claimed_files(claimed):
    from pathlib import Path

    return sorted(Path(claimed.job.payload["input"]).iterdir())


@pytest.mark.parametrize(
    "slices",
    [[mr_slice(k + 1) for k in range(6)], [ct_slice(k + 1, BodyPartExamined="CHEST") for k in range(6)]],
)
def test_what_is_no_head_ct_is_left_without_a_job(house, slices):
    house.send(*slices)
    house.quiet()
    assert house.counts == {}
    assert house.metrics.value("brainsand_studies_total", verdict="left") == 1
    (version,) = house.versions.of_study(house.spool.studies()[0])
    assert version.closed == "left"


def test_a_refused_analysis_is_closed_and_nothing_is_sent(house):
    house.send(*head())
    house.quiet()
    house.refuse()
    house.quiet()
    assert house.deliver() is None
    assert house.versions.of_study(house.spool.studies()[0])[0].closed == "failed: no_head"


def test_a_result_without_objects_is_closed_and_nothing_is_sent(house):
    house.send(*head())
    house.quiet()
    house.analyze(objects=0)
    house.quiet()
    assert house.deliver() is None
    assert house.versions.of_study(house.spool.studies()[0])[0].closed == "analyzed; there is nothing to send"


def test_two_interleaved_studies_have_a_result_each(house):
    house.send(*(ds for pair in zip(head(study="1"), head(study="2"), strict=True) for ds in pair))
    house.quiet()
    inputs = {house.analyze().payload["input"] for _ in range(2)}
    assert len(inputs) == 2
    assert all(len(os.listdir(folder)) == 6 for folder in inputs)
    house.quiet()
    assert house.deliver().job.payload["folder"] != house.deliver().job.payload["folder"]


STEPS = ("received", "judged", "analyzed", "outbox", "sent")


@pytest.mark.parametrize("killed_after", STEPS)
def test_a_kill_after_any_step_loses_nothing_and_doubles_nothing(house, killed_after):
    delivered = 0
    for step in STEPS:
        if step == "received":
            house.send(*head())
        if step in ("judged", "outbox"):
            house.quiet()
        if step == "analyzed":
            house.analyze()
        if step == "sent":
            delivered += house.deliver() is not None
        if step == killed_after:
            unread = house.again()
            assert len(unread) == (step == "received")
            for study in unread:
                for name in house.spool.files(study):
                    file = (house.spool.folder_of(study) / name).read_bytes()
                    house.arrivals.came(read_instance(file), "before", now_s=house.now)
                house.arrivals.ended("before", now_s=house.now)
    for _ in range(3):
        house.quiet()
        delivered += house.deliver() is not None
    assert delivered == 1
    assert house.counts == {"done": 2}
    (version,) = house.versions.of_study(house.spool.studies()[0])
    assert version.closed == "send pacs done"


@pytest.mark.parametrize("call", ["scan", "send pacs"])
def test_a_kill_between_a_version_and_its_job_puts_the_job_after_the_restart(house, monkeypatch, call):
    put = Queue.put

    def refuses(self, kind, *args, **more):
        if kind == call:
            raise QueueError("killed here")
        return put(self, kind, *args, **more)

    house.send(*head())
    with monkeypatch.context() as broken:
        broken.setattr(Queue, "put", refuses)
        if call == "scan":
            with pytest.raises(QueueError):
                house.quiet()
        else:
            house.quiet()
            house.analyze()
            with pytest.raises(QueueError):
                house.quiet()
    house.again()
    if call == "scan":
        house.analyze()
    house.quiet()
    assert house.deliver() is not None
    assert house.deliver() is None


def test_a_half_made_version_is_made_anew(house):
    house.send(*head())
    study = house.spool.studies()[0]
    (house.folder / "versions" / study / ".part" / "scan").mkdir(parents=True)
    house.again()
    assert not (house.folder / "versions" / study / ".part").exists()
    house.send(*head())
    house.quiet()
    assert house.analyze().out.parent.name == "1"


def test_a_full_disk_while_a_version_is_made_is_tried_again(house, monkeypatch):
    house.send(*head())

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("brainsand.node.versions.os.link", full)
        with pytest.raises(OSError, match="No space"):
            house.quiet()
    house.quiet()
    assert house.analyze() is not None


def finish(house, *studies):
    for study in studies:
        house.send(*head(study=study))
        house.quiet()
        house.analyze()
        house.quiet()
        house.deliver()
        house.quiet()
        time.sleep(0.02)  # so that one ended before the other, by the file's time


def test_finished_studies_are_forgotten_when_their_time_has_come_and_open_ones_stay(house, monkeypatch):
    finish(house, "1")
    house.send(*head(study="2"))
    house.quiet()
    house.desk.tidy()
    assert len(house.spool.studies()) == 2
    now = time.time()
    monkeypatch.setattr("brainsand.node.desk.time.time", lambda: now + 3601)
    house.desk.tidy()
    (left,) = house.spool.studies()
    assert house.versions.of_study(left)[0].closed is None


def test_what_failed_is_told_of_after_its_study_is_gone_and_forgotten_when_its_own_time_has_come(
    house, monkeypatch
):
    house.send(*head(study="1"))
    house.quiet()
    claimed = house.queue.take("a worker", kinds=["scan"])
    house.queue.fail(claimed, "not a head", retry=False, code="not_a_head")
    house.quiet()
    now = time.time()
    monkeypatch.setattr("brainsand.node.desk.time.time", lambda: now + 3601)
    house.desk.tidy()
    assert house.spool.studies() == ()
    assert [job.code for job in house.queue.list(state="failed")] == ["not_a_head"]
    monkeypatch.setattr("brainsand.node.desk.time.time", lambda: now + 86_401)
    house.desk.tidy()
    assert house.queue.list() == []


def test_results_for_a_peer_that_is_gone_for_days_are_not_made_again_after_a_restart(house):
    house.send(*head())
    house.quiet()
    house.analyze()
    house.quiet()
    house.queue.prune(ended_before=time.time() + 1)
    assert house.counts == {"queued": 1}
    house.again()
    house.quiet()
    assert house.counts == {"queued": 1}
    assert house.deliver() is not None
    house.quiet()
    assert house.versions.of_study(house.spool.studies()[0])[0].closed == "send pacs done"


def test_a_forgotten_study_that_comes_again_is_analyzed_again(house, monkeypatch):
    finish(house, "1")
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr("brainsand.node.desk.time.time", lambda: now + 3601)
        house.desk.tidy()
    house.send(*head(study="1"))
    house.quiet()
    assert house.analyze() is not None


def test_room_is_made_by_the_study_that_ended_first_and_never_by_an_open_one(house):
    finish(house, "1", "2")
    house.send(*head(study="3"))
    first, second, third = (read_instance(file_of(head(study=s)[0])).study for s in "123")
    assert house.desk.make_room(1)
    assert set(house.spool.studies()) == {second, third}
    assert not house.desk.make_room(10**9)
    assert set(house.spool.studies()) == {third}
    assert first not in os.listdir(house.folder / "versions")


def test_jobs_of_others_in_the_same_queue_are_let_alone(house):
    house.queue.put("scan", {"input": "x"}, key="web 1", out=house.folder / "other")
    house.analyze()
    house.quiet()
    assert house.deliver() is None


def test_a_version_whose_folder_was_removed_by_hand_does_no_harm(house):
    house.send(*head())
    house.quiet()
    house.analyze()
    shutil.rmtree(house.folder / "versions" / house.spool.studies()[0])
    house.quiet()
    assert house.deliver() is None
