"""The health page, the metrics and the audit file."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request

import pytest

from brainsand.errors import OutputError
from brainsand.node import audit as audit_module
from brainsand.node.audit import Audit, audit_key
from brainsand.node.health import HealthPage
from brainsand.node.metrics import Metrics


@pytest.fixture
def page():
    said = {"ready": True, "trouble": []}
    page = HealthPage(("127.0.0.1", 0), metrics=lambda: "a 1\n", health=lambda: said)
    page.start()
    yield page, said
    page.stop()


def get(page, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{page.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read().decode()


def test_the_pages_say_live_ready_and_how_it_is(page):
    page, _ = page
    assert get(page, "/live") == (200, '{"live": true}\n')
    assert get(page, "/ready") == (200, '{"ready": true}\n')
    assert json.loads(get(page, "/health?x=1")[1]) == {"ready": True, "trouble": []}
    assert get(page, "/metrics") == (200, "a 1\n")
    assert get(page, "/etc/passwd")[0] == 404


def test_a_node_in_trouble_is_live_and_not_ready(page):
    page, said = page
    said.update(ready=False, trouble=["the disk is almost full"])
    assert get(page, "/live")[0] == 200
    assert get(page, "/ready")[0] == 503
    assert json.loads(get(page, "/health")[1])["trouble"] == ["the disk is almost full"]


def test_a_taken_port_is_refused_with_words(page):
    with pytest.raises(OutputError, match="cannot listen"):
        HealthPage(("127.0.0.1", page[0].port), metrics=str, health=dict)


def test_metrics_count_by_label_and_escape_what_prometheus_would_trip_over():
    metrics = Metrics()
    for _ in range(3):
        metrics.add("brainsand_sends_total", peer='a"b\\c\nd', outcome="success")
    metrics.ask(lambda: {("brainsand_spool_bytes", ()): 12345678901.0})
    assert 'brainsand_sends_total{outcome="success",peer="a\\"b\\\\c\\nd"} 3' in metrics.text().splitlines()
    assert "brainsand_spool_bytes 12345678901" in metrics.text().splitlines()


def test_every_line_of_metrics_has_a_type_before_it():
    metrics = Metrics()
    metrics.add("brainsand_analyses_total", outcome="done")
    assert metrics.text().splitlines()[:2] == [
        "# HELP brainsand_analyses_total Analyses by how they ended.",
        "# TYPE brainsand_analyses_total counter",
    ]


def test_a_gauge_cannot_be_counted():
    with pytest.raises(ValueError, match="no counter"):
        Metrics().add("brainsand_spool_bytes")


def line_of(audit, **more):
    audit.wrote("export", who="PACS", address="10.0.0.7", outcome="success", **more)


def test_the_same_patient_has_the_same_hash_under_one_key_and_another_under_another(tmp_path):
    hashes = [Audit(tmp_path / "a", key).hashed(("P1", "H")) for key in (b"1", b"1", b"2")]
    assert hashes[0] == hashes[1] != hashes[2]
    assert Audit(tmp_path / "a", b"1").hashed(("P1H", "")) != hashes[0]


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    key = audit_key(tmp_path / "audit.key")
    assert len(key) == 64
    assert audit_key(tmp_path / "audit.key") == key
    assert (tmp_path / "audit.key").stat().st_mode & 0o777 == 0o600


def test_lines_of_many_threads_stay_whole(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl", b"key")
    threads = [
        threading.Thread(target=lambda: [line_of(audit, words="x" * 500) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert len(lines) == 200
    assert {line["event"]["name"] for line in lines} == {"Export"}


def test_a_long_file_is_set_aside_and_nothing_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(audit_module, "_LONGEST_FILE", 1000)
    audit = Audit(tmp_path / "audit.jsonl", b"key")
    for _ in range(20):
        line_of(audit)
    files = list(tmp_path.glob("audit*.jsonl"))
    assert len(files) > 1
    assert sum(len(file.read_text().splitlines()) for file in files) == 20


def test_a_line_that_cannot_be_written_is_counted_and_stops_nobody(tmp_path):
    failures = []
    line_of(Audit(tmp_path / "no folder" / "audit.jsonl", b"key", failed=lambda: failures.append(1)))
    assert failures == [1]


def test_words_from_outside_cannot_begin_a_line_of_their_own(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl", b"key")
    audit.wrote("alert", who='X"}\n{"forged": 1', address="", outcome="serious_failure")
    (line,) = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert json.loads(line)["participant"]["id"] == 'X"}\n{"forged": 1'
