"""What does the database hold? The same tables in SQLite and PostgreSQL; ``migrations`` makes and changes them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData()
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")

META: Final = Table(
    "web_meta", METADATA, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False)
)
USERS: Final = Table(
    "web_users",
    METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password", Text),
    Column("role", String(16), nullable=False),
    Column("team", String(64), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("made_at", Double, nullable=False),
)
SESSIONS: Final = Table(
    "web_sessions",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("user_id", _NUMBER, ForeignKey("web_users.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("made_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Index("web_sessions_user", "user_id"),
)
TOKENS: Final = Table(
    "web_tokens",
    METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("user_id", _NUMBER, ForeignKey("web_users.id", ondelete="CASCADE"), nullable=False),
    Column("label", String(120), nullable=False),
    Column("made_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)
CASES: Final = Table(
    "web_cases",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("team", String(64), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("stage", String(64)),
    Column("share", Double, nullable=False),
    Column("job", _NUMBER),
    Column("put_at", Double, nullable=False),
    Column("done_at", Double),
    Column("version", Integer, nullable=False),
    Column("edits", Integer, nullable=False),
    Column("level", String(16)),
    Column("level_rank", Integer, nullable=False),
    Column("headline", Text),
    Column("cause", Text),
    Column("cause_share", Double),
    Column("sites", Text, nullable=False),
    Column("deposits", Integer),
    Column("age_years", Double),
    Column("sex", String(1)),
    Column("search", Text, nullable=False),
    Column("reason", Text),
    Column("remedy", Text),
    Column("code", String(64)),
    Column("person", String(32)),
    Index("web_cases_team", "team", "number"),
    Index("web_cases_level", "team", "level_rank", "number"),
    Index("web_cases_state", "state", "number"),
    Index("web_cases_job", "job"),
    Index("web_cases_person", "team", "person"),
    sqlite_autoincrement=True,  # the number of a removed case is not given again
)
EDITS: Final = Table(
    "web_edits",
    METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("case_id", String(16), ForeignKey("web_cases.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(16), nullable=False),
    Column("deposit", Integer),
    Column("body", Text, nullable=False),
    Column("undoes", _NUMBER),
    UniqueConstraint("case_id", "version", name="web_edits_version"),
)
AUDIT: Final = Table(
    "web_audit",
    METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(32), nullable=False),
    Column("about", String(120), nullable=False),
    Column("more", Text, nullable=False),
    Column("address", String(64), nullable=False),
)
UPLOADS: Final = Table(
    "web_uploads",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("team", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("made_at", Double, nullable=False),
)
