"""The application on its port, with workers beside it; everything ends when it is told to.

Uvicorn answers (one process, h11); a connection whose headers do not come in time is closed (``Guarded``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from brainsand.errors import UsageError
from brainsand.jobs import Queue, Workers
from brainsand.web.accounts import Accounts
from brainsand.web.app import make_app
from brainsand.web.folder import DataFolder
from brainsand.web.options import Options
from brainsand.web.store import open_store

GRACE_S: Final = 5


def serve(options: Options, *, tls: tuple[str, str] | None = None) -> None:
    """Run until told to end.

    Raises
    ------
    UsageError
        Accounts are needed and there is no admin yet.
    """
    DataFolder(options.data).made()
    _check_accounts(options)
    with _workers(options):
        uvicorn.Server(_config(options, tls)).run()


def _check_accounts(options: Options) -> None:
    if not options.accounts:
        return
    store = open_store(options.database_url)
    try:
        if not Accounts(store).any_admin():
            raise UsageError(
                "Nobody could log in: make an admin first, with brainsand serve add-user NAME --role admin"
            )
    finally:
        store.close()


@contextmanager
def _workers(options: Options) -> Iterator[None]:
    if options.workers < 1:
        yield
        return
    queue = Queue.open(options.queue_url)
    try:
        with Workers(queue, number=options.workers):
            yield
    finally:
        queue.close()


def _config(options: Options, tls: tuple[str, str] | None) -> uvicorn.Config:
    limits = options.limits
    return uvicorn.Config(
        make_app(options),
        host=options.host,
        port=options.port,
        http=guarded(limits.header_s),
        h11_max_incomplete_event_size=limits.header_bytes,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE_S,
        limit_concurrency=1000,
        proxy_headers=False,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )


def guarded(header_s: float) -> type[asyncio.Protocol]:
    """Uvicorn's protocol that closes a connection on which no whole request head has come for so long."""

    class Guarded(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self.late.cancel()
            super().connection_lost(exc)

        def _watch(self) -> None:
            self.late = asyncio.get_running_loop().call_later(header_s, self._look)

        def _look(self) -> None:
            """Close where the first head is not whole, or a later one has begun and is not."""
            done = self.cycle is not None and self.cycle.response_complete
            if self.cycle is None or (done and self.conn.trailing_data[0]):
                self.transport.close()
            else:
                self._watch()

    return Guarded
