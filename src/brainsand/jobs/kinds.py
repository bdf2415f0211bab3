"""What can be done in the queue, and what may one job use?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "scan": "brainsand.jobs.scan_job",
    "compare": "brainsand.jobs.compare_job",
    "revise": "brainsand.jobs.revise_job",
}
"""What can be done, and the module that does it: ``run(payload, folder, progress)``, and perhaps ``warm()`` and
``STAGES``, the stages in their order where they are not those of one scan.

``run`` writes into ``folder`` (which it makes), each file forced to the disk, and gives back a small JSON mapping.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use.

    ``expected_mb`` is set aside before another analysis begins beside one (measured: 1.24 GB at the peak of 160
    slices, 1.94 GB of 320; docs/limits.md). A process above ``memory_mb`` or ``time_s`` is ended.
    """

    time_s: float = 900.0
    memory_mb: float = 4000.0
    expected_mb: float = 1500.0
    jobs_per_process: int = 200
    poll_s: float = 0.5
