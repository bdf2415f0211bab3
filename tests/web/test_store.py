"""The tables are those the program speaks of, made by steps; a copy brings everything back, into either database."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert
from tests.web.conftest import running

from brainsand.errors import QueueError, UsageError
from brainsand.web import worklist
from brainsand.web.accounts import Person
from brainsand.web.backup import back_up, restore
from brainsand.web.options import Options
from brainsand.web.store import open_store
from brainsand.web.tables import CASES, METADATA

ANN = Person(id=1, name="ann", role="editor", team="everybody")


def url_of(tmp_path, database):
    return Options(data=tmp_path, database=database).database_url


def test_the_steps_make_the_tables_the_program_knows(tmp_path, database):
    store = open_store(url_of(tmp_path, database))
    with store.reading() as db:
        context = MigrationContext.configure(db, opts={"version_table": "web_version"})
        ours = [d for d in compare_metadata(context, METADATA) if "web_" in str(d)]
    store.close()
    open_store(url_of(tmp_path, database)).close()  # again: nothing to do
    assert ours == []


def test_a_database_that_cannot_be_opened_is_told_in_words(tmp_path):
    with pytest.raises(QueueError, match=r"postgresql.*\*\*\*@"):
        open_store("postgresql+psycopg://ann:secret@127.0.0.1:1/nothing?connect_timeout=2")


def rows_of(many):
    base = {
        "team": "everybody", "owner": "ann", "given": "{}", "share": 1.0, "version": 0, "edits": 0, "level_rank": 1,
    }  # fmt: skip
    now = datetime.now(UTC).timestamp()
    for n in range(many):
        site = "putamen" if n % 3 == 0 else "pineal"
        yield base | {
            "id": f"{n:016x}", "title": f"Head {n}", "state": "done" if n % 2 else "failed", "put_at": now + n,
            "level": ("none", "urgent")[n % 5 == 0], "level_rank": (0, 4)[n % 5 == 0], "sites": f" {site}:ectopic ",
            "search": f"head {n} {site}",
        }  # fmt: skip


@pytest.fixture
def store(tmp_path, database):
    found = open_store(url_of(tmp_path, database))
    with found.writing() as db:
        db.execute(insert(CASES), list(rows_of(60)))
    yield found
    found.close()


@pytest.mark.parametrize("order", ["newest", "gravest"])
def test_page_after_page_shows_every_case_once(store, order):
    seen, after = [], None
    while True:
        page = worklist.page(store, ANN, order=order, after=after, limit=7)
        seen += [row["number"] for row in page["rows"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == list(range(1, 61))
    if order == "newest":
        assert seen == sorted(seen, reverse=True)
    else:
        assert all((n - 1) % 5 == 0 for n in seen[:12])


def test_words_state_level_and_site_narrow_the_list(store):
    def found(**asked):
        return {row["title"] for row in worklist.page(store, ANN, limit=200, **asked)["rows"]}

    assert found(words="head 17") == {"Head 17"}
    assert found(words="PUTAMEN 57") == {"Head 57"}
    assert len(found(site="putamen")) == 20
    assert len(found(state="failed", level="urgent")) == 6
    assert worklist.counts(store, ANN) == {
        "queued": 0,
        "running": 0,
        "done": 30,
        "failed": 30,
        "cancelled": 0,
    }


def test_a_copy_brings_cases_corrections_and_accounts_back_into_the_other_database(tmp_path, read, postgres):
    one = Options(data=tmp_path / "one", workers=0, previews=False)
    with running(one, read) as site:
        id = site.done(title="Head of July")
        site.client.post(f"/api/cases/{id}/edits", json={"what": "reject", "deposit": 1, "seen": 0})
        waiting = site.put(title="waits")
        before = site.client.get(f"/api/cases/{id}/reading").json()
    told = back_up(one, tmp_path / "copy.zip")
    assert (told["web_cases"], told["web_edits"]) == (2, 1)
    other = Options(data=tmp_path / "other", database=postgres.new_place(), workers=0, previews=False)
    restore(other, tmp_path / "copy.zip")
    with running(other, read) as site:
        assert site.client.get(f"/api/cases/{id}/reading").json()["record"] == before["record"]
        assert site.client.get(f"/api/cases/{id}/files/viewer/head.nii.gz").status_code == 200
        site.work()
        site.wait(site.client, waiting, "done")
        body = {"what": "reject", "deposit": 2, "seen": 1}
        assert site.client.post(f"/api/cases/{id}/edits", json=body).status_code == 201
        assert site.done(title="a new one")
    with pytest.raises(UsageError, match="already"):
        restore(other, tmp_path / "copy.zip")


def test_what_is_no_whole_copy_is_refused(tmp_path):
    options = Options(data=tmp_path / "data")
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("backup.json", '{"schema": "brainsand.backup/1"}')
        for name in ("web_users", "web_tokens", "web_cases", "web_edits", "web_audit"):
            archive.writestr(f"{name}.jsonl", "")
        archive.writestr("cases/0123456789abcdef/../../../evil", "x")
    with pytest.raises(UsageError, match="strange name"):
        restore(options, tmp_path / "evil.zip")
    assert not list(tmp_path.rglob("evil"))
    (tmp_path / "no.zip").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="no whole copy"):
        restore(options, tmp_path / "no.zip")
    with pytest.raises(UsageError, match="already"):
        back_up(options, tmp_path / "no.zip")
