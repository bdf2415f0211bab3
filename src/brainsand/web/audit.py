"""Who did what, and when? Every login, upload, correction, export and change of an account; never changed."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, insert, select

from brainsand.web.store import Store
from brainsand.web.tables import AUDIT


def note(db: Connection, who: str, what: str, about: str = "", *, more: str = "", address: str = "") -> None:
    """An entry, written in the transaction of what it tells of."""
    db.execute(
        insert(AUDIT).values(
            at=time.time(), who=who[:64], what=what, about=about[:120], more=more[:2000], address=address[:64]
        )
    )


def entries(store: Store, *, before: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Entries, the newest first, all with numbers below ``before``."""
    wanted = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(AUDIT.c.id < before)
    with store.reading() as db:
        return [dict(row._mapping) for row in db.execute(wanted)]
