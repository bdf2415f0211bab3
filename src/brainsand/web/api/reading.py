"""What a case says now, and how people correct it: record, ranking, corrections, facts, exports."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Request
from sqlalchemy import Row, update
from starlette.responses import Response

from brainsand.revision import Revision
from brainsand.web import audit, revised
from brainsand.web.accounts import Person
from brainsand.web.answers import reading_of
from brainsand.web.api import CaseId, router
from brainsand.web.asked import NUMBER_MOST, EditAsked, EditRow, ExportRow, FactsAsked, Reading, TermHit
from brainsand.web.cases import case_in, get_case, summary_of
from brainsand.web.desk import Desk
from brainsand.web.edits import Edit, add_edit, as_record, as_row, checked, edits_of, folded, undo
from brainsand.web.exporting import exported, names_and_words
from brainsand.web.refused import Refused
from brainsand.web.tables import CASES
from brainsand.web.who import Editor, OnDesk, Reader, address_of

reading = router("reading")
Seen = Annotated[int, Query(ge=0, le=NUMBER_MOST, description="The version of the case this was made on.")]


@reading.get("/cases/{id}/reading", response_model=Reading)
def now(id: CaseId, person: Reader, desk: OnDesk) -> Response:
    """The case as it stands."""
    return Response(desk.answers.of(_done(desk, id, person)), media_type="application/json")


@reading.get("/cases/{id}/machine")
def machine(id: CaseId, person: Reader, desk: OnDesk) -> dict[str, Any]:
    """The machine's own record (``case.json``), as it was before anybody corrected it."""
    _done(desk, id, person)
    return desk.readings.machine(id).case


@reading.get("/cases/{id}/edits")
def history(id: CaseId, person: Reader, desk: OnDesk) -> list[EditRow]:
    """Every correction, the newest first, with who and when."""
    get_case(desk.store, id, person)
    with desk.store.reading() as db:
        return [EditRow(**row) for row in as_record(edits_of(db, id))]


@reading.post("/cases/{id}/edits", status_code=201, response_model=Reading)
def correct(id: CaseId, asked: EditAsked, person: Editor, request: Request, desk: OnDesk) -> Response:
    """Correct a deposit; everything that follows from it is in the answer."""
    body = asked.model_dump(include={"site", "side", "kind", "note"}, exclude_none=True)
    edit = Edit(what=asked.what, deposit=asked.deposit, body=body, seen=asked.seen)
    _done(desk, id, person)
    numbers = [d["id"] for d in desk.readings.machine(id).case["deposits"]]
    answer = _add(desk, id, person, request, checked(edit, numbers))
    answer.status_code = 201
    return answer


@reading.put("/cases/{id}/patient", response_model=Reading)
def tell_facts(id: CaseId, asked: FactsAsked, person: Editor, request: Request, desk: OnDesk) -> Response:
    """Say what is known of the patient; the ranking follows, and the answer says what moved it."""
    edit = Edit(what="patient", deposit=None, body=asked.patient, seen=asked.seen)
    return _add(desk, id, person, request, edit)


@reading.delete("/cases/{id}/edits/{number}", response_model=Reading)
def undone(
    id: CaseId,
    number: Annotated[int, Path(ge=0, le=NUMBER_MOST)],
    person: Editor,
    request: Request,
    desk: OnDesk,
    seen: Seen,
) -> Response:
    """Undo a correction."""
    row = _done(desk, id, person)
    before = desk.readings.now(row)
    with desk.store.writing() as db:
        locked = case_in(db, id, person, lock=True)
        undo(db, locked, person.name, number, seen=seen)
        audit.note(db, person.name, "undo", id, more=str(number), address=address_of(request))
    return _followed(desk, id, person, before)


@reading.get("/cases/{id}/export/{name}", response_class=Response)
def export(
    id: CaseId, name: Annotated[str, Path(max_length=40)], person: Reader, request: Request, desk: OnDesk
) -> Response:
    """The case as it stands in one of the formats (see ``/api/exports``).

    What is made of the scan (``report``, ``pdf``, ``seg``, ``sr``, ``sc``, ``fhir``, ``csv``, ``maps``) is 409 until it
    was asked for by ``POST``; several files come as a zip, and ``all`` holds what was made until now.
    """
    row = _done(desk, id, person)
    found = exported(desk, row, name)
    with desk.store.writing() as db:
        audit.note(db, person.name, "export", id, more=name, address=address_of(request))
    return found


@reading.post("/cases/{id}/export/{name}", status_code=202)
def have_made(
    id: CaseId, name: Annotated[str, Path(max_length=40)], person: Reader, request: Request, desk: OnDesk
) -> list[ExportRow]:
    """Have a format that is made of the scan made, for the case as it stands; ``all`` for every one there is."""
    row = _done(desk, id, person)
    revised.ask_for(desk, row, name)
    with desk.store.writing() as db:
        about = f"{name}, version {row.version}"
        audit.note(db, person.name, "export_asked", id, more=about, address=address_of(request))
    return [ExportRow(**state) for state in revised.states(desk, row)]


@reading.get("/cases/{id}/exports")
def export_states(id: CaseId, person: Reader, desk: OnDesk) -> list[ExportRow]:
    """The formats that are made of the scan, and how far each is for the case as it stands."""
    return [ExportRow(**state) for state in revised.states(desk, _done(desk, id, person))]


@reading.get("/exports")
def formats(person: Reader) -> dict[str, str]:
    """The formats a case can be exported in, with what each is."""
    return names_and_words()


@reading.get("/terms")
def terms(
    person: Reader,
    desk: OnDesk,
    q: Annotated[str, Query(max_length=200)],
    most: Annotated[int, Query(ge=1, le=30)] = 8,
) -> list[TermHit]:
    """Symptoms (HPO) that fit the words, in any order, misspelt or British."""
    return [TermHit(**row) for row in desk.lookup.terms(q, most=most)]


@reading.get("/words")
def words(person: Reader, desk: OnDesk) -> dict[str, Any]:
    """Every list a form is filled from: sites, kinds, analytes with units, history, genes."""
    return desk.lookup.words


def _add(desk: Desk, id: str, person: Person, request: Request, edit: Edit) -> Response:
    """Add an edit: first see what follows from it (which may refuse it), then keep it."""
    row = _done(desk, id, person)
    before = desk.readings.now(row)
    with desk.store.reading() as db:
        edits = edits_of(db, id, up_to=row.version)
    revision = desk.readings.of(id, folded([*edits, as_row(edit)]))
    with desk.store.writing() as db:
        version = add_edit(db, case_in(db, id, person, lock=True), person.name, edit)
        about = f"deposit {edit.deposit}" if edit.deposit is not None else "patient"
        audit.note(db, person.name, edit.what, id, more=about, address=address_of(request))
    if version == row.version + 1:  # nobody came between
        desk.readings.keep(id, version, revision)
    return _followed(desk, id, person, before)


def _followed(desk: Desk, id: str, person: Person, before: Revision) -> Response:
    """What follows from the newest edit, in the answer and in the worklist."""
    row = get_case(desk.store, id, person)
    revision = desk.readings.now(row)
    summary = summary_of(revision.record, title=row.title, headline=revision.headline)
    with desk.store.writing() as db:
        db.execute(update(CASES).where(CASES.c.id == id, CASES.c.version == row.version).values(**summary))
    revised.throw_away(desk, id, keep=row.version)
    desk.follower.tell()
    told = reading_of(row.version, revision, before.record["differential"])
    return Response(told.model_dump_json(), media_type="application/json")


def _done(desk: Desk, id: str, person: Person) -> Row[Any]:
    row = get_case(desk.store, id, person)
    if row.state != "done":
        raise Refused(409, "not_ready", f"The case is {row.state}.", "Wait until it is analyzed.")
    return row
