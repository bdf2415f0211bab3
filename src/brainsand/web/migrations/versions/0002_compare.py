"""Whose scan a case is: a word that tells cases of one patient together and nobody who it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_compare"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; cases analyzed before have none."""
    op.add_column("web_cases", sa.Column("person", sa.String(length=32), nullable=True))
    op.create_index("web_cases_person", "web_cases", ["team", "person"], unique=False)


def downgrade() -> None:
    """Take it away."""
    op.drop_index("web_cases_person", "web_cases")
    op.drop_column("web_cases", "person")
