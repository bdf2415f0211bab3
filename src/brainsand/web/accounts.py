"""Who may do what? Accounts with roles and teams, passwords (argon2id), sessions and tokens for programs.

Of a session or token only its SHA-256 is stored, so that whoever reads the database cannot use them. A session is made
anew at every login (no fixation), ends after ``IDLE_S`` without use and after ``LONGEST_S`` in any case.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from brainsand.errors import UsageError
from brainsand.web.refused import Refused
from brainsand.web.store import Store
from brainsand.web.tables import SESSIONS, TOKENS, USERS

ROLES: Final = ("reader", "editor", "admin")
"""Each may do what those before it may: look and export; put in scans and correct; manage accounts, see the audit."""
LOCAL_USER: Final = "local"
TEAM: Final = "everybody"
IDLE_S: Final = 8 * 3600.0
LONGEST_S: Final = 7 * 24 * 3600.0
SEEN_EVERY_S: Final = 60.0
TOKEN_DAYS: Final = 365
SHORTEST_PASSWORD: Final = 12
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks. ``session`` and ``csrf`` are None for a program with a token."""

    id: int
    name: str
    role: str
    team: str
    session: str | None = None
    csrf: str | None = None

    def may(self, role: str) -> bool:
        """Whether this person may do what ``role`` may.

        >>> ann = Person(id=1, name="ann", role="editor", team="everybody")
        >>> ann.may("reader"), ann.may("admin")
        (True, False)
        """
        return ROLES.index(self.role) >= ROLES.index(role)


class Accounts:
    """Accounts, sessions and tokens in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, password: str | None, *, role: str, team: str = TEAM) -> int:
        """A new account; ``UsageError`` where its name, password or role will not do."""
        _check(name, password, role, team)
        values = {"name": name, "password": password and hashed(password), "role": role, "team": team}
        with self._store.writing() as db:
            if db.execute(select(USERS.c.id).where(USERS.c.name == name)).first():
                raise UsageError(f"There is an account {name!r} already. Choose another name.")
            made = db.execute(insert(USERS).values(**values, active=True, made_at=time.time()))
            assert made.inserted_primary_key is not None
            return int(made.inserted_primary_key[0])

    def change(
        self, name: str, *, password: str | None = None, role: str | None = None, active: bool | None = None
    ) -> None:
        """Another password, role or state; whoever is changed has to log in anew."""
        _check(name, password, role or ROLES[0], TEAM)
        changes: dict[str, Any] = {"role": role, "active": active, "password": password and hashed(password)}
        changes = {column: value for column, value in changes.items() if value is not None}
        with self._store.writing() as db:
            row = db.execute(select(USERS).where(USERS.c.name == name)).first()
            if row is None:
                raise Refused(
                    404, "no_such_account", f"There is no account {name!r}.", "See the list of accounts."
                )
            if changes:
                db.execute(update(USERS).where(USERS.c.id == row.id).values(**changes))
            if row.role == "admin" and not _admins(db):
                raise Refused(
                    409, "last_admin", "This is the last admin.", "Make another account an admin first."
                )
            db.execute(delete(SESSIONS).where(SESSIONS.c.user_id == row.id))
            if active is False:
                db.execute(delete(TOKENS).where(TOKENS.c.user_id == row.id))

    def all(self) -> list[dict[str, Any]]:
        """Every account but the one of a single local user, without passwords."""
        columns = (USERS.c.name, USERS.c.role, USERS.c.team, USERS.c.active, USERS.c.made_at)
        with self._store.reading() as db:
            rows = db.execute(select(*columns).where(USERS.c.name != LOCAL_USER).order_by(USERS.c.name))
            return [dict(row._mapping) for row in rows]

    def any_admin(self) -> bool:
        """Whether somebody could log in and manage accounts."""
        with self._store.reading() as db:
            return _admins(db) > 0

    def login(self, name: str, password: str) -> tuple[Person, str] | None:
        """The person and a fresh session's secret; None where name or password is wrong (takes as long)."""
        with self._store.reading() as db:
            row = db.execute(select(USERS).where(USERS.c.name == name)).first()
        known = row.password if row is not None and row.password else _nobodys_password()
        right = matches(password, known) and row is not None and row.active and row.password
        if not right or row is None:
            return None
        return self._open_session(row)

    def local_person(self) -> Person:
        """The single local user, who is made at the first call."""
        row = self._local_row()
        return _person(row, id=row.id)

    def local_session(self) -> tuple[Person, str]:
        """A session of the single local user."""
        return self._open_session(self._local_row())

    def _local_row(self) -> Row[Any]:
        wanted = select(USERS).where(USERS.c.name == LOCAL_USER)
        with self._store.reading() as db:
            row = db.execute(wanted).first()
        if row is not None:
            return row
        with suppress(UsageError, IntegrityError):  # another request may be quicker
            self.add(LOCAL_USER, None, role="admin")
        with self._store.reading() as db:
            return db.execute(wanted).one()

    def of_session(self, secret: str) -> Person | None:
        """Who a session belongs to; None where it has ended."""
        now, name = time.time(), digest(secret)
        with self._store.reading() as db:
            found = db.execute(
                select(SESSIONS, USERS.c.name, USERS.c.role, USERS.c.team)
                .join(USERS, USERS.c.id == SESSIONS.c.user_id)
                .where(SESSIONS.c.hash == name, USERS.c.active)
            ).first()
        if found is None or now - found.seen_at > IDLE_S or now - found.made_at > LONGEST_S:
            return None
        if now - found.seen_at > SEEN_EVERY_S:
            with self._store.writing() as db:
                db.execute(update(SESSIONS).where(SESSIONS.c.hash == name).values(seen_at=now))
        return _person(found, id=found.user_id, session=name, csrf=found.csrf)

    def logout(self, session: str) -> None:
        """End a session (``Person.session``)."""
        with self._store.writing() as db:
            db.execute(delete(SESSIONS).where(SESSIONS.c.hash == session))

    def make_token(self, person: Person, label: str, *, days: int = TOKEN_DAYS) -> tuple[int, str]:
        """A token for a program: its number and its secret, which is shown this once."""
        secret, now = "bs_" + secrets.token_urlsafe(32), time.time()
        with self._store.writing() as db:
            made = db.execute(
                insert(TOKENS).values(
                    hash=digest(secret),
                    user_id=person.id,
                    label=label,
                    made_at=now,
                    expires_at=now + days * 86400,
                )
            )
            assert made.inserted_primary_key is not None
            return int(made.inserted_primary_key[0]), secret

    def tokens(self, person: Person) -> list[dict[str, Any]]:
        """The person's tokens, without their secrets."""
        columns = (TOKENS.c.id, TOKENS.c.label, TOKENS.c.made_at, TOKENS.c.expires_at)
        with self._store.reading() as db:
            rows = db.execute(select(*columns).where(TOKENS.c.user_id == person.id).order_by(TOKENS.c.id))
            return [dict(row._mapping) for row in rows]

    def drop_token(self, person: Person, id: int) -> None:
        """Make a token worthless."""
        with self._store.writing() as db:
            db.execute(delete(TOKENS).where(TOKENS.c.id == id, TOKENS.c.user_id == person.id))

    def of_token(self, secret: str) -> Person | None:
        """Who a token belongs to; None where it is none, or no more."""
        with self._store.reading() as db:
            found = db.execute(
                select(USERS, TOKENS.c.expires_at)
                .join(TOKENS, USERS.c.id == TOKENS.c.user_id)
                .where(TOKENS.c.hash == digest(secret), USERS.c.active)
            ).first()
        if found is None or found.expires_at < time.time():
            return None
        return _person(found, id=found.id)

    def _open_session(self, row: Row[Any]) -> tuple[Person, str]:
        secret, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(24), time.time()
        with self._store.writing() as db:
            db.execute(delete(SESSIONS).where(SESSIONS.c.seen_at < now - IDLE_S))
            db.execute(
                insert(SESSIONS).values(
                    hash=digest(secret), user_id=row.id, csrf=csrf, made_at=now, seen_at=now
                )
            )
        return _person(row, id=row.id, session=digest(secret), csrf=csrf), secret


def digest(secret: str) -> str:
    """What is stored of a secret of 256 random bits: nothing slower is needed for those."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hashed(password: str) -> str:
    """A password as it is stored: argon2id with the library's parameters (RFC 9106, low memory)."""
    return str(_hasher().hash(password))


def matches(password: str, known: str) -> bool:
    """Whether it is the password."""
    from argon2.exceptions import VerificationError

    try:
        return bool(_hasher().verify(known, password))
    except VerificationError:
        return False


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys_password() -> str:
    return hashed(secrets.token_urlsafe(16))


def _person(row: Row[Any], **more: Any) -> Person:
    return Person(name=row.name, role=row.role, team=row.team, **more)


def _admins(db: Connection) -> int:
    where = (USERS.c.role == "admin", USERS.c.active, USERS.c.name != LOCAL_USER)
    return int(db.execute(select(func.count()).select_from(USERS).where(*where)).scalar_one())


def _check(name: str, password: str | None, role: str, team: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r:.80} is no name of an account: small letters, digits, dot, dash and underscore."
        )
    if role not in ROLES:
        raise UsageError(f"{role!r:.40} is no role: {', '.join(ROLES)}.")
    if not _NAME.fullmatch(team):
        raise UsageError(
            f"{team!r:.80} is no name of a team: small letters, digits, dot, dash and underscore."
        )
    if password is None:
        return
    if not SHORTEST_PASSWORD <= len(password) <= 1024 or len(set(password)) < 5:
        raise UsageError(
            f"The password is too weak: at least {SHORTEST_PASSWORD} characters, five of them different."
        )
