"""The worklist and its cases: rows, files, retry, removal, and what happens as it happens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import Path, Query, Request
from sqlalchemy import update
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response, StreamingResponse

from brainsand import __version__
from brainsand.web import audit, revised, worklist
from brainsand.web.accounts import Person
from brainsand.web.api import CaseId, router
from brainsand.web.asked import CaseRow, FileRow, FormatRow, Health, TitleAsked, Worklist
from brainsand.web.cases import OPEN, get_case, input_of, queue_case, remove_case
from brainsand.web.desk import Desk
from brainsand.web.files import as_record, open_file
from brainsand.web.formats import ask_for, states
from brainsand.web.refused import Refused
from brainsand.web.tables import CASES
from brainsand.web.uploads import plain_title
from brainsand.web.who import Editor, OnDesk, Reader, address_of

cases = router("cases")
BEAT_S = 20.0
State = Literal["queued", "running", "done", "failed", "cancelled"]
Level = Literal["none", "incidental", "follow_up", "work_up", "urgent"]


@cases.get("/health")
def health(desk: OnDesk) -> Health:
    """Whether it works."""
    counts = desk.queue.counts()
    return Health(version=__version__, queued=counts["queued"], running=counts["running"])


@cases.get("/cases")
def listed(
    person: Reader,
    desk: OnDesk,
    q: Annotated[str, Query(max_length=200)] = "",
    state: State | None = None,
    level: Level | None = None,
    site: Annotated[str | None, Query(max_length=60)] = None,
    order: Literal["newest", "gravest"] = "newest",
    after: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=worklist.MOST)] = 50,
) -> Worklist:
    """A page of the worklist."""
    found = worklist.page(
        desk.store,
        person,
        words=q,
        state=state,
        level=level,
        site=site,
        order=order,
        after=after,
        limit=limit,
    )
    return Worklist(**found)


@cases.get("/cases/{id}")
def shown(id: CaseId, person: Reader, desk: OnDesk) -> CaseRow:
    """A case as the worklist shows it."""
    return CaseRow(**worklist.row_record(get_case(desk.store, id, person)))


@cases.patch("/cases/{id}")
def retitle(id: CaseId, asked: TitleAsked, person: Editor, desk: OnDesk) -> CaseRow:
    """Another title."""
    row, title = get_case(desk.store, id, person), plain_title(asked.title)
    search = " ".join((title.lower(), row.search))[:4000]
    with desk.store.writing() as db:
        db.execute(update(CASES).where(CASES.c.id == id).values(title=title, search=search))
    desk.follower.tell()
    return CaseRow(**worklist.row_record(get_case(desk.store, id, person)))


@cases.delete("/cases/{id}", status_code=204)
def remove(id: CaseId, person: Editor, request: Request, desk: OnDesk) -> None:
    """A case and its files, gone."""
    versions = desk.folder.versions(id)
    remove_case(desk.store, desk.folder, desk.queue, id, person)
    revised.stop(desk, id, *versions)
    desk.readings.forget(id)
    with desk.store.writing() as db:
        audit.note(db, person.name, "case_removed", id, address=address_of(request))
    desk.follower.tell()


@cases.post("/cases/{id}/retry", status_code=202)
def retry(id: CaseId, person: Editor, desk: OnDesk) -> CaseRow:
    """Analyze a case again that failed or was cancelled."""
    row = get_case(desk.store, id, person)
    if row.state in OPEN or row.state == "done":
        raise Refused(
            409, "not_failed", f"The case is {row.state}.", "Only what failed or was cancelled is retried."
        )
    with desk.store.writing() as db:
        db.execute(
            update(CASES).where(CASES.c.id == id).values(state="queued", share=0.0, reason=None, remedy=None)
        )
    if row.job is None:
        queue_case(desk.store, desk.folder, desk.queue, id, input_of(desk.folder, id))
    else:
        desk.queue.requeue(int(row.job))
    return CaseRow(**worklist.row_record(get_case(desk.store, id, person)))


@cases.post("/cases/{id}/cancel", status_code=202)
def cancel(id: CaseId, person: Editor, desk: OnDesk) -> CaseRow:
    """Stop an analysis that waits or runs."""
    row = get_case(desk.store, id, person)
    if row.state not in OPEN or row.job is None:
        raise Refused(409, "not_open", f"The case is {row.state}.", "Only what waits or runs is stopped.")
    desk.queue.cancel(int(row.job))
    return CaseRow(**worklist.row_record(get_case(desk.store, id, person)))


@cases.get("/cases/{id}/files")
def files(id: CaseId, person: Reader, desk: OnDesk) -> list[FileRow]:
    """What can be fetched of a case."""
    get_case(desk.store, id, person)
    return [FileRow(**row) for row in as_record(desk.folder, id)]


@cases.get("/cases/{id}/files/{name:path}", response_class=Response)
def file(id: CaseId, name: str, person: Reader, desk: OnDesk) -> FileResponse:
    """One file of a case, as the analysis wrote it."""
    get_case(desk.store, id, person)
    return open_file(desk.folder, id, name)


@cases.get("/cases/{id}/formats")
def formats(id: CaseId, person: Reader, desk: OnDesk) -> list[FormatRow]:
    """Further formats that are made when asked for, and how far each is."""
    get_case(desk.store, id, person)
    return [FormatRow(**row) for row in states(desk.folder, desk.queue, id)]


@cases.post("/cases/{id}/formats/{name}", status_code=202)
def make_format(
    id: CaseId, name: Annotated[str, Path(max_length=40)], person: Editor, request: Request, desk: OnDesk
) -> list[FormatRow]:
    """Have a further format of the machine's reading made (the scan is read again); its file is then in the list."""
    if get_case(desk.store, id, person).state != "done":
        raise Refused(409, "not_ready", "The case is not analyzed yet.", "Wait until it is done.")
    ask_for(desk.folder, desk.queue, id, name)
    with desk.store.writing() as db:
        audit.note(db, person.name, "format", id, more=name, address=address_of(request))
    return [FormatRow(**row) for row in states(desk.folder, desk.queue, id)]


@cases.get("/events", response_class=Response)
async def watch(request: Request, person: Reader, desk: OnDesk) -> StreamingResponse:
    """What changes in the worklist, as server-sent events: ``case`` with its row, and a beat in between."""
    if len(desk.streams) >= desk.options.limits.streams:
        raise Refused(429, "too_many_streams", "Too many pages are watching.", "Close some.")
    return StreamingResponse(_stream(request, person, desk), media_type="text/event-stream")


async def _stream(request: Request, person: Person, desk: Desk) -> AsyncIterator[str]:
    own = object()
    desk.streams.add(own)
    known: dict[str, str] = {}
    try:
        yield "retry: 2000\n\n"
        while not await request.is_disconnected():
            found = await run_in_threadpool(worklist.page, desk.store, person, limit=50)
            for row in reversed(found["rows"]):
                text = json.dumps(row, sort_keys=True)
                if known.get(row["id"]) != text:
                    known[row["id"]] = text
                    yield f"event: case\ndata: {text}\n\n"
            if not await desk.follower.changed(BEAT_S):
                yield ": beat\n\n"
    finally:
        desk.streams.discard(own)
