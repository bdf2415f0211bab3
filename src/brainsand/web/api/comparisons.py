"""Two cases of one person compared: which may be, how far it is, and what came of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response, StreamingResponse

from brainsand.web import audit
from brainsand.web.api import CaseId, router
from brainsand.web.api.cases import BEAT_S
from brainsand.web.asked import Comparable, CompareAsked, ComparisonState, FileRow
from brainsand.web.cases import OPEN
from brainsand.web.comparable import comparable_with
from brainsand.web.comparisons import Pair, Question, ask_for, pair_of, results_of, status
from brainsand.web.desk import Desk
from brainsand.web.files import file_answer, files_in, pair_records
from brainsand.web.refused import Refused
from brainsand.web.who import Editor, OnDesk, Reader, address_of

comparisons = router("comparisons")
OtherId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="The other case's id.")]
PAIR = "/cases/{id}/comparisons/{other}"


@comparisons.get("/cases/{id}/comparable")
def others(
    id: CaseId, person: Reader, desk: OnDesk, q: Annotated[str, Query(max_length=200)] = ""
) -> list[Comparable]:
    """Cases this one may be compared with: those whose headers name the same patient first, then the newest others."""
    return [Comparable(**row) for row in comparable_with(desk, id, person, words=q)]


@comparisons.post(PAIR, status_code=202)
def compare(
    id: CaseId, other: OtherId, asked: CompareAsked, person: Editor, request: Request, desk: OnDesk
) -> ComparisonState:
    """Have two cases compared by the workers; the same question is answered once."""
    pair = pair_of(desk, person, id, other)
    question = Question(**asked.model_dump())
    ask_for(desk, pair, question, person.name)
    with desk.store.writing() as db:
        where = {"address": address_of(request)}
        audit.note(db, person.name, "compare", pair.two.id, more=f"with {pair.one.id}", **where)
        if asked.same_person:
            audit.note(
                db, person.name, "vouched", pair.two.id, more=f"the same person as {pair.one.id}", **where
            )
    desk.follower.tell()
    return ComparisonState(**status(desk, pair))


@comparisons.get(PAIR)
def state(id: CaseId, other: OtherId, person: Reader, desk: OnDesk) -> ComparisonState:
    """How far it is, and why it was not done."""
    return ComparisonState(**status(desk, pair_of(desk, person, id, other)))


@comparisons.get(f"{PAIR}/record")
def record(id: CaseId, other: OtherId, person: Reader, desk: OnDesk) -> dict[str, Any]:
    """What changed (``compare.json``)."""
    place = results_of(desk, pair_of(desk, person, id, other))
    found: dict[str, Any] = json.loads((place / "compare.json").read_text(encoding="utf-8"))
    return found


@comparisons.get(f"{PAIR}/files")
def files(id: CaseId, other: OtherId, person: Reader, desk: OnDesk) -> list[FileRow]:
    """What can be fetched of a comparison."""
    return [FileRow(**row) for row in pair_records(results_of(desk, pair_of(desk, person, id, other)))]


@comparisons.get(f"{PAIR}/files/{{name:path}}", response_class=Response)
def file(id: CaseId, other: OtherId, name: str, person: Reader, desk: OnDesk) -> FileResponse:
    """One file of a comparison, as the job wrote it."""
    return file_answer(files_in(results_of(desk, pair_of(desk, person, id, other))), name)


@comparisons.get(f"{PAIR}/events", response_class=Response)
async def watch(
    id: CaseId, other: OtherId, request: Request, person: Reader, desk: OnDesk
) -> StreamingResponse:
    """How far it is whenever that changes, as server-sent events: ``comparison`` with its state, until it has ended."""
    pair = await run_in_threadpool(pair_of, desk, person, id, other)
    if len(desk.streams) >= desk.options.limits.streams:
        raise Refused(429, "too_many_streams", "Too many pages are watching.", "Close some.")
    return StreamingResponse(_stream(request, pair, desk), media_type="text/event-stream")


async def _stream(request: Request, pair: Pair, desk: Desk) -> AsyncIterator[str]:
    own, known = object(), ""
    desk.streams.add(own)
    try:
        yield "retry: 2000\n\n"
        while not await request.is_disconnected():
            now = await run_in_threadpool(status, desk, pair)
            if (text := json.dumps(now, sort_keys=True)) != known:
                known = text
                yield f"event: comparison\ndata: {text}\n\n"
            if now["state"] not in OPEN:
                return
            if not await desk.follower.changed(BEAT_S):
                yield ": beat\n\n"
    finally:
        desk.streams.discard(own)
