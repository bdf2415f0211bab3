"""What may whoever starts the application decide? Where it listens, where it keeps things, and how much it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from brainsand.errors import UsageError

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
MIB: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken from one person or one request before it is refused.

    Bytes, seconds, requests a minute. Chosen by us for head CTs (1,000 slices of 0.5 MiB) and a ward (expert).
    """

    json_bytes: int = 1 * MIB
    file_bytes: int = 2048 * MIB
    upload_bytes: int = 4096 * MIB
    upload_files: int = 5000
    open_uploads: int = 20
    header_bytes: int = 32 * 1024
    header_s: float = 10.0
    body_wait_s: float = 20.0
    slowest_bytes_s: float = 4096.0
    requests_a_minute: int = 1200
    logins_a_minute: int = 10
    streams: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One installation.

    ``database`` is ``sqlite:///PATH`` or ``postgresql://...`` (None: a file in the data folder); ``names`` the host
    names it answers to beside the address it is bound to; ``secure`` whether browsers reach it by https; ``previews``
    whether first pictures are drawn (in a process of their own).
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8765
    database: str | None = None
    accounts: bool = False
    names: tuple[str, ...] = ()
    secure: bool = False
    workers: int = 1
    previews: bool = True
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.local and not self.accounts:
            raise UsageError(
                f"{self.host} can be reached from the network, which needs accounts. Add --accounts, and make the "
                "first one with: brainsand serve add-user NAME --role admin"
            )

    @property
    def local(self) -> bool:
        """Whether it is bound to this machine alone."""
        return self.host in LOOPBACK

    @property
    def database_url(self) -> str:
        """The database's address, as SQLAlchemy has it."""
        if self.database is None:
            return f"sqlite:///{self.data.absolute() / 'brainsand.sqlite'}"
        if self.database.startswith(("postgres://", "postgresql://")):
            return "postgresql+psycopg://" + self.database.partition("://")[2]
        return self.database

    @property
    def queue_url(self) -> str:
        """Where the jobs are queued: beside the cases, or in the same PostgreSQL."""
        if self.database_url.startswith("postgresql"):
            return self.database_url
        return f"sqlite:///{self.data.absolute() / 'jobs.sqlite'}"

    @property
    def hosts(self) -> frozenset[str]:
        """Host names a request may be for; any other is a trick (DNS rebinding)."""
        own = LOOPBACK if self.local else (self.host,)
        return frozenset(name.lower() for name in (*own, "[::1]", *self.names))
