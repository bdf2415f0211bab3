"""Alembic's entry: runs the steps on the connection that ``store.open_store`` hands over."""

from __future__ import annotations

from alembic import context

from brainsand.web.tables import METADATA


def run() -> None:
    """Bring the tables up to date."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        version_table="web_version",
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # Alembic runs this file; whoever merely reads it changes nothing
    run()
