"""The DICOMweb way, before a small server of the test's own; a real Orthanc follows in ``test_orthanc``."""

from __future__ import annotations

import json
import re
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from brainsand.errors import UsageError
from brainsand.node.audit import Audit
from brainsand.node.dicomweb import PASSWORD, TOKEN, WebFault, WebServer
from brainsand.node.fetch import Fetcher
from brainsand.node.metrics import Metrics
from brainsand.node.options import MIB, Limits, Web
from brainsand.node.send import NotTaken
from brainsand.node.spool import Spool
from node.conftest import ct_slice, file_of
from samples import write


class Archive:
    """A DICOMweb server that holds some slices; ``broken`` makes a kind of answer bad."""

    def __init__(self):
        self.slices, self.asked, self.headers, self.stored = [], [], [], []
        self.broken = {}
        archive = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                archive.asked.append(self.path)
                archive.headers.append(dict(self.headers))
                self.answer(*archive.answer(self.path))

            def do_POST(self):
                archive.stored.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(archive.broken.get("stow", 200), "application/dicom+json", b"{}")

            def answer(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/dicom-web"

    def answer(self, path):
        place, _, query = path.partition("?")
        kind = "object" if re.search(r"/instances/[\d.]+$", place) else place.rsplit("/", 1)[-1]
        if kind in self.broken:
            return self.broken[kind]
        if kind == "object":
            (ds,) = [ds for ds in self.slices if place.endswith(f"/{ds.SOPInstanceUID}")]
            body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + file_of(ds) + b"\r\n--b--"
            return 200, 'multipart/related; type="application/dicom"; boundary=b', body
        if kind == "studies":
            rows = [{"0020000D": ds.StudyInstanceUID} for ds in self.slices] if "offset=0" in query else []
        elif kind == "series":
            rows = [
                {"0020000E": ds.SeriesInstanceUID, "00080060": ds.Modality, "00201209": len(self.slices)}
                for ds in self.slices
                if ds.StudyInstanceUID in place
            ]
        else:
            rows = [{"00080018": ds.SOPInstanceUID} for ds in self.slices if ds.SeriesInstanceUID in place]
        distinct = {json.dumps(row, sort_keys=True): row for row in rows}.values()
        said = [{tag: {"vr": "UI", "Value": [value]} for tag, value in row.items()} for row in distinct]
        return 200, "application/dicom+json", json.dumps(said).encode()

    def fetched(self):
        return [path for path in self.asked if re.search(r"/instances/[\d.]+$", path)]


@pytest.fixture
def archive():
    archive = Archive()
    archive.slices = [ct_slice(number) for number in (1, 2, 3)]
    yield archive
    archive.server.shutdown()
    archive.server.server_close()


def fetcher_of(archive, folder, **more):
    options = Web(url=archive.url, **more)
    spool, came, ended = Spool(folder / "spool", Limits(free_mib=0)), [], []
    fetcher = Fetcher(
        options,
        WebServer(options, most_mib=1),
        spool,
        folder / "web.json",
        has=spool.has,
        came=lambda instance, _round: came.append(instance.sop_uid),
        ended=ended.append,
        audit=Audit(folder / "audit.jsonl", b"k"),
        metrics=Metrics(),
        today=lambda: date(2026, 3, 2),
    )
    return fetcher, came, spool


def test_new_ct_is_fetched_once_and_asked_for_by_day(archive, tmp_path):
    fetcher, came, spool = fetcher_of(archive, tmp_path, days=2, match={"StudyDescription": "*HEAD*"})
    assert fetcher.round() == 3
    assert fetcher.round() == 0
    assert sorted(came) == sorted(ds.SOPInstanceUID for ds in archive.slices)
    assert len(spool.files(spool.studies()[0])) == 3
    assert "StudyDate=20260228-" in archive.asked[0]
    assert "ModalitiesInStudy=CT" in archive.asked[0]
    assert "StudyDescription" in archive.asked[0]


def test_what_was_fetched_is_remembered_over_a_restart_even_when_the_spool_forgot_it(archive, tmp_path):
    fetcher, _, spool = fetcher_of(archive, tmp_path)
    fetcher.round()
    spool.remove(spool.studies()[0])
    assert fetcher_of(archive, tmp_path)[0].round() == 0


def test_late_slices_alone_are_fetched(archive, tmp_path):
    fetcher, came, _ = fetcher_of(archive, tmp_path)
    fetcher.round()
    archive.slices.append(ct_slice(4))
    assert fetcher.round() == 1
    assert came[-1] == ct_slice(4).SOPInstanceUID


def test_an_interrupted_round_goes_on_where_it_was(archive, tmp_path, monkeypatch):
    fetcher, _, _ = fetcher_of(archive, tmp_path)
    fetch, calls = WebServer.fetch, []

    def breaks_off(self, series, uid):
        calls.append(uid)
        if len(calls) == 2:
            raise WebFault("gone")
        return fetch(self, series, uid)

    monkeypatch.setattr(WebServer, "fetch", breaks_off)
    with pytest.raises(WebFault):
        fetcher.round()
    assert fetcher.round() == 2
    assert len(archive.fetched()) == 3


def test_other_modalities_are_not_fetched(archive, tmp_path):
    for ds in archive.slices:
        ds.Modality = "MR"
    assert fetcher_of(archive, tmp_path)[0].round() == 0
    assert archive.fetched() == []


def test_an_object_of_another_series_than_said_is_not_kept_nor_asked_for_for_ever(archive, tmp_path):
    fetcher, came, _ = fetcher_of(archive, tmp_path)
    body = file_of(ct_slice(1, study="7"))
    archive.broken["object"] = (200, "application/dicom", body)
    for _ in range(5):
        assert fetcher.round() == 0
    assert came == []
    assert len(archive.fetched()) == 9


@pytest.mark.parametrize(
    "kind, answer, words",
    [
        ("studies", (500, "text/plain", b"oops"), "QIDO of studies: the server answered 500."),
        ("studies", (200, "application/dicom+json", b"<html>"), "QIDO of studies: "),
        ("object", (404, "text/plain", b""), "WADO of an object: the server answered 404."),
        (
            "object",
            (200, "multipart/related; boundary=b", b"--b\r\n\r\nhalf"),
            "A multipart answer breaks off.",
        ),
        (
            "object",
            (200, "text/html", b"<html>"),
            "An object came as neither multipart nor application/dicom.",
        ),
        ("object", (200, "application/dicom", b"x" * (MIB + 1)), "An answer is longer than 1 MiB."),
    ],
)
def test_what_goes_wrong_is_said_in_words(archive, tmp_path, kind, answer, words):
    archive.broken[kind] = answer
    with pytest.raises(WebFault) as fault:
        fetcher_of(archive, tmp_path)[0].round()
    assert words in str(fault.value)


def test_a_server_that_is_not_there_is_said():
    with pytest.raises(WebFault, match="QIDO of studies: ConnectionError"):
        WebServer(Web(url="http://127.0.0.1:1", timeout_s=2), most_mib=1).studies_since(date(2026, 1, 1))


def test_results_are_stored_and_a_refusal_is_to_be_tried_again(archive, tmp_path):
    file = write(ct_slice(9), tmp_path / "seg.dcm")
    server = WebServer(Web(url=archive.url), most_mib=1)
    server.give([file])
    assert str(ct_slice(9).SOPInstanceUID).encode() in archive.stored[0]
    archive.broken["stow"] = 503
    with pytest.raises(NotTaken, match="STOW: the server answered 503"):
        server.give([file])


def test_secrets_come_from_a_file_or_the_environment(archive, tmp_path, monkeypatch):
    (tmp_path / "token").write_text("abc\n")
    WebServer(Web(url=archive.url, token_file=tmp_path / "token"), most_mib=1).studies_since(date(2026, 1, 1))
    monkeypatch.setenv(PASSWORD, "me:secret")
    WebServer(Web(url=archive.url), most_mib=1).studies_since(date(2026, 1, 1))
    monkeypatch.delenv(PASSWORD)
    monkeypatch.setenv(TOKEN, "xyz")
    WebServer(Web(url=archive.url), most_mib=1).studies_since(date(2026, 1, 1))
    said = [headers["Authorization"] for headers in archive.headers]
    assert said == ["Bearer abc", "Basic bWU6c2VjcmV0", "Bearer xyz"]


def test_secrets_do_not_go_over_an_open_network(monkeypatch):
    monkeypatch.setenv(TOKEN, "xyz")
    with pytest.raises(UsageError, match="unencrypted"):
        WebServer(Web(url="http://pacs.hospital/dicom-web"), most_mib=1)
