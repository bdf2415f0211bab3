"""Who corrected what, and what holds now? Every correction is added, none is changed; undoing one is another.

Two people at once lose nothing: whoever corrects says which version was seen. Where somebody else has corrected the
same deposit (or the patient's facts) since, the newcomer is told (409) with what was said, and decides; corrections of
different things simply follow one another.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from brainsand.model.correction import Correction
from brainsand.model.sites import SIDES, SITES
from brainsand.web.refused import Refused
from brainsand.web.tables import CASES, EDITS

KINDS: Final = ("physiologic", "age_related", "vascular", "ectopic", "indeterminate")
WHATS: Final = ("reject", "accept", "site", "kind", "note", "patient", "undo")
MOST_NOTE: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What people say: of deposits by number, and of the patient (None: nothing)."""

    deposits: Mapping[int, Correction] = field(default_factory=dict)
    patient: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One correction on its way in. ``seen`` is the case's version it was made on."""

    what: str
    deposit: int | None
    body: Mapping[str, Any]
    seen: int


def edits_of(db: Connection, case: str, *, up_to: int | None = None) -> list[Row[Any]]:
    """Every edit of a case, the oldest first."""
    wanted = select(EDITS).where(EDITS.c.case_id == case).order_by(EDITS.c.version)
    if up_to is not None:
        wanted = wanted.where(EDITS.c.version <= up_to)
    return list(db.execute(wanted))


def corrected_of(db: Connection, case: str, *, up_to: int | None = None) -> Corrected:
    """What holds of a case."""
    return folded(edits_of(db, case, up_to=up_to))


def folded(edits: Sequence[Any]) -> Corrected:
    """Edits, oldest first, to what holds; undone ones count for nothing."""
    undone = {e.undoes for e in edits if e.undoes is not None}
    deposits: dict[int, Correction] = {}
    patient: Mapping[str, Any] | None = None
    for e in edits:
        if e.id in undone or e.what == "undo":
            continue
        body = json.loads(e.body)
        if e.what == "patient":
            patient = body
        else:
            deposits[e.deposit] = replace(deposits.get(e.deposit, Correction()), **_change(e.what, body))
    return Corrected(deposits=deposits, patient=patient)


def as_row(edit: Edit) -> SimpleNamespace:
    """The edit as it would be read back, to see what follows from it before it is kept."""
    body = json.dumps(dict(edit.body))
    return SimpleNamespace(id=None, what=edit.what, deposit=edit.deposit, body=body, undoes=None)


def _change(what: str, body: Mapping[str, Any]) -> dict[str, Any]:
    if what in ("reject", "accept"):
        told: dict[str, Any] = {"rejected": what == "reject"}
        return told | ({"note": body["note"]} if body.get("note") else {})
    names = {"site": ("site", "side", "note"), "kind": ("kind", "note"), "note": ("note",)}[what]
    return {name: body[name] for name in names if body.get(name) or what == "note"}


def checked(edit: Edit, numbers: Sequence[int]) -> Edit:
    """The edit, where it makes sense for a case with these deposits; else ``Refused`` (422)."""
    if edit.what not in WHATS or edit.what == "undo":
        raise _wrong(f"{edit.what!r:.40} is no correction", ", ".join(WHATS[:-1]))
    if edit.what == "patient":
        return edit
    if edit.deposit not in numbers:
        raise _wrong(f"There is no deposit {edit.deposit}", f"1 to {max(numbers, default=0)}")
    for name, known in (("site", SITES), ("side", SIDES), ("kind", KINDS)):
        told = edit.body.get(name)
        if (edit.what == name and told is None) or (told is not None and told not in known):
            raise _wrong(f"The {name} is {told!r:.40}", f"one of {', '.join(known)}")
    note = edit.body.get("note") or ""
    if not isinstance(note, str) or len(note) > MOST_NOTE:
        raise _wrong("The note is too long", f"at most {MOST_NOTE} characters")
    return edit


def add_edit(db: Connection, row: Row[Any], who: str, edit: Edit, *, undoes: int | None = None) -> int:
    """The edit added to a case that is locked (``cases.case_in``); the new version.

    Raises
    ------
    Refused
        409, where somebody else corrected the same thing since ``edit.seen``.
    """
    if edit.seen > row.version or edit.seen < 0:
        raise _wrong(f"Version {edit.seen} of the case is not there", f"0 to {row.version}")
    newer = select(EDITS).where(EDITS.c.case_id == row.id, EDITS.c.version > edit.seen, EDITS.c.who != who)
    about = EDITS.c.deposit.is_(None) if edit.deposit is None else EDITS.c.deposit == edit.deposit
    if other := db.execute(newer.where(about).order_by(EDITS.c.version.desc())).first():
        raise Refused(
            409,
            "changed_meanwhile",
            f"{other.who} has corrected this meanwhile ({other.what}).",
            "Look at it as it stands now, then say it again.",
        )
    version = int(row.version) + 1
    values = {"case_id": row.id, "version": version, "at": time.time(), "who": who, "what": edit.what}
    db.execute(
        insert(EDITS).values(**values, deposit=edit.deposit, body=json.dumps(dict(edit.body)), undoes=undoes)
    )
    db.execute(update(CASES).where(CASES.c.id == row.id).values(version=version, edits=row.edits + 1))
    return version


def undo(db: Connection, row: Row[Any], who: str, id: int, *, seen: int) -> int:
    """Undo the edit of this number; the new version."""
    edits = edits_of(db, row.id)
    found = next((e for e in edits if e.id == id and e.what != "undo"), None)
    if found is None or any(e.undoes == id for e in edits):
        raise Refused(
            404, "no_such_edit", "There is no such correction to undo.", "See the history of the case."
        )
    edit = Edit(what="undo", deposit=found.deposit, body={}, seen=seen)
    return add_edit(db, row, who, edit, undoes=id)


def as_record(edits: Sequence[Any]) -> list[dict[str, Any]]:
    """The history, the newest first, as the pages and programs see it."""
    undone = {e.undoes: e.who for e in edits if e.undoes is not None}
    return [
        {
            "id": e.id,
            "version": e.version,
            "at": e.at,
            "who": e.who,
            "what": e.what,
            "deposit": e.deposit,
            "body": json.loads(e.body),
            "undoes": e.undoes,
            "undone_by": undone.get(e.id),
        }
        for e in reversed(edits)
    ]


def _wrong(came: str, needed: str) -> Refused:
    return Refused(422, "wrong_correction", f"{came}.", f"Needed: {needed}.")
