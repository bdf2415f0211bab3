"""As what else may a corrected case leave? The formats made of the scan, by a job, once a version of the case.

They are made by the workers (``brainsand.corrected``): the scan is read again, never analyzed again. What was made lies
in a folder of the case's version and is thrown away as soon as the case is corrected further.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row

from brainsand.exports import NEED_DICOM
from brainsand.jobs import Job, revise_payload
from brainsand.model.correction import Corrections
from brainsand.web.cases import input_of
from brainsand.web.edits import as_record, edits_of, folded
from brainsand.web.refused import Refused

if TYPE_CHECKING:
    from brainsand.web.desk import Desk

KIND: Final = "revise"
OPEN: Final = ("queued", "running")
EVERYTHING: Final = "all"
Made = tuple[bytes, str, str]
"""Content, media type, name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A format made by a job: what it is, what ``revise`` is asked for, and the files or folders it gives."""

    words: str
    also: tuple[str, ...]
    files: tuple[str, ...]


FORMS: Final[Mapping[str, Form]] = {
    "report": Form(words="the report of the case as it stands (HTML)", also=(), files=("report.html",)),
    "pdf": Form(
        words="the printed report of the case as it stands (PDF, and as a DICOM object)",
        also=("pdf",),
        files=("report.pdf", "pdf.dcm"),
    ),
    "seg": Form(words="the deposits as a DICOM Segmentation", also=("seg",), files=("seg.dcm",)),
    "sr": Form(
        words="the findings as a DICOM structured report, with its Segmentation",
        also=("sr",),
        files=("sr.dcm", "seg.dcm"),
    ),
    "sc": Form(words="the key pictures as DICOM images", also=("sc",), files=("sc",)),
    "fhir": Form(words="the case as an HL7 FHIR R4 bundle", also=("fhir",), files=("fhir.json",)),
    "csv": Form(words="tables for a spreadsheet or R, with a dictionary", also=("csv",), files=("tables",)),
    "maps": Form(
        words="deposits and sites on the scan's voxels (NIfTI)",
        also=(),
        files=("deposits.nii.gz", "deposits.json", "deposits.tsv", "sites.nii.gz", "sites.tsv"),
    ),
}
"""What is offered beside the formats of ``exporting.EXPORTS``, which are made of the record at once."""
_TYPES: Final = {".html": "text/html; charset=utf-8", ".json": "application/json", ".pdf": "application/pdf",
                 ".dcm": "application/dicom"}  # fmt: skip


def ask_for(desk: Desk, row: Row[Any], name: str) -> Job:
    """Have a format of the case as it stands made; the job that makes it, again where it had failed."""
    also = _also(desk, row, name)
    scan = input_of(desk.folder, row.id)
    if not scan.exists() or (scan.is_dir() and not any(scan.iterdir())):
        raise Refused(
            409,
            "scan_gone",
            "The scan of this case is no longer kept here, and this format is made of it.",
            "Put the scan in again, or take the case's record (case), which needs no scan.",
        )
    throw_away(desk, row.id, keep=row.version)
    out = desk.folder.revised(row.id, row.version, name)
    out.parent.mkdir(parents=True, exist_ok=True)
    payload = revise_payload(desk.folder.result(row.id), scan, corrections_now(desk, row), also=also)
    job = desk.queue.put(KIND, payload, key=_key(row.id, row.version, name), out=out)
    return desk.queue.requeue(job.id) if job.state == "done" and not _whole(out) else job


def states(desk: Desk, row: Row[Any]) -> list[dict[str, Any]]:
    """Every format that a job makes, and how far it is for the case as it stands."""
    return [_state(desk, row, name) for name in (*FORMS, EVERYTHING)]


def found_files(desk: Desk, row: Row[Any], name: str | None = None) -> dict[str, Path]:
    """The files made of the case as it stands, by name; of one format, or of all."""
    kinds = FORMS if name is None else {name: FORMS[name]}
    found: dict[str, Path] = {}
    for one, form in kinds.items():
        for place in (desk.folder.revised(row.id, row.version, n) for n in (one, EVERYTHING)):
            if _whole(place) and (files := dict(_files(place, form))):
                found = {**files, **found}
                break
    return found


def exported(desk: Desk, row: Row[Any], name: str) -> Made:
    """What was made of the case as it stands: the one file, or a zip of several; 409 where it was not made yet."""
    files = found_files(desk, row, name)
    if not files:
        raise _not_made(_state(desk, row, name))
    if len(files) == 1:
        ((file, path),) = files.items()
        kind = _TYPES.get(path.suffix, "application/octet-stream")
        return path.read_bytes(), kind, f"{Path(file).stem}-{row.number}{path.suffix}"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, path in files.items():
            archive.write(path, file)
    return stream.getvalue(), "application/zip", f"{name}-{row.number}.zip"


def throw_away(desk: Desk, id: str, *, keep: int | None = None) -> None:
    """Drop what was made of every version of a case but one; what is still being made is stopped."""
    for version, place in desk.folder.versions(id).items():
        if version != keep:
            stop(desk, id, version)
            shutil.rmtree(place, ignore_errors=True)


def stop(desk: Desk, id: str, *versions: int) -> None:
    """Stop what is being made of these versions of a case."""
    for key in (_key(id, version, name) for version in versions for name in (*FORMS, EVERYTHING)):
        job = desk.queue.find(KIND, key)
        if job is not None and job.state in OPEN:
            desk.queue.cancel(job.id)


def _also(desk: Desk, row: Row[Any], name: str) -> tuple[str, ...]:
    if name in FORMS:
        return FORMS[name].also
    if name != EVERYTHING:
        known = ", ".join((*FORMS, EVERYTHING))
        raise Refused(404, "no_such_format", "There is no such format to be made.", f"One of: {known}.")
    scan = desk.readings.machine(row.id).case["scan"]
    lacking = set() if scan["study_uid"] and scan["series_uid"] else set(NEED_DICOM)
    lacking |= set() if find_spec("weasyprint") else {"pdf"}
    wanted = dict.fromkeys(name for form in FORMS.values() for name in form.also)
    return tuple(name for name in wanted if name not in lacking)


def corrections_now(desk: Desk, row: Row[Any]) -> Corrections:
    """What people said of a case up to its version, with how it came about."""
    with desk.store.reading() as db:
        edits = edits_of(db, row.id, up_to=row.version)
    held = folded(edits)
    return Corrections(deposits=held.deposits, patient=held.patient, history=tuple(as_record(edits)))


def _state(desk: Desk, row: Row[Any], name: str) -> dict[str, Any]:
    job = desk.queue.find(KIND, _key(row.id, row.version, name))
    place = desk.folder.revised(row.id, row.version, name)
    ready = _whole(place) if name == EVERYTHING else bool(found_files(desk, row, name))
    state = "done" if ready else job.state if job and job.state != "done" else "not asked for"
    return {
        "name": name,
        "version": int(row.version),
        "state": state,
        "share": 1.0 if ready else job.share if job else 0.0,
        "reason": _reason(job, state),
        "files": sorted(found_files(desk, row, None if name == EVERYTHING else name)),
    }


def _reason(job: Job | None, state: str) -> str | None:
    """Why it failed, or what it found nothing to write."""
    if job is None or state in ("not asked for", *OPEN):
        return None
    notes = (job.result or {}).get("notes") or ()
    return job.reason or (" ".join(notes) or None)


def _not_made(state: Mapping[str, Any]) -> Refused:
    words = {
        "not asked for": "This format of the case as it stands was not made yet.",
        "failed": f"This format could not be made: {state['reason']}",
        "done": state["reason"] or "There was nothing to write.",
    }.get(str(state["state"]), f"This format is being made ({state['state']}).")
    return Refused(409, "not_made", words, "POST to the same address has it made; ask again when it is done.")


def _files(place: Path, form: Form) -> Iterator[tuple[str, Path]]:
    for name in form.files:
        path = place / name
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        yield from ((p.relative_to(place).as_posix(), p) for p in inside if p.is_file())


def _whole(place: Path) -> bool:
    return (place / "case.json").is_file()


def _key(id: str, version: int, name: str) -> str:
    return f"{id} version {version} as {name}"
