"""Logging in and out, accounts, tokens, the audit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path as At
from fastapi import Query, Request, Response

from brainsand.errors import UsageError
from brainsand.web import audit
from brainsand.web.api import router
from brainsand.web.asked import (
    NUMBER_MOST,
    AccountAsked,
    AccountChange,
    AccountRow,
    AuditRow,
    LoginAsked,
    Me,
    TokenAsked,
    TokenMade,
    TokenRow,
)
from brainsand.web.desk import Desk
from brainsand.web.refused import Refused
from brainsand.web.who import COOKIE, Admin, OnDesk, Reader, address_of

people = router("people")
Name = Annotated[str, At(max_length=64)]


@people.post("/login")
def login(asked: LoginAsked, request: Request, response: Response, desk: OnDesk) -> Me:
    """Log in: a fresh session, whatever cookie came along."""
    if not desk.options.accounts:
        raise Refused(409, "no_accounts", "This installation has no accounts.", "Just open the worklist.")
    address = address_of(request)
    for who in (f"name {asked.name}", f"address {address}"):
        if not desk.logins.allowed(who):
            raise Refused(429, "too_many_logins", "Too many attempts.", "Wait a minute.")
    found = desk.accounts.login(asked.name, asked.password)
    with desk.store.writing() as db:
        audit.note(db, asked.name, "login" if found else "login_refused", address=address)
    if found is None:
        raise Refused(401, "wrong_login", "Name or password is wrong.", "Try again, or ask an admin.")
    old = request.cookies.get(COOKIE)
    if old and (before := desk.accounts.of_session(old)) and before.session:
        desk.accounts.logout(before.session)
    set_cookie(response, desk, found[1])
    return Me(name=found[0].name, role=found[0].role, team=found[0].team)


@people.post("/logout", status_code=204)
def logout(person: Reader, response: Response, desk: OnDesk) -> None:
    """Log out: the session is worth nothing from now on."""
    if person.session:
        desk.accounts.logout(person.session)
    response.delete_cookie(COOKIE, path="/")
    with desk.store.writing() as db:
        audit.note(db, person.name, "logout")


@people.get("/me")
def me(person: Reader) -> Me:
    """Who is logged in."""
    return Me(name=person.name, role=person.role, team=person.team)


@people.get("/accounts")
def accounts(person: Admin, desk: OnDesk) -> list[AccountRow]:
    """Every account."""
    return [AccountRow(**row) for row in desk.accounts.all()]


@people.post("/accounts", status_code=201)
def add_account(asked: AccountAsked, person: Admin, request: Request, desk: OnDesk) -> AccountRow:
    """A new account."""
    with _usage():
        desk.accounts.add(asked.name, asked.password, role=asked.role, team=asked.team)
    _note(desk, person.name, "account_added", asked.name, request, more=f"{asked.role} {asked.team}")
    return next(AccountRow(**row) for row in desk.accounts.all() if row["name"] == asked.name)


@people.patch("/accounts/{name}")
def change_account(
    name: Name, asked: AccountChange, person: Admin, request: Request, desk: OnDesk
) -> AccountRow:
    """Another password, role or state; whoever it is has to log in anew."""
    with _usage():
        desk.accounts.change(name, password=asked.password, role=asked.role, active=asked.active)
    what = ", ".join(sorted(asked.model_dump(exclude_none=True)))
    _note(desk, person.name, "account_changed", name, request, more=what)
    return next(AccountRow(**row) for row in desk.accounts.all() if row["name"] == name)


@people.get("/tokens")
def tokens(person: Reader, desk: OnDesk) -> list[TokenRow]:
    """One's own tokens."""
    return [TokenRow(**row) for row in desk.accounts.tokens(person)]


@people.post("/tokens", status_code=201)
def make_token(asked: TokenAsked, person: Reader, request: Request, desk: OnDesk) -> TokenMade:
    """A token for a program, that may do what its owner may."""
    id, secret = desk.accounts.make_token(person, asked.label, days=asked.days)
    _note(desk, person.name, "token_made", asked.label, request)
    return TokenMade(id=id, secret=secret)


@people.delete("/tokens/{id}", status_code=204)
def drop_token(
    id: Annotated[int, At(ge=0, le=NUMBER_MOST)], person: Reader, request: Request, desk: OnDesk
) -> None:
    """Make a token worthless."""
    desk.accounts.drop_token(person, id)
    _note(desk, person.name, "token_dropped", str(id), request)


@people.get("/audit")
def read_audit(
    person: Admin,
    desk: OnDesk,
    before: Annotated[int | None, Query(ge=0, le=NUMBER_MOST)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[AuditRow]:
    """Who did what, the newest first."""
    return [AuditRow(**row) for row in audit.entries(desk.store, before=before, limit=limit)]


def set_cookie(response: Response, desk: Desk, secret: str) -> None:
    """The session's cookie: for this host, for no script, for no other site."""
    response.set_cookie(
        COOKIE, secret, httponly=True, samesite="strict", secure=desk.options.secure, path="/"
    )


def _note(desk: Desk, who: str, what: str, about: str, request: Request, *, more: str = "") -> None:
    with desk.store.writing() as db:
        audit.note(db, who, what, about, more=more, address=address_of(request))


class _usage:
    """What the account room calls wrong usage is, to a request, something it cannot understand."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        if isinstance(fault, UsageError):
            raise Refused(422, "wrong_account", str(fault), "") from fault
