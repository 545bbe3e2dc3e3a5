"""What a plan of an import is carried out from, beside the verdicts."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("email_folded", sa.Text(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("is_new", sa.Boolean(), nullable=True),
        sa.Column("answers", JSONB(), nullable=True),
        sa.Column("answers_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("person_is", sa.Text(), nullable=True),
        sa.Column("first_row", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Text(collation="C"), nullable=True),
        sa.Column("affiliation_kind", sa.Text(), nullable=True),
        sa.Column("affiliation_name", sa.Text(), nullable=True),
        sa.Column("entry_reason", sa.Text(), nullable=True),
        sa.Column("entry_warnings", JSONB(), nullable=True),
    ]


def upgrade() -> None:
    """Plans made before are made anew when they are carried out."""
    op.add_column("response_import", sa.Column("mark", sa.Text(), nullable=True))
    for column in _columns():
        op.add_column("import_row", column)


def downgrade() -> None:
    """Drop them."""
    for column in reversed(_columns()):
        op.drop_column("import_row", column.name)
    op.drop_column("response_import", "mark")
