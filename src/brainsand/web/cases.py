"""What is a case in the worklist, and what happens to it? Put in, followed, filed, searched, removed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from brainsand.errors import QueueError
from brainsand.interpret.significance import LEVELS
from brainsand.jobs import Queue
from brainsand.save import json_text
from brainsand.web.accounts import Person
from brainsand.web.folder import DataFolder, checked_id
from brainsand.web.refused import Refused
from brainsand.web.store import Store
from brainsand.web.tables import CASES, EDITS

KIND: Final = "scan"
MADE_AT_ONCE: Final = ("phenopacket", "viewer")
"""Further formats that every case has: any scan can be written as them."""
OPEN: Final = ("queued", "running")
OF_NOTE: Final = ("ectopic", "indeterminate", "vascular", "age_related", "physiologic")
"""Kinds, the one that deserves most attention first."""


def put_case(
    store: Store,
    folder: DataFolder,
    queue: Queue,
    person: Person,
    *,
    id: str,
    title: str,
    input: Path,
    given: Mapping[str, Any],
) -> int:
    """A case recorded and its analysis queued; both last when this returns. Its number."""
    patient_file = folder.case(id) / "patient.json"
    patient_file.write_text(json_text(dict(given)), encoding="utf-8")
    values = {
        "id": id, "team": person.team, "owner": person.name, "title": title, "given": json.dumps(given),
        "state": "queued", "share": 0.0, "put_at": time.time(), "version": 0, "edits": 0,
        "level_rank": -1, "sites": "", "search": title.lower(),
    }  # fmt: skip
    with store.writing() as db:
        made = db.execute(insert(CASES).values(**values))
        assert made.inserted_primary_key is not None
        number = int(made.inserted_primary_key[0])
    queue_case(store, folder, queue, id, input)
    return number


def queue_case(store: Store, folder: DataFolder, queue: Queue, id: str, input: Path) -> None:
    """Put the analysis of a case into the queue (once: the case's id is the key)."""
    payload = {
        "input": str(input.absolute()),
        "patient_file": str((folder.case(id) / "patient.json").absolute()),
        "also": list(MADE_AT_ONCE),
        "house_key": str(folder.house_key.absolute()),
    }
    try:
        job = queue.put(KIND, payload, key=id, out=folder.result(id))
    except QueueError as fault:
        raise Refused(
            503, "queue", str(fault), "The case is kept and will be queued at the next start."
        ) from fault
    with store.writing() as db:
        db.execute(update(CASES).where(CASES.c.id == id).values(job=job.id))


def requeue_lost(store: Store, folder: DataFolder, queue: Queue) -> int:
    """Queue what was recorded and never queued (a kill between the two); how many."""
    with store.reading() as db:
        rows = (
            db.execute(select(CASES.c.id).where(CASES.c.state == "queued", CASES.c.job.is_(None)))
            .scalars()
            .all()
        )
    for id in rows:
        queue_case(store, folder, queue, id, input_of(folder, id))
    return len(rows)


def input_of(folder: DataFolder, id: str) -> Path:
    """What is to be read: the one file of a case, or its folder."""
    place = folder.input(id)
    for name in ("scan.nii.gz", "scan.nii", "scan.zip"):
        if (place / name).exists():
            return place / name
    return place


def get_case(store: Store, id: str, person: Person) -> Row[Any]:
    """The row of a case; 404 where it is not there or another team's, which nobody is told apart."""
    with store.reading() as db:
        return case_in(db, id, person)


def case_in(db: Connection, id: str, person: Person, *, lock: bool = False) -> Row[Any]:
    """As :func:`get_case`, within a transaction; ``lock`` it for a change (PostgreSQL; SQLite has one writer)."""
    wanted = select(CASES).where(CASES.c.id == checked_id(id), CASES.c.team == person.team)
    row = db.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise Refused(404, "no_such_case", "There is no such case.", "Go back to the worklist.")
    return row


def remove_case(store: Store, folder: DataFolder, queue: Queue, id: str, person: Person) -> None:
    """A case and its files, gone."""
    row = get_case(store, id, person)
    if row.owner != person.name and not person.may("admin"):
        raise Refused(403, "not_yours", "Only whoever put it in, or an admin, may remove it.", "Ask them.")
    if row.job is not None and row.state in OPEN:
        queue.cancel(int(row.job))
    with store.writing() as db:
        db.execute(delete(EDITS).where(EDITS.c.case_id == id))
        db.execute(delete(CASES).where(CASES.c.id == id))
    folder.remove_case(id)
    folder.remove_comparisons(id)


def summary_of(record: Mapping[str, Any], *, title: str, headline: str) -> dict[str, Any]:
    """What the worklist shows of a record."""
    groups = (record.get("differential") or {}).get("groups") or []
    best = groups[0] if groups else {}
    level = (record.get("significance") or {}).get("level")
    sites = sites_of(record)
    words = [
        title,
        headline,
        best.get("name", ""),
        level or "",
        *(site.replace("_", " ") for site, _ in sites),
    ]
    return {
        "level": level,
        "level_rank": LEVELS.index(level) if level in LEVELS else -1,
        "headline": headline,
        "cause": best.get("name"),
        "cause_share": best.get("probability"),
        "sites": "".join(f" {site}:{kind}" for site, kind in sites) + " " if sites else "",
        "deposits": len(record["deposits"]),
        "age_years": record["patient"].get("age_years"),
        "sex": record["patient"].get("sex"),
        "search": " ".join(words).lower()[:4000],
    }


def sites_of(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Sites that hold calcium, each with its kind of most note; those of most note first."""
    found: dict[str, str] = {}
    for d in record["deposits"]:
        best = found.get(d["site"], OF_NOTE[-1])
        found[d["site"]] = min(best, d["kind"], key=OF_NOTE.index)
    return sorted(found.items(), key=lambda item: (OF_NOTE.index(item[1]), item[0]))
