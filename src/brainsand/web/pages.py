"""The pages people see. Rendered here; what moves on them is asked from ``/api`` by the page's own scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from brainsand import __version__
from brainsand.interpret.readers import READERS
from brainsand.report.methods import STATEMENT
from brainsand.report.words import KIND_WORDS
from brainsand.web import audit, worklist
from brainsand.web.accounts import Person
from brainsand.web.api.people import set_cookie
from brainsand.web.cases import get_case
from brainsand.web.changes import shown_pair
from brainsand.web.comparisons import pair_of
from brainsand.web.demos import DEMOS
from brainsand.web.desk import desk_of
from brainsand.web.edits import as_record, edits_of
from brainsand.web.exporting import EXPORTS
from brainsand.web.figures import figure, percent, ratio, site_words
from brainsand.web.files import as_record as file_records
from brainsand.web.readings import facts_of
from brainsand.web.refused import Refused
from brainsand.web.who import address_of, find_person

pages = APIRouter(include_in_schema=False)
LEVEL_WORDS: Final = {
    "none": "none", "incidental": "incidental", "follow_up": "follow up", "work_up": "work up", "urgent": "urgent",
}  # fmt: skip
Theme = Literal["light", "dark", "auto"]


@pages.get("/")
def home(request: Request) -> Response:
    """The worklist; the first-run page while there is no case."""

    def draw(person: Person) -> Response:
        desk = desk_of(request)
        found = worklist.page(desk.store, person, limit=50)
        counts = worklist.counts(desk.store, person)
        return _page(
            request,
            person,
            "worklist.html",
            rows=found["rows"],
            next=found["next"],
            counts=counts,
            demos=DEMOS,
        )

    return _for_somebody(request, draw)


@pages.get("/welcome")
def welcome(request: Request) -> Response:
    """What this is, and the demonstration patients."""
    return _for_somebody(request, lambda person: _page(request, person, "welcome.html", demos=DEMOS))


@pages.get("/cases/{id}")
def case(request: Request, id: str) -> Response:
    """A case: viewer, deposits, patient, ranking."""

    def draw(person: Person) -> Response:
        row = get_case(desk_of(request).store, id, person)
        record = worklist.row_record(row)
        return _page(
            request,
            person,
            "case.html",
            row=record,
            exports=EXPORTS,
            files=file_records(desk_of(request).folder, id),
        )

    return _for_somebody(request, draw)


@pages.get("/cases/{id}/print/{reader}")
def printed(request: Request, id: str, reader: str) -> Response:
    """A case for one of the three readers, on paper."""

    def draw(person: Person) -> Response:
        desk = desk_of(request)
        row = get_case(desk.store, id, person)
        if reader not in READERS or row.state != "done":
            raise Refused(404, "no_such_page", "There is no such page.", "Go back to the case.")
        revision = desk.readings.now(row)
        with desk.store.reading() as db:
            edits = as_record(edits_of(db, id))
        return _page(
            request, person, "print.html", row=worklist.row_record(row), reader=reader, record=revision.record,
            headline=revision.headline, questions=revision.questions[:5], edits=edits, facts=facts_of(revision.record),
            statement=STATEMENT,
        )  # fmt: skip

    return _for_somebody(request, draw)


@pages.get("/compare")
def compare(
    request: Request, a: Annotated[str, Query(max_length=16)], b: Annotated[str, Query(max_length=16)]
) -> Response:
    """Two cases of one person: side by side, and what changed."""

    def draw(person: Person) -> Response:
        desk = desk_of(request)
        pair = pair_of(desk, person, a, b)
        return _page(request, person, "compare.html", **shown_pair(desk, pair))

    return _for_somebody(request, draw)


@pages.get("/login")
def login(request: Request) -> Response:
    """Name and password."""
    if not desk_of(request).options.accounts:
        return RedirectResponse("/", 303)
    return _page(request, None, "login.html")


@pages.get("/account")
def account(request: Request) -> Response:
    """One's own tokens."""
    return _for_somebody(request, lambda person: _page(request, person, "account.html"))


@pages.get("/accounts")
def accounts(request: Request) -> Response:
    """Everybody's accounts, for an admin."""

    def draw(person: Person) -> Response:
        _need_admin(person)
        return _page(request, person, "accounts.html", accounts=desk_of(request).accounts.all())

    return _for_somebody(request, draw)


@pages.get("/audit")
def audited(request: Request, before: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None) -> Response:
    """Who did what, for an admin."""

    def draw(person: Person) -> Response:
        _need_admin(person)
        rows = audit.entries(desk_of(request).store, before=before, limit=100)
        return _page(request, person, "audit.html", entries=rows)

    return _for_somebody(request, draw)


@pages.get("/api")
def api(request: Request) -> Response:
    """What programs may ask, from the OpenAPI itself."""

    def draw(person: Person) -> Response:
        return _page(request, person, "api.html", api=request.app.openapi())

    return _for_somebody(request, draw)


@pages.get("/theme/{theme}")
def theme(request: Request, theme: Theme) -> Response:
    """Dark, light or as the system has it; back to where one was."""
    back = request.headers.get("referer", "/")
    path = "/" + back.partition("://")[2].partition("/")[2]
    answer = RedirectResponse(path if not path.startswith("//") else "/", 303)
    answer.set_cookie("theme", theme, samesite="strict", max_age=31536000, path="/")
    return answer


def error_page(request: Request, status: int, error: Mapping[str, str]) -> Response:
    """What is wrong, and what to do; the login where that is it."""
    if status == 401:
        return RedirectResponse("/login", 303)
    answer = _page(request, None, "error.html", error=error, status=status)
    answer.status_code = status
    return answer


def _for_somebody(request: Request, draw: Callable[[Person], Response]) -> Response:
    """The page for whoever is logged in; a session for the local user, the login for others."""
    desk = desk_of(request)
    person = find_person(request)
    if person is not None and person.csrf is not None:
        if not desk.requests.allowed(f"{person.id} {address_of(request)}"):
            raise Refused(429, "too_many", "Too many requests in a minute.", "Wait a little.")
        return draw(person)
    if desk.options.accounts:
        return RedirectResponse("/login", 303)
    made, secret = desk.accounts.local_session()
    answer = draw(made)
    set_cookie(answer, desk, secret)
    return answer


def _page(request: Request, person: Person | None, name: str, **more: Any) -> HTMLResponse:
    theme = request.cookies.get("theme", "auto")
    text = (
        _templates()
        .get_template(name)
        .render(
            person=person,
            theme=theme if theme in ("light", "dark") else "auto",
            with_accounts=desk_of(request).options.accounts,
            version=__version__,
            here=name.removesuffix(".html"),
            **more,
        )
    )
    return HTMLResponse(text)


@cache
def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "figure": figure, "percent": percent, "ratio": ratio, "site": site_words, "moment": _moment,
        "kind": lambda kind: KIND_WORDS.get(kind, kind), "level": lambda level: LEVEL_WORDS.get(level, level or "–"),
        "plain": lambda word: str(word).replace("_", " "), "asset": _asset,
    }  # fmt: skip
    return found


def _asset(name: str) -> str:
    """The address of a static file, with its version so that browsers may keep it."""
    return f"/static/{name}?v={__version__}"


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _need_admin(person: Person) -> None:
    if not person.may("admin"):
        raise Refused(403, "role", f"This needs the role admin; yours is {person.role}.", "Ask an admin.")
