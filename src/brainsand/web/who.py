"""Who asks, and may they? What every route depends on: a session's cookie or a program's token, CSRF, role, rate."""

from __future__ import annotations

import hmac
from typing import Annotated, Final

from fastapi import Depends, Request

from brainsand.web.accounts import Person
from brainsand.web.desk import Desk, desk_of
from brainsand.web.guard import SAFE
from brainsand.web.refused import Refused

COOKIE: Final = "brainsand_session"
CSRF_HEADER: Final = "x-csrf-token"

OnDesk = Annotated[Desk, Depends(desk_of)]


def find_person(request: Request) -> Person | None:
    """Who the request comes from; None where nobody is known by it."""
    desk = desk_of(request)
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret:
        return desk.accounts.of_token(secret.strip())
    cookie = request.cookies.get(COOKIE)
    found = desk.accounts.of_session(cookie) if cookie else None
    if found is None and not desk.options.accounts and _is_program(request):
        return desk.accounts.local_person()
    return found


def _is_program(request: Request) -> bool:
    """Whether no browser sent it: every browser says where a request comes from (W3C Fetch Metadata)."""
    return not {"sec-fetch-site", "sec-fetch-mode", "origin", "referer"} & set(request.headers.keys())


def known_person(request: Request) -> Person:
    """Somebody who is logged in, has not asked too often, and whose own page sent the request."""
    person = find_person(request)
    if person is None:
        raise Refused(401, "login_needed", "Nobody is logged in.", "Log in, or send a token.")
    if not desk_of(request).requests.allowed(f"{person.id} {address_of(request)}"):
        raise Refused(429, "too_many", "Too many requests in a minute.", "Wait a little.")
    if request.method not in SAFE and person.csrf is not None:
        sent = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(sent.encode(), person.csrf.encode()):
            raise Refused(403, "csrf", "The request lacks this session's token.", "Load the page again.")
    return person


def editor(request: Request) -> Person:
    """Somebody who may put in scans and correct."""
    return _with_role(request, "editor")


def admin(request: Request) -> Person:
    """Somebody who manages accounts."""
    return _with_role(request, "admin")


def _with_role(request: Request, role: str) -> Person:
    person = known_person(request)
    if not person.may(role):
        raise Refused(403, "role", f"This needs the role {role}; yours is {person.role}.", "Ask an admin.")
    return person


def address_of(request: Request) -> str:
    """The address a request comes from, for the audit and rates."""
    return request.client.host if request.client else "unknown"


Reader = Annotated[Person, Depends(known_person)]
Editor = Annotated[Person, Depends(editor)]
Admin = Annotated[Person, Depends(admin)]
