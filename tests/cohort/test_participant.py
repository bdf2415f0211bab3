"""Each scan in a process of its own: what one does to itself, the others do not feel; what is done stays done."""

from __future__ import annotations

import json

import pytest

from brainsand.cohort.audit import audit
from brainsand.cohort.plan import find_scans, only

from .conftest import files

GOOD = "head pineal:midline=5.0 globus_pallidus:left=2.5"


def table(out, name):
    head, *rows = (out / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [dict(zip(head.split("\t"), row.split("\t"), strict=True)) for row in rows]


def test_every_scan_gets_its_lines_and_zeros_where_it_holds_nothing(bids, read, tmp_path):
    root = bids({"sub-01": GOOD, "sub-02_ses-1": "head"}, "participant_id\tage\tsex\nsub-01\t60\tF\n")
    summary, _ = read(root, tmp_path / "out")
    assert (summary.total, summary.done, summary.bad) == (2, 2, 0)
    scans = {row["unit"]: row for row in table(tmp_path / "out", "scans")}
    assert (scans["sub-01"]["mass_mg"], scans["sub-01"]["age_years"], scans["sub-01"]["sex"]) == (
        "7.5",
        "60",
        "F",
    )
    assert scans["sub-02_ses-1"]["session"] == "ses-1"
    sites = {(r["unit"], r["site"], r["side"]): r for r in table(tmp_path / "out", "sites")}
    assert sites["sub-01", "globus_pallidus", "left"]["mass_mg"] == "2.5"
    assert sites["sub-01", "globus_pallidus", "right"]["count"] == "0"
    assert sites["sub-02_ses-1", "pineal", "midline"]["mass_mg"] == "0"
    assert [r["id"] for r in table(tmp_path / "out", "deposits")] == ["1", "2"]


def test_the_key_names_every_scan_and_its_path(bids, read, tmp_path):
    read(bids({"sub-01": GOOD, "sub-02": "refuse"}), tmp_path / "out")
    rows = table(tmp_path / "out", "units")
    assert [(r["unit"], r["source"]) for r in rows] == [
        ("sub-01", "sub-01/ct/sub-01_ct.nii.gz"),
        ("sub-02", "sub-02/ct/sub-02_ct.nii.gz"),
    ]


def test_what_was_not_imaged_is_not_a_zero(bids, read, tmp_path):
    read(bids({"sub-01": "head missing=posterior_fossa"}), tmp_path / "out")
    rows = {r["site"]: r for r in table(tmp_path / "out", "sites")}
    assert (rows["cerebellum"]["imaged"], rows["cerebellum"]["count"], rows["cerebellum"]["mass_mg"]) == (
        "false",
        "n/a",
        "n/a",
    )
    assert rows["pineal"]["count"] == "0"


def test_every_column_stands_in_the_dictionary_and_in_both_formats(bids, read, tmp_path):
    import pyarrow.parquet as pq

    read(bids({"sub-01": GOOD}), tmp_path / "out")
    for name in ("scans", "sites", "deposits"):
        said = json.loads((tmp_path / "out" / f"{name}.json").read_text())
        stored = pq.read_table(tmp_path / "out" / f"{name}.parquet")
        assert list(said) == stored.column_names == list(table(tmp_path / "out", name)[0])
        assert stored.num_rows == len(table(tmp_path / "out", name))
        assert all(row["Description"] for row in said.values())


def test_the_folder_is_a_derivative_dataset(bids, read, tmp_path):
    read(bids({"sub-01": GOOD}), tmp_path / "out")
    about = json.loads((tmp_path / "out" / "dataset_description.json").read_text())
    assert about["DatasetType"] == "derivative"
    assert about["GeneratedBy"][0]["Name"] == "brainsand"


def test_a_scan_that_crashes_eats_memory_hangs_or_is_killed_fails_alone(bids, read, tmp_path):
    scans = {
        "sub-01": GOOD,
        "sub-02": "fault",
        "sub-03": "die",
        "sub-04": "eat",
        "sub-05": "slow",
        "sub-06": GOOD,
    }
    summary, _ = read(bids(scans), tmp_path / "out", most_mb=200.0, most_s=2.0)
    assert (summary.done, summary.bad) == (2, 4)
    codes = {row["unit"]: row["code"] for row in table(tmp_path / "out", "failures")}
    assert codes == {"sub-02": "fault", "sub-03": "killed", "sub-04": "memory", "sub-05": "time"}
    assert all(row["todo"] != "n/a" for row in table(tmp_path / "out", "failures"))
    assert {row["unit"] for row in table(tmp_path / "out", "scans")} == {"sub-01", "sub-06"}


def test_a_refused_scan_is_told_with_its_remedy_and_not_tried_again(bids, read, tmp_path):
    root = bids({"sub-01": GOOD, "sub-02": "refuse"})
    assert read(root, tmp_path / "out")[0].bad == 1
    row = table(tmp_path / "out", "failures")[0]
    assert (row["state"], row["code"], row["todo"]) == ("refused", "not_dicom", "Give one.")
    summary, listener = read(root, tmp_path / "out")
    assert (summary.before, listener.outcomes) == (2, [])


def test_the_same_command_again_does_nothing_and_leaves_every_table_as_it_is(bids, read, tmp_path):
    root = bids({"sub-01": GOOD, "sub-02": "fault"})
    read(root, tmp_path / "out")
    before = files(tmp_path / "out")
    _, listener = read(root, tmp_path / "out")
    assert [o.unit for o in listener.outcomes] == ["sub-02"]
    assert files(tmp_path / "out") == before


def test_a_failure_that_is_mended_goes_from_the_list(bids, read, tmp_path):
    root = bids({"sub-01": "fault"})
    read(root, tmp_path / "out")
    bids({"sub-01": GOOD})
    assert read(root, tmp_path / "out")[0].bad == 0
    assert table(tmp_path / "out", "failures") == []
    assert [r["unit"] for r in table(tmp_path / "out", "scans")] == ["sub-01"]


def test_another_version_or_another_age_is_read_anew_and_nothing_else(bids, read, tmp_path):
    people = "participant_id\tage\nsub-01\t{}\nsub-02\t50\n"
    root = bids({"sub-01": GOOD, "sub-02": GOOD}, people.format(40))
    read(root, tmp_path / "out")
    bids({}, people.format(41))
    assert [o.unit for o in read(root, tmp_path / "out")[1].outcomes] == ["sub-01"]
    assert len(read(root, tmp_path / "out", program="q")[1].outcomes) == 2
    assert read(root, tmp_path / "out", program="q", redo=True)[0].done == 2


def test_the_same_pixels_twice_are_seen(bids, read, tmp_path):
    read(bids({"sub-01": "head sha=abc", "sub-02": "head sha=abc", "sub-03": "head"}), tmp_path / "out")
    same = {r["unit"]: r["same_pixels_as"] for r in table(tmp_path / "out", "scans")}
    assert same == {"sub-01": "n/a", "sub-02": "sub-01", "sub-03": "n/a"}


def test_a_full_disk_stops_the_work_and_what_is_done_is_kept(bids, read, tmp_path):
    scans = {f"sub-{k:02d}": GOOD for k in range(30)} | {"sub-00": "full"}
    summary, _ = read(bids(scans), tmp_path / "out")
    assert "disk is full" in summary.stopped
    assert summary.done < 30
    bids({"sub-00": GOOD})
    assert read(tmp_path / "in", tmp_path / "out")[0].done == 30


def test_stop_on_first_crash_stops(bids, read, tmp_path):
    scans = {f"sub-{k:02d}": GOOD for k in range(30)} | {"sub-00": "fault"}
    summary, _ = read(bids(scans), tmp_path / "out", stop_on_first_crash=True)
    assert "--stop-on-first-crash" in summary.stopped
    assert summary.done < 30


def test_shards_together_give_the_tables_of_one_run(bids, read, tmp_path):
    root = bids({f"sub-{k:02d}": GOOD for k in range(9)})
    read(root, tmp_path / "one")
    plan = find_scans(root)
    for i in (1, 2, 3):
        read(root, tmp_path / "many", only(plan, shard=(i, 3)), shard=True)
        assert not (tmp_path / "many" / "scans.tsv").exists()
    read(root, tmp_path / "many")
    assert files(tmp_path / "many") == files(tmp_path / "one")


def test_dask_gives_the_tables_of_this_process_alone(bids, read, tmp_path):
    root = bids({f"sub-{k:02d}": GOOD for k in range(6)} | {"sub-06": "die"})
    read(root, tmp_path / "one")
    summary, listener = read(root, tmp_path / "many", cluster="local")
    assert (summary.done, summary.bad) == (6, 1)
    assert any("watch it at http://127.0.0.1" in words for words in listener.heard)
    assert files(tmp_path / "many") == files(tmp_path / "one")


def test_the_audit_tells_done_refused_failed_stale_missing_and_holes(bids, read, tmp_path):
    root = bids({"sub-01": GOOD, "sub-02": "refuse", "sub-03": "fault"})
    read(root, tmp_path / "out")
    bids({"sub-04": GOOD})
    (root / "sub-05").mkdir()
    found = audit(tmp_path / "out", find_scans(root), "p")
    assert found.counts == {"done": 1, "refused": 1, "failed": 1, "stale": 0, "missing": 1}
    assert (found.holes, found.leftovers, found.whole) == (1, 0, False)
    assert "1 missing" in found.words()
    assert audit(tmp_path / "out", find_scans(root), "q").counts["stale"] == 2


@pytest.mark.parametrize("torn", ["", "{", '{"unit": "sub-99"}'])
def test_a_torn_record_is_not_done(bids, read, tmp_path, torn):
    root = bids({"sub-01": GOOD})
    read(root, tmp_path / "out")
    (tmp_path / "out" / "sub-01" / "ct" / "sub-01_unit.json").write_text(torn)
    assert [o.unit for o in read(root, tmp_path / "out")[1].outcomes] == ["sub-01"]


def test_no_table_tells_when_it_was_made(bids, read, tmp_path):
    root = bids({"sub-01": GOOD})
    read(root, tmp_path / "one")
    read(root, tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_tables_that_cannot_be_written_leave_the_earlier_ones(bids, read, tmp_path, monkeypatch):
    import errno

    from brainsand.cohort import columns_out
    from brainsand.errors import OutputError

    root = bids({"sub-01": GOOD})
    read(root, tmp_path / "out")
    before = files(tmp_path / "out")
    bids({"sub-02": GOOD})

    def full(table):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(columns_out, "tsv_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        read(root, tmp_path / "out")
    assert files(tmp_path / "out") == before
    monkeypatch.undo()
    assert read(root, tmp_path / "out")[0].before == 2
    assert len(table(tmp_path / "out", "scans")) == 2
