"""The application, started as people start it, and asked as programs ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from free_port import free_port


class Server:
    """``brainsand serve`` in a process of its own, while a block lasts."""

    def __init__(self, data: Path, *words: str) -> None:
        self.port = free_port()
        self.url, self.data, self.words = f"http://127.0.0.1:{self.port}", data, words

    def __enter__(self) -> Server:
        words = ["serve", "run", "--data", str(self.data), "--port", str(self.port), "-q", *self.words]
        self.process = subprocess.Popen([sys.executable, "-m", "brainsand", *words])
        for _ in range(1200):
            with suppress(OSError):
                ask(self.url, "GET", "/api/health")
                return self
            time.sleep(0.1)
        raise RuntimeError("it did not start")

    def cpu_s(self) -> float:
        """Seconds of CPU the process has used so far (proc(5), stat, fields 14 and 15)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def send(url: str, path: str, content: bytes) -> None:
    """A file, its bytes as the body."""
    request = urllib.request.Request(url + path, data=content, method="PUT")
    urllib.request.urlopen(request, timeout=600).read()


def ask(url: str, method: str, path: str, body: Any = None) -> bytes:
    """The answer's bytes."""
    data = None if body is None else json.dumps(body).encode()
    kind = {"content-type": "application/json"}
    request = urllib.request.Request(url + path, data=data, method=method, headers=kind)
    with urllib.request.urlopen(request, timeout=600) as answer:
        return bytes(answer.read())
