"""The application as people start it: ``brainsand serve`` in a process of its own, and Chromium to look at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from free_port import free_port

SRC = Path(__file__).parents[2] / "src"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-background-networking", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)  # fmt: skip
PASSWORD = "correct horse battery"


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "brainsand", "serve", *words]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SRC), "OMP_NUM_THREADS": "1", "BRAINSAND_PASSWORD": PASSWORD}


class Served:
    """A running ``brainsand serve``; ``kill`` ends it as a power cut would, ``start`` starts it anew."""

    def __init__(self, data: Path, *words: str) -> None:
        self.data, self.words, self.port = data, words, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ("run", "--data", str(self.data), "--port", str(self.port), *self.words)
        with (self.data.parent / "served.log").open("ab") as log:
            self.process = subprocess.Popen(command(*words), env=environment(), stdout=log, stderr=log)
        until = time.monotonic() + 300
        while time.monotonic() < until:
            assert self.process.poll() is None, (self.data.parent / "served.log").read_text()
            with suppress(OSError):
                urllib.request.urlopen(f"{self.url}/api/health", timeout=2).read()
                return
            time.sleep(0.1)
        raise AssertionError("it did not start")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def served(data: Path, *words: str) -> Iterator[Served]:
    found = Served(data, *words)
    found.start()
    try:
        yield found
    finally:
        found.stop()


def add_user(data: Path, name: str, *words: str) -> None:
    line = command("add-user", name, "--data", str(data), *words)
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def chromium() -> Iterator[object]:
    """A browser; skips, and says so, where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_api.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def axe_script() -> str | None:
    """axe-core, as a package of PyPI brings it; None where it is not installed."""
    try:
        import axe_playwright_python
    except ImportError:
        return None
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def percent_of(text: str) -> int:
    """The first percentage in a text."""
    found = re.search(r"(\d+) %", text)
    assert found, text
    return int(found[1])
