"""The application, put together: guard outside, routes inside, a follower and a previewer beside."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from brainsand import __version__
from brainsand.errors import QueueError
from brainsand.web.api.cases import cases
from brainsand.web.api.comparisons import comparisons
from brainsand.web.api.intake import intake
from brainsand.web.api.people import people
from brainsand.web.api.reading import reading
from brainsand.web.cases import requeue_lost
from brainsand.web.desk import Desk, open_desk
from brainsand.web.guard import Guard
from brainsand.web.options import Options
from brainsand.web.pages import error_page, pages
from brainsand.web.refused import Refused

DESCRIPTION: Final = (
    "Scans in, cases out, corrections and patient facts in between. Programs send `Authorization: Bearer TOKEN`; "
    "the pages send their session's cookie and its token in `X-CSRF-Token`."
)
_LOG: Final = logging.getLogger("brainsand.web")


def make_app(options: Options) -> Guard:
    """The whole application for one installation; opens the database when it starts."""
    return Guard(inner_app(options), options)


def inner_app(options: Options) -> FastAPI:
    """The application without its guard."""
    app = FastAPI(
        title="brainsand",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(options),
        generate_unique_id_function=_name_of,
    )
    for part in (people, intake, cases, reading, pages):
        app.include_router(part)
    app.include_router(comparisons)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(QueueError, _queue)
    app.add_exception_handler(Exception, _fault)
    return app


def _lifespan(options: Options) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        desk = await asyncio.to_thread(open_desk, options)
        app.state.desk = desk
        await asyncio.to_thread(requeue_lost, desk.store, desk.folder, desk.queue)
        desk.follower.start(asyncio.get_running_loop())
        warm = asyncio.create_task(asyncio.to_thread(_warm, desk))
        try:
            yield
        finally:
            await warm
            await asyncio.to_thread(desk.close)

    return lifespan


def _warm(desk: Desk) -> None:
    """Load what the first correction and the first search would wait for."""
    desk.previewer.warm()
    assert desk.readings.ground is not None
    desk.lookup.terms("tremor", most=1)
    assert desk.lookup.words
    # All this stays: looked through again and again for garbage, it would hold up a request by a fifth of a second.
    gc.collect()
    gc.freeze()


def _name_of(route: APIRoute) -> str:
    return f"{route.tags[0] if route.tags else 'pages'}-{route.name}"


def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    return _answer(request, refusal.status, refusal.as_record())


def _invalid(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)
    first = fault.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    words = f"{where}: {first['msg']}."[:300]
    if first["type"] == "json_invalid":
        return _answer(request, 400, _record("bad_json", words, "Send JSON."))
    return _answer(request, 422, _record("wrong_request", words, "See /api for what is understood."))


def _http(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    if isinstance(fault.detail, dict):
        return _answer(request, fault.status_code, {"error": fault.detail}, fault.headers)
    record = _record(f"http_{fault.status_code}", f"{fault.detail}.", "See /api for what there is.")
    return _answer(request, fault.status_code, record, fault.headers)


def _queue(request: Request, fault: Exception) -> Response:
    return _answer(request, 503, _record("queue", str(fault), "Try again in a moment."))


def _fault(request: Request, fault: Exception) -> Response:
    _LOG.error("a fault while answering %s", request.url.path, exc_info=fault)
    return _answer(
        request, 500, _record("fault", "A fault in brainsand itself.", "Please report it; see the log.")
    )


def _record(code: str, words: str, todo: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "words": words, "todo": todo}}


def _answer(request: Request, status: int, record: dict[str, Any], headers: Any = None) -> Response:
    """JSON for programs and scripts, a page for whoever looks at one."""
    if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(record, status, dict(headers or {}))
    return error_page(request, status, record["error"])
