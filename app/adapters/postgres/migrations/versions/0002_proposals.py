"""Proposals, their history, and the numbers of their codes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.adapters.postgres.migrations.queue import execute_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATE = (
    "state IN ('alliance_review', 'approved', 'changes_requested', 'consent_pending', 'draft', "
    "'institutional_validation', 'published', 'rejected', 'retired', 'submitted', 'withdrawn')"
)

TRIGGERS = """
CREATE TRIGGER proposal_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON proposal_history
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_change_of_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is certified was approved and cannot change'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER proposal_approved_is_frozen BEFORE UPDATE ON proposal FOR EACH ROW
    WHEN (OLD.state IN ('approved', 'published', 'retired')
          AND (NEW.certified_hash <> OLD.certified_hash OR NEW.content <> OLD.content))
    EXECUTE FUNCTION refuse_change_of_approved();
"""


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("partners", ARRAY(sa.Text()), nullable=False),
        sa.Column("answering", ARRAY(sa.Text()), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("certified_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("section_versions", JSONB(), nullable=False),
        sa.Column("agreement", JSONB(), nullable=False),
        sa.CheckConstraint(_STATE, name=op.f("ck_proposal_state")),
        sa.CheckConstraint(
            "model IN ('decentralised', 'joint', 'realigned')", name=op.f("ck_proposal_model")
        ),
        sa.CheckConstraint(
            "version >= 1 AND revision >= 1 AND round >= 0", name=op.f("ck_proposal_counts")
        ),
        sa.CheckConstraint("lead = ANY (partners)", name=op.f("ck_proposal_lead_takes_part")),
        sa.CheckConstraint("answering <@ partners", name=op.f("ck_proposal_answering_take_part")),
        sa.CheckConstraint(
            "NOT (state IN ('approved', 'published', 'retired')) "
            "OR agreement #>> '{decision,decision}' IS NOT DISTINCT FROM 'approve'",
            name=op.f("ck_proposal_approved_by_decision"),
        ),
        sa.ForeignKeyConstraint(
            ["lead"], ["institution.code"], name=op.f("fk_proposal_lead_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("code", name=op.f("uq_proposal_code")),
    )
    op.create_index("ix_proposal_partners", "proposal", ["partners"], postgresql_using="gin")
    op.create_index("ix_proposal_state", "proposal", ["state"])
    op.create_table(
        "proposal_history",
        sa.Column("proposal", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("certified_hash", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(_STATE, name=op.f("ck_proposal_history_state")),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposal.id"], name=op.f("fk_proposal_history_proposal_proposal")
        ),
        sa.PrimaryKeyConstraint(
            "proposal", "version", "position", name=op.f("pk_proposal_history")
        ),
    )
    op.create_table(
        "proposal_number",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_proposal_number")),
    )
    execute_script(TRIGGERS)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("proposal_number")
    op.drop_table("proposal_history")
    op.drop_table("proposal")
    op.execute("DROP FUNCTION refuse_change_of_approved()")
