"""What institutions say to the people of their list; what happens to editions by itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# As `timetable.timed_moves` has it, for the editions that exist.
WHAT_IS_DUE = """
UPDATE edition SET due_at = least(
    CASE state
        WHEN 'planned' THEN opens
        WHEN 'open' THEN closes
        WHEN 'closed' THEN CASE
            WHEN mode = 'direct' OR published_at IS NOT NULL
            THEN starts_on::timestamp AT TIME ZONE time_zone
        END
        WHEN 'running' THEN (ends_on + 1)::timestamp AT TIME ZONE time_zone
    END,
    CASE WHEN state IN ('open', 'closed', 'running') THEN (
        SELECT min((rule->>'release_at')::timestamptz)
        FROM jsonb_array_elements(quota->'rules') AS rule
        WHERE (rule->>'min')::integer > 0
            AND NOT coalesce((rule->>'released')::boolean, false)
    ) END
)
"""


def upgrade() -> None:
    """Add them."""
    op.add_column(
        "edition",
        sa.Column("unused_policy", sa.Text(), server_default="none", nullable=False),
    )
    op.add_column("edition", sa.Column("unused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "edition", sa.Column("promotion_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("edition", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_edition_unused_policy"),
        "edition",
        "unused_policy IN ('at_date', 'manual', 'none')",
    )
    op.execute(WHAT_IS_DUE)
    op.drop_index("ix_edition_planned", table_name="edition")
    op.drop_index("ix_edition_open", table_name="edition")
    op.create_index(
        "ix_edition_due_at",
        "edition",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.add_column(
        "registration",
        sa.Column("claim_state", sa.Text(), server_default="stated", nullable=False),
    )
    op.add_column("registration", sa.Column("claim_institution", sa.Text(), nullable=True))
    op.add_column("registration", sa.Column("claim_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("registration", sa.Column("claim_by", sa.Text(), nullable=True))
    op.add_column("registration", sa.Column("claim_reason", sa.Text(), nullable=True))
    op.add_column(
        "registration",
        sa.Column("consents", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )
    op.add_column(
        "registration", sa.Column("data_confirmed_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_check_constraint(
        op.f("ck_registration_claim_state"),
        "registration",
        "claim_state IN ('confirmed', 'contested', 'dismissed', 'stated', 'upheld')",
    )
    op.create_index(
        "ix_registration_contested",
        "registration",
        ["edition"],
        postgresql_where=sa.text("claim_state = 'contested'"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_registration_contested", table_name="registration")
    op.drop_constraint(op.f("ck_registration_claim_state"), "registration")
    for column in (
        "data_confirmed_at", "consents", "claim_reason", "claim_by", "claim_at",
        "claim_institution", "claim_state",
    ):  # fmt: skip
        op.drop_column("registration", column)
    op.drop_index("ix_edition_due_at", table_name="edition")
    op.create_index(
        "ix_edition_open", "edition", ["closes"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(
        "ix_edition_planned", "edition", ["opens"], postgresql_where=sa.text("state = 'planned'")
    )
    op.drop_constraint(op.f("ck_edition_unused_policy"), "edition")
    for column in ("due_at", "promotion_until", "unused_at", "unused_policy"):
        op.drop_column("edition", column)
