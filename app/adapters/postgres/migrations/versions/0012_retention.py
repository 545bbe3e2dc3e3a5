"""Retention: what was erased when, and which days have been seen to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.postgres.migrations.queue import execute_script

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ERASURES_STAND = """
CREATE TRIGGER erasure_record_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure_record
    EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "erasure_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("cutoff", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_record")),
    )
    op.create_index(op.f("ix_erasure_record_kind"), "erasure_record", ["kind"])
    op.create_table(
        "retention_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_retention_day")),
    )
    execute_script(ERASURES_STAND)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("retention_day")
    op.drop_table("erasure_record")
