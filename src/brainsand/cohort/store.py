"""Where does everything of a cohort lie below ``OUT``, and what is done already?

A scan's results lie in ``sub-X/[ses-Y/]ct`` under names of BIDS derivatives, its report beside the subject folders.
They are made in a hidden folder on the same disk and moved in one by one, the record ``..._unit.json`` last: a scan
without its record is not done, whatever else of it lies there, and is made again. So nothing is half done and
nothing is counted twice, however often the work was killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from brainsand.cohort.model import Outcome, Unit
from brainsand.machine import lives

HIDDEN: Final = ".brainsand"
NAMES: Final[Mapping[str, str]] = {
    "report.html": ".html",
    "case.json": "_case.json",
    "refusal.json": "_refusal.json",
    "deposits.nii.gz": "_space-orig_desc-calc_dseg.nii.gz",
    "deposits.tsv": "_space-orig_desc-calc_dseg.tsv",
    "deposits.json": "_space-orig_desc-calc_positions.json",
    "sites.nii.gz": "_space-orig_desc-sites_dseg.nii.gz",
    "sites.tsv": "_space-orig_desc-sites_dseg.tsv",
    "phenopacket.json": "_phenopacket.json",
    "seg.dcm": "_seg.dcm",
    "sr.dcm": "_sr.dcm",
    "report.pdf": "_report.pdf",
    "pdf.dcm": "_pdf.dcm",
    "fhir.json": "_fhir.json",
}
"""What a run on a scan writes, and how it is called here: this after the scan's id."""
ALSO: Final = ("phenopacket", "seg", "sr", "pdf", "fhir")
"""Further formats that have a place here; the others are folders, and a cohort has tables of its own."""
RECORD: Final = "_unit.json"


def place_of(out: Path, unit: Unit, name: str) -> Path:
    """Where a result of a scan lies; the report beside the subject folders, as fMRIPrep has it."""
    file = unit.id + NAMES.get(name, f"_{name}")
    return out / file if name == "report.html" else out / unit.folder / file


def record_of(out: Path, unit: Unit) -> Path:
    """The record that says a scan is done."""
    return out / unit.folder / (unit.id + RECORD)


def key_of(unit: Unit, program: str) -> str:
    """What a scan's results follow from beside its pixels; results of another key are made anew.

    ``program`` names version, knowledge and settings. The path is not in it: an archive may move. Of a single file
    the size is, so that a replaced file is noticed.
    """
    path = Path(unit.path)
    facts: dict[str, Any] = {
        "program": program,
        "age": unit.age_years,
        "sex": unit.sex,
        "kvp": unit.kvp,
        "series": unit.series,
        "size": path.stat().st_size if path.is_file() else None,
        "patient": _sum(Path(unit.patient_file)) if unit.patient_file else None,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _sum(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def read_record(out: Path, unit: Unit) -> dict[str, Any] | None:
    """A scan's record, None where it is not done (or its record cannot be read, which is the same)."""
    try:
        found: dict[str, Any] = json.loads(record_of(out, unit).read_bytes())
    except (OSError, ValueError):
        return None
    return found if found.get("unit") == unit.id else None


def read_head(out: Path, unit: Unit) -> tuple[str, str] | None:
    """Key and state of a scan's record without reading the rest; None where there is no whole record of it.

    Records are put in place whole (:func:`write_whole`), so a head that can be read has its body.
    """
    try:
        with record_of(out, unit).open("rb") as stream:
            head = _HEAD.match(stream.read(1024))
    except OSError:
        return None
    if head is None or head[1].decode() != unit.id:
        return None
    return head[2].decode(), head[3].decode()


_HEAD: Final = re.compile(rb'\{"schema":"[^"]*","unit":"([^"]*)","key":"([^"]*)","state":"([a-z]+)"')


def publish(out: Path, unit: Unit, made: Path, record: Mapping[str, Any]) -> None:
    """Move what lies in ``made`` to its place, the record last; what an earlier run left there goes."""
    own = record_of(out, unit)
    own.parent.mkdir(parents=True, exist_ok=True)
    own.unlink(missing_ok=True)
    for name in NAMES:
        source, target = made / name, place_of(out, unit, name)
        if source.exists():
            os.replace(source, target)
        else:
            target.unlink(missing_ok=True)
    write_whole(
        own, json.dumps(record, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n", made=made
    )


def write_whole(path: Path, content: str | bytes, *, made: Path | None = None) -> None:
    """Write a file so that it is there whole or not at all, even after a power cut."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = (made or path.parent) / f".{path.name}.{os.getpid()}.part"
    try:
        with draft.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def workplace(out: Path, unit: Unit) -> Path:
    """A fresh hidden folder to work in, named after the scan, the machine and the process."""
    room = out / HIDDEN / "work" / f"{unit.id}@{_host()}@{os.getpid()}"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    return room


def sweep(out: Path) -> None:
    """Clear away the folders that killed processes of this machine left."""
    for left in leftovers(out):
        _, host, pid = left.name.rsplit("@", 2)
        if host == _host() and not lives(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _host() -> str:
    return socket.gethostname().replace("@", "-")


def note(out: Path, outcome: Outcome) -> None:
    """Keep a failure until the scan is done; a scan that is done or refused has a record instead."""
    path = out / HIDDEN / "failed" / f"{outcome.unit}.json"
    if outcome.state == "failed":
        kept = {k: v for k, v in asdict(outcome).items() if k in ("unit", "state", "code", "came", "todo")}
        write_whole(path, json.dumps(kept, ensure_ascii=False) + "\n")
    else:
        path.unlink(missing_ok=True)


def failure_of(out: Path, unit: Unit) -> Outcome | None:
    """Why a scan that has no record failed; None where it was never tried, or was killed with everything else."""
    try:
        return Outcome.of(json.loads((out / HIDDEN / "failed" / f"{unit.id}.json").read_bytes()))
    except (OSError, ValueError):
        return None


def leftovers(out: Path) -> Iterator[Path]:
    """Hidden folders of work that was killed."""
    yield from sorted((out / HIDDEN / "work").glob("*@*@*"))
