"""Live deliveries of forms: secrets, what each delivery came to, and how an import came."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them; imports of before were files, and no column of theirs was missing."""
    op.add_column(
        "response_import", sa.Column("source", sa.Text(), server_default="file", nullable=False)
    )
    op.add_column(
        "response_import",
        sa.Column(
            "missing_columns", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
    )
    op.create_check_constraint(
        op.f("ck_response_import_source"), "response_import", "source IN ('file', 'webhook')"
    )
    op.create_index(
        "ix_response_import_held",
        "response_import",
        ["edition", "form"],
        postgresql_where=sa.text("source = 'webhook' AND state = 'needs_mapping'"),
    )
    op.create_table(
        "form_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name=op.f("fk_form_secret_edition_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_secret")),
    )
    op.create_index("ix_form_secret_edition_form", "form_secret", ["edition", "form"])
    op.create_table(
        "form_delivery",
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('create', 'duplicate', 'invalid', 'needs_decision', 'rejected', "
            "'unchanged', 'update')",
            name=op.f("ck_form_delivery_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name=op.f("fk_form_delivery_edition_edition")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["response_import.id"],
            name=op.f("fk_form_delivery_import_id_response_import"),
        ),
        sa.PrimaryKeyConstraint(
            "edition", "form", "number", "content", name=op.f("pk_form_delivery")
        ),
    )
    op.create_index("ix_form_delivery_import", "form_delivery", ["import_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("form_delivery")
    op.drop_table("form_secret")
    op.drop_index("ix_response_import_held", "response_import")
    op.drop_constraint(op.f("ck_response_import_source"), "response_import")
    op.drop_column("response_import", "missing_columns")
    op.drop_column("response_import", "source")
