"""Further revisions of sealed documents, and where each seal stands on its way up."""

import sqlalchemy as sa
from alembic import op

from app.adapters.postgres.migrations.queue import execute_script

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# As for the documents themselves. Credentials that exist are looked at once and then rest, unless
# a higher level is wanted. EXTERNAL: base64 of pictures does not get smaller.
REVISIONS_STAND = """
CREATE TRIGGER credential_revision_stands BEFORE UPDATE OR TRUNCATE ON credential_revision
    EXECUTE FUNCTION refuse_change();
ALTER TABLE credential_revision ALTER COLUMN document SET STORAGE EXTERNAL;
INSERT INTO credential_seal_level (credential, level, state, attempts, due_at)
    SELECT id, 'B-B', 'waiting', 0, sealed_at FROM credential WHERE sealed_at IS NOT NULL;
"""


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "credential_revision",
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("revision > 1", name=op.f("ck_credential_revision_further")),
        sa.CheckConstraint(
            "level IN ('B-B', 'B-LT', 'B-LTA', 'B-T')", name=op.f("ck_credential_revision_level")
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_credential_revision_sha256")),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_credential_revision_credential_credential"),
        ),
        sa.PrimaryKeyConstraint("credential", "revision", name=op.f("pk_credential_revision")),
    )
    op.create_table(
        "credential_seal_level",
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "level IN ('B-B', 'B-LT', 'B-LTA', 'B-T')", name=op.f("ck_credential_seal_level_level")
        ),
        sa.CheckConstraint(
            "state IN ('reached', 'refused', 'waiting')",
            name=op.f("ck_credential_seal_level_state"),
        ),
        sa.CheckConstraint(
            "(failure_code IS NULL) = (failed_at IS NULL)"
            " AND (failure_code IS NULL) = (failure_detail IS NULL)",
            name=op.f("ck_credential_seal_level_failure"),
        ),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_credential_seal_level_credential_credential"),
        ),
        sa.PrimaryKeyConstraint("credential", name=op.f("pk_credential_seal_level")),
    )
    op.create_index(
        "ix_credential_seal_level_due_at",
        "credential_seal_level",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    execute_script(REVISIONS_STAND)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("credential_seal_level")
    op.drop_table("credential_revision")
