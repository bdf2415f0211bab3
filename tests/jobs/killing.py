"""Kills -9 again and again whoever empties a queue, at random moments or at a named one, and says what is left.

    python killing.py '{"url": ..., "folder": ..., "jobs": 20, "kills": 100, "seed": 1}'

A process of its own, with one thread, so that it may fork: a killed process costs milliseconds. The one that is
killed does what a worker does, take, results into the hidden folder, finish; all in one process.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from fake_work import write

from brainsand.jobs import ledger, receipt
from brainsand.jobs.job import Patience
from brainsand.jobs.owner import own_name
from brainsand.jobs.queue import Queue
from brainsand.jobs.receipt import attempt_folder, sweep

PATIENCE = Patience(lease_s=60.0, backoff_s=0.0, attempts=10_000)


def main(wish):
    folder, chance = Path(wish["folder"]), random.Random(wish["seed"])
    at_once = wish.get("at_once", 1)
    kills = 0
    with_queue(wish["url"], lambda queue: put(queue, folder, wish["jobs"]))
    if "window" in wish:  # it kills itself there
        kills = sum(os.WIFSIGNALED(os.waitpid(fork(wish), 0)[1]) for _ in range(wish["kills"]))
    while "window" not in wish and kills < wish["kills"]:
        workers = [fork(wish) for _ in range(at_once)]
        time.sleep(chance.uniform(*wish["after_s"]))
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        kills += sum(os.WIFSIGNALED(os.waitpid(pid, 0)[1]) for pid in workers)
        with_queue(wish["url"], lambda queue: top_up(queue, folder, wish["jobs"]))
    with_queue(wish["url"], empty)
    print(json.dumps(with_queue(wish["url"], summary) | {"kills": kills}))


def with_queue(url, act):
    queue = Queue.open(url, patience=PATIENCE)
    try:
        return act(queue)
    finally:
        queue.close()


def put(queue, folder, jobs):
    for n in range(jobs):
        queue.put("fake", {"n": n}, key=str(n), out=folder / str(n))


def top_up(queue, folder, jobs):
    """Keep as many jobs waiting, so that there is always something to be killed at."""
    counts = queue.counts()
    for n in range(sum(counts.values()), sum(counts.values()) + jobs - counts["queued"] - counts["running"]):
        queue.put("fake", {"n": n}, key=str(n), out=folder / str(n))


def fork(wish):
    pid = os.fork()
    if pid == 0:
        try:
            if "window" in wish:
                WINDOWS[wish["window"]]()
            with_queue(wish["url"], empty)
        finally:
            os._exit(0)
    return pid


def empty(queue):
    """Work until nothing is left."""
    while True:
        claimed = queue.take(own_name())
        if claimed is None:
            counts = queue.counts()
            if counts["queued"] + counts["running"] == 0:
                return
            time.sleep(0.005)
            continue
        sweep(queue.name, claimed.job, placed=False)
        if queue.recall(claimed):
            continue
        attempt = attempt_folder(queue.name, claimed)
        attempt.mkdir(parents=True)
        queue.progress(claimed, "find", 0.5)
        result = write(attempt / "results", claimed.job.payload)
        queue.finish(claimed, result, made=attempt / "results")
        sweep(queue.name, claimed.job, placed=True)


def summary(queue):
    """What a person would see: each job's state and events, and what lies in the folders."""
    jobs, before = [], None
    while page := queue.list(limit=1000, before=before):
        before = page[-1].id
        jobs += page
    done = {job.id: 0 for job in jobs}
    after = 0
    while events := queue.events(after=after, limit=1000):
        after = events[-1].id
        for event in events:
            done[event.job] += event.what == "done"
    return {
        "counts": queue.counts(),
        "not_done_once": [id for id, times in done.items() if times != 1],
        "wrong_results": [job.id for job in jobs if not right(job)],
        "folders": len({job.out for job in jobs}),
        "left_over": sorted({p.name for job in jobs for p in job.out.parent.glob(".*")}),
        "strangers": sorted(
            {p.name for job in jobs for p in job.out.parent.iterdir()} - {j.out.name for j in jobs}
        ),
        "attempts": sum(job.attempts for job in jobs),
        "jobs": len(jobs),
    }


def right(job):
    record = json.loads((job.out / "case.json").read_text())
    found = json.loads((job.out / "job.json").read_text())
    return (
        record == {"n": job.payload["n"]}
        and found["job"] == job.id
        and found["outcome"]["result"] == job.result
        and sorted(p.name for p in job.out.iterdir()) == ["case.json", "job.json", "report.html"]
    )


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def dies_before(module, name):
    setattr(module, name, die)


def dies_after(module, name):
    act = getattr(module, name)
    setattr(module, name, lambda *a, **k: (act(*a, **k), die()))


def dies_at_rename(number):
    """In the middle of moving results into a folder that holds earlier ones."""
    rename, seen = Path.rename, []

    def counted(self, target):
        seen.append(target)
        if len(seen) == number:
            die()
        return rename(self, target)

    Path.rename = counted


WINDOWS = {
    "taken, nothing done": lambda: dies_after(Queue, "take"),
    "results written": lambda: dies_before(Queue, "finish"),
    "about to place": lambda: dies_before(ledger, "place_results"),
    "receipt written": lambda: dies_before(receipt, "put_in_place"),
    "placed, not recorded": lambda: dies_after(ledger, "place_results"),
    "recorded, not cleared": lambda: dies_after(Queue, "finish"),
    **{f"rename {n}": lambda n=n: dies_at_rename(n) for n in range(1, 9)},
}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
