"""The further formats of ``analyze --also``, made when somebody asks: the scan is read again, by the same workers.

They are of the machine's own reading, for they are made of the scan's pixels and the analysis. What a scan cannot be
written as (DICOM objects of a NIfTI) ends with the words that ``analyze`` would say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from brainsand.exports import FORMATS
from brainsand.jobs import Job, Queue
from brainsand.save import RESULTS
from brainsand.web.cases import KIND, MADE_AT_ONCE, input_of
from brainsand.web.folder import DataFolder
from brainsand.web.refused import Refused


def ask_for(folder: DataFolder, queue: Queue, id: str, name: str) -> Job:
    """Have a format made; the job that makes it, again where it had failed."""
    if name not in FORMATS:
        raise Refused(404, "no_such_format", "There is no such format.", f"One of: {', '.join(FORMATS)}.")
    payload = {
        "input": str(input_of(folder, id).absolute()),
        "patient_file": str((folder.case(id) / "patient.json").absolute()),
        "also": [name],
    }
    return queue.put(KIND, payload, key=_key(id, name), out=folder.format(id, name))


def states(folder: DataFolder, queue: Queue, id: str) -> list[dict[str, Any]]:
    """Every format that is made when asked for, and how far it is."""
    found = []
    for name in (n for n in FORMATS if n not in MADE_AT_ONCE):
        job = queue.find(KIND, _key(id, name))
        found.append(
            {
                "name": name,
                "state": job.state if job else "not asked for",
                "share": job.share if job else 0.0,
                "reason": job.reason if job else None,
                "files": sorted(own_files(folder, id, name)),
            }
        )
    return found


def own_files(folder: DataFolder, id: str, name: str) -> dict[str, Path]:
    """Files that only this format has, by their names as files of the case."""
    place, base = folder.format(id, name), folder.result(id)
    if not (place / "case.json").is_file():
        return {}
    own = [n for n in RESULTS if (place / n).exists() and not (base / n).exists()]
    paths = [
        p for n in own for p in ([place / n] if (place / n).is_file() else sorted((place / n).iterdir()))
    ]
    return {f"formats/{name}/{p.relative_to(place).as_posix()}": p for p in paths if p.is_file()}


def _key(id: str, name: str) -> str:
    return f"{id} as {name}"
