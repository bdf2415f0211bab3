"""A queue that lasts, and the workers that empty it: ``Queue`` to put in and ask, ``Workers`` to get it done.

What other rooms lean on (each name is loaded when first asked for)::

    queue = Queue.open("sqlite:////var/lib/brainsand/jobs.sqlite")     # or postgresql://...
    job = queue.put("scan", scan_payload(folder), key=series_uid, out=results)
    with Workers(queue, number=2):                                      # in this process; or `brainsand jobs work`
        for event in queue.wait(after=0, timeout_s=60, job=job.id):
            ...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from brainsand.jobs.job import ENDED, STATES, Claimed, Event, Job, Patience, State
    from brainsand.jobs.kinds import KINDS, Limits
    from brainsand.jobs.queue import Queue
    from brainsand.jobs.revise_job import revise_payload
    from brainsand.jobs.scan_job import scan_payload
    from brainsand.jobs.workers import Workers

__all__ = [
    "ENDED",
    "KINDS",
    "STATES",
    "Claimed",
    "Event",
    "Job",
    "Limits",
    "Patience",
    "Queue",
    "State",
    "Workers",
    "revise_payload",
    "scan_payload",
]

_HOME: Final = {
    **dict.fromkeys(("ENDED", "STATES", "Claimed", "Event", "Job", "Patience", "State"), "job"),
    **dict.fromkeys(("KINDS", "Limits"), "kinds"),
    "Queue": "queue",
    "Workers": "workers",
    "revise_payload": "revise_job",
    "scan_payload": "scan_job",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'brainsand.jobs' has no attribute {name!r}")
    return getattr(import_module(f"brainsand.jobs.{_HOME[name]}"), name)
