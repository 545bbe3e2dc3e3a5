"""Registrations know when what their form asks agreement to was last given or taken back here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it. Of registrations that were edited before nobody knows what was edited: an agreement
    that they lack was taken back then, so that no older answer revives it, and one that is later
    than the answers of their form was given here."""
    op.add_column("registration", sa.Column("consent_said", JSONB(), nullable=True))
    op.execute(
        """
        UPDATE registration
        SET consent_said = jsonb_build_object('given', false, 'at', data_confirmed_at)
        WHERE imported_by IS NOT NULL AND data_confirmed_at IS NOT NULL
            AND NOT consents ? 'form_consent'
        """
    )
    op.execute(
        """
        UPDATE registration
        SET consent_said = jsonb_build_object('given', true, 'at', consents -> 'form_consent')
        WHERE imported_by IS NOT NULL AND data_confirmed_at IS NOT NULL
            AND CAST(consents ->> 'form_consent' AS timestamptz) > answers_at
        """
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_column("registration", "consent_said")
