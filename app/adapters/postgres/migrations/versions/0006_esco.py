"""ESCO: versions with their concepts, labels, descriptions, relations and collections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "esco_version",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_esco_version")),
    )
    op.create_index(
        "uq_esco_version_active",
        "esco_version",
        ["active"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "esco_concept",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reuse_level", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('group', 'knowledge', 'occupation', 'skill', 'untyped')",
            name=op.f("ck_esco_concept_kind"),
        ),
        sa.CheckConstraint(
            "kind IN ('group', 'occupation') OR code IS NULL", name=op.f("ck_esco_concept_code")
        ),
        sa.ForeignKeyConstraint(
            ["version"],
            ["esco_version.version"],
            name=op.f("fk_esco_concept_version_esco_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "uri", name=op.f("pk_esco_concept")),
    )
    op.create_table(
        "esco_label",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('alternative', 'hidden', 'preferred')", name=op.f("ck_esco_label_kind")
        ),
        sa.ForeignKeyConstraint(
            ["version"],
            ["esco_version.version"],
            name=op.f("fk_esco_label_version_esco_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "uri", "language", "text", name=op.f("pk_esco_label")),
    )
    op.create_index("ix_esco_label_source", "esco_label", ["version", "source"], unique=False)
    op.create_index(
        "uq_esco_label_preferred",
        "esco_label",
        ["version", "uri", "language"],
        unique=True,
        postgresql_where=sa.text("kind = 'preferred'"),
    )
    op.create_table(
        "esco_description",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["esco_version.version"],
            name=op.f("fk_esco_description_version_esco_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "uri", "language", name=op.f("pk_esco_description")),
    )
    op.create_index(
        "ix_esco_description_source", "esco_description", ["version", "source"], unique=False
    )
    op.create_table(
        "esco_relation",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('broader', 'essential', 'optional')", name=op.f("ck_esco_relation_kind")
        ),
        sa.ForeignKeyConstraint(
            ["version"],
            ["esco_version.version"],
            name=op.f("fk_esco_relation_version_esco_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "version", "subject", "kind", "object", name=op.f("pk_esco_relation")
        ),
    )
    op.create_index("ix_esco_relation_source", "esco_relation", ["version", "source"], unique=False)
    op.create_table(
        "esco_collection",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["esco_version.version"],
            name=op.f("fk_esco_collection_version_esco_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "name", "uri", name=op.f("pk_esco_collection")),
    )
    op.create_table(
        "esco_import",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("oddities", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["esco_version.version"],
            name=op.f("fk_esco_import_version_esco_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "name", name=op.f("pk_esco_import")),
    )


def downgrade() -> None:
    """Drop them."""
    for name in (
        "esco_import",
        "esco_collection",
        "esco_relation",
        "esco_description",
        "esco_label",
        "esco_concept",
        "esco_version",
    ):
        op.drop_table(name)
