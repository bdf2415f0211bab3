"""``brainsand listen`` in a process of its own, as in a hospital: started, looked at, killed, started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from free_port import free_port
from orthanc.server import Orthanc, wait_until

SRC = Path(__file__).parents[2] / "src"


class Listening:
    """The node as a process with its state in ``folder``."""

    def __init__(self, folder: Path, port: int, **options: Any) -> None:
        self.folder, self.port, self.health_port = folder, port, free_port()
        self._options = {
            "state": str(folder / "state"),
            "port": port,
            "health_port": self.health_port,
            "quiet_s": 2,
            "retry_s": 2,
            "retry_longest_s": 5,
            "limits": {"free_mib": 0},  # a trial says nothing about the disk it runs on
            **options,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "node.yaml"
        config.write_text(yaml.safe_dump(self._options))
        command = [sys.executable, "-m", "brainsand", "listen", "--config", str(config), "--verbose"]
        with (self.folder / "node.log").open("ab") as log:
            environment = {**os.environ, "PYTHONPATH": str(SRC), "OMP_NUM_THREADS": "1"}
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self.starts += 1
        wait_until(self._ready, "the node to be ready")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an operator would."""
        self._end(signal.SIGTERM)

    def health(self) -> dict[str, Any]:
        """Its health page."""
        return json.loads(self._page("/health"))

    def metrics(self) -> dict[str, float]:
        """Its metrics, by name with labels."""
        lines = [line for line in self._page("/metrics").splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def cpu_s(self) -> float:
        """The CPU seconds that the receiving process has used (proc(5), stat, fields 14 and 15)."""
        if self._process is None:
            raise RuntimeError("not started")
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Listening:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop()

    def _page(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def _ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"the node ended: {(self.folder / 'node.log').read_text()[-2000:]}")
        try:
            return bool(self.health()["ready"])
        except (urllib.error.URLError, ConnectionError):
            return False

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=60)
            self._process = None


def answering_to(
    orthanc: Orthanc, folder: Path, port: int, *, commit: bool = False, **options: Any
) -> Listening:
    """A node that takes from and answers to ``orthanc``, and where ``commit``, asks it to take charge."""
    peer = {"ae_title": "ORTHANC", "host": "127.0.0.1", "port": orthanc.dicom_port, "commit": commit}
    told = {"allow": ["ORTHANC"], "peers": {"orthanc": peer}, "send_to": ["orthanc"], **options}
    return Listening(folder, port, **told)
