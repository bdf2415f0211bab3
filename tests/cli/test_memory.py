"""Memory that is let go is kept, where the C library can be asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

SAYS = "from brainsand.cli.memory import keep_memory; print(keep_memory())"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's")
def test_a_command_can_ask_for_it_and_goes_on():
    # In a process of its own: the tests' memory is not its business.
    done = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("True", "False")


def test_elsewhere_nothing_is_asked(monkeypatch):
    from brainsand.cli import memory

    monkeypatch.setattr(memory.sys, "platform", "win32")
    assert memory.keep_memory() is False
