"""Three trials of the node against a real Orthanc: the results come back, a kill does no harm, many at once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from brainsand.errors import UsageError
from brainsand.report.pdf import check_pdf
from free_port import free_port
from orthanc.listening import Listening, answering_to
from orthanc.patients import copies, dated_today, virtual_patients
from orthanc.server import Orthanc, running, wait_until


def _pdf_can_be_made() -> bool:
    try:
        check_pdf()
    except UsageError:
        return False
    return True


RESULTS = ("SEG", "SR", "DOC") if _pdf_can_be_made() else ("SEG", "SR")
"""Modalities of what comes back for a scan with calcium in it: mask, report for machines, report for people."""


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What Orthanc holds of each study at the end, by name, and how long it took."""

    studies: Mapping[str, Counter[str]]
    rows: Sequence[tuple[str, str, int, str]]
    seconds: float
    kills: int = 0
    committed: int = 0
    received_per_s: float | None = None
    received_cpu_s: float | None = None


def demo(folder: Path, real: Path | None, *, patience_s: float = 600) -> Returned:
    """A real scan (where it is here) and three virtual patients go to the node; their results come back."""
    scans = virtual_patients(folder / "virtual", ("physiologic", "pfbc", "hypoparathyroidism"))
    if real is not None:
        scans.insert(0, (real.name, sorted(p for p in real.iterdir() if p.is_file())))
    port = free_port()
    with running(folder / "orthanc", node_port=port) as orthanc:
        studies = {name: orthanc.keep(files) for name, files in scans}
        with answering_to(orthanc, folder / "node", port, commit=True) as node:
            began = time.monotonic()
            for study in studies.values():
                orthanc.send(study)
            _wait_for_results(orthanc, studies.values(), patience_s)
            seconds = time.monotonic() - began
            wait_until(lambda: _idle(node), "the node to be idle", patience_s=patience_s)
            committed = node.metrics().get('brainsand_commitments_total{outcome="committed"}', 0)
        rows = [
            (name, row["modality"], row["objects"], row["description"])
            for name, study in studies.items()
            for row in orthanc.listed(study)
        ]
        found = {name: orthanc.objects(study) for name, study in studies.items()}
    return Returned(studies=found, rows=rows, seconds=seconds, committed=int(committed))


def kill(folder: Path, *, studies: int, kills: int, seed: int, patience_s: float = 600) -> Returned:
    """The node is killed (SIGKILL) at random moments while it receives, analyzes and sends, and started again."""
    chance = random.Random(seed)
    ((_, files),) = virtual_patients(folder / "virtual", ("physiologic",))
    port = free_port()
    with running(folder / "orthanc", node_port=port) as orthanc:
        numbers = [orthanc.keep(copy) for copy in copies(files, folder / "copies", studies)]
        node = answering_to(orthanc, folder / "node", port)
        began = time.monotonic()
        with node:
            jobs = [orthanc.send(study) for study in numbers]
            for number in range(kills):
                # The first kill falls into the sending, the others anywhere up to the end.
                time.sleep(chance.uniform(0.1, 1.5) if number == 0 else chance.uniform(1.0, 15.0))
                node.kill()
                node.start()
                _send_again(orthanc, jobs)
            wait_until(lambda: _all_sent(orthanc, jobs), "Orthanc to send", patience_s=patience_s)
            _wait_for_results(orthanc, numbers, patience_s)
            wait_until(lambda: _idle(node), "the node to be idle", patience_s=patience_s)
        found = {f"study {k}": orthanc.objects(study) for k, study in enumerate(numbers)}
    return Returned(studies=found, rows=(), seconds=time.monotonic() - began, kills=kills)


def many(folder: Path, *, studies: int, patience_s: float = 1800) -> Returned:
    """So many studies are pushed at once; the results are back for each."""
    ((_, files),) = virtual_patients(folder / "virtual", ("physiologic",))
    port = free_port()
    with running(folder / "orthanc", node_port=port) as orthanc:
        numbers = [orthanc.keep(copy) for copy in copies(files, folder / "copies", studies)]
        with answering_to(orthanc, folder / "node", port, workers=2, quiet_s=3) as node:
            before, began = node.cpu_s(), time.monotonic()
            jobs = [orthanc.send(study) for study in numbers]
            wait_until(lambda: _all_sent(orthanc, jobs), "Orthanc to send", patience_s=patience_s)
            took, cpu = time.monotonic() - began, node.cpu_s() - before
            _wait_for_results(orthanc, numbers, patience_s)
        found = {f"study {k}": orthanc.objects(study) for k, study in enumerate(numbers)}
    images = studies * len(files)
    return Returned(
        studies=found,
        rows=(),
        seconds=time.monotonic() - began,
        received_per_s=images / took,
        received_cpu_s=cpu / images,
    )


def _wait_for_results(orthanc: Orthanc, studies, patience_s: float) -> None:
    def all_back() -> bool:
        return all(orthanc.objects(study).keys() >= set(RESULTS) for study in studies)

    wait_until(all_back, "the results of every study", patience_s=patience_s, every_s=1.0)


def _all_sent(orthanc: Orthanc, jobs: Sequence[str]) -> bool:
    _send_again(orthanc, jobs)
    return all(orthanc.sent(job) for job in jobs)


def _send_again(orthanc: Orthanc, jobs: Sequence[str]) -> None:
    for job in jobs:
        if orthanc.sent(job) is False:
            orthanc.send_again(job)


def _idle(node: Listening) -> bool:
    health = node.health()
    return not health["waiting"] and not health["jobs"]["queued"] and not health["jobs"]["running"]


def web(folder: Path, *, patience_s: float = 600) -> Returned:
    """The node finds a study on Orthanc by QIDO, fetches it by WADO and returns its results by STOW."""
    scans = virtual_patients(folder / "virtual", ("physiologic",))
    with running(folder / "orthanc", node_port=free_port()) as orthanc:
        studies = {name: orthanc.keep(dated_today(files)) for name, files in scans}
        server = {"url": orthanc.dicomweb, "every_s": 2}
        with Listening(folder / "node", free_port(), dicomweb=server) as node:
            began = time.monotonic()
            _wait_for_results(orthanc, studies.values(), patience_s)
            wait_until(lambda: _idle(node), "the node to be idle", patience_s=patience_s)
        found = {name: orthanc.objects(study) for name, study in studies.items()}
    return Returned(studies=found, rows=(), seconds=time.monotonic() - began)


def receive(folder: Path, real: Path, *, studies: int, patience_s: float = 600) -> Returned:
    """How fast whole images of 512 by 512 come in, with nothing else to do: copies of a real scan, pushed at once."""
    files = sorted(p for p in real.iterdir() if p.is_file())
    port = free_port()
    with running(folder / "orthanc", node_port=port) as orthanc:
        numbers = [orthanc.keep(copy) for copy in copies(files, folder / "copies", studies)]
        with answering_to(orthanc, folder / "node", port, quiet_s=3600) as node:
            before, began = node.cpu_s(), time.monotonic()
            jobs = [orthanc.send(study) for study in numbers]
            wait_until(lambda: _all_sent(orthanc, jobs), "Orthanc to send", patience_s=patience_s)
            took, cpu = time.monotonic() - began, node.cpu_s() - before
    images = studies * len(files)
    return Returned(
        studies={}, rows=(), seconds=took, received_per_s=images / took, received_cpu_s=cpu / images
    )
