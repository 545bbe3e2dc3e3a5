"""Who seals the credentials of an edition, where the micro-credential leaves that to each."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Editions that there are keep the issuer of their micro-credential, or have none yet."""
    op.add_column("edition", sa.Column("issuer", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_edition_issuer_institution"), "edition", "institution", ["issuer"], ["code"]
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_column("edition", "issuer")
