"""Credentials: issuing batches, credentials, and the sealed documents that never change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.postgres.migrations.queue import execute_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What was sealed stands: neither its bytes nor what it was sealed from can be changed, and a
# credential cannot be pointed at another document or another award. Erasure may delete.
SEALED_STANDS = """
CREATE TRIGGER credential_document_stands BEFORE UPDATE OR TRUNCATE ON credential_document
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER credential_image_stands BEFORE UPDATE OR TRUNCATE ON credential_image
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER credential_source_stands BEFORE UPDATE OR TRUNCATE ON credential_source
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER issuing_specification_stands BEFORE UPDATE OR TRUNCATE ON issuing_specification
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER issuing_batch_item_stands BEFORE UPDATE OR TRUNCATE ON issuing_batch_item
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER credential_seal_stands BEFORE UPDATE ON credential FOR EACH ROW
    WHEN (OLD.registration IS DISTINCT FROM NEW.registration
        OR (OLD.sha256 IS NOT NULL AND OLD.sha256 IS DISTINCT FROM NEW.sha256)
        OR (OLD.sealed_at IS NOT NULL AND OLD.sealed_at IS DISTINCT FROM NEW.sealed_at))
    EXECUTE FUNCTION refuse_change();
ALTER TABLE credential_document ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE credential_image ALTER COLUMN image SET STORAGE EXTERNAL;
"""
# EXTERNAL: pictures do not get smaller by compressing them again, and trying costs time.


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "issuing_specification",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_issuing_specification")),
    )
    op.create_table(
        "issuing_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("proposal", sa.Uuid(), nullable=False),
        sa.Column("proposal_version", sa.Integer(), nullable=False),
        sa.Column("certified_hash", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("certificate_sha256", sa.Text(), nullable=False),
        sa.Column("development", sa.Boolean(), nullable=False),
        sa.Column("not_ready", sa.Integer(), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", JSONB(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('approved', 'cancelled', 'finished', 'prepared', 'running', 'stopped')",
            name=op.f("ck_issuing_batch_state"),
        ),
        sa.CheckConstraint(
            "state IN ('prepared', 'cancelled') OR approved_by IS NOT NULL",
            name=op.f("ck_issuing_batch_approval"),
        ),
        sa.CheckConstraint("approved_by <> prepared_by", name=op.f("ck_issuing_batch_two_people")),
        sa.ForeignKeyConstraint(
            ["issuer"], ["institution.code"], name=op.f("fk_issuing_batch_issuer_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuing_batch")),
    )
    op.create_index(op.f("ix_issuing_batch_edition"), "issuing_batch", ["edition"], unique=False)
    op.create_index(op.f("ix_issuing_batch_issuer"), "issuing_batch", ["issuer"], unique=False)
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("proposal", sa.Uuid(), nullable=False),
        sa.Column("proposal_version", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("batch", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("organisation_identifier", sa.Text(), nullable=True),
        sa.Column("certificate_sha256", sa.Text(), nullable=True),
        sa.Column("development", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=True),
        sa.Column("languages", JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("pending", JSONB(), nullable=True),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_credential_sha256")),
        sa.CheckConstraint(
            "state IN ('approved', 'draft') OR (sha256 IS NOT NULL AND sealed_at IS NOT NULL"
            " AND approved_by IS NOT NULL)",
            name=op.f("ck_credential_sealed"),
        ),
        sa.CheckConstraint(
            "state IN ('approved', 'draft', 'revoked', 'sealed', 'superseded', 'suspended')",
            name=op.f("ck_credential_state"),
        ),
        sa.CheckConstraint("approved_by <> prepared_by", name=op.f("ck_credential_two_people")),
        sa.ForeignKeyConstraint(
            ["batch"], ["issuing_batch.id"], name=op.f("fk_credential_batch_issuing_batch")
        ),
        sa.ForeignKeyConstraint(
            ["issuer"], ["institution.code"], name=op.f("fk_credential_issuer_institution")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes"], ["credential.id"], name=op.f("fk_credential_supersedes_credential")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
    )
    op.create_index(op.f("ix_credential_batch"), "credential", ["batch"], unique=False)
    op.create_index(op.f("ix_credential_edition"), "credential", ["edition"], unique=False)
    op.create_index("ix_credential_issuer_id", "credential", ["issuer", "id"], unique=False)
    op.create_index(
        op.f("ix_credential_registration"), "credential", ["registration"], unique=False
    )
    op.create_index(
        "uq_credential_live_registration",
        "credential",
        ["registration"],
        unique=True,
        postgresql_where=sa.text("state IN ('approved', 'draft', 'sealed', 'suspended')"),
    )
    op.create_table(
        "issuing_batch_item",
        sa.Column("batch", sa.Uuid(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("award_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch"], ["issuing_batch.id"], name=op.f("fk_issuing_batch_item_batch_issuing_batch")
        ),
        sa.PrimaryKeyConstraint("batch", "registration", name=op.f("pk_issuing_batch_item")),
    )
    op.create_table(
        "credential_delivery",
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('download', 'email')", name=op.f("ck_credential_delivery_channel")
        ),
        sa.CheckConstraint(
            "state IN ('delivered', 'failed', 'pending')", name=op.f("ck_credential_delivery_state")
        ),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_credential_delivery_credential_credential"),
        ),
        sa.PrimaryKeyConstraint("credential", "channel", name=op.f("pk_credential_delivery")),
    )
    op.create_table(
        "credential_document",
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_credential_document_credential_credential"),
        ),
        sa.PrimaryKeyConstraint("credential", name=op.f("pk_credential_document")),
    )
    op.create_table(
        "credential_image",
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_credential_image_credential_credential"),
        ),
        sa.PrimaryKeyConstraint("credential", "language", name=op.f("pk_credential_image")),
    )
    op.create_table(
        "credential_source",
        sa.Column("credential", sa.Uuid(), nullable=False),
        sa.Column("award", JSONB(), nullable=False),
        sa.Column("specification", sa.Text(), nullable=False),
        sa.Column("certified_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential"],
            ["credential.id"],
            name=op.f("fk_credential_source_credential_credential"),
        ),
        sa.ForeignKeyConstraint(
            ["specification"],
            ["issuing_specification.hash"],
            name=op.f("fk_credential_source_specification_issuing_specification"),
        ),
        sa.PrimaryKeyConstraint("credential", name=op.f("pk_credential_source")),
    )

    execute_script(SEALED_STANDS)


def downgrade() -> None:
    """Drop them."""
    for name in (
        "credential_source",
        "credential_image",
        "credential_document",
        "credential_delivery",
        "issuing_batch_item",
        "credential",
        "issuing_batch",
        "issuing_specification",
    ):
        op.drop_table(name)
