"""Orthanc, another people's DICOM server (Debian: orthanc, orthanc-dicomweb): installed, started, asked, stopped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from free_port import free_port

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
PACKAGES = ("orthanc", "orthanc-dicomweb")
PATIENCE_S = 60.0


def executable() -> str | None:
    """Where Orthanc is; None where it is not installed."""
    found = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")
    return found if found and PLUGIN.exists() else None


def install() -> str:
    """Install Orthanc where it is missing and we may; where it is then."""
    if executable() is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise SystemExit(
                f"Orthanc is not installed: apt-get install --no-install-recommends {' '.join(PACKAGES)}"
            )
        quiet = {"check": True, "stdout": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
        subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, **quiet)
    found = executable()
    if found is None:
        raise SystemExit("Orthanc was installed but is not to be found.")
    return found


class Orthanc:
    """A running Orthanc; ``node_port`` is where it finds the node BRAINSAND."""

    def __init__(self, dicom_port: int, http_port: int, version: str) -> None:
        self.dicom_port, self.version = dicom_port, version
        self.url = f"http://127.0.0.1:{http_port}"

    @property
    def dicomweb(self) -> str:
        """The root of its DICOMweb services."""
        return f"{self.url}/dicom-web"

    def ask(self, path: str, body: bytes | dict[str, Any] | None = None) -> Any:
        """A request of its REST interface; POST where there is a body."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        request = urllib.request.Request(self.url + path, data=data)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def keep(self, files: Iterable[Path]) -> str:
        """Put files of one study into it; its number for the study."""
        studies = {self.ask("/instances", file.read_bytes())["ParentStudy"] for file in files}
        (study,) = studies
        return study

    def send(self, study: str) -> str:
        """Have it send a study to the node by C-STORE; the number of its job."""
        asked = {"Resources": [study], "Synchronous": False}
        return str(self.ask("/modalities/brainsand/store", asked)["ID"])

    def sent(self, job: str) -> bool | None:
        """Whether a job of sending has ended well; None while it goes on."""
        return {"Success": True, "Failure": False}.get(self.ask(f"/jobs/{job}")["State"])

    def send_again(self, job: str) -> None:
        """Begin a failed job of sending anew, as an archive does."""
        self.ask(f"/jobs/{job}/resubmit", {})

    def objects(self, study: str) -> Counter[str]:
        """How many objects of each modality it holds of a study."""
        found: Counter[str] = Counter()
        for series in self.ask(f"/studies/{study}/series"):
            found[series["MainDicomTags"].get("Modality", "?")] += len(series["Instances"])
        return found

    def listed(self, study: str) -> list[dict[str, Any]]:
        """Its series of a study: modality, description, number of objects, first object."""
        rows = []
        for series in self.ask(f"/studies/{study}/series"):
            tags = series["MainDicomTags"]
            rows.append(
                {
                    "modality": tags.get("Modality", "?"),
                    "description": tags.get("SeriesDescription", ""),
                    "objects": len(series["Instances"]),
                    "first": series["Instances"][0],
                }
            )
        return sorted(rows, key=lambda row: (row["modality"] != "CT", row["modality"]))


@contextmanager
def running(folder: Path, *, node_port: int, **more: Any) -> Iterator[Orthanc]:
    """Orthanc on free loopback ports with its files in ``folder``, for as long as the block lasts.

    ``more`` are options of its own (``orthanc.json``).
    """
    program = install()
    dicom_port, http_port = free_port(), free_port()
    options = {
        "Name": "trial",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "DicomAet": "ORTHANC",
        "DicomPort": dicom_port,
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomModalities": {"brainsand": ["BRAINSAND", "127.0.0.1", node_port]},
        "DicomCheckCalledAet": True,
        "OverwriteInstances": True,
        "JobsHistorySize": 1000,
        "ConcurrentJobs": 4,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **more,
    }
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "orthanc.json"
    config.write_text(json.dumps(options))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([program, str(config)], stdout=log, stderr=subprocess.STDOUT)
    orthanc = Orthanc(dicom_port, http_port, _version(program))
    try:
        wait_until(lambda: _answers(orthanc, process), f"Orthanc to answer at {orthanc.url}")
        yield orthanc
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until(holds: Any, what: str, *, patience_s: float = PATIENCE_S, every_s: float = 0.2) -> None:
    """Wait for ``holds()``; TimeoutError with words where it does not come."""
    until = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {patience_s:.0f} s in vain for {what}")
        time.sleep(every_s)


def _answers(orthanc: Orthanc, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"Orthanc ended with {process.returncode}")
    try:
        return bool(orthanc.ask("/system")["DicomAet"] == "ORTHANC")
    except (urllib.error.URLError, ConnectionError):
        return False


def _version(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return said.split("\n", 1)[0].replace("Orthanc ", "")
