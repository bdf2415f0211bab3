"""Hold the DICOM objects against other people's checkers and readers, and write what they say into the docs.

python tools/check_objects.py [--write] [SCAN ...]

A virtual patient under a tilted gantry with uneven slices is made and analyzed, and every SCAN named (a folder of
DICOM). Each object goes through dciodvfy (dicom3tools), dsrdump or dcmdump (DCMTK), highdicom and pydicom; the mask of
the SEG is put back on the scan's slices and compared with ``deposits.nii.gz``, voxel for voxel.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom

from brainsand import run_scan
from brainsand.read.scan import read_scan
from brainsand.virtual_scan import write_virtual_scan

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "dicom-validation.md"
PROTOCOLS = {
    "virtual patient, upright, 5 mm": {"slice_mm": 5.0},
    "virtual patient, tilted 15°, 4 then 7 mm": {
        "slice_mm": 4.0,
        "tilt_deg": 15.0,
        "upper_from_slice": 12,
        "upper_slice_mm": 7.0,
    },
}
HEAD = """\
# What the checkers say of the DICOM objects

Written by `make objects`. The objects are those of `--also seg,sr,sc,pdf`; the scans two virtual patients
(preset `pfbc`), one upright and one under a tilted gantry with uneven slices, and those named on the command line.
dcmqi builds one upright box of voxels, which cannot hold a tilted or uneven scan: that it refuses those is what it
should do.

"""


def main() -> None:
    """Make, check, print, and with ``--write`` write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scans", nargs="*", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scans = {scan.name: scan for scan in args.scans}
        for number, (name, protocol) in enumerate(PROTOCOLS.items()):
            made = write_virtual_scan(Path(folder) / str(number), preset="pfbc", protocol=protocol)
            scans[name] = made.scan
        text = HEAD + versions() + "".join(checked(name, scan) for name, scan in scans.items())
    print(text)
    if args.write:
        PAGE.write_text(text, encoding="utf-8")


def versions() -> str:
    """A table of the checkers with their versions."""
    rows = [
        ("dciodvfy (dicom3tools)", first_line(["dciodvfy", "-version"], r"[\d.]+snapshot\.\d+")),
        ("dsrdump, dcmdump (DCMTK)", first_line(["dsrdump", "--version"], r"v[\d.]+")),
        ("highdicom", version("highdicom")),
        ("dcmqi", version("dcmqi")),
        ("pydicom", version("pydicom")),
    ]
    return "| checker | version |\n|---|---|\n" + "".join(f"| {a} | {b} |\n" for a, b in rows)


def first_line(command: list[str], pattern: str) -> str:
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(pattern, said.stdout + said.stderr)
    return found[0] if found else "not found"


def checked(name: str, scan: Path) -> str:
    """One scan's section."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        run_scan(scan, out / "out", also=("seg", "sr", "sc", "pdf"))
        files = sorted((out / "out").rglob("*.dcm"))
        rows = "".join(row(path, path.relative_to(out / "out").as_posix()) for path in files)
        words = Counter(kind for path in files for kind in warnings_of(path))
        body = (
            "| object | dciodvfy errors | warnings | DCMTK | read by | dcmqi |\n|---|---|---|---|---|---|\n"
            + rows
        )
        listed = "".join(f"- {n} × {kind}\n" for kind, n in words.most_common())
        return f"\n## {name}\n\n{body}\n{mask_words(scan, out / 'out')}\n\nWarnings, all objects together:\n\n{listed}"


def row(path: Path, name: str) -> str:
    said = iod_lines(path)
    errors = sum(line.startswith(("Error", "Abort")) for line in said)
    reader = {
        "seg.dcm": lambda: highdicom.seg.segread(path) and "highdicom.seg.segread",
        "sr.dcm": lambda: highdicom.sr.srread(path) and "highdicom.sr.srread",
        "pdf.dcm": lambda: document_words(path),
    }.get(name, lambda: pydicom.dcmread(path).pixel_array.any() and "pydicom, pixels")
    return (
        f"| `{name}` | {errors} | {len(warnings_of(path))} | {dcmtk(path)} | {reader()} | {dcmqi(path)} |\n"
    )


def document_words(path: Path) -> str:
    """Whether DCMTK gets the very document out that lies beside the object."""
    out = path.with_suffix(".out")
    subprocess.run(["dcm2pdf", path, out], capture_output=True, check=True)
    same = out.read_bytes() == path.with_name("report.pdf").read_bytes()
    return f"dcm2pdf: {'equal to' if same else 'differs from'} `report.pdf`"


def iod_lines(path: Path) -> list[str]:
    said = subprocess.run(
        ["dciodvfy", "-new", path], capture_output=True, text=True, errors="replace", check=False
    )
    return (said.stdout + said.stderr).splitlines()


def warnings_of(path: Path) -> list[str]:
    """Its warnings, without the place in the object."""
    lines = [line for line in iod_lines(path) if line.startswith("Warning")]
    return [
        re.sub(r"^Warning - <.*?([A-Za-z]+\([0-9a-f,]+\))(?:\[\d+\])?> - ", r"\1: ", line) for line in lines
    ]


def dcmtk(path: Path) -> str:
    tool = "dsrdump" if path.name == "sr.dcm" else "dcmdump"
    said = subprocess.run([tool, path], capture_output=True, text=True, errors="replace", check=False)
    errors = len(re.findall(r"^[EF]:", said.stderr, re.MULTILINE))
    return f"{tool}: {errors} errors" if not said.returncode else f"{tool}: refused"


def dcmqi(path: Path) -> str:
    """What the readers that 3D Slicer uses make of an object."""
    with tempfile.TemporaryDirectory() as folder:
        command = {
            "seg.dcm": ["segimage2itkimage", "--outputDirectory", folder, "--mergeSegments"],
            "sr.dcm": ["tid1500reader", "--outputMetadata", f"{folder}/sr.json"],
        }.get(path.name)
        if command is None:
            return "–"
        command[0] = str(Path(sys.executable).parent / command[0])
        said = subprocess.run([*command, "--inputDICOM", path], capture_output=True, text=True, check=False)
        fault = re.search(r"^ERROR: (.*)$", said.stdout + said.stderr, re.MULTILINE)
        return f"refused: {fault[1]}" if fault else ("read" if said.returncode == 0 else "refused")


def mask_words(scan: Path, out: Path) -> str:
    """Whether the SEG put back on the slices is the map of the deposits."""
    read = read_scan(scan)
    seg = highdicom.seg.segread(out / "seg.dcm")
    uids = [uid for uid, _ in read.acquisition.source_frames]
    back = seg.get_pixels_by_source_instance(
        uids, combine_segments=True, assert_missing_frames_are_empty=True
    )
    deposits = np.asarray(nibabel.load(out / "deposits.nii.gz").dataobj).T > 0
    differ = int(np.count_nonzero((back > 0) != deposits))
    grid = read.volume.grid
    return (
        f"{len(uids)} slices, tilt {grid.tilt_deg:.1f}°, {grid.slice_gaps_mm.min():.2f} to "
        f"{grid.slice_gaps_mm.max():.2f} mm apart. Segments: {seg.number_of_segments}, frames: {seg.NumberOfFrames}. "
        f"Put back on the slices, {int(deposits.sum())} voxels; {differ} differ from `deposits.nii.gz`."
    )


if __name__ == "__main__":
    main()
