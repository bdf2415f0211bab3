"""A true scan through the cohort's door gives the record that ``analyze`` gives; and where it lies on the atlas."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from brainsand.cohort.brood import Nest
from brainsand.cohort.lay import on_atlas
from brainsand.cohort.model import Unit
from brainsand.cohort.plan import find_scans
from brainsand.cohort.rows import rows_of_case
from brainsand.cohort.store import NAMES, place_of, read_record
from brainsand.model.case import Picture
from brainsand.model.grid import Grid
from brainsand.run import run_scan
from cohort_trial.patients import make_patients


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """One virtual patient read by the cohort, and by ``run_scan``."""
    home = tmp_path_factory.mktemp("unit")
    (unit,) = find_scans(make_patients(home / "in", 1)).units
    nest = Nest()
    answer = nest.run(
        {"unit": unit.as_record(), "out": str(home / "out"), "key": "k", "also": ["phenopacket", "fhir"]}
    )
    nest.close()
    assert answer["state"] == "done", answer
    from pathlib import Path

    facts = {"age_years": unit.age_years, "sex": unit.sex, "kvp": unit.kvp}
    run_scan(Path(unit.path), home / "alone", also=("phenopacket", "fhir"), **facts)
    return unit, home / "out", home / "alone"


def test_the_cohort_gives_the_record_of_a_single_run(both):
    unit, out, alone = both
    one = json.loads(place_of(out, unit, "case.json").read_bytes())
    other = json.loads((alone / "case.json").read_bytes())
    assert one["program"].pop("created")
    assert other["program"].pop("created")
    assert one == other


def test_every_result_has_its_place_among_the_derivatives(both):
    unit, out, alone = both
    for name in NAMES:
        assert place_of(out, unit, name).is_file() == (alone / name).is_file(), name
    assert (out / f"{unit.id}.html").is_file()
    assert json.loads(place_of(out, unit, "phenopacket.json").read_bytes())["subject"]
    assert json.loads(place_of(out, unit, "fhir.json").read_bytes())["resourceType"] == "Bundle"
    head = place_of(out, unit, "deposits.tsv").read_text().split("\n", 1)[0].split("\t")
    assert head[:4] == ["index", "name", "site", "side"]
    assert place_of(out, unit, "deposits.nii.gz").name == f"{unit.id}_space-orig_desc-calc_dseg.nii.gz"


def test_the_rows_hold_what_the_case_says_and_nothing_of_the_moment(both):
    unit, out, _ = both
    record = read_record(out, unit)
    case = json.loads(place_of(out, unit, "case.json").read_bytes())
    assert record["scan"]["deposits"] == len(case["deposits"]) == len(record["deposits"])
    assert record["scan"]["mass_mg"] == case["scores"]["mass_mg"]["total"]
    assert rows_of_case(case)["sites"] == record["sites"]
    assert case["program"]["created"] not in json.dumps(record)


def test_its_deposits_lie_inside_the_atlas_s_brain(both):
    from brainsand.read.atlas import load_atlas

    unit, out, _ = both
    found = read_record(out, unit)["atlas"]
    atlas = load_atlas()
    brain = (atlas.classes[0] < 128).ravel()
    assert len(found["voxels"]) > 0
    assert brain[found["voxels"]].mean() > 0.8
    first, last = found["slices"]
    assert last - first > 60


def test_a_cube_lands_on_the_atlas_where_the_affine_puts_it():
    grid = Grid.regular((10, 20, 20), spacing_mm=(5.0, 1.0, 1.0))
    deposits = np.zeros(grid.shape, np.int32)
    deposits[4, 10:14, 6:10] = 1
    affine = np.array([[0, 0, 2.0, 0], [0, 2.0, 0, 0], [2.5, 0, 0, 0], [0, 0, 0, 1.0]])
    picture = Picture(
        head_grid=grid, head_hu=np.zeros(grid.shape, np.int16), head_inside=deposits > 0,
        head_sites=deposits.astype(np.uint8), head_deposits=deposits, deposits=deposits,
        sites=deposits.astype(np.uint8), grid=grid, atlas_affine=affine,
    )  # fmt: skip
    shape = (20, 10, 10)
    found = on_atlas(picture, np.ones(shape, bool))
    cells = np.stack(np.unravel_index(found["voxels"], shape), axis=1)
    # 5 mm of slices are two cells of 2.5 mm, 4 mm of rows and columns two of 2 mm.
    assert sorted(set(cells[:, 1])) == [5, 6]
    assert sorted(set(cells[:, 2])) == [3, 4]
    assert set(cells[:, 0]) <= {7, 8, 9}
    assert found["slices"] == [0, 19]


def test_a_case_that_does_not_know_the_atlas_has_no_place_on_it():
    grid = Grid.regular((2, 2, 2), spacing_mm=(1, 1, 1))
    nothing = np.zeros(grid.shape, np.int32)
    picture = Picture(
        head_grid=grid, head_hu=nothing.astype(np.int16), head_inside=nothing > 0,
        head_sites=nothing.astype(np.uint8), head_deposits=nothing, deposits=nothing,
        sites=nothing.astype(np.uint8),
    )  # fmt: skip
    assert on_atlas(picture, np.ones((2, 2, 2), bool)) is None


def test_a_scan_that_is_no_scan_is_refused_with_the_reader_s_words(tmp_path):
    (tmp_path / "x.nii.gz").write_text("no scan")
    unit = Unit(id="sub-x", path=str(tmp_path / "x.nii.gz"), source="x", person="sub-x")
    nest = Nest()
    answer = nest.run({"unit": unit.as_record(), "out": str(tmp_path / "out"), "key": "k"})
    nest.close()
    assert (answer["state"], answer["code"]) == ("refused", "not_nifti")
    assert read_record(tmp_path / "out", unit)["refusal"]["todo"]


def test_a_scan_that_is_not_there_is_told_with_what_may_be_the_matter(tmp_path):
    from brainsand.cohort.unit import work

    (tmp_path / "x.nii").symlink_to(tmp_path / "content-not-fetched")
    unit = Unit(id="sub-x", path=str(tmp_path / "x.nii"), source="x.nii", person="sub-x")
    answer = work({"unit": unit.as_record(), "out": str(tmp_path / "out"), "key": "k"}, None)
    assert (answer["state"], answer["code"]) == ("failed", "not_there")


def test_no_thread_works_in_a_nest_so_that_it_may_fork(both):
    """There is its own, and one of onnxruntime's that waits."""
    import time

    import psutil

    nest = Nest()
    process = psutil.Process(nest._start().pid)
    before = {t.id: t.user_time + t.system_time for t in process.threads()}
    time.sleep(0.5)
    after = {t.id: t.user_time + t.system_time for t in process.threads()}
    nest.stop()
    assert len(after) <= 2
    assert after == before


@pytest.mark.parametrize("where", ["run_scan", "publish"])
def test_a_disk_that_fills_midway_leaves_nothing_half_done(tmp_path, monkeypatch, where):
    import errno

    from brainsand.cohort import unit as room
    from brainsand.errors import OutputError

    def full(*args, **kwargs):
        if where == "run_scan":
            raise OutputError("the disk is full.")
        raise OSError(errno.ENOSPC, "No space left on device")

    def read(path, made, **kwargs):
        made.mkdir()
        for name in NAMES:
            (made / name).write_text("index\tid\tsite\tside\n")

    monkeypatch.setattr(room, "run_scan", full if where == "run_scan" else read)
    monkeypatch.setattr(room, "_rows", lambda *args: {})
    monkeypatch.setattr(room, "publish", full)
    (tmp_path / "in").mkdir()
    unit = Unit(id="sub-x", path=str(tmp_path / "in"), source="in", person="sub-x")
    shared = SimpleNamespace(reference=None, inside=None)
    answer = room.work({"unit": unit.as_record(), "out": str(tmp_path), "key": "k"}, shared)
    assert (answer["state"], answer["code"]) == ("failed", "output")
    assert answer["todo"]
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
