"""Which files of a case may be fetched? Those the analysis writes, by a closed list; no path comes from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from starlette.responses import FileResponse

from brainsand.exports import FORMATS
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


def as_record(folder: DataFolder, id: str) -> list[dict[str, Any]]:
    """The files, with their bytes and what each is."""
    return [
        {
            "name": name,
            "bytes": path.stat().st_size,
            "what": WORDS.get(name, "the machine's reading: a further format"),
        }
        for name, path in known_files(folder, id).items()
    ]


def open_file(folder: DataFolder, id: str, name: str) -> FileResponse:
    """The file of this name; 404 where the list does not hold it."""
    path = known_files(folder, id).get(name)
    if path is None:
        raise Refused(404, "no_such_file", "The case has no such file.", "See the list of its files.")
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
