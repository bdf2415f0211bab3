"""How does a row of the database become a record, and text something every database takes?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from brainsand.errors import UsageError
from brainsand.jobs.job import Event, Job
from brainsand.jobs.store import Row

MOST_JSON: Final = 1_000_000
"""Characters of a payload or a result; whatever is larger belongs into a file."""
MOST_WORDS: Final = 4_000
"""Characters of a reason or a remedy; the rest is cut off."""


def job_of(row: Row) -> Job:
    """The job of a row of ``brainsand_jobs``."""
    plain = {name: row[name] for name in _SAME}
    return Job(
        **plain,
        payload=json.loads(row["payload"]),
        out=Path(json.loads(row["out"])) if row["out"] else None,
        result=json.loads(row["result"]) if row["result"] else None,
        put_at=moment(row["put_at"]),
        ready_at=_maybe(row["ready_at"]),
        taken_at=_maybe(row["taken_at"]),
        ended_at=_maybe(row["ended_at"]),
    )


def event_of(row: Row) -> Event:
    """The event of a row of ``brainsand_job_events``."""
    return Event(**{**row, "at": moment(row["at"])})


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a moment of UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _maybe(seconds: float | None) -> datetime | None:
    return None if seconds is None else moment(seconds)


def json_of(record: Mapping[str, Any] | str, *, what: str) -> str:
    """JSON in ASCII, which holds whatever a file's name may hold; refused (UsageError) where it is none, or long.

    >>> json_of({"input": "Müller"}, what="payload")
    '{"input": "M\\\\u00fcller"}'
    """
    try:
        text = json.dumps(record, ensure_ascii=True, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as fault:
        raise UsageError(f"The {what} of a job must be JSON, and this is not: {fault}.") from fault
    if len(text) > MOST_JSON:
        raise UsageError(f"The {what} of a job has {len(text)} characters; at most {MOST_JSON} are taken.")
    return text


def words_of(text: str | None) -> str | None:
    """Words that every database takes: no NUL, no half characters, not too long.

    >>> words_of("a\\0b \\udcff")
    'ab \\\\udcff'
    """
    if text is None:
        return None
    clean = text.replace("\0", "").encode("utf-8", "backslashreplace").decode("utf-8")
    return clean if len(clean) <= MOST_WORDS else clean[: MOST_WORDS - 1] + "…"


_SAME: Final = (
    "id",
    "kind",
    "key",
    "priority",
    "state",
    "round",
    "attempts",
    "most_attempts",
    "worker",
    "stage",
    "share",
    "reason",
    "remedy",
    "code",
)
"""Columns that a job holds as they are."""
