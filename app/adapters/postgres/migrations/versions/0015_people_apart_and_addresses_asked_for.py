"""People who stand apart from somebody of the same identity; addresses to be confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INDEX = "uq_person_identity"
_KEYS = ["email_folded", "name_key"]


def upgrade() -> None:
    """Nobody stands apart yet, and nobody has asked for another address."""
    op.add_column(
        "person",
        sa.Column("apart", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("person", sa.Column("wanted_email", sa.Text(), nullable=True))
    op.drop_index(_INDEX, table_name="person")
    op.create_index(
        _INDEX, "person", _KEYS, unique=True,
        postgresql_where=sa.text("account IS NULL AND NOT apart"),
    )  # fmt: skip


def downgrade() -> None:
    """Drop both; fails where people of one identity stand side by side."""
    op.drop_index(_INDEX, table_name="person")
    op.create_index(
        _INDEX, "person", _KEYS, unique=True, postgresql_where=sa.text("account IS NULL")
    )
    op.drop_column("person", "wanted_email")
    op.drop_column("person", "apart")
