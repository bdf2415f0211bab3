"""A queue that lasts, and the workers that empty it: ``Queue`` to put in and ask, ``Workers`` to get it done.

What other rooms lean on::

    queue = Queue.open("sqlite:////var/lib/brainsand/jobs.sqlite")     # or postgresql://...
    job = queue.put("scan", scan_payload(folder), key=series_uid, out=results)
    with Workers(queue, number=2):                                      # in this process; or `brainsand jobs work`
        for event in queue.wait(after=0, timeout_s=60, job=job.id):
            ...
"""

from brainsand.jobs.job import ENDED, STATES, Claimed, Event, Job, Patience, State
from brainsand.jobs.queue import Queue

__all__ = ["ENDED", "STATES", "Claimed", "Event", "Job", "Patience", "Queue", "State"]
