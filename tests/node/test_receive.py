"""What the node takes, what it refuses and how it says so, and that no sender brings it down."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLosslessSV1
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import CTImageStorage, MRImageStorage
from pynetdicom.transport import AssociationSocket

from brainsand.node.instance import NO_RESOURCES, NOT_UNDERSTOOD, OTHER_THAN_SAID, data_set_of
from brainsand.node.options import MIB, Limits
from brainsand.node.receive import SYNTAXES
from brainsand.node.spool import Spool
from node.conftest import ct_slice, mr_slice, until
from samples import write

ECHO = "1.2.840.10008.1.1"


def only_file(spool):
    (study,) = spool.studies()
    (name,) = spool.files(study)
    return spool.folder_of(study) / name


def audit_lines(running):
    return [json.loads(line) for line in running.audit_file.read_text().splitlines()]


def test_an_echo_is_answered(receiving, association):
    assert association(receiving().receiver.port).send_c_echo().Status == 0


def test_a_confirmed_object_lies_on_the_disk_byte_for_byte(receiving, association):
    running = receiving()
    sent = ct_slice()
    assert association(running.receiver.port).send_c_store(sent).Status == 0
    file = only_file(running.spool)
    assert bytes(data_set_of(file.read_bytes())) == encode(sent, False, True)
    meta = dcmread(file).file_meta
    assert meta.SourceApplicationEntityTitle == "SENDER"
    assert meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
    assert [i.sop_uid for i in running.came] == [sent.SOPInstanceUID]


@pytest.mark.parametrize(
    "title, called", [("STRANGER", "BRAINSAND"), ("SENDER", "OTHER"), ("SENDER ", "BRAINSANDS")]
)
def test_a_wrong_title_on_either_side_is_rejected_and_audited(receiving, association, title, called):
    running = receiving()
    assert association(running.receiver.port, title, called).is_rejected
    until(running.audited)
    (line,) = audit_lines(running)
    assert line["event"]["name"] == "Node Authentication"
    assert line["outcome"] == 4
    assert line["participant"] == {"id": title.strip(), "address": "127.0.0.1"}
    assert running.metrics.value("brainsand_associations_total", outcome="rejected") == 1


def test_a_title_bound_to_another_address_is_rejected(receiving, association):
    assert association(receiving(allow=["SENDER@10.0.0.1"]).receiver.port).is_rejected


@pytest.mark.parametrize("syntax", ["1.2.840.113619.5.2", "1.2.3.4", DeflatedExplicitVRLittleEndian])
def test_private_unknown_and_deflated_syntaxes_are_refused_at_negotiation(receiving, association, syntax):
    assoc = association(receiving().receiver.port, contexts=((CTImageStorage, syntax),))
    assert assoc.is_established
    assert [str(c.abstract_syntax) for c in assoc.rejected_contexts] == [CTImageStorage]
    assert [str(c.abstract_syntax) for c in assoc.accepted_contexts] == [ECHO]


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.name)
def test_every_syntax_the_reader_can_decode_is_accepted(receiving, association, syntax):
    assoc = association(receiving().receiver.port, contexts=((CTImageStorage, syntax),))
    assert assoc.rejected_contexts == []


def test_a_compressed_object_is_kept_as_it_came(receiving, association, tmp_path):
    running = receiving()
    packed = ct_slice()
    packed.compress("1.2.840.10008.1.2.5")  # RLE
    sent = write(packed, tmp_path / "packed.dcm")
    contexts = ((CTImageStorage, "1.2.840.10008.1.2.5"), (CTImageStorage, JPEGLosslessSV1))
    assert association(running.receiver.port, contexts=contexts).send_c_store(sent).Status == 0
    kept = dcmread(only_file(running.spool))
    assert kept.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.5"
    assert (kept.pixel_array == 41).all()


def test_magnetic_resonance_is_kept_too_for_the_reader_to_leave(receiving, association):
    running = receiving()
    assoc = association(running.receiver.port, contexts=((MRImageStorage, None),))
    assert assoc.send_c_store(mr_slice()).Status == 0
    assert running.came[0].modality == "MR"


def test_the_same_object_again_changes_nothing_and_another_under_its_uid_replaces_it(receiving, association):
    running = receiving()
    assoc = association(running.receiver.port)
    assert assoc.send_c_store(ct_slice()).Status == 0
    file = only_file(running.spool)
    before = file.stat().st_ino
    assert assoc.send_c_store(ct_slice()).Status == 0
    assert file.stat().st_ino == before
    changed = ct_slice(SliceThickness=4)
    assert assoc.send_c_store(changed).Status == 0
    assert dcmread(only_file(running.spool)).SliceThickness == 4
    counted = {k: running.metrics.value("brainsand_objects_received_total", outcome=k) for k in KEPT}
    assert counted == {"new": 1, "same": 1, "changed": 1}


KEPT = ("new", "same", "changed")


def test_an_object_larger_than_allowed_is_not_gathered_and_the_next_one_is_taken(receiving, association):
    running = receiving(limits={"instance_mib": 1})
    assoc = association(running.receiver.port)
    large = ct_slice()
    large.PixelData = b"\0" * 3 * MIB
    large.Rows, large.Columns = 1024, 1536
    answer = assoc.send_c_store(large)
    assert answer.Status == NO_RESOURCES
    assert answer.ErrorComment == "the object is larger than 1 MiB"
    assert assoc.send_c_store(ct_slice(2)).Status == 0
    assert [i.sop_uid for i in running.came] == [ct_slice(2).SOPInstanceUID]


def test_all_objects_under_way_together_are_bounded(receiving, association):
    assoc = association(receiving(limits={"in_flight_mib": 1}).receiver.port)
    large = ct_slice()
    large.PixelData, large.Rows, large.Columns = b"\0" * 3 * MIB, 1024, 1536
    answer = assoc.send_c_store(large)
    assert (answer.Status, answer.ErrorComment) == (NO_RESOURCES, "more than 1 MiB are under way")
    assert assoc.send_c_store(ct_slice(2)).Status == 0


def test_two_gigabytes_in_one_association_are_refused_from_its_limit_on(receiving, association):
    running = receiving(limits={"association_mib": 1})
    assoc = association(running.receiver.port)
    statuses = []
    for number in range(1, 5):
        part = ct_slice(number)
        part.PixelData, part.Rows, part.Columns = b"\0" * (MIB // 2), 512, 512
        statuses.append(assoc.send_c_store(part).Status)
    assert statuses == [0, NO_RESOURCES, NO_RESOURCES, NO_RESOURCES]
    assert len(running.came) == 1


@pytest.mark.parametrize(
    "limits, words",
    [
        ({"series_mib": 1}, "the series is larger than 1 MiB"),
        ({"study_mib": 1}, "the study is larger than 1 MiB"),
        ({"spool_mib": 1}, "the spool is full"),
        ({"study_instances": 1}, "the study has more than 1 objects"),
    ],
)
def test_series_study_and_spool_are_bounded(receiving, association, limits, words):
    assoc = association(receiving(limits=limits).receiver.port)
    answers = []
    for number in (1, 2):
        part = ct_slice(number)
        part.PixelData, part.Rows, part.Columns = b"\0" * (6 * MIB // 10), 512, 614
        answers.append(assoc.send_c_store(part))
    assert [answer.Status for answer in answers] == [0, NO_RESOURCES]
    assert answers[1].ErrorComment == words


def test_a_full_disk_is_out_of_resources_and_leaves_nothing_half_written(tmp_path, receiving, association):
    spool = Spool(tmp_path / "spool", Limits(), free_bytes=lambda _folder: 100)
    assoc = association(receiving(spool=spool).receiver.port)
    assert assoc.send_c_store(ct_slice()).Status == NO_RESOURCES
    assert spool.studies() == ()
    assert list((tmp_path / "spool" / ".parts").iterdir()) == []


def test_a_disk_that_fails_while_writing_is_out_of_resources(tmp_path, receiving, association, monkeypatch):
    running = receiving()

    def fails(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("brainsand.node.spool.os.fsync", fails)
    answer = association(running.receiver.port).send_c_store(ct_slice())
    assert answer.Status == NO_RESOURCES
    assert answer.ErrorComment == "the disk refuses: No space left on device"
    assert running.spool.studies() == ()
    assert running.spool.total_bytes == 0
    assert list((tmp_path / "spool" / ".parts").iterdir()) == []


def broken(ds: Dataset, how: str) -> bytes:
    whole = encode(ds, False, True)
    return {"cut": whole[: len(whole) - 40], "no pixels": whole[:-140], "noise": b"\xff\x13" * 300}[how]


@pytest.mark.parametrize("how", ["cut", "no pixels", "noise"])
def test_a_malformed_data_set_is_not_understood_and_the_association_lives(
    receiving, association, monkeypatch, how
):
    running = receiving()
    assoc = association(running.receiver.port)
    with monkeypatch.context() as patched:
        patched.setattr("pynetdicom.association.encode", lambda ds, *_: broken(ds, how))
        assert assoc.send_c_store(ct_slice()).Status == NOT_UNDERSTOOD
    assert assoc.send_c_store(ct_slice(2)).Status == 0
    assert len(running.came) == 1


def test_an_object_without_a_study_is_not_understood(receiving, association):
    answer = association(receiving().receiver.port).send_c_store(ct_slice(StudyInstanceUID=None))
    assert (answer.Status, answer.ErrorComment) == (NOT_UNDERSTOOD, "study instance UID is missing")


def test_a_uid_that_is_a_path_is_no_uid(receiving, association):
    sent = ct_slice()
    sent.add_new(0x0020000D, "LO", "../../etc")
    running = receiving()
    assert association(running.receiver.port).send_c_store(sent).Status == NOT_UNDERSTOOD
    assert running.spool.studies() == ()


def test_an_object_other_than_announced_is_told_so(receiving, association, monkeypatch):
    other = encode(ct_slice(2), False, True)
    assoc = association(receiving().receiver.port)
    monkeypatch.setattr("pynetdicom.association.encode", lambda *_: other)
    assert assoc.send_c_store(ct_slice(1)).Status == OTHER_THAN_SAID


def test_bytes_that_are_no_dicom_do_not_stop_the_node(receiving, association):
    port = receiving().receiver.port
    for noise in (b"GET / HTTP/1.1\r\n\r\n", b"\x01\x00" + struct.pack(">I", 2**31) + b"x" * 64, b"\x04" * 9):
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(noise)
    assert association(port).send_c_echo().Status == 0


def test_a_pdu_longer_than_any_is_not_read(receiving, association):
    port = receiving().receiver.port
    with socket.create_connection(("127.0.0.1", port), timeout=20) as caller, suppress(ConnectionError):
        caller.sendall(b"\x01\x00" + struct.pack(">I", 2**31))
        while caller.recv(4096):  # ends when the node hangs up; TimeoutError where it waits for the rest
            pass
    assert association(port).send_c_echo().Status == 0


def test_a_sender_that_is_cut_off_leaves_what_was_confirmed_and_its_end_is_known(receiving, association):
    running = receiving()
    assoc = association(running.receiver.port)
    assert assoc.send_c_store(ct_slice()).Status == 0
    assoc.abort()
    until(lambda: running.ended)
    assert len(running.ended) == 1
    assert len(running.spool.files(running.spool.studies()[0])) == 1


def test_more_associations_than_allowed_are_turned_away_until_one_ends(receiving, association):
    running = receiving(limits={"associations": 2})
    first, second = association(running.receiver.port), association(running.receiver.port)
    assert first.is_established
    assert second.is_established
    assert association(running.receiver.port).is_rejected
    first.release()
    until(lambda: running.ended)
    time.sleep(0.2)
    assert association(running.receiver.port).is_established


def test_who_knocks_too_often_is_not_answered(receiving, association):
    running = receiving(limits={"connections_per_minute": 2})
    assert association(running.receiver.port).is_established
    assert association(running.receiver.port).is_established
    with socket.create_connection(("127.0.0.1", running.receiver.port), timeout=10) as caller:
        assert caller.recv(1) == b""
    assert running.metrics.value("brainsand_associations_total", outcome="refused") == 1


def test_interleaved_series_of_two_senders_are_filed_apart(receiving, association):
    running = receiving(allow=["SENDER", "OTHER"])
    senders = [association(running.receiver.port), association(running.receiver.port, "OTHER")]

    def send(assoc, study):
        for number in range(1, 6):
            for series in ("1", "2"):
                assert assoc.send_c_store(ct_slice(number, study=study, series=series)).Status == 0

    threads = [
        threading.Thread(target=send, args=(assoc, study)) for assoc, study in zip(senders, "12", strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(running.spool.files(study)) for study in running.spool.studies()] == [10, 10]


def test_the_audit_tells_of_an_association_that_brought_nothing(receiving, association):
    running = receiving()
    assoc = association(running.receiver.port)
    assoc.send_c_echo()
    assoc.release()
    until(running.audited)
    (line,) = audit_lines(running)
    assert (line["event"]["name"], line["outcome"]) == ("Node Authentication", 0)


def test_the_audit_names_who_sent_how_much_and_no_patient(receiving, association):
    running = receiving()
    assoc = association(running.receiver.port)
    for number in (1, 2):
        assoc.send_c_store(ct_slice(number))
    assoc.release()
    until(running.audited)
    (line,) = audit_lines(running)
    assert line["event"] == {"code": "110104", "name": "DICOM Instances Transferred"}
    assert (line["outcome"], line["objects"]) == (0, 2)
    assert len(line["patient"]) == 32
    assert not {"Doe", "Jane", "P1"} & set(running.audit_file.read_text().replace('"', " ").split())
    assert running.audit_file.stat().st_mode & 0o077 == 0


def test_a_connection_that_cannot_be_shut_any_more_is_closed_all_the_same():
    connection = SimpleNamespace(socket=socket.socket())  # shutdown: "not connected"
    AssociationSocket._shutdown_socket(connection)
    assert connection.socket.fileno() == -1
