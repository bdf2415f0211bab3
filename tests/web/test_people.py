"""Who may do what: accounts, roles, teams, sessions, tokens, and the audit of it all."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import PASSWORD, csrf_of

from brainsand.cli.main import main
from brainsand.errors import UsageError
from brainsand.web.options import Options


def test_a_network_needs_accounts_and_accounts_an_admin(tmp_path, capsys):
    with pytest.raises(UsageError, match="--accounts"):
        Options(data=tmp_path, host="0.0.0.0")
    assert main(["serve", "--data", str(tmp_path / "data"), "--accounts", "--port", "0", "-q"]) == 2
    assert "add-user" in capsys.readouterr().err


def test_an_account_is_made_at_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BRAINSAND_PASSWORD", PASSWORD)
    words = ["serve", "add-user", "ann", "--role", "admin", "--data", str(tmp_path / "data")]
    assert main(words) == 0
    assert "ann may log in as admin" in capsys.readouterr().out
    assert main(words) == 2  # there is one already
    monkeypatch.setenv("BRAINSAND_PASSWORD", "short")
    assert main([*words[:2], "ben", *words[3:]]) == 2


def test_nobody_sees_anything_before_the_login(shared_site):
    client = shared_site.client
    for path in ("/", "/welcome", "/audit", "/accounts", "/account", "/api", "/cases/0123456789abcdef"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/login"), path
    for path in ("/api/cases", "/api/events", "/api/words", "/api/terms?q=tremor", "/api/audit", "/api/me"):
        assert client.get(path).status_code == 401, path


def test_a_wrong_password_is_told_as_a_name_that_is_not_there(shared_site):
    shared_site.person("ann")
    asked = [{"name": name, "password": "not the password"} for name in ("ann", "eve")]
    answers = [shared_site.client.post("/api/login", json=body) for body in asked]
    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


def test_roles_hold(shared_site):
    reader, editor = shared_site.person("rea", role="reader"), shared_site.person("edi")
    admin = shared_site.person("ada", role="admin")
    id = shared_site.done(editor)
    assert reader.get(f"/api/cases/{id}/reading").status_code == 200
    assert reader.post("/api/uploads", json={}).status_code == 403
    assert (
        reader.post(f"/api/cases/{id}/edits", json={"what": "reject", "deposit": 1, "seen": 0}).status_code
        == 403
    )
    assert editor.get("/api/accounts").status_code == 403
    assert editor.get("/audit", headers={"accept": "text/html"}).status_code == 403
    assert [a["name"] for a in admin.get("/api/accounts").json()] == ["ada", "edi", "rea"]
    assert admin.get("/accounts").status_code == admin.get("/audit").status_code == 200


def test_only_whoever_put_a_case_in_or_an_admin_removes_it(shared_site):
    ann, ben = shared_site.person("ann"), shared_site.person("ben")
    id = shared_site.done(ann)
    assert ben.delete(f"/api/cases/{id}").status_code == 403
    assert shared_site.person("ada", role="admin").delete(f"/api/cases/{id}").status_code == 204


def test_logging_out_ends_the_session_and_not_only_the_cookie(shared_site):
    ann = shared_site.person("ann")
    cookie = ann.cookies["brainsand_session"]
    assert ann.post("/api/logout").status_code == 204
    ann.cookies.set("brainsand_session", cookie)
    assert ann.get("/api/me").status_code == 401


def test_a_closed_account_is_out_at_once(shared_site):
    ann, ada = shared_site.person("ann"), shared_site.person("ada", role="admin")
    token = ann.post("/api/tokens", json={"label": "x"}).json()["secret"]
    assert ada.patch("/api/accounts/ann", json={"active": False}).status_code == 200
    assert ann.get("/api/me").status_code == 401
    program = TestClient(shared_site.client.app, base_url="http://127.0.0.1")
    assert program.get("/api/me", headers={"authorization": f"Bearer {token}"}).status_code == 401
    answer = shared_site.client.post("/api/login", json={"name": "ann", "password": PASSWORD})
    assert answer.status_code == 401


def test_the_last_admin_stays(shared_site):
    ada = shared_site.person("ada", role="admin")
    assert ada.patch("/api/accounts/ada", json={"role": "reader"}).status_code == 409
    assert ada.patch("/api/accounts/ada", json={"active": False}).status_code == 409
    assert ada.get("/api/accounts").json()[0]["role"] == "admin"


def test_a_program_with_a_token_needs_no_cookie_until_it_is_dropped(shared_site):
    ann = shared_site.person("ann")
    made = ann.post("/api/tokens", json={"label": "nightly"}).json()
    program = TestClient(shared_site.client.app, base_url="http://127.0.0.1")
    program.headers["authorization"] = f"Bearer {made['secret']}"
    assert program.get("/api/me").json()["name"] == "ann"
    assert program.post("/api/uploads", json={"title": "x"}).status_code == 201
    assert [t["label"] for t in ann.get("/api/tokens").json()] == ["nightly"]
    ann.delete(f"/api/tokens/{made['id']}")
    assert program.get("/api/me").status_code == 401


def test_secrets_are_not_in_the_database(shared_site):
    ann = shared_site.person("ann")
    token = ann.post("/api/tokens", json={"label": "x"}).json()["secret"]
    shared_site.desk.store.engine.dispose()
    data = shared_site.desk.folder.root
    stored = b"".join(path.read_bytes() for path in data.glob("brainsand.sqlite*"))
    for secret in (PASSWORD, token, ann.cookies["brainsand_session"]):
        assert secret.encode() not in stored


def test_the_audit_tells_who_did_what(shared_site):
    ann, ada = shared_site.person("ann"), shared_site.person("ada", role="admin")
    id = shared_site.done(ann)
    ann.post(f"/api/cases/{id}/edits", json={"what": "reject", "deposit": 1, "seen": 0})
    ann.get(f"/api/cases/{id}/export/case")
    told = [(e["who"], e["what"], e["about"]) for e in ada.get("/api/audit").json()]
    assert told[:4] == [
        ("ann", "export", id),
        ("ann", "reject", id),
        ("ann", "case_put", id),
        ("ada", "login", ""),
    ]


def test_on_ones_own_computer_nobody_logs_in_and_a_program_is_oneself(site):
    assert site.client.get("/login", follow_redirects=False).headers["location"] == "/"
    assert site.client.get("/api/me").json() == {"name": "local", "role": "admin", "team": "everybody"}
    assert csrf_of(site.client)
