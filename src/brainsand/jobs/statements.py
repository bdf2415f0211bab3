"""What is asked of the database? Every statement of the queue, good for SQLite and PostgreSQL alike."""

from __future__ import annotations

from typing import Final

MARK: Final = (
    "INSERT INTO brainsand_job_meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"
)
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
SAME_KEY: Final = """
SELECT * FROM brainsand_jobs
WHERE kind = :kind AND key = :key AND state IN ('queued', 'running', 'done')
"""
# A wait longer than any we ask for comes from a clock that was set back: such a job is ready.
NEXT: Final = """
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
