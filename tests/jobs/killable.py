"""Workers on a queue, in a process that a test may kill: python killable.py URL."""

from __future__ import annotations

import os
import signal
import sys

from fake_work import KINDS

from brainsand.jobs.job import Patience
from brainsand.jobs.kinds import Limits
from brainsand.jobs.queue import Queue
from brainsand.jobs.workers import Workers

if __name__ == "__main__":
    patience = Patience(lease_s=float(os.environ.get("LEASE_S", "60")), backoff_s=0.01, attempts=1000)
    queue = Queue.open(sys.argv[1], patience=patience)
    workers = Workers(queue, kinds=KINDS, number=1, limits=Limits(poll_s=0.02))
    signal.signal(signal.SIGTERM, lambda *_: workers.ask_to_stop())
    workers.run()
    queue.close()
