"""A name tells for certain that its process has ended, or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from brainsand.jobs.owner import own_name, surely_gone


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_only_a_process_of_this_machine_that_has_ended_is_surely_gone():
    name = own_name()
    who, _, began = name.rpartition("/")
    assert not surely_gone(name)
    assert surely_gone(f"{who}/{int(began) - 1}")  # the number was used by an earlier process
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    gone = name.replace(f":{os.getpid()}@", f":{pid}@")
    os.waitpid(pid, 0)
    assert surely_gone(gone)
    host, _, rest = gone.partition("@")
    assert not surely_gone(f"{host}@{'0' * 12}{rest[12:]}")  # another machine, or its earlier start
