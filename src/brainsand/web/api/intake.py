"""Scans come in: an upload is begun, its files sent one by one, and finished as a case."""

from __future__ import annotations

import json
import shutil
from typing import Annotated

from fastapi import Path, Query, Request
from starlette.concurrency import run_in_threadpool

from brainsand.errors import InputRefused
from brainsand.phantom.presets import presets
from brainsand.web import audit
from brainsand.web.accounts import Person
from brainsand.web.api import CaseId, router
from brainsand.web.asked import Begun, CaseMade, DemoAsked, Finish, Received, Upload
from brainsand.web.cases import input_of, put_case
from brainsand.web.demos import title_of
from brainsand.web.desk import Desk
from brainsand.web.folder import new_id
from brainsand.web.refused import Refused
from brainsand.web.uploads import Uploads
from brainsand.web.who import Editor, OnDesk, address_of

intake = router("intake")


@intake.post("/uploads", status_code=201)
def begin(asked: Begun, person: Editor, desk: OnDesk) -> Upload:
    """Begin an upload."""
    uploads = _uploads(desk)
    return Upload(**uploads.get(uploads.begin(person, asked.title), person))


@intake.get("/uploads/{id}")
def look(id: CaseId, person: Editor, desk: OnDesk) -> Upload:
    """What has arrived for good: where to go on after a break."""
    return Upload(**_uploads(desk).get(id, person))


@intake.put(
    "/uploads/{id}/files/{number}",
    openapi_extra={
        "requestBody": {
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        }
    },
)
async def receive(
    id: CaseId,
    number: Annotated[int, Path(ge=0, le=999_999)],
    request: Request,
    person: Editor,
    desk: OnDesk,
    name: Annotated[str, Query(max_length=400)] = "",
) -> Received:
    """One file, its bytes as the body; ``name`` is read for its ending alone."""
    size = await _uploads(desk).receive(id, person, number, name, request.stream())
    return Received(bytes=size)


@intake.delete("/uploads/{id}", status_code=204)
def cancel(id: CaseId, person: Editor, desk: OnDesk) -> None:
    """Drop an upload."""
    _uploads(desk).cancel(id, person)


@intake.post("/uploads/{id}/finish", status_code=201)
def finish(id: CaseId, asked: Finish, person: Editor, request: Request, desk: OnDesk) -> CaseMade:
    """Make a case of what arrived; its analysis is queued when this answers."""
    _check_facts(asked.patient)
    case = new_id()
    title, input = _uploads(desk).finish(id, person, case)
    number = put_case(
        desk.store, desk.folder, desk.queue, person, id=case, title=title, input=input, given=asked.patient
    )
    _uploads(desk).forget(id)
    _begun(desk, person, case, title, request)
    return CaseMade(id=case, number=number)


@intake.post("/demo", status_code=201)
async def demo(asked: DemoAsked, person: Editor, request: Request, desk: OnDesk) -> CaseMade:
    """A virtual patient, made and put in as any scan."""
    if asked.preset not in presets():
        raise Refused(
            422,
            "preset",
            f"There is no virtual patient {asked.preset!r}.",
            f"One of: {', '.join(presets())}.",
        )
    return await run_in_threadpool(_demo, asked, person, request, desk)


def _demo(asked: DemoAsked, person: Person, request: Request, desk: Desk) -> CaseMade:
    case, made = new_id(), desk.folder.upload(new_id())
    desk.previewer.demo(made, asked.preset, asked.seed)
    facts = json.loads((made / "patient.json").read_text(encoding="utf-8"))
    desk.folder.case(case).mkdir()
    (made / "dicom").rename(desk.folder.input(case))
    shutil.rmtree(made, ignore_errors=True)
    title = title_of(asked.preset)
    input = desk.folder.input(case)
    number = put_case(
        desk.store, desk.folder, desk.queue, person, id=case, title=title, input=input, given=facts
    )
    _begun(desk, person, case, title, request)
    return CaseMade(id=case, number=number)


def _begun(desk: Desk, person: Person, case: str, title: str, request: Request) -> None:
    with desk.store.writing() as db:
        audit.note(db, person.name, "case_put", case, more=title, address=address_of(request))
    desk.previewer.draw(case, input_of(desk.folder, case))
    desk.follower.tell()


def _check_facts(facts: dict[str, object]) -> None:
    """Refuse at once what the analysis would refuse later."""
    from brainsand.read.patient import patient_of

    try:
        patient_of(facts)
    except InputRefused as refusal:
        raise Refused(422, refusal.code, refusal.came, refusal.todo) from refusal


def _uploads(desk: Desk) -> Uploads:
    return Uploads(desk.store, desk.folder, desk.options.limits)
