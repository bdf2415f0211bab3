"""How does the queue lie in the database? Three tables, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Final

VERSION: Final = "1"
"""Goes up with every change of a table; a store of another version is refused, not guessed at."""

TABLES: Final[tuple[str, ...]] = (
    "CREATE TABLE IF NOT EXISTS brainsand_job_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS brainsand_jobs (
      id {serial},
      kind TEXT NOT NULL,
      key TEXT,
      payload TEXT NOT NULL,
      out TEXT,
      priority INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
      round INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      most_attempts INTEGER NOT NULL,
      put_at {real} NOT NULL,
      ready_at {real},
      taken_at {real},
      ended_at {real},
      worker TEXT,
      token TEXT,
      beat INTEGER NOT NULL,
      stage TEXT,
      share {real} NOT NULL,
      result TEXT,
      reason TEXT,
      remedy TEXT,
      code TEXT,
      CHECK ((state = 'running') <= (token IS NOT NULL))
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS brainsand_job_events (
      id {serial},
      job INTEGER NOT NULL,
      at {real} NOT NULL,
      what TEXT NOT NULL,
      words TEXT,
      share {real}
    )
    """,
    # The same work is queued once: the database itself holds it, whoever asks at the same time.
    """
    CREATE UNIQUE INDEX IF NOT EXISTS brainsand_jobs_key ON brainsand_jobs (kind, key)
      WHERE key IS NOT NULL AND state IN ('queued', 'running', 'done')
    """,
    """
    CREATE INDEX IF NOT EXISTS brainsand_jobs_next ON brainsand_jobs (priority DESC, id)
      WHERE state = 'queued'
    """,
    "CREATE INDEX IF NOT EXISTS brainsand_jobs_known ON brainsand_jobs (kind, key)",
    "CREATE INDEX IF NOT EXISTS brainsand_jobs_state ON brainsand_jobs (state, id)",
    "CREATE INDEX IF NOT EXISTS brainsand_job_events_job ON brainsand_job_events (job, id)",
)
