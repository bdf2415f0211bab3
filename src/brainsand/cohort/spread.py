"""Who does the work? dask: processes of this machine, a cluster's scheduler, or a batch system; or this process alone.

Whoever does it, each scan is read in a child of a nest (``nest``), so a worker holds one nest and does one scan at a
time. dask gives a lost worker's scan to another. Results do not travel: they are on the shared disk, and only a few
words of what became of the scan come back.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import socket
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Final

from brainsand.cohort.brood import TODO, WORK, Nest
from brainsand.errors import UsageError

Job = dict[str, Any]
Answer = dict[str, Any]

AHEAD: Final = 3
"""Scans handed out ahead of each worker: enough that none waits, few enough that stopping is quick."""
BATCH: Final = {
    "slurm": ("dask_jobqueue", "SLURMCluster"),
    "pbs": ("dask_jobqueue", "PBSCluster"),
    "kubernetes": ("dask_kubernetes.operator", "KubeCluster"),
}
_SETTINGS: Final = {
    "distributed.scheduler.allowed-failures": 3,
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    # dask looks at itself a hundred times a second, for tasks of milliseconds; ours take seconds.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "30s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.gil.enabled": False,
}
_PORT: Final = 8787


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """``cluster``: none (this process and its nests), local, slurm, pbs, kubernetes, or a scheduler's address.

    ``options`` go to the batch system's cluster as they are. ``work`` is the module that reads a scan.
    """

    cluster: str = "local"
    workers: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    work: str = WORK


def answers(
    jobs: Iterable[Job], how: How, *, tell: Callable[[str], object] = print
) -> Generator[Answer, None, None]:
    """What became of each job, in the order they end; closing the iterator stops the work.

    ``tell`` hears where the work can be watched.
    """
    with _hands(how, tell) as hand_out:
        yield from hand_out(jobs)


@contextlib.contextmanager
def _hands(how: How, tell: Callable[[str], object]) -> Iterator[Callable[[Iterable[Job]], Iterator[Answer]]]:
    if how.cluster == "none":
        with _own_nests(how) as hand_out:
            yield hand_out
    else:
        with _dask(how, tell) as client:
            yield lambda jobs: _through(client, jobs, how)


@contextlib.contextmanager
def _own_nests(how: How) -> Iterator[Callable[[Iterable[Job]], Iterator[Answer]]]:
    """Nests of this process, each minded by a thread; no dask."""
    free = [Nest(work=how.work) for _ in range(how.workers)]
    every = tuple(free)

    def read(job: Job) -> Answer:
        nest = free.pop()
        try:
            return nest.run(job)
        finally:
            free.append(nest)

    threads = ThreadPoolExecutor(max_workers=how.workers)
    try:
        yield lambda jobs: _flow(jobs, lambda job: threads.submit(read, job), how.workers)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for nest in every:
            nest.stop()


def _flow(jobs: Iterable[Job], submit: Callable[[Job], Future[Answer]], ahead: int) -> Iterator[Answer]:
    waiting = iter(jobs)
    running = {submit(job) for job in itertools.islice(waiting, ahead)}
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        running |= {submit(job) for job in itertools.islice(waiting, len(done))}
        yield from (future.result() for future in done)


@contextlib.contextmanager
def _dask(how: How, tell: Callable[[str], object]) -> Iterator[Any]:
    try:
        import dask
        from distributed import Client
    except ImportError as missing:
        raise UsageError(
            f"{missing.name} is not installed, which spreads a cohort over workers. Install brainsand[cohort], or "
            "use --cluster none."
        ) from missing
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(_SETTINGS))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        place = how.cluster if "://" in how.cluster else stack.enter_context(_cluster(how))
        client = stack.enter_context(Client(place))
        if client.dashboard_link:
            tell(f"watch it at {client.dashboard_link}")
        yield client


def _cluster(how: How) -> Any:
    """A cluster of this machine's processes, or of a batch system's jobs."""
    if how.cluster == "local":
        from distributed import LocalCluster

        return LocalCluster(
            n_workers=how.workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,  # each scan is watched by its nest
            host="127.0.0.1",
            dashboard_address=f"127.0.0.1:{_free_port()}",
            silence_logs=logging.CRITICAL,
        )
    if how.cluster not in BATCH:
        known = ", ".join(("none", "local", *BATCH))
        raise UsageError(
            f"--cluster {how.cluster}: give {known}, or a scheduler's address (tcp://host:8786)."
        )
    module, name = BATCH[how.cluster]
    try:
        kind = getattr(__import__(module, fromlist=[name]), name)
    except ImportError as missing:
        needed = module.partition(".")[0].replace("_", "-")
        raise UsageError(f"--cluster {how.cluster} needs {needed}: pip install {needed}.") from missing
    given = {"cores": 1, "processes": 1} if module == "dask_jobqueue" else {}
    cluster = kind(**{**given, **how.options})
    cluster.scale(how.workers)
    return cluster


def _free_port() -> int:
    """dask's own port for watching where it is free, else any."""
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", _PORT))
        except OSError:
            return 0
    return _PORT


def _through(client: Any, jobs: Iterable[Job], how: How) -> Iterator[Answer]:
    from distributed import as_completed

    waiting = iter(jobs)
    names: dict[Any, str] = {}

    def submit(job: Job) -> Any:
        future = client.submit(read_job, job, how.work, key=f"scan-{job['unit']['id']}", pure=False)
        names[future.key] = job["unit"]["id"]
        return future

    line = as_completed([submit(job) for job in itertools.islice(waiting, AHEAD * how.workers)])
    for future in line:
        yield _answer(future, names.pop(future.key))
        future.release()
        for job in itertools.islice(waiting, 1):
            line.add(submit(job))


def _answer(future: Any, unit: str) -> Answer:
    fault = future.exception()
    if fault is None:
        found: Answer = future.result()
        return found
    words = f"The worker that read it was lost, three times ({type(fault).__name__})."
    return {"unit": unit, "state": "failed", "code": "lost", "came": words, "todo": TODO["lost"]}


_NESTS: dict[str, Nest] = {}


def read_job(job: Job, work: str = WORK) -> Answer:
    """One job on a worker, which keeps its nest between jobs."""
    return _NESTS.setdefault(work, Nest(work=work)).run(job)


@atexit.register
def _close_nests() -> None:
    """No nest outlives its worker, and none is left to be reaped."""
    for nest in _NESTS.values():
        nest.stop()
