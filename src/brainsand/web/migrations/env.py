"""Alembic's entry: runs the steps on the connection that ``store.open_store`` hands over."""

from __future__ import annotations

from alembic import context

from brainsand.web.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table="web_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
