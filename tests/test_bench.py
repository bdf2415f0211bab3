"""The bench measures what it says."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

TOOL = Path(__file__).parents[1] / "tools" / "bench.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def save_slice(path):
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, "1.2.3"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 4, 6, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.PixelData = np.zeros((4, 6), "<i2").tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.save_as(path, enforce_file_format=True)


def test_the_bare_read_counts_slices_and_passes_strangers_by(bench, tmp_path):
    for name in ("a.dcm", "b.dcm"):
        save_slice(tmp_path / name)
    (tmp_path / "notes.txt").write_text("dear me")
    read = bench.bare_read(tmp_path)
    assert read["shape"] == [2, 4, 6]
    assert 0 < read["wall_s"] < 10


def test_the_stopwatch_sums_a_stage_that_comes_twice(bench):
    watch = bench.Stopwatch()
    for _ in range(2):
        with watch.stage("sleep"):
            time.sleep(0.02)
    wall, cpu, peak = watch.stages["sleep"]
    assert wall >= 0.04
    assert cpu < wall
    assert 1 < peak < 100_000


def test_the_table_gives_the_ratio_and_what_no_stage_accounts_for(bench):
    bare = {"wall_s": 0.5, "cpu_s": 0.4, "shape": [28, 512, 512], "peak_mb": 50.0}
    whole = {
        "wall_s": 5.0,
        "cpu_s": 8.0,
        "stages": {"find": [3.0, 6.0, 650.2]},
        "deposits": 3,
        "peak_mb": 700.4,
    }
    whole["load"] = 1.26
    lines = [line.split() for line in bench.table("a head", bare, whole).splitlines()]
    assert ["a", "head:", "28", "x", "512", "x", "512"] in lines
    assert ["(between,", "start-up)", "2.00", "2.00"] in lines
    assert ["ratio", "10.0", "20.0"] in lines
    assert ["find", "3.00", "6.00", "650"] in lines
    assert ["whole", "5.00", "8.00", "700"] in lines
    assert ["deposits", "3;", "load", "of", "the", "machine", "1.3"] in lines


def test_a_scan_that_was_refused_is_said_and_not_timed(bench):
    bare = {"wall_s": 0.5, "cpu_s": 0.4, "shape": [1, 512, 512], "peak_mb": 50.0}
    assert "not analyzed: ReadError: one slice" in bench.table("x", bare, {"error": "ReadError: one slice"})
