"""Memory that is let go is kept and given back, where the C library can be asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from brainsand import heap

SAYS = "from brainsand.heap import *; print(keep_memory(), give_memory_back())"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's")
def test_a_process_can_ask_for_it_and_goes_on():
    # In a process of its own: the tests' memory is not its business.
    done = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("True True", "False False")


def test_elsewhere_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(heap.sys, "platform", "win32")
    assert heap.keep_memory() is False
    assert heap.give_memory_back() is False
