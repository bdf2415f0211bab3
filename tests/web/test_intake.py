"""Files come in whole, under numbers of our own, within limits; what was acknowledged is there."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from tests.web.conftest import running

from brainsand.web.options import Limits, Options


def begun(site, title="head"):
    return site.client.post("/api/uploads", json={"title": title}).json()["id"]


def sent(site, upload, number, name, content):
    return site.client.put(f"/api/uploads/{upload}/files/{number}", params={"name": name}, content=content)


def finished(site, upload):
    return site.client.post(f"/api/uploads/{upload}/finish", json={})


def packed(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_folder_becomes_a_case_whose_analysis_is_queued(site):
    id = site.put(title="Head of July")
    row = site.client.get(f"/api/cases/{id}").json()
    assert (row["title"], row["state"]) == ("Head of July", "queued")
    assert sorted(p.name for p in site.desk.folder.input(id).iterdir()) == ["000000", "000001", "000002"]
    job = site.desk.queue.find("scan", id)
    assert job.payload["input"] == str(site.desk.folder.input(id))


def test_an_analyzed_case_shows_its_finding_sites_and_files(site):
    id = site.done()
    row = site.client.get(f"/api/cases/{id}").json()
    assert row["headline"].startswith("Ectopic calcification")
    assert {"site": "putamen", "kind": "ectopic"} in row["sites"]
    assert row["level"] == "work_up"
    names = {f["name"] for f in site.client.get(f"/api/cases/{id}/files").json()}
    assert {
        "case.json",
        "report.html",
        "deposits.nii.gz",
        "viewer/head.nii.gz",
        "viewer/thumbnail.png",
    } <= names
    for name in sorted(names):
        answer = site.client.get(f"/api/cases/{id}/files/{name}")
        assert (answer.status_code, len(answer.content) > 0) == (200, True), name


def test_one_zip_is_handed_on_as_it_is(site):
    upload = begun(site, "study.zip")
    assert sent(site, upload, 0, "study.zip", packed(a=b"x")).json() == {"bytes": 101}
    id = finished(site, upload).json()["id"]
    assert site.desk.queue.find("scan", id).payload["input"].endswith("/input/scan.zip")


def test_after_a_break_one_sees_what_has_arrived(site):
    upload = begun(site)
    sent(site, upload, 4, "a", b"12345")
    assert site.client.get(f"/api/uploads/{upload}").json() == {
        "id": upload, "title": "head", "files": {"000004": 5}, "bytes": 5,
    }  # fmt: skip
    sent(site, upload, 4, "a", b"123456")  # sent again: it takes its place
    assert site.client.get(f"/api/uploads/{upload}").json()["bytes"] == 6


def test_an_upload_without_files_is_no_case(site):
    answer = finished(site, begun(site))
    assert answer.status_code == 422
    assert answer.json()["error"]["todo"].startswith("Drop a DICOM folder")


def test_too_much_is_refused_and_leaves_nothing(tmp_path, read):
    limits = replace(Limits(), upload_bytes=10, upload_files=2)
    with running(Options(data=tmp_path / "data", workers=0, previews=False, limits=limits), read) as site:
        upload = begun(site)
        assert sent(site, upload, 0, "a", b"12345678").status_code == 200
        assert sent(site, upload, 1, "b", b"12345678").status_code == 413
        assert sent(site, upload, 2, "c", b"1").status_code == 413
        assert list(site.client.get(f"/api/uploads/{upload}").json()["files"]) == ["000000"]
        assert [p.name for p in site.desk.folder.upload(upload).iterdir()] == ["000000"]


def test_a_cancelled_upload_is_gone(site):
    upload = begun(site)
    sent(site, upload, 0, "a", b"1")
    assert site.client.delete(f"/api/uploads/{upload}").status_code == 204
    assert not site.desk.folder.upload(upload).exists()
    assert site.client.get(f"/api/uploads/{upload}").status_code == 404


def test_patient_facts_that_cannot_be_are_refused_before_anything_is_queued(site):
    upload = begun(site)
    sent(site, upload, 0, "a", b"1")
    answer = site.client.post(f"/api/uploads/{upload}/finish", json={"patient": {"history": ["neck_surgry"]}})
    assert answer.status_code == 422
    assert "neck_surgery" in answer.json()["error"]["todo"]
    assert site.client.get("/api/cases").json()["rows"] == []


def test_a_failed_analysis_says_why_and_is_tried_again(site):
    id = site.put()
    claimed = site.desk.queue.take("a worker")
    site.desk.queue.fail(claimed, "No head came.", retry=False, remedy="Give a head CT.", code="not_a_head")
    row = site.wait(site.client, id, "failed")
    assert (row["reason"], row["remedy"]) == ("No head came.", "Give a head CT.")
    assert site.client.post(f"/api/cases/{id}/retry").status_code == 202
    site.work()
    site.wait(site.client, id, "done")


def test_what_was_recorded_and_never_queued_is_queued_at_the_next_start(site):
    from sqlalchemy import update

    from brainsand.web.cases import requeue_lost
    from brainsand.web.tables import CASES

    id = site.put()
    job = site.desk.queue.find("scan", id)
    site.desk.queue.cancel(job.id)
    site.wait(site.client, id, "cancelled")
    with site.desk.store.writing() as db:
        db.execute(update(CASES).where(CASES.c.id == id).values(job=None, state="queued"))
    assert requeue_lost(site.desk.store, site.desk.folder, site.desk.queue) == 1
    site.work()
    site.wait(site.client, id, "done")


def test_a_removed_case_leaves_nothing_behind(site):
    id = site.done()
    assert site.client.delete(f"/api/cases/{id}").status_code == 204
    assert site.client.get(f"/api/cases/{id}").status_code == 404
    assert not site.desk.folder.case(id).exists()


def test_a_further_format_is_made_when_asked_for_by_reading_the_scan_again(site, monkeypatch):
    from brainsand.web import files, formats

    monkeypatch.setattr(formats, "FORMATS", {"phenopacket": None, "viewer": None, "odd": None})
    monkeypatch.setattr(files, "FORMATS", formats.FORMATS)
    id = site.done()
    (row,) = site.client.get(f"/api/cases/{id}/formats").json()
    assert (row["name"], row["state"], row["files"]) == ("odd", "not asked for", [])
    assert site.client.post(f"/api/cases/{id}/formats/nothing").status_code == 404
    assert site.client.post(f"/api/cases/{id}/formats/odd").json()[0]["state"] == "queued"
    claimed = site.desk.queue.take("a worker")
    assert claimed.job.payload["also"] == ["odd"]
    made = claimed.job.out.parent / "made.brainsand-part"
    made.mkdir(parents=True)
    for name in ("case.json", "refusal.json"):
        (made / name).write_text("{}")  # of all names a run may write, one that the case lacks
    site.desk.queue.finish(claimed, {}, made=made)
    (row,) = site.client.get(f"/api/cases/{id}/formats").json()
    assert (row["state"], row["files"]) == ("done", ["formats/odd/refusal.json"])
    assert site.client.get(f"/api/cases/{id}/files/formats/odd/refusal.json").status_code == 200
    assert site.client.get(f"/api/cases/{id}").json()["state"] == "done"
