"""What leaves the application is what people made of the case: by a job, once a version, and never the rejected."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile

import pydicom
import pytest
from tests.web.conftest import running

from brainsand.jobs import revise_job, scan_job
from brainsand.progress import SILENT
from brainsand.web.options import Options
from standards.conftest import dciodvfy_errors


@pytest.fixture
def own(tmp_path, read):
    """An application on one computer, in SQLite."""
    with running(Options(data=tmp_path / "data", workers=0, previews=False), read) as found:
        yield found


class Case:
    """An analyzed case whose whole scan is kept, and somebody who corrects it and takes it along."""

    def __init__(self, site, client=None):
        self.site, self.client = site, client or site.client
        self.id = site.done(self.client)
        self.url = f"/api/cases/{self.id}"
        place = site.desk.folder.input(self.id)
        shutil.rmtree(place)
        shutil.copytree(site.read.scan, place)

    def edit(self, what, deposit, **more):
        seen = self.client.get(f"{self.url}/reading").json()["version"]
        body = {"what": what, "deposit": deposit, "seen": seen, **more}
        answer = self.client.post(f"{self.url}/edits", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def undo_all(self):
        for entry in self.client.get(f"{self.url}/edits").json():
            if entry["what"] != "undo" and not entry["undone_by"]:
                seen = self.client.get(f"{self.url}/reading").json()["version"]
                gone = self.client.delete(f"{self.url}/edits/{entry['id']}", params={"seen": seen})
                assert gone.status_code == 200, gone.text

    def ask(self, name):
        return self.client.post(f"{self.url}/export/{name}")

    def get(self, name):
        return self.client.get(f"{self.url}/export/{name}")

    def state(self, name):
        return next(row for row in self.client.get(f"{self.url}/exports").json() if row["name"] == name)

    def made(self, name):
        assert self.ask(name).status_code == 202
        assert self.work() == 1
        return self.get(name)

    def work(self):
        """Do what waits, as a worker does."""
        queue, done = self.site.desk.queue, 0
        while claimed := queue.take("a worker", kinds=[revise_job.KIND]):
            made = claimed.job.out.with_name(f"{claimed.job.out.name}.brainsand-part")
            result = revise_job.run(claimed.job.payload, made, SILENT)
            queue.finish(claimed, result, made=made)
            shutil.rmtree(made, ignore_errors=True)
            done += 1
        return done


@pytest.fixture
def case(own):
    return Case(own)


def dataset(content):
    return pydicom.dcmread(io.BytesIO(content))


def values(found):
    return "\n".join(str(element.value) for element in found.iterall() if element.VR != "SQ")


def unzipped(answer):
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_rejected_is_in_no_export_and_the_re_sited_carries_its_new_site_in_all(case, tmp_path):
    machine = case.client.get(f"{case.url}/machine").json()
    case.edit("reject", 1, note="a clip")
    case.edit("site", 3, site="choroid_plexus", side="left")
    assert case.ask("all").status_code == 202
    assert case.work() == 1
    assert {row["state"] for row in case.client.get(f"{case.url}/exports").json()} == {"done"}
    uid = _tracking(machine, machine["deposits"][0])

    seg = dataset(case.get("seg").content)
    described = " | ".join(s.SegmentDescription for s in seg.SegmentSequence)
    assert "left choroid plexus; corrected by a reader; deposits 3" in described
    sr = unzipped(case.get("sr"))
    words = values(dataset(sr["sr.dcm"]))
    assert "brainsand deposit 3: left choroid plexus" in words
    assert "brainsand deposit 1:" not in words
    assert uid not in words
    fhir = case.get("fhir").json()
    (told,) = (e["resource"] for e in fhir["entry"] if uid in json.dumps(e))
    assert told["status"] == "entered-in-error"
    assert "Left choroid plexus" in json.dumps(fhir)
    tables = unzipped(case.get("csv"))
    rows = list(csv.DictReader(tables["tables/deposits.csv"].decode("utf-8-sig").splitlines()))
    assert "1" not in [row["id"] for row in rows]
    assert [row["site"] for row in rows if row["id"] == "3"] == ["choroid_plexus"]
    pdf = unzipped(case.get("pdf"))
    assert pdf["report.pdf"].startswith(b"%PDF")
    page = case.get("report")
    assert "Rejected: deposit 1 of the machine" in page.text
    for name, content in {**sr, "pdf.dcm": pdf["pdf.dcm"]}.items():
        (tmp_path / name).write_bytes(content)
        assert dciodvfy_errors(tmp_path / name) == []


def _tracking(record, d):
    from brainsand.report.dicom_source import tracking_uid

    return tracking_uid(record["scan"]["sha256"], d["site"], d["side"], d["centre_lps_mm"])


def test_undo_gives_the_machines_segmentation_again(case):
    case.edit("reject", 1)
    other = dataset(case.made("seg").content)
    case.undo_all()
    assert case.get("seg").status_code == 409
    again = case.made("seg").content
    assert again == (case.site.read.result / "seg.dcm").read_bytes()
    assert dataset(again).SOPInstanceUID != other.SOPInstanceUID


def test_what_was_made_serves_its_version_alone_and_is_thrown_away_by_a_correction(case):
    assert case.get("seg").json()["error"]["code"] == "not_made"
    assert case.state("seg")["state"] == "not asked for"
    case.ask("seg")
    assert case.state("seg")["state"] == "queued"
    assert case.ask("seg").status_code == 202  # the same job
    assert case.work() == 1
    assert case.state("seg")["files"] == ["seg.dcm"]
    assert case.get("seg").status_code == 200
    place = case.site.desk.folder.revised(case.id, 0, "seg")
    assert place.is_dir()
    case.ask("fhir")
    waiting = case.site.desk.queue.find(revise_job.KIND, f"{case.id} version 0 as fhir")
    case.edit("note", 2, note="seen")
    assert not place.parent.exists()
    assert case.site.desk.queue.get(waiting.id).state == "cancelled"
    assert case.state("seg")["state"] == "not asked for"


def test_what_was_lost_is_made_again(case):
    case.made("report")
    shutil.rmtree(case.site.desk.folder.revised(case.id, 0, "report"))
    assert case.get("report").status_code == 409
    assert case.made("report").status_code == 200


def test_everything_in_one_zip_keeps_the_corrected_and_the_machines_apart(case):
    case.edit("reject", 1)
    case.made("csv")
    files = unzipped(case.get("all"))
    assert {"corrected/tables/deposits.csv", "corrected/case.json", "machine/case.json"} <= set(files)
    assert len(json.loads(files["machine/case.json"])["deposits"]) == 1 + len(
        json.loads(files["corrected/case.json"])["deposits"]
    )
    words = [row["what"] for row in case.client.get(f"{case.url}/files").json() if row["name"] == "seg.dcm"]
    assert all(what.startswith("the machine's reading") for what in words)


def test_a_scan_that_is_no_longer_kept_is_said(case):
    shutil.rmtree(case.site.desk.folder.input(case.id))
    answer = case.ask("seg")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "scan_gone")
    assert case.get("case").status_code == 200


def test_a_scan_that_is_another_fails_with_words_and_leaves_nothing(case):
    first = sorted(case.site.desk.folder.input(case.id).iterdir())[0]
    first.unlink()
    case.ask("seg")
    queue = case.site.desk.queue
    claimed = queue.take("a worker", kinds=[revise_job.KIND])
    with pytest.raises(Exception, match=r"scan that was analyzed|slice"):
        revise_job.run(claimed.job.payload, claimed.job.out, SILENT)
    queue.fail(claimed, "The scan is another.", retry=False)
    assert case.state("seg")["reason"] == "The scan is another."
    assert "another" in case.get("seg").json()["error"]["words"]


def test_a_reader_takes_along_and_strangers_see_nothing(shared_site):
    case = Case(shared_site, shared_site.person("ann"))
    ben, eve = shared_site.person("ben", role="reader"), shared_site.person("eve", team="elsewhere")
    assert ben.post(f"{case.url}/export/report").status_code == 202
    for ask in (eve.post(f"{case.url}/export/report"), eve.get(f"{case.url}/exports"),
                eve.get(f"{case.url}/export/report")):  # fmt: skip
        assert ask.status_code == 404
    assert ben.post(f"{case.url}/export/toe").status_code == 404
    assert ben.post(f"{case.url}/export/report", headers={"x-csrf-token": "none"}).status_code == 403
    admin = shared_site.person("zoe", role="admin")
    noted = [(e["who"], e["what"], e["about"], e["more"]) for e in admin.get("/api/audit").json()]
    assert ("ben", "export_asked", case.id, "report, version 0") in noted


def test_a_case_that_is_removed_takes_what_was_being_made_with_it(case):
    case.ask("report")
    job = case.site.desk.queue.find(revise_job.KIND, f"{case.id} version 0 as report")
    assert case.client.delete(case.url).status_code == 204
    assert case.site.desk.queue.get(job.id).state == "cancelled"
    assert not case.site.desk.folder.case(case.id).exists()


def test_the_corrections_are_taken_along_as_the_command_reads_them(case, tmp_path):
    from brainsand.read.corrections import read_corrections

    case.edit("reject", 1, note="a clip")
    (tmp_path / "c.json").write_bytes(case.get("corrections").content)
    told = read_corrections(tmp_path / "c.json")
    assert told.deposits[1].rejected
    assert told.history[0]["what"] == "reject"


def test_the_workers_know_the_work():
    from brainsand.jobs import KINDS

    assert KINDS["revise"] == revise_job.__name__
    assert KINDS["scan"] == scan_job.__name__
