"""The doors stand before small rooms here."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FAKE_ROOMS = Path(__file__).with_name("fake_rooms.py")


@pytest.fixture
def rooms(monkeypatch):
    """The stand-in rooms, laid over the true ones; the module itself, to change a room in a test."""
    spec = importlib.util.spec_from_file_location("fake_rooms", FAKE_ROOMS)
    fake = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fake_rooms", fake)
    spec.loader.exec_module(fake)
    for name, module in fake.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    return fake


@pytest.fixture
def head(tmp_path):
    """An input that the stand-in rooms read well."""
    path = tmp_path / "head.nii"
    path.write_text("head")
    return path


@pytest.fixture
def brainsand(tmp_path):
    """The command, in a process of its own with the stand-in rooms, run from ``tmp_path``."""

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(FAKE_ROOMS), *map(str, words)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def start_brainsand(tmp_path):
    """As ``brainsand``, but does not wait for its end."""

    def start(*words: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(FAKE_ROOMS), *map(str, words)]
        return subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)

    return start


def environment() -> dict[str, str]:
    """This process's own, with the package found from any folder, installed or not."""
    return {**os.environ, "PYTHONPATH": str(FAKE_ROOMS.parents[2] / "src")}
