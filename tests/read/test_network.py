"""The network looks at arrays and tells nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
CODE = """
import socket
def refused(*args, **kwargs): raise AssertionError("it speaks to somebody")
socket.socket.connect = refused
import numpy as np
from brainsand.read.network import load_network
network = load_network(1)
import os, time
time.sleep(1.0)
handles = [f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")]
links = [os.readlink(h) for h in handles if os.path.lexists(h)]
print([link for link in links if link.startswith("socket")], os.environ["ORT_DISABLE_TELEMETRY"])
"""


def test_loading_the_network_opens_no_connection_and_writes_nothing_at_home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    told = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")}
    environment = {**told, "HOME": str(home), "PYTHONPATH": str(SRC), "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["[]", "1"]
    assert list(home.rglob("*")) == []
