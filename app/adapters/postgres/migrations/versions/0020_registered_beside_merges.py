"""Registering in one round trip holds whoever is known, so that no merge passes by."""

from app.adapters.postgres.migrations import register_directly_held
from app.adapters.postgres.migrations.queue import execute_script

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the function; what it takes and answers stays."""
    execute_script(register_directly_held.CREATE)


def downgrade() -> None:
    """Go back to the one that looks without holding."""
    execute_script(register_directly_held.BEFORE)
