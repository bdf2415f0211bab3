"""A PostgreSQL of the tests' own: a cluster on a free port of this machine, gone when the tests are.

The server refuses to run as root; where the tests do, it runs as the user ``postgres`` of its package.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from free_port import free_port

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "16MB",
    "log_min_messages": "panic",
}


def programs() -> Path | None:
    """The folder of initdb and pg_ctl: on the path, or where Debian puts them."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    return Path(on_path).resolve().parent if on_path else found[-1].parent if found else None


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    port: int

    def url(self) -> str:
        return f"postgresql://tests@127.0.0.1:{self.port}/postgres"

    def new_place(self) -> str:
        """The address of a schema with nothing in it; a database of its own would cost 300 files."""
        import psycopg

        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url()}?options=-csearch_path%3D{name}"


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server, started and stopped; skips, and says so, where PostgreSQL or psycopg is not installed."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    if os.geteuid() == 0 and "postgres" not in {user.pw_name for user in pwd.getpwall()}:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="brainsand-pg-"))
    who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if who:
        shutil.chown(folder, "postgres", "postgres")
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())

    def run(program: str, *words: str) -> None:
        done = tried(program, *words)
        assert done.returncode == 0, done.stderr

    def tried(program: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(found / program), "-D", str(folder / "data"), *words],
            cwd=folder, env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120, check=False, **who,
        )  # fmt: skip

    def started() -> int:
        """The port it listens on: a free one may be taken by somebody else before the server has it."""
        for _ in range(8):
            port = free_port()
            where = f"-p {port} -k {folder} {options}"
            done = tried("pg_ctl", "-w", "-l", str(folder / "log"), "-o", where, "start")
            if done.returncode == 0:
                return port
        raise AssertionError(f"{done.stderr}{(folder / 'log').read_text(errors='replace')[-2000:]}")

    try:
        run("initdb", "--auth=trust", "--username=tests", "--encoding=UTF8", "--no-sync")
        port = started()
        try:
            yield Cluster(port)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
