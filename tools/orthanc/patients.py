"""Small virtual patients to send, and copies of one under other identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pydicom
from pydicom.uid import generate_uid

SMALL = {"matrix": 128, "in_plane_mm": 1.8, "slice_mm": 5.0}


def virtual_patients(folder: Path, presets: Sequence[str]) -> list[tuple[str, list[Path]]]:
    """One coarse virtual patient a preset, as (name, files)."""
    from brainsand.virtual_scan import write_virtual_scan

    made = []
    for seed, preset in enumerate(presets):
        scan = write_virtual_scan(folder / f"{seed}-{preset}", preset=preset, seed=seed, protocol=SMALL).scan
        made.append((preset, sorted(scan.iterdir())))
    return made


def copies(files: Sequence[Path], folder: Path, number: int) -> list[list[Path]]:
    """``number`` studies of the same pixels under identifiers of their own, as other patients."""
    return [_copy(files, folder / f"copy-{k:02d}", k) for k in range(number)]


def dated_today(files: Sequence[Path]) -> Sequence[Path]:
    """The same files, with today as the day of the study."""
    for file in files:
        ds = pydicom.dcmread(file)
        ds.StudyDate = f"{date.today():%Y%m%d}"
        ds.save_as(file)
    return files


def _copy(files: Sequence[Path], folder: Path, k: int) -> list[Path]:
    folder.mkdir(parents=True)
    paths = []
    for file in files:
        ds = pydicom.dcmread(file)
        for element in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"):
            setattr(ds, element, generate_uid(entropy_srcs=[str(ds.get(element)), str(k)]))
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.PatientID, ds.PatientName = f"COPY{k:02d}", f"Copy^{k:02d}"
        ds.save_as(folder / file.name)
        paths.append(folder / file.name)
    return paths
