"""Which files of a case may be fetched? Those the analysis writes, by a closed list; no path comes from outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.responses import FileResponse

from brainsand.compare import RESULTS as OF_A_PAIR
from brainsand.exports import FORMATS
from brainsand.pair_view import FOLDER as PAIR
from brainsand.save import RESULTS
from brainsand.viewing import FOLDER
from brainsand.web.folder import DataFolder
from brainsand.web.formats import own_files
from brainsand.web.guard import REPORT_POLICY
from brainsand.web.refused import Refused

VIEW_FILES: Final = (
    "scan.nii.gz", "head.nii.gz", "head_deposits.nii.gz", "head_sites.nii.gz", "thumbnail.png", "view.json",
)  # fmt: skip
WORDS: Final = {
    "case.json": "the machine's reading: its record",
    "report.html": "the machine's reading: its report",
    "deposits.tsv": "the machine's reading: deposits, a row each",
    "deposits.json": "the machine's reading: true positions of the slices",
    "deposits.nii.gz": "the machine's reading: deposits on the scan's voxels",
    "sites.tsv": "the machine's reading: the numbers of sites.nii.gz",
    "sites.nii.gz": "the machine's reading: sites of the head on the scan's voxels",
    "phenopacket.json": "the machine's reading: GA4GH Phenopacket v2",
    "refusal.json": "why the scan was refused",
    f"{FOLDER}/scan.nii.gz": "the scan as NIfTI, HU",
    f"{FOLDER}/head.nii.gz": "the head put straight, HU",
    f"{FOLDER}/head_deposits.nii.gz": "the machine's reading: deposits on the head put straight",
    f"{FOLDER}/head_sites.nii.gz": "the machine's reading: sites on the head put straight",
    f"{FOLDER}/thumbnail.png": "the machine's reading: the slice of most note",
    f"{FOLDER}/view.json": "the machine's reading: places, and grounds of the scores",
    "preview.png": "the first picture",
}
PAIR_WORDS: Final = {
    "compare.json": "what changed, for programs",
    "report.html": "the report, with pictures",
    "changes.tsv": "what changed, a row each",
    "followup_sr.dcm": "the same as a DICOM structured report",
    f"{PAIR}/earlier.nii.gz": "the earlier head on the later one, HU",
    f"{PAIR}/later.nii.gz": "the later head put straight, HU",
    f"{PAIR}/difference.nii.gz": "later less earlier, smoothed, HU",
    f"{PAIR}/tracks.nii.gz": "the number of each deposit followed",
    f"{PAIR}/outlines.nii.gz": "the same with a rim round each",
    f"{PAIR}/pair.json": "places, and the cases' own numbers",
}
_TYPES: Final = {
    ".json": "application/json", ".html": "text/html; charset=utf-8",
    ".tsv": "text/tab-separated-values; charset=utf-8",
    ".gz": "application/octet-stream", ".png": "image/png", ".pdf": "application/pdf",
}  # fmt: skip
SHOWN: Final = (".png", ".html")


def known_files(folder: DataFolder, id: str) -> dict[str, Path]:
    """Name to path of what is there."""
    place = folder.result(id)
    names = [name for name in RESULTS if name != FOLDER] + [f"{FOLDER}/{name}" for name in VIEW_FILES]
    found = {name: place / name for name in names if (place / name).is_file()}
    for name in (n for n in RESULTS if (place / n).is_dir() and n != FOLDER):
        found |= {f"{name}/{p.name}": p for p in sorted((place / name).iterdir()) if p.is_file()}
    for name in FORMATS:
        found |= own_files(folder, id, name)
    if folder.preview(id).is_file():
        found["preview.png"] = folder.preview(id)
    return found


def files_in(place: Path) -> dict[str, Path]:
    """Name to path of what is there of a comparison."""
    names = [name for name in OF_A_PAIR if (place / name).is_file()]
    inside = sorted((place / PAIR).iterdir()) if (place / PAIR).is_dir() else []
    named = {
        f"{PAIR}/{path.name}": path for path in inside if path.is_file() and not path.name.startswith(".")
    }
    return {**{name: place / name for name in names}, **named}


def as_record(folder: DataFolder, id: str) -> list[dict[str, Any]]:
    """The files, with their bytes and what each is."""
    return rows_of(known_files(folder, id), WORDS, other="the machine's reading: a further format")


def rows_of(
    files: Mapping[str, Path], words: Mapping[str, str], *, other: str = "a further format"
) -> list[dict[str, Any]]:
    """Files, with their bytes and what each is."""
    return [
        {"name": name, "bytes": path.stat().st_size, "what": words.get(name, other)}
        for name, path in files.items()
    ]


def pair_records(place: Path) -> list[dict[str, Any]]:
    """The files of a comparison, with their bytes and what each is."""
    words = {
        **PAIR_WORDS,
        **{name: "pictures of a change" for name in files_in(place) if name.endswith(".png")},
    }
    return rows_of(files_in(place), words)


def open_file(folder: DataFolder, id: str, name: str) -> FileResponse:
    """The file of this name; 404 where the list does not hold it."""
    return file_answer(known_files(folder, id), name)


def file_answer(files: Mapping[str, Path], name: str) -> FileResponse:
    """The one of these files; 404 where they do not hold it."""
    path = files.get(name)
    if path is None:
        raise Refused(404, "no_such_file", "There is no such file.", "See the list of files.")
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    headers = {"content-security-policy": REPORT_POLICY} if path.suffix == ".html" else {}
    headers["cache-control"] = "private, no-cache"
    shown = path.suffix in SHOWN
    return FileResponse(
        path,
        media_type=kind,
        headers=headers,
        filename=path.name,
        content_disposition_type="inline" if shown else "attachment",
    )
