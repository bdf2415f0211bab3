"""A scan through the queue gives the same case as ``run_scan``; the command ``brainsand jobs`` does what it says."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from brainsand.cli.main import main, parser
from brainsand.errors import UsageError
from brainsand.jobs.address import open_store
from brainsand.jobs.kinds import Limits
from brainsand.jobs.queue import Queue
from brainsand.jobs.scan_job import run, scan_payload, settings_of
from brainsand.jobs.workers import Workers
from brainsand.progress import SILENT
from brainsand.run import run_scan
from brainsand.settings import Settings
from brainsand.virtual_scan import write_virtual_scan

COARSE = {"matrix": 256, "in_plane_mm": 0.9, "slice_mm": 3.0}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_virtual_scan(
        tmp_path_factory.mktemp("made"), preset="physiologic", seed=3, file_format="nifti", protocol=COARSE
    )


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A queue the command finds by itself."""
    monkeypatch.setenv("BRAINSAND_QUEUE", str(tmp_path / "jobs.sqlite"))
    return tmp_path / "jobs.sqlite"


@pytest.fixture
def queue(place):
    opened = Queue.open(place)
    yield opened
    opened.close()


def record(out):
    case = json.loads((out / "case.json").read_text())
    assert case["program"].pop("created")
    return case


def test_a_scan_through_the_queue_gives_the_case_of_run_scan_twice_by_one_process(made, queue, tmp_path):
    direct = run_scan(made.scan, tmp_path / "direct", patient_file=made.patient_file)
    payload = scan_payload(made.scan, patient_file=made.patient_file)
    jobs = [queue.put("scan", payload, key=str(n), out=tmp_path / "out" / str(n)) for n in range(2)]
    foot = tmp_path / "foot.nii"
    foot.write_text("no scan at all")
    refused = queue.put("scan", scan_payload(foot), out=tmp_path / "out" / "foot")
    Workers(queue, number=1, limits=Limits(poll_s=0.05)).run_until_empty()
    for job in jobs:
        done = queue.get(job.id)
        assert (done.state, done.attempts) == ("done", 1)
        assert done.result["deposits"] == len(direct.case.deposits)
        assert done.result["headline"] == direct.headline
        assert record(done.out) == record(tmp_path / "direct")
        for name in ("deposits.tsv", "deposits.json", "deposits.nii.gz", "sites.tsv", "sites.nii.gz"):
            assert (done.out / name).read_bytes() == (tmp_path / "direct" / name).read_bytes()
    stages = [event.words for event in queue.events(job=jobs[0].id) if event.what == "progress"]
    assert stages[:2] == ["read", "reference"]
    assert stages[-1] == "save"
    refused = queue.get(refused.id)
    assert (refused.state, refused.attempts) == ("failed", 1)
    refusal = json.loads((refused.out / "refusal.json").read_text())
    assert refused.code == refusal["code"]
    assert refused.reason == f"{refusal['came']} Needed: {refusal['needed']}"
    assert refused.remedy == refusal["todo"]


def test_a_payload_names_only_what_was_said_and_whole_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    payload = scan_payload(Path("head.nii"), patient_file=Path("p.yaml"), also=["phenopacket"], kvp=120.0)
    assert payload == {
        "input": str(tmp_path / "head.nii"),
        "patient_file": str(tmp_path / "p.yaml"),
        "also": ["phenopacket"],
        "kvp": 120.0,
    }


@pytest.mark.parametrize("settings", [{"fnd": {}}, {"find": {"clear_hu": 90.0}}])
def test_settings_that_are_none_are_refused_before_anything_is_queued(settings):
    with pytest.raises(UsageError, match=r"settings '(fnd|find)'"):
        scan_payload(Path("head.nii"), settings=settings)
    assert settings_of({}) == Settings()


def test_a_scan_without_input_or_place_is_refused(tmp_path):
    with pytest.raises(UsageError, match="names no 'input'"):
        run({}, tmp_path / "out", SILENT)
    with pytest.raises(UsageError, match="needs a place for its results"):
        run({"input": "head.nii"}, None, SILENT)


# The command


def test_put_look_cancel_and_retry_by_the_command(made, place, tmp_path, capsys):
    assert (
        main(["jobs", "add", str(made.scan), "-o", str(tmp_path / "out"), "--name", "k", "--priority", "3"])
        == 0
    )
    assert capsys.readouterr().out == f"1\tqueued\tscan\tattempt 0/3\t{tmp_path / 'out'}\t\n"
    assert main(["jobs", "add", str(made.scan), "--name", "k"]) == 0
    assert capsys.readouterr().out.startswith("1\tqueued")
    assert main(["jobs", "cancel", "1"]) == 0
    assert main(["jobs", "counts", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["cancelled"] == 1
    assert main(["jobs", "retry", "1"]) == 0
    assert capsys.readouterr().out.startswith("1\tqueued")
    assert main(["jobs", "show", "1"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["priority"] == 3
    assert [event["what"] for event in shown["events"]] == ["put", "cancelled", "requeued"]
    assert main(["jobs", "list", "--state", "failed"]) == 0
    assert capsys.readouterr().out == ""


def test_all_that_failed_are_retried_in_one_go(queue, capsys):
    for _ in range(2):
        queue.put("scan", {})
        queue.fail(queue.take("me"), "no", retry=False)
    assert main(["jobs", "retry", "--failed"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert queue.counts()["queued"] == 2


def test_jobs_that_ended_long_ago_are_forgotten(place, capsys):
    store = open_store(place)
    with closing(Queue(store, clock=lambda: 1_000_000.0)) as queue:
        queue.put("scan", {})
        queue.finish(queue.take("me"))
        queue.put("scan", {})
    assert main(["jobs", "forget", "--days", "90"]) == 0
    assert capsys.readouterr().out == "1 forgotten\n"


def test_a_failed_job_shows_its_reason_in_the_list(queue, capsys):
    queue.put("scan", {})
    queue.fail(queue.take("me"), "A foot came.\nNeeded: a head.", retry=False)
    main(["jobs", "list"])
    assert capsys.readouterr().out == "1\tfailed\tscan\tattempt 1/3\t\tA foot came. Needed: a head.\n"


def test_the_command_works_until_nothing_is_left(place, tmp_path, capsys):
    (tmp_path / "foot.nii").write_text("no scan at all")
    main(["jobs", "add", str(tmp_path / "foot.nii"), "-o", str(tmp_path / "out")])
    assert main(["jobs", "work", "--workers", "1", "--until-empty", "--quiet"]) == 0
    main(["jobs", "list", "--json"])
    (job,) = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert (job["state"], job["code"]) == ("failed", "not_nifti")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "9"], 2, "There is no job 9"),
        (["retry"], 2, "Which jobs?"),
        (["add", "nowhere.nii"], 2, "There is no file or folder nowhere.nii"),
        (["counts", "--queue", "mysql://x"], 2, "no place for a queue"),
    ],
)
def test_wrong_words_end_in_code_two_and_say_what_to_do(place, capsys, words, code, said):
    assert main(["jobs", *words]) == code
    assert said in capsys.readouterr().err


def test_a_queue_that_is_no_queue_ends_in_code_three(tmp_path, capsys):
    (tmp_path / "letter").write_text("a letter" * 1000)
    assert main(["jobs", "counts", "--queue", str(tmp_path / "letter")]) == 3
    assert "is no queue" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["list", "show", "counts", "add", "retry", "cancel", "forget", "work"])
def test_every_word_has_help_with_an_example(word, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["jobs", word, "--help"])
    assert f"brainsand jobs {word}" in capsys.readouterr().out.partition("example")[2]


def test_a_nameless_scan_keeps_its_wish_and_its_secret_in_the_queue(tmp_path: Path) -> None:
    payload = scan_payload(Path("/in/head"), deidentify=True, key_file=tmp_path / "secret.key")
    assert (payload["deidentify"], payload["key_file"]) == (True, str(tmp_path / "secret.key"))
    assert "deidentify" not in scan_payload(Path("/in/head"))
