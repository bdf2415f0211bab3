"""Results reach a peer, at last if not at first, and once."""

from __future__ import annotations

import threading

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_context, evt
from pynetdicom.sop_class import CTImageStorage

from brainsand.jobs import Patience, Queue
from brainsand.node.audit import Audit
from brainsand.node.commit import COMMITMENT, Commitments
from brainsand.node.metrics import Metrics
from brainsand.node.options import Peer
from brainsand.node.send import DicomPeer, NotTaken, Sender, dicom_files, outbox
from node.conftest import ct_slice, until
from samples import write


@pytest.fixture
def results(tmp_path):
    for number in (1, 2, 3):
        write(ct_slice(number), tmp_path / "out" / f"{number}.dcm")
    (tmp_path / "out" / "case.json").write_text("{}")
    return tmp_path / "out"


def to(port, **more):
    return DicomPeer(Peer(ae_title="PACS", host="127.0.0.1", port=port, **more), own_title="BRAINSAND")


def uids(got):
    return [str(ds.SOPInstanceUID) for ds in got]


def test_every_object_arrives_as_it_is(results, peer):
    port, got = peer()
    to(port).give(dicom_files(results))
    assert uids(got) == [str(ct_slice(n).SOPInstanceUID) for n in (1, 2, 3)]
    assert got[0].PixelData == dcmread(results / "1.dcm").PixelData


def test_key_pictures_in_a_folder_of_their_own_are_sent_too(results):
    write(ct_slice(4), results / "sc" / "1.dcm")
    assert len(dicom_files(results)) == 4


def test_a_peer_that_speaks_only_the_oldest_syntax_is_served(results, peer):
    port, got = peer(contexts=[build_context(CTImageStorage, ImplicitVRLittleEndian)])
    to(port).give(dicom_files(results))
    assert len(got) == 3


# pynetdicom drops a socket that could not connect without closing it; its memory's end closes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_peer_that_is_not_there_is_said(results):
    with pytest.raises(NotTaken, match=r"PACS at 127.0.0.1:1 does not answer"):
        to(1).give(dicom_files(results))


def test_a_peer_that_does_not_know_the_kind_of_object_is_said(results, peer):
    port, _ = peer(contexts=[build_context("1.2.840.10008.5.1.4.1.1.4", ExplicitVRLittleEndian)])
    with pytest.raises(NotTaken, match=r"1\.dcm could not be sent|does not answer|rejected"):
        to(port).give(dicom_files(results))


def test_an_object_that_is_not_taken_is_said_with_its_status(results, peer):
    second = ct_slice(2).SOPInstanceUID
    port, got = peer(answer=lambda uid: 0xA700 if uid == second else 0)
    with pytest.raises(NotTaken, match=r"2\.dcm was not taken: 0xA700"):
        to(port).give(dicom_files(results))
    assert len(got) == 1


def test_a_warning_counts_as_taken(results, peer):
    port, got = peer(answer=lambda _uid: 0xB000)
    to(port).give(dicom_files(results))
    assert len(got) == 3


@pytest.fixture
def sending(tmp_path):
    """Start a sender with an outbox of its own; it is stopped when the test ends."""
    started = []

    def start(target):
        queue = Queue.open(tmp_path / "jobs.sqlite", patience=Patience(backoff_s=0.1, longest_backoff_s=0.2))
        metrics = Metrics()
        sender = Sender("pacs", target, queue, audit=Audit(tmp_path / "audit.jsonl", b"k"), metrics=metrics)
        sender.start()
        started.append(sender)
        return queue, metrics

    yield start
    for sender in started:
        sender.stop()


def put(queue, results, key="1"):
    return queue.put(outbox("pacs"), {"folder": str(results), "study": "s"}, key=key, attempts=1000)


def test_results_put_into_the_outbox_are_sent_and_counted(results, peer, sending):
    port, _ = peer()
    queue, metrics = sending(to(port))
    job = put(queue, results)
    until(lambda: queue.get(job.id).state == "done")
    assert metrics.value("brainsand_sends_total", outcome="success", peer="pacs") == 1


def test_results_wait_in_the_queue_for_as_long_as_the_peer_is_gone(results, peer, sending):
    gate = threading.Event()
    port, got = peer(answer=lambda _uid: 0 if gate.is_set() else 0xA700)
    queue, metrics = sending(to(port))
    job = put(queue, results)
    until(lambda: metrics.value("brainsand_sends_total", outcome="minor_failure", peer="pacs") >= 3)
    assert queue.get(job.id).reason == "1.dcm was not taken: 0xA700."
    gate.set()
    until(lambda: queue.get(job.id).state == "done")
    assert sorted(set(uids(got))) == sorted(uids(got))


def test_sending_twice_gives_the_peer_the_same_identifiers(results, peer, sending):
    port, got = peer()
    queue, _ = sending(to(port))
    for key in ("1", "2"):
        job = put(queue, results, key)
        until(lambda job=job: queue.get(job.id).state == "done")
    assert uids(got[:3]) == uids(got[3:])


def report(failed=0):
    """Handlers of a peer that takes charge of all but ``failed`` objects, in the association it was asked in."""

    def on_action(event):
        asked = event.action_information
        said = Dataset()
        said.TransactionUID = asked.TransactionUID
        said.ReferencedSOPSequence = asked.ReferencedSOPSequence[failed:]
        if failed:
            said.FailedSOPSequence = asked.ReferencedSOPSequence[:failed]
        threading.Timer(
            0.2,
            lambda: event.assoc.send_n_event_report(
                said, 2 if failed else 1, COMMITMENT, "1.2.840.10008.1.20.1.1"
            ),
        ).start()
        return 0x0000, None

    return [(evt.EVT_N_ACTION, on_action)]


def committing(port, commitments):
    return DicomPeer(
        Peer(ae_title="PACS", host="127.0.0.1", port=port, commit=True),
        own_title="BRAINSAND",
        commitments=commitments,
    )


def test_a_peer_that_takes_charge_ends_the_job(results, peer):
    metrics = Metrics()
    port, got = peer(services=[COMMITMENT], handlers=report())
    committing(port, Commitments(metrics)).give(dicom_files(results))
    assert len(got) == 3
    assert metrics.value("brainsand_commitments_total", outcome="committed") == 1


def test_a_peer_that_does_not_take_charge_of_all_is_asked_again(results, peer):
    port, _ = peer(services=[COMMITMENT], handlers=report(failed=2))
    with pytest.raises(NotTaken, match="does not take charge of 2 of the results"):
        committing(port, Commitments(Metrics())).give(dicom_files(results))


def test_a_peer_that_never_says_whether_it_takes_charge_is_asked_again(results, peer, monkeypatch):
    monkeypatch.setattr("brainsand.node.send._COMMIT_S", 0.2)
    port, _ = peer(services=[COMMITMENT], handlers=[(evt.EVT_N_ACTION, lambda _event: (0x0000, None))])
    with pytest.raises(NotTaken, match="did not say"):
        committing(port, Commitments(Metrics())).give(dicom_files(results))
