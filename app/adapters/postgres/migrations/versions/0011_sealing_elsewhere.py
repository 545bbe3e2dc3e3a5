"""Which seal a batch takes, what is to be signed elsewhere, and transcripts as they were signed."""

import sqlalchemy as sa
from alembic import op

from app.adapters.postgres.migrations.queue import execute_script

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TRANSCRIPTS_STAND = """
CREATE TRIGGER credential_transcript_stands BEFORE UPDATE ON credential_transcript
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    """Create them; batches of the release took the only seal that their issuer had."""
    op.add_column(
        "issuing_batch", sa.Column("seal", sa.Text(), nullable=False, server_default="default")
    )
    op.add_column(
        "issuing_batch", sa.Column("local", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for column in ("seal", "local"):
        op.alter_column("issuing_batch", column, server_default=None)
    op.create_table(
        "prepared_seal",
        sa.Column("batch", sa.Uuid(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("protected", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("certificate_sha256", sa.Text(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch"], ["issuing_batch.id"], name=op.f("fk_prepared_seal_batch_issuing_batch")
        ),
        sa.PrimaryKeyConstraint("batch", "registration", name=op.f("pk_prepared_seal")),
        sa.UniqueConstraint("batch", "credential", name=op.f("uq_prepared_seal_batch_credential")),
    )
    # Pictures do not get smaller, and trying costs more than the seal.
    op.execute("ALTER TABLE prepared_seal ALTER COLUMN payload SET STORAGE EXTERNAL")
    op.create_table(
        "credential_transcript",
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_credential_transcript_credential_credential"),
        ),
        sa.PrimaryKeyConstraint("credential", name=op.f("pk_credential_transcript")),
    )
    op.execute("ALTER TABLE credential_transcript ALTER COLUMN document SET STORAGE EXTERNAL")
    execute_script(_TRANSCRIPTS_STAND)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("credential_transcript")
    op.drop_table("prepared_seal")
    op.drop_column("issuing_batch", "local")
    op.drop_column("issuing_batch", "seal")
