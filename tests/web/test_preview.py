"""The process of the first pictures ends with the application, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

EMPLOYER = """
import multiprocessing, pathlib, sys, time
from brainsand.web.folder import DataFolder
from brainsand.web.preview import Previewer

if __name__ == "__main__":
    previewer = Previewer(DataFolder(pathlib.Path(sys.argv[1])))
    previewer.warm()
    while not (found := multiprocessing.active_children()):
        time.sleep(0.05)
    print(found[0].pid, flush=True)
    time.sleep(60)
"""


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked at in /proc")
def test_a_killed_application_leaves_no_process_of_pictures(tmp_path):
    program = tmp_path / "employer.py"
    program.write_text(EMPLOYER)
    employer = subprocess.Popen(
        [sys.executable, str(program), str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
    )
    with employer:
        child = int(employer.stdout.readline())
        time.sleep(1.0)
        assert lives(child)
        employer.send_signal(signal.SIGKILL)
    end = time.monotonic() + 30
    while lives(child) and time.monotonic() < end:
        time.sleep(0.1)
    assert not lives(child)
