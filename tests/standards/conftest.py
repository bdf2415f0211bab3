"""Small scans written as DICOM, read, given deposits by hand, and written as DICOM objects; other people's checkers."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from brainsand.exports import FORMATS, Export
from brainsand.model.case import Case
from brainsand.model.finding import Deposit
from brainsand.model.reference import Reference
from brainsand.read.scan import ReadScan, read_scan
from brainsand.report.record import case_record
from report.fake_case import fake_case, fake_deposit
from samples import write_series

CREATED = "2026-02-03T04:05:06+00:00"
TILTED = [
    (-100.0, -110.0 + 1.7 * k, 20.0 + z) for k, z in enumerate([0, 4, 8, 12, 16, 20, 24, 31, 38, 45, 52, 59])
]
"""A gantry tilt, and an increment that changes from 4 to 7 mm."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Written:
    """A scan, its case and the DICOM objects made of both, as files in ``folder``."""

    scan: ReadScan
    case: Case
    folder: Path
    files: dict[str, bytes]

    def dataset(self, name: str) -> pydicom.Dataset:
        return pydicom.dcmread(self.folder / name)


def two_deposits() -> tuple[Deposit, ...]:
    """A band in both pallida of four slices, and a speck in the falx without volume or mass."""
    left = dataclasses.replace(fake_deposit(1, "globus_pallidus", "left", kind="ectopic"), slices=(3, 6))
    right = dataclasses.replace(fake_deposit(2, "globus_pallidus", "right", kind="ectopic"), slices=(3, 6))
    speck = dataclasses.replace(
        fake_deposit(3, "falx", "midline", volume=None), slices=(9, 9), mass_mg=None, excess_hu_mm3=None
    )
    return left, right, speck


def two_marks(shape: tuple[int, int, int]) -> NDArray[np.int32]:
    """The voxels of :func:`two_deposits`: deposit 1 has a hole, deposit 2 two pieces."""
    marks = np.zeros(shape, np.int32)
    marks[3:7, 10:13, 20:24] = 1
    marks[4, 11, 21] = 0
    marks[3:7, 10:12, 8] = 2
    marks[5, 15, 9] = 2
    marks[9, 7, 16] = 3
    return marks


def case_on(scan: ReadScan, deposits: tuple[Deposit, ...], marks: NDArray[np.int32], **changes: Any) -> Case:
    """A case whose deposits lie on this scan's voxels."""
    case = fake_case(*deposits, acquisition=scan.acquisition, **changes)
    picture = dataclasses.replace(
        case.picture, deposits=marks, sites=np.zeros(marks.shape, np.uint8), grid=scan.volume.grid
    )
    return dataclasses.replace(case, picture=picture)


def export_of(scan: ReadScan, case: Case, created: str = CREATED) -> Export:
    record = case_record(case, created=created)
    nobody = Reference(**dict.fromkeys((f.name for f in dataclasses.fields(Reference)), None))
    return Export(case=case, record=record, scan=scan, reference=nobody, page="", created=created)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Written]:
    """Write a stack, read it, mark deposits on it and write the formats asked for."""

    def make(
        source: Path | None = None,
        *,
        also: tuple[str, ...] = ("seg", "sr"),
        deposits: tuple[Deposit, ...] | None = None,
        marks: NDArray[np.int32] | None = None,
        created: str = CREATED,
        changes: dict[str, Any] | None = None,
        **elements: Any,
    ) -> Written:
        folder = tmp_path / f"objects{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        if source is None:
            source = folder / "scan"
            write_series(source, **elements)
        scan = read_scan(source)
        deposits = two_deposits() if deposits is None else deposits
        marks = two_marks(scan.volume.hu.shape) if marks is None else marks
        case = case_on(scan, deposits, marks, **(changes or {}))
        export = export_of(scan, case, created)
        files = {name: content for form in also for name, content in FORMATS[form](export).items()}
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        return Written(scan=scan, case=case, folder=folder, files=files)

    return make


def dciodvfy_errors(path: Path) -> list[str]:
    """What dicom3tools finds wrong with an object; skips where it is not installed."""
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (Debian package dicom3tools) is not installed")
    said = subprocess.run(
        [program, "-new", path], capture_output=True, text=True, errors="replace", check=False
    )
    lines = (said.stdout + said.stderr).splitlines()
    assert any(re.fullmatch(r"\w+", line) for line in lines), lines  # it knew what kind of object this is
    return [line for line in lines if line.startswith(("Error", "Abort"))]


def dsrdump_words(path: Path) -> str:
    """A structured report as DCMTK shows it; skips where DCMTK is not installed."""
    program = shutil.which("dsrdump")
    if program is None:
        pytest.skip("dsrdump (Debian package dcmtk) is not installed")
    said = subprocess.run([program, "+Pl", path], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert not re.search(r"^E:|^F:", said.stderr, re.MULTILINE), said.stderr
    return said.stdout


def mask_on(scan: ReadScan, seg: Path) -> NDArray[np.uint8]:
    """A SEG put back on the scan's slices by highdicom: the number of the segment of each voxel."""
    read = highdicom.seg.segread(seg)
    frames = scan.acquisition.source_frames
    if scan.slices[0].frames == 1:
        back = read.get_pixels_by_source_instance(
            [uid for uid, _ in frames], combine_segments=True, assert_missing_frames_are_empty=True
        )
    else:
        back = read.get_pixels_by_source_frame(
            frames[0][0],
            [frame for _, frame in frames],
            combine_segments=True,
            assert_missing_frames_are_empty=True,
        )
    return np.asarray(back)
