"""The first tables: accounts, cases, edits, audit, uploads."""

from __future__ import annotations

from alembic import op

from brainsand.web.tables import METADATA

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    METADATA.create_all(op.get_bind())


def downgrade() -> None:
    """Drop them."""
    METADATA.drop_all(op.get_bind())
