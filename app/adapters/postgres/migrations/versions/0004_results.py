"""Results, credential data, one-time links and the log of mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "result",
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("grading", JSONB(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objections_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objections", JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('failed', 'not_participated', 'passed')", name=op.f("ck_result_outcome")
        ),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)"
            " AND (confirmed_at IS NULL) = (objections_until IS NULL)"
            " AND (confirmed_at IS NULL OR outcome IS NOT NULL)",
            name=op.f("ck_result_confirmation"),
        ),
        sa.CheckConstraint("confirmed_by <> ALL (recorded_by)", name=op.f("ck_result_two_people")),
        sa.PrimaryKeyConstraint("registration", name=op.f("pk_result")),
    )
    op.create_index(op.f("ix_result_edition"), "result", ["edition"], unique=False)
    op.create_table(
        "credential_data",
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("student_identifier", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "birth_date IS NOT NULL OR student_identifier IS NOT NULL",
            name=op.f("ck_credential_data_distinguishing_item"),
        ),
        sa.PrimaryKeyConstraint("registration", name=op.f("pk_credential_data")),
    )
    op.create_index(
        op.f("ix_credential_data_edition"), "credential_data", ["edition"], unique=False
    )
    op.create_table(
        "learner_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learner_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_learner_link_token_hash")),
    )
    op.create_index(
        op.f("ix_learner_link_registration"), "learner_link", ["registration"], unique=False
    )
    op.create_table(
        "sent_mail",
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_sent_mail")),
    )
    op.create_index(op.f("ix_sent_mail_registration"), "sent_mail", ["registration"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for name in ("sent_mail", "learner_link", "credential_data", "result"):
        op.drop_table(name)
