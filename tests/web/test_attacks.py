"""Attacks, each tried and refused."""

from __future__ import annotations

import io
import json
import stat
import zipfile

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import PASSWORD, csrf_of

BROWSER = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}


def upload_of(client, content, name):
    upload = client.post("/api/uploads", json={"title": name}).json()["id"]
    assert (
        client.put(f"/api/uploads/{upload}/files/0", params={"name": name}, content=content).status_code
        == 200
    )
    return client.post(f"/api/uploads/{upload}/finish", json={})


def zip_of(entries):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return stream.getvalue()


def test_path_traversal_fetches_nothing(site):
    id = site.done()
    for name in (
        "../../../etc/passwd",
        "..%2f..%2fweb.sqlite",
        "/etc/passwd",
        "viewer/../../input/000000",
        "job.json",
    ):
        answer = site.client.get(f"/api/cases/{id}/files/{name}")
        assert answer.status_code == 404, name
        assert b"root:" not in answer.content


def test_path_traversal_in_a_files_name_writes_nothing_outside(site, tmp_path):
    before = {p for p in tmp_path.rglob("*") if "data/uploads" not in str(p)}
    upload = site.client.post("/api/uploads", json={"title": "../../x"}).json()["id"]
    for number, name in enumerate(["../../evil.zip", "/etc/evil.nii", "a\x00b", "con", "..\\..\\evil"]):
        sent = site.client.put(f"/api/uploads/{upload}/files/{number}", params={"name": name}, content=b"x")
        assert sent.status_code == 200
    names = {p.name for p in site.desk.folder.upload(upload).iterdir()}
    assert names == {"000000.zip", "000001.nii", "000002", "000003", "000004"}
    assert not set(tmp_path.rglob("*evil*"))
    assert before <= {p for p in tmp_path.rglob("*") if "data/uploads" not in str(p)}
    for id in ("..", "%2e%2e", "../cases"):
        assert site.client.put(f"/api/uploads/{id}/files/0", content=b"x").status_code in (404, 405, 422)


def test_a_zip_bomb_is_refused_before_it_unfolds(site):
    answer = upload_of(site.client, zip_of([("a", b"\0" * 200_000_000)]), "bomb.zip")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "zip_bomb"
    assert site.client.get("/api/cases").json()["rows"] == []


def test_a_zip_that_leaves_its_place_or_holds_a_link_is_refused(site):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for content in (
        zip_of([("../evil", b"x")]),
        zip_of([(link, b"/etc/passwd")]),
        b"PK\x03\x04 no zip at all",
    ):
        answer = upload_of(site.client, content, "study.zip")
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] in ("zip_path", "zip_broken")


def test_a_script_in_a_patients_name_is_text(site):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'--></title>"
    id = site.done(title=evil)
    site.client.post(f"/api/cases/{id}/edits", json={"what": "note", "deposit": 1, "note": evil, "seen": 0})
    for path in (f"/cases/{id}", f"/cases/{id}/print/radiologist", "/audit", "/"):
        page = site.client.get(path)
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
        assert "script-src 'self'" in page.headers["content-security-policy"]
    assert site.client.get("/api/cases").json()["rows"][0]["title"] == evil
    assert site.client.get("/api/cases").headers["content-type"] == "application/json"
    report = site.client.get(f"/api/cases/{id}/files/report.html")
    assert report.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_another_sites_page_does_nothing_in_ones_name(site):
    page = site.client.get("/", headers={"sec-fetch-site": "none", "sec-fetch-mode": "navigate"})
    token = page.text.partition('name="csrf" content="')[2].partition('"')[0]
    for headers in (
        BROWSER,  # no token
        BROWSER | {"x-csrf-token": "guessed"},
        {"origin": "https://evil.example", "x-csrf-token": token},
        {"sec-fetch-site": "cross-site", "x-csrf-token": token},
        {"sec-fetch-site": "same-site", "x-csrf-token": token},
    ):
        answer = site.client.post("/api/uploads", json={"title": "x"}, headers=headers)
        assert answer.status_code == 403, headers
    assert (
        site.client.post("/api/uploads", json={}, headers=BROWSER | {"x-csrf-token": token}).status_code
        == 201
    )
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_another_host_name_is_not_answered(site):
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8765"):
        assert site.client.get("/api/cases", headers={"host": host}).status_code == 421


def test_a_session_known_before_the_login_is_worth_nothing_after_it(shared_site):
    ann = shared_site.person("ann")
    planted = ann.cookies["brainsand_session"]
    victim = TestClient(
        shared_site.client.app, base_url="http://127.0.0.1", cookies={"brainsand_session": planted}
    )
    answer = victim.post("/api/login", json={"name": "ann", "password": PASSWORD})
    fresh = answer.cookies["brainsand_session"]
    assert fresh != planted
    thief = TestClient(
        shared_site.client.app, base_url="http://127.0.0.1", cookies={"brainsand_session": planted}
    )
    assert thief.get("/api/me").status_code == 401
    invented = TestClient(
        shared_site.client.app, base_url="http://127.0.0.1", cookies={"brainsand_session": "x" * 43}
    )
    answer = invented.post("/api/login", json={"name": "ann", "password": PASSWORD})
    assert answer.cookies["brainsand_session"] != "x" * 43


def test_another_teams_case_is_not_there(shared_site):
    ann, eve = shared_site.person("ann", team="neuro"), shared_site.person("eve", team="ortho", role="admin")
    id = shared_site.done(ann)
    upload = ann.post("/api/uploads", json={}).json()["id"]
    body = {"what": "reject", "deposit": 1, "seen": 0}
    case = f"/api/cases/{id}"
    tried = [
        *(eve.get(f"{case}{part}") for part in ("", "/reading", "/machine", "/files", "/files/case.json", "/edits")),
        *(eve.get(f"/cases/{id}{part}") for part in ("", "/print/radiologist")),
        eve.get(f"{case}/export/all"), eve.get(f"/compare?a={id}&b={id}"), eve.get(f"/api/uploads/{upload}"),
        eve.post(f"{case}/edits", json=body), eve.post(f"{case}/cancel"), eve.post(f"{case}/retry"),
        eve.put(f"{case}/patient", json={"patient": {}, "seen": 0}), eve.patch(case, json={"title": "x"}),
        eve.put(f"/api/uploads/{upload}/files/0", content=b"x"), eve.delete(f"{case}/edits/1?seen=0"), eve.delete(case),
    ]  # fmt: skip
    assert [a.status_code for a in tried] == [404] * len(tried)
    assert eve.get("/api/cases").json()["rows"] == []
    assert ann.get(f"/api/cases/{id}").json()["edits"] == 0


SQL = (
    "' OR 1=1 --",
    "%",
    "_",
    "\\",
    "'; DROP TABLE web_cases; --",
    "x' UNION SELECT password FROM web_users --",
)


@pytest.mark.parametrize("words", SQL)
def test_sql_in_a_search_finds_what_is_written_so(site, words):
    site.put(title="head")
    answer = site.client.get("/api/cases", params={"q": words, "site": words[:60]})
    assert (answer.status_code, answer.json()["rows"]) == (200, [])
    id = site.put(title=f"title {words}")
    found = site.client.get("/api/cases", params={"q": words}).json()["rows"]
    assert [r["id"] for r in found] == [id]
    for after in ("1; DROP TABLE web_cases", "9" * 30, "1.x", "-"):
        assert site.client.get("/api/cases", params={"after": after}).status_code == 422
    assert len(site.client.get("/api/cases").json()["rows"]) == 2


def test_bodies_larger_than_allowed_are_not_read(site):
    huge = json.dumps({"title": "x" * 2_000_000}).encode()
    answer = site.client.post("/api/uploads", content=huge, headers={"content-type": "application/json"})
    assert answer.status_code == 413

    def endless():
        for _ in range(3000):
            yield b"x" * 1024

    answer = site.client.post("/api/uploads", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_passwords_cannot_be_tried_without_end(shared_site):
    shared_site.person("ann")
    asked = [{"name": "ann", "password": f"guess {n}"} for n in range(12)]
    tried = [shared_site.client.post("/api/login", json=body).status_code for body in asked]
    assert 429 in tried
    assert set(tried) == {401, 429}


def test_requests_cannot_be_sent_without_end(tmp_path, read):
    from dataclasses import replace

    from tests.web.conftest import running

    from brainsand.web.options import Limits, Options

    limits = replace(Limits(), requests_a_minute=5)
    with running(Options(data=tmp_path / "data", workers=0, previews=False, limits=limits), read) as site:
        assert [site.client.get("/api/me").status_code for _ in range(7)] == [200] * 5 + [429] * 2


def test_yaml_and_json_tricks_in_patient_facts_are_refused_with_words(site):
    id = site.done()
    bad = {"labs": [{"analyte": "calcium", "value": "x"}]}
    for facts in ({"age_years": 1e400}, {"phenotype": "HP:0001300"}, bad, {"age_years": True}):
        body = json.dumps({"patient": facts, "seen": 0})
        answer = site.client.put(
            f"/api/cases/{id}/patient", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (400, 422), facts
        assert answer.json()["error"]["words"]
    assert csrf_of(site.client)
