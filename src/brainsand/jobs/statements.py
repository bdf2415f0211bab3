"""What is asked of the database? Every statement of the queue, good for SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from brainsand.errors import UsageError
from brainsand.jobs.job import STATES, State

MARK: Final = (
    "INSERT INTO brainsand_job_meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"
)
META: Final = "SELECT * FROM brainsand_job_meta"
NOTE: Final = """
INSERT INTO brainsand_job_events (job, at, what, words, share) VALUES (:id, :now, :what, :words, :share)
"""
PUT: Final = """
INSERT INTO brainsand_jobs
  (kind, key, payload, out, priority, state, round, attempts, most_attempts, put_at, beat, share)
VALUES (:kind, :key, :payload, :out, :priority, 'queued', 1, 0, :most, :now, 0, 0)
ON CONFLICT (kind, key) WHERE key IS NOT NULL AND state IN ('queued', 'running', 'done') DO NOTHING
RETURNING *
"""
JOB: Final = "SELECT * FROM brainsand_jobs WHERE id = :id"
NEWEST: Final = "SELECT * FROM brainsand_jobs WHERE kind = :kind AND key = :key ORDER BY id DESC LIMIT 1"
COUNTS: Final = "SELECT state, count(*) AS jobs FROM brainsand_jobs GROUP BY state"
RUNNING: Final = "SELECT * FROM brainsand_jobs WHERE state = 'running'"
TOKENS: Final = "SELECT token FROM brainsand_jobs WHERE state = 'running'"
SAME_KEY: Final = """
SELECT * FROM brainsand_jobs
WHERE kind = :kind AND key = :key AND state IN ('queued', 'running', 'done')
"""
# A wait longer than any we ask for comes from a clock that was set back: such a job is ready.
_NEXT: Final = """
SELECT id FROM brainsand_jobs
WHERE state = 'queued' AND (ready_at IS NULL OR ready_at <= :now OR ready_at > :now + :longest) {kinds}
ORDER BY priority DESC, id LIMIT 1
"""
TAKE: Final = """
UPDATE brainsand_jobs
SET state = 'running', attempts = attempts + 1, worker = :worker, token = :token, beat = beat + 1,
  taken_at = :now, ready_at = NULL, stage = NULL, share = 0
WHERE id = ({next}) RETURNING *
"""
BEAT: Final = """
UPDATE brainsand_jobs SET beat = beat + 1
WHERE id = :id AND token = :token AND state = 'running' RETURNING *
"""
PROGRESS: Final = """
UPDATE brainsand_jobs SET beat = beat + 1, stage = :stage, share = :share
WHERE id = :id AND token = :token AND state = 'running' RETURNING *
"""
# An update that changes nothing locks the row in either database.
LOCK: Final = "UPDATE brainsand_jobs SET beat = beat WHERE id = :id AND token = :token RETURNING *"
SILENT: Final = """
UPDATE brainsand_jobs SET beat = beat
WHERE id = :id AND token = :token AND beat = :beat AND state = 'running' RETURNING *
"""
END: Final = """
UPDATE brainsand_jobs
SET state = :state, ended_at = :now, result = :result, reason = :reason, remedy = :remedy, code = :code,
  share = CASE WHEN :state = 'done' THEN 1.0 ELSE share END
WHERE id = :id AND token = :token AND state = 'running' RETURNING *
"""
RETURN: Final = """
UPDATE brainsand_jobs
SET state = 'queued', token = NULL, worker = NULL, attempts = attempts - :refund, ready_at = :ready,
  stage = NULL, share = 0, reason = :reason, remedy = :remedy, code = :code
WHERE id = :id AND token = :token AND state = 'running' RETURNING *
"""
CANCEL: Final = """
UPDATE brainsand_jobs SET state = 'cancelled', token = NULL, ended_at = :now
WHERE id = :id AND state IN ('queued', 'running', 'failed') RETURNING *
"""
REQUEUE: Final = """
UPDATE brainsand_jobs
SET state = 'queued', round = round + 1, attempts = 0, token = NULL, worker = NULL, ready_at = NULL,
  taken_at = NULL, ended_at = NULL, stage = NULL, share = 0, result = NULL, reason = NULL, remedy = NULL, code = NULL
WHERE id = :id AND state IN ('done', 'failed', 'cancelled') RETURNING *
"""
PRUNE: Final = """
DELETE FROM brainsand_jobs
WHERE (state IN ('done', 'cancelled') AND ended_at < :before) OR (state = 'failed' AND ended_at < :failed_before)
RETURNING id
"""
FORGET_EVENTS: Final = "DELETE FROM brainsand_job_events WHERE job = :id RETURNING id"
LAST_EVENT: Final = "SELECT coalesce(max(id), 0) AS id FROM brainsand_job_events"


def next_of(kinds: Sequence[str]) -> str:
    """The job that is next, of these kinds (``:kind0``, ``:kind1``, ...) where any are named."""
    named = ", ".join(f":kind{i}" for i in range(len(kinds)))
    return _NEXT.format(kinds=f"AND kind IN ({named})" if kinds else "")


def listed(*, state: State | None, before: bool) -> str:
    """Jobs, the newest first; those in one state alone, those numbered below ``:before`` alone.

    The state is written out, so that the indexes of single states serve; ``UsageError`` where there is no such state.

    >>> listed(state="failed", before=False)
    "SELECT * FROM brainsand_jobs WHERE state = 'failed' ORDER BY id DESC LIMIT :limit"
    """
    wanted = [f"state = '{_known(state)}'"] if state else []
    wanted += ["id < :before"] if before else []
    where = f"WHERE {' AND '.join(wanted)} " if wanted else ""
    return f"SELECT * FROM brainsand_jobs {where}ORDER BY id DESC LIMIT :limit"


def events(*, of_job: bool) -> str:
    """What happened after ``:after``, the oldest first; to ``:job`` alone."""
    one = "AND job = :job " if of_job else ""
    return (
        f"SELECT id, job, at, what, words, share FROM brainsand_job_events WHERE id > :after {one}"
        "ORDER BY id LIMIT :limit"
    )


def _known(state: str) -> str:
    if state not in STATES:
        raise UsageError(f"{state!r} is no state of a job: {', '.join(STATES)}.")
    return state
