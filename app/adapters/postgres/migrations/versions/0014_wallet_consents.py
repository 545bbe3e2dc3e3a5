"""Who wants their credentials in their Europass wallet."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create it, empty: nobody has wanted it yet."""
    op.create_table(
        "wallet_consent",
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("registration", name=op.f("pk_wallet_consent")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("wallet_consent")
